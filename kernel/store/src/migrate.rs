//! Migrations: bringing a database's tables up to date.

use std::{collections::HashMap, time::Duration};

use message::Fault;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::time::{Instant, sleep};

use crate::{Db, Dialect, Tx, fault::fault, query::Connection, query::query};

/// One migration, as SQL for both databases.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The file's name without its ending: `0001_orders`.
    pub name: &'static str,
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}

/// A service's migrations, first to last.
pub type Migrations = &'static [Migration];

/// Includes the files `migrations/sqlite/NAME.sql` and `migrations/postgres/NAME.sql` of the calling crate.
///
/// ```ignore
/// const MIGRATIONS: store::Migrations = store::migrations!["0001_orders", "0002_returns"];
/// ```
#[macro_export]
macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$($crate::Migration {
            name: $name,
            sqlite: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

const KERNEL: Migrations = migrations!["0001_messages", "0002_work"];

impl Migration {
    fn sql(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }
}

/// How long a migration is retried when a table is in use or the server is lost.
const PATIENCE: Duration = Duration::from_mins(2);

/// Applies the missing migrations. Fails if an applied one differs from its released text.
pub(crate) async fn run(db: &Db, migrations: Migrations) -> Result<(), Fault> {
    let started = Instant::now();
    loop {
        match apply_missing(db, migrations).await {
            // A migration whose commit was not answered is found by its name the next time.
            Err(error) if error.is_transient() && started.elapsed() < PATIENCE => {
                tracing::warn!(service = db.service(), %error, "the migration failed; retrying");
                sleep(Duration::from_secs(1)).await;
            }
            done => return done,
        }
    }
}

/// Applies all in one transaction.
async fn apply_missing(db: &Db, migrations: Migrations) -> Result<(), Fault> {
    let mut tx = db.begin().await?;
    prepare_table(&mut tx).await?;
    let applied: HashMap<String, String> = query("SELECT name, checksum FROM migration")
        .fetch_all(&mut tx, |row| Ok((row.get("name")?, row.get("checksum")?)))
        .await?
        .into_iter()
        .collect();
    for (origin, migration) in
        KERNEL.iter().map(|step| ("kernel", step)).chain(migrations.iter().map(|step| ("service", step)))
    {
        let name = format!("{origin}/{}", migration.name);
        let sql = migration.sql(db.dialect());
        let checksum = message::hex(&Sha256::digest(sql));
        match applied.get(&name) {
            Some(known) if *known == checksum => {}
            Some(_) => {
                return Err(Fault::internal(format!(
                    "the database of {} was made by another {name}: a released migration must never change; \
                     put the change into a new one",
                    db.service()
                )));
            }
            None => {
                apply(&mut tx, sql).await?;
                let now = db.ids().clock().now();
                query("INSERT INTO migration (name, checksum, applied_at) VALUES ($1, $2, $3)")
                    .bind(&name)
                    .bind(&checksum)
                    .bind(now)
                    .execute(&mut tx)
                    .await?;
                tracing::info!(service = db.service(), migration = name, "migrated");
            }
        }
    }
    tx.commit().await
}

async fn prepare_table(tx: &mut Tx) -> Result<(), Fault> {
    match tx.db().dialect() {
        Dialect::Sqlite => {
            apply(
                tx,
                "CREATE TABLE IF NOT EXISTS migration
                     (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL)",
            )
            .await
        }
        Dialect::Postgres => {
            // Several processes may start at once. The lock lasts as long as the transaction; the second process waits
            // for the migration of the first, however long it takes. For a table's lock it does not wait: all other
            // statements would queue up behind it.
            apply(
                tx,
                "SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(hashtext(current_schema()));
                 SET LOCAL lock_timeout = '3s'",
            )
            .await?;
            apply(
                tx,
                "CREATE TABLE IF NOT EXISTS migration
                     (name text NOT NULL PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL)",
            )
            .await
        }
    }
}

async fn apply(tx: &mut Tx, sql: &'static str) -> Result<(), Fault> {
    let sql = AssertSqlSafe(sql);
    match tx.connection() {
        Connection::Sqlite(connection) => {
            connection.execute(sqlx::raw_sql(sql)).await.map(drop).map_err(fault)
        }
        Connection::Postgres(node, connection) => {
            node.run_long(connection.execute(sqlx::raw_sql(sql))).await.map(drop)
        }
    }
}
