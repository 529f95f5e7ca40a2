//! The store when PostgreSQL servers are killed, stopped, promoted or lagging.
#![expect(clippy::unwrap_used, reason = "tests")]

mod failover;
mod layouts;
mod replicas;
mod sessions;

use message::{Clock, Fault, Id, IdSource};
use store::{Backend, Db, Migration, Migrations, PerService, PoolSizes, PostgresServers, query};
use testing::until;

struct Entry;

const LEDGER: Migrations = &[Migration {
    name: "0001_entries",
    sqlite: "CREATE TABLE entry (id BLOB NOT NULL PRIMARY KEY)",
    postgres: "CREATE TABLE entry (id uuid NOT NULL PRIMARY KEY)",
}];

async fn open(url: String, read_url: Option<String>) -> Db {
    let backend = Backend::Postgres(PostgresServers { url, read_url, per_service: PerService::Schema });
    Db::open(&backend, "ledger", LEDGER, IdSource::random(Clock::system()), PoolSizes::default())
        .await
        .unwrap()
}

/// Writes an entry that may already exist.
async fn write(db: &Db, id: Id<Entry>) -> Result<(), Fault> {
    let mut tx = db.begin().await?;
    query("INSERT INTO entry (id) VALUES ($1) ON CONFLICT DO NOTHING").bind(id).execute(&mut tx).await?;
    tx.commit().await
}

async fn entries(db: &Db) -> Vec<Id<Entry>> {
    query("SELECT id FROM entry").fetch_all(db, |row| row.get("id")).await.unwrap()
}

/// The port of the server that answers a read.
async fn port(db: &Db) -> i64 {
    let sql = "SELECT CAST(inet_server_port() AS bigint) AS port";
    query(sql).fetch_one(db, |row| row.get("port")).await.unwrap()
}
