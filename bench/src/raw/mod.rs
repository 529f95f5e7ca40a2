//! The raw limits: what the database takes when nobody but this program writes the rows of orders into it.
//!
//! They are measured first in every run, in the same place, with the same settings and through the same driver as the
//! shop, so that a ratio says what the shop costs and not what the disk can do today. A limit is measured twice:
//!
//! - in batches: the rows of 100 and of 500 orders by one statement for each table, transaction after transaction, and
//!   nothing decided. It is the ceiling of a group commit.
//! - one transaction per order, as a shop without a group commit has it: lock the stock, write the rows (each table's
//!   by one statement, which is kinder than most shops are to themselves), commit. PostgreSQL is asked over
//!   16 connections, SQLite, which has one writer, one after another.

mod rows;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use message::{Clock, Fault, IdSource};
use store::{Backend, Db, PoolSizes};
use tokio::{runtime, task::JoinSet};

use self::rows::Writer;
use crate::{
    basket::Demand,
    cli,
    database::{Database, Empty},
    table::{Table, rate},
};

/// How many orders share a transaction.
const BATCHES: [usize; 2] = [100, 500];

/// How many transactions are under way at once where one order has one.
const CONNECTIONS: usize = 16;

/// What a database takes, in orders per second.
#[derive(Clone, Debug)]
pub struct Limits {
    /// By the size of the batch.
    pub batches: Vec<(usize, f64)>,
    /// One transaction per order, over the whole catalogue.
    pub one_by_one: f64,
    /// One transaction per order, with one product in all of them.
    pub one_by_one_hot: f64,
    connections: usize,
}

impl Limits {
    /// The raw limit: the better batch.
    pub fn best_batch(&self) -> f64 {
        self.batches.iter().map(|(_, rate)| *rate).fold(0.0, f64::max)
    }

    /// The limits, each also as a share of the highest.
    pub fn table(&self, database: &Database) -> Table {
        let title = format!("Raw limits of {database}: the rows of an order, without the shop");
        let mut table = Table::new(title, &["", "orders", "of the best"]);
        let mut row = |name: String, value: f64| {
            table.row([name, rate(value), format!("{:.0} %", value / self.best_batch() * 100.0)]);
        };
        for (size, value) in &self.batches {
            row(format!("multi-row statements, {size} orders in a transaction"), *value);
        }
        let connections = self.connections;
        row(format!("one transaction per order, {connections} at once"), self.one_by_one);
        row(format!("the same, one hot product, {connections} at once"), self.one_by_one_hot);
        table
    }
}

/// `bench raw`: measures and prints.
pub fn bench(args: &cli::RawArgs) -> io::Result<()> {
    Database::each(args.database, |database| {
        let limits = measure(database, args.duration)?;
        print!("{}", limits.table(database));
        Ok(Vec::<()>::new())
    })
    .map(drop)
}

/// Measures the limits of `database`, each for `duration`.
pub fn measure(database: &Database, duration: Duration) -> io::Result<Limits> {
    let place = database.empty("raw")?;
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure_in(&place, duration)).map_err(io::Error::other)
}

async fn measure_in(place: &Empty, duration: Duration) -> Result<Limits, Fault> {
    let (place, connections) = match place {
        Empty::Folder(folder) => (Backend::Sqlite(folder.path().to_owned()), 1),
        Empty::Server(url) => (Backend::postgres(url), CONNECTIONS),
    };
    let sizes = PoolSizes { postgres: u32::try_from(connections).unwrap_or(1), ..PoolSizes::default() };
    let ids = IdSource::random(Clock::system());
    let db = Db::open(&place, order::NAME, order::MIGRATIONS, ids.clone(), sizes).await?;
    let writer = Arc::new(Writer::new(db.clone(), ids)?);
    writer.stock().await?;
    let hot = Demand::Hot(String::new());
    // Prepares the statements and opens the connections.
    in_batches(&writer, 100, duration / 10).await?;
    one_by_one(&writer, &Demand::Spread, connections, duration / 10).await?;

    let mut batches = Vec::new();
    for size in BATCHES {
        batches.push((size, in_batches(&writer, size, duration).await?));
    }
    let spread = one_by_one(&writer, &Demand::Spread, connections, duration).await?;
    let one_by_one_hot = one_by_one(&writer, &hot, connections, duration).await?;
    db.close().await;
    Ok(Limits { batches, one_by_one: spread, one_by_one_hot, connections })
}

/// Orders per second in transactions of `size`, one after another.
async fn in_batches(writer: &Writer, size: usize, duration: Duration) -> Result<f64, Fault> {
    let start = Instant::now();
    let mut orders = 0;
    while start.elapsed() < duration {
        writer.batch(size).await?;
        orders += size as u64;
    }
    Ok(per_second(orders, start))
}

/// Orders per second in transactions of their own, so many at once.
async fn one_by_one(
    writer: &Arc<Writer>,
    demand: &Demand,
    connections: usize,
    duration: Duration,
) -> Result<f64, Fault> {
    let (start, orders) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (writer, demand, orders) = (Arc::clone(writer), demand.clone(), Arc::clone(&orders));
        tasks.spawn(async move {
            while start.elapsed() < duration {
                writer.interactive(&demand).await?;
                orders.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.map_err(Fault::internal)??;
    }
    Ok(per_second(orders.load(Ordering::Relaxed), start))
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn per_second(count: u64, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::Postgres;

    #[test]
    fn limits_are_measured_on_both_databases() {
        for database in [Database::Sqlite, Database::Postgres(Postgres::start().unwrap())] {
            let limits = measure(&database, Duration::from_millis(300)).unwrap();
            assert!(limits.one_by_one > 0.0 && limits.one_by_one_hot > 0.0, "{limits:?}");
            assert!(limits.best_batch() > limits.one_by_one, "{database}: {limits:?}");
        }
    }
}
