//! How the messages of a process travel.

use std::sync::Arc;

use bus::{InProcess, Transport, dead_letters};
use message::{Clock, Contract, Message as _};
use rabbitmq::{Participant, RabbitMq, Topology};
use runtime::{BoxError, settings::Settings};

use crate::{commands::messages, settings::Database};

/// Between services that are all in this process.
pub(crate) fn within() -> Arc<dyn Transport> {
    InProcess::new()
}

/// To other processes, over the broker that the settings name, where this one is called `process`.
pub(crate) fn between(settings: &Settings, process: &str) -> Result<Arc<RabbitMq>, BoxError> {
    needs_servers(settings)?;
    let broker = settings.section("rabbitmq")?;
    Ok(RabbitMq::start(broker, topology(), Clock::system(), process.to_owned()))
}

/// What all services answer and react to, wherever they run: what is sent before one of them ever ran is kept for it.
fn topology() -> Topology {
    let participant = |contract: Contract| Participant {
        name: contract.service.to_owned(),
        answers: answers(&contract),
        reactions: contract.reactions.iter().map(|name| (*name).to_owned()).collect(),
    };
    Topology { services: messages::contracts().into_iter().map(participant).collect() }
}

/// What a service answers: its own requests, and those about its dead letters.
pub(crate) fn answers(contract: &Contract) -> Vec<String> {
    let own = contract.requests.iter().map(|entry| entry.name.to_owned());
    let common = [
        dead_letters::List::NAME,
        dead_letters::Show::NAME,
        dead_letters::Replay::NAME,
        dead_letters::Drop::NAME,
    ];
    own.chain(common.map(|name| format!("{}.{name}", contract.service))).collect()
}

/// Refuses settings on which several processes could not be one shop.
pub(crate) fn needs_servers(settings: &Settings) -> Result<(), BoxError> {
    if !settings.section::<Database>("database")?.is_shared() {
        return Err("several processes need a PostgreSQL database, because SQLite files belong to one process: set \
                    database.url (CARAVEL_DATABASE_URL), or run the whole shop in one process with `caravel up`"
            .into());
    }
    if settings.section::<rabbitmq::Settings>("rabbitmq")?.url.is_empty() {
        return Err("several processes need a broker to reach each other: set rabbitmq.url (CARAVEL_RABBITMQ_URL), or \
                    run the whole shop in one process with `caravel up`"
            .into());
    }
    Ok(())
}
