//! `bench fleet`: the shop as a fleet, beside the shop as one process on the same PostgreSQL.

mod asking;
mod memory;
mod placing;

use std::io;

use testing::rabbit::Broker;

use crate::{
    cli,
    postgres::Postgres,
    shop::{FleetSetup, Setup},
    table::{Floor, Table},
};

/// Measures and prints; gives the floors.
pub fn bench(args: &cli::FleetArgs) -> io::Result<Vec<Floor>> {
    let harbour = Harbour::open(args)?;
    let mut floors = memory::bench(&harbour)?;
    floors.extend(placing::bench(&harbour, args)?);
    floors.extend(asking::bench(&harbour, args)?);
    print!("{}", Table::of_floors("The fleet against its floors", &floors));
    Ok(floors)
}

/// The servers that all shops of this comparison use.
struct Harbour {
    setup: Setup,
    postgres: Postgres,
    broker: Broker,
}

impl Harbour {
    fn open(args: &cli::FleetArgs) -> io::Result<Self> {
        let setup = Setup::new(args.binary.as_deref())?;
        Ok(Self { setup, postgres: Postgres::start()?, broker: Broker::start() })
    }

    /// The whole shop in one process, on a database of its own.
    fn one_process(&self, name: &str) -> io::Result<Setup> {
        Ok(Setup { database_url: Some(self.postgres.create_database(name)?), ..self.setup.clone() })
    }

    /// A fleet on a database and queues of its own.
    fn fleet(&self, name: &str, packet_messages: Option<usize>) -> io::Result<Setup> {
        let fleet = FleetSetup { broker_url: self.broker.url(), prefix: name.to_owned(), packet_messages };
        Ok(Setup { fleet: Some(fleet), ..self.one_process(name)? })
    }
}
