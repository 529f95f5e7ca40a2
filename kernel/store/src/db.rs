//! A service's database.

use std::{path::PathBuf, sync::Arc, time::Duration};

use message::{CorrelationId, Fault, Headers, IdSource, Kind};
use sqlx::{
    Connection as _, Executor as _, PgPool, SqlitePool,
    pool::PoolOptions,
    postgres::{PgConnectOptions, PgConnection},
};
use tokio::sync::Notify;

use crate::{Migrations, Tx, fault::fault, migrate, sqlite, tx::Inner};

/// Which of the two databases it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// A file in the data folder.
    Sqlite,
    /// A schema on a server.
    Postgres,
}

/// Where databases are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Each service's in a file `<service>.db` in this folder.
    Folder(PathBuf),
    /// Each service's in a schema named like it, in the PostgreSQL database with this URL.
    Server(String),
}

/// How many connections a service may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSizes {
    /// To a SQLite file, besides the one that writes.
    pub sqlite_readers: u32,
    /// To a PostgreSQL server, for everything.
    pub postgres: u32,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self { sqlite_readers: 4, postgres: 8 }
    }
}

/// A service's database; cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Shared>);

struct Shared {
    service: &'static str,
    pools: Pools,
    ids: IdSource,
    outbox_wake: Notify,
}

pub(crate) enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres { pool: PgPool },
}

/// How long a statement waits for a connection before it gives up.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the start waits for a server that is not there yet.
const PATIENCE: Duration = Duration::from_mins(2);

impl Db {
    /// Opens the database of `service`, makes it if it is new, and brings its tables up to date.
    ///
    /// A server that does not answer yet is waited for, and the log says so.
    pub async fn open(
        place: &Place,
        service: &'static str,
        migrations: Migrations,
        ids: IdSource,
        sizes: PoolSizes,
    ) -> Result<Self, Fault> {
        let pools = match place {
            Place::Folder(folder) => sqlite::open(folder, service, sizes).await?,
            Place::Server(url) => {
                let options = url.parse::<PgConnectOptions>().map_err(Fault::internal)?;
                wait_for_schema(&options, service).await?;
                open_postgres(options, service, sizes)
            }
        };
        let db = Self(Arc::new(Shared { service, pools, ids, outbox_wake: Notify::new() }));
        migrate::run(&db, migrations).await?;
        if let Pools::Sqlite { writer, .. } = db.pools() {
            sqlite::checkpoint_in_background(writer.clone(), service);
        }
        Ok(db)
    }

    /// The service whose database it is.
    pub fn service(&self) -> &'static str {
        self.0.service
    }

    /// Which of the two databases it is; for the few statements that must differ.
    pub fn dialect(&self) -> Dialect {
        match self.0.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// Begins a transaction whose events begin something new; inside a handler, `Cx::begin` carries on what it handles.
    pub async fn begin(&self) -> Result<Tx, Fault> {
        let correlation: CorrelationId = self.0.ids.id();
        self.begin_with(Headers::new(correlation)).await
    }

    /// Begins a transaction whose events carry `headers`.
    pub async fn begin_with(&self, headers: Headers) -> Result<Tx, Fault> {
        let inner = match self.pools() {
            Pools::Sqlite { writer, .. } => {
                Inner::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?)
            }
            Pools::Postgres { pool } => Inner::Postgres(pool.begin().await.map_err(fault)?),
        };
        Ok(Tx::new(self.clone(), inner, headers))
    }

    /// Whether it answers; for health checks.
    pub async fn ping(&self) -> Result<(), Fault> {
        crate::query("SELECT CAST(1 AS bigint) AS one")
            .fetch_one(self, |row| row.get::<i64>("one"))
            .await
            .map(drop)
    }

    /// Waits until a transaction on this database has published something.
    pub async fn published(&self) {
        self.0.outbox_wake.notified().await;
    }

    /// Closes every connection, after the statements under way.
    pub async fn close(&self) {
        match self.pools() {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { pool } => pool.close().await,
        }
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.0.pools
    }

    pub(crate) fn ids(&self) -> &IdSource {
        &self.0.ids
    }

    pub(crate) fn outbox_wake(&self) -> &Notify {
        &self.0.outbox_wake
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db")
            .field("service", &self.0.service)
            .field("dialect", &self.dialect())
            .finish_non_exhaustive()
    }
}

async fn wait_for_schema(options: &PgConnectOptions, service: &'static str) -> Result<(), Fault> {
    let started = tokio::time::Instant::now();
    let mut pause = Duration::from_millis(200);
    loop {
        match create_schema(options, service).await {
            Err(error) if error.kind() == Kind::Unavailable && started.elapsed() < PATIENCE => {
                tracing::warn!(service, %error, "waiting for PostgreSQL");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            done => return done,
        }
    }
}

async fn create_schema(options: &PgConnectOptions, service: &'static str) -> Result<(), Fault> {
    let mut connection = PgConnection::connect_with(options).await.map_err(fault)?;
    let exists: Option<i32> = sqlx::query_scalar("SELECT 1 FROM pg_namespace WHERE nspname = $1")
        .bind(service)
        .fetch_optional(&mut connection)
        .await
        .map_err(fault)?;
    if exists.is_none() {
        // Service names are ours, lower-case letters; two processes may come here at once.
        let sql = format!("CREATE SCHEMA IF NOT EXISTS \"{service}\"");
        if let Err(error) = connection.execute(sqlx::AssertSqlSafe(sql)).await.map_err(fault)
            && error.kind() != Kind::Constraint
        {
            return Err(error);
        }
    }
    connection.close().await.map_err(fault)
}

fn open_postgres(options: PgConnectOptions, service: &'static str, sizes: PoolSizes) -> Pools {
    let options = options
        .options([("search_path", format!("\"{service}\""))])
        .application_name(&format!("caravel {service}"))
        .statement_cache_capacity(512);
    let pool = PoolOptions::new()
        .max_connections(sizes.postgres)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        // A ping costs a round trip; only a connection that has slept may be dead.
        .before_acquire(|connection: &mut PgConnection, meta| {
            Box::pin(
                async move { Ok(meta.idle_for < Duration::from_secs(1) || connection.ping().await.is_ok()) },
            )
        })
        .connect_lazy_with(options);
    Pools::Postgres { pool }
}
