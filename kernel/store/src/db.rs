//! A service's database.

use std::{sync::Arc, time::Duration};

use message::{CorrelationId, Fault, Headers, IdSource};
use sqlx::SqlitePool;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use crate::{
    Backend, Migrations, Tx,
    fault::fault,
    migrate,
    postgres::{Cluster, STALENESS},
    sqlite,
    tx::Inner,
};

/// The kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// A file in the data folder.
    Sqlite,
    /// A schema on a PostgreSQL server.
    Postgres,
}

/// How many connections a service may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSizes {
    /// Readers of a SQLite file; there is one writer besides.
    pub sqlite_readers: u32,
    /// Connections to a PostgreSQL server, for reads and writes.
    pub postgres: u32,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self { sqlite_readers: 4, postgres: 8 }
    }
}

/// A service's database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
    reads_replicas: bool,
}

struct Shared {
    service: &'static str,
    pools: Pools,
    ids: IdSource,
    outbox_wake: Notify,
    work_wake: watch::Sender<u64>,
    /// How long callers waited for a connection.
    waits: metrics::Histogram,
}

pub(crate) enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres(Arc<Cluster>),
}

/// The number of connections now, and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connections {
    pub(crate) in_use: u32,
    pub(crate) idle: u32,
    pub(crate) max: u32,
}

/// How long a statement waits for a connection before it fails.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

impl Db {
    /// Opens the database of `service`, creates it if it is missing, and applies its migrations.
    ///
    /// Waits for a server that does not answer yet, and logs that.
    pub async fn open(
        place: &Backend,
        service: &'static str,
        migrations: Migrations,
        ids: IdSource,
        sizes: PoolSizes,
    ) -> Result<Self, Fault> {
        let pools = match place {
            Backend::Sqlite(folder) => sqlite::open(folder, service, sizes).await?,
            // Boxed, like what follows: it runs once, and callers should not carry it in their own futures.
            Backend::Postgres(server) => {
                Pools::Postgres(Box::pin(Cluster::open(server, service, sizes.postgres)).await?)
            }
        };
        let waits = metrics::histogram!("store_pool_wait_seconds", "service" => service);
        let shared = Shared {
            service,
            pools,
            ids,
            outbox_wake: Notify::new(),
            work_wake: watch::Sender::new(0),
            waits,
        };
        let db = Self { shared: Arc::new(shared), reads_replicas: false };
        Box::pin(migrate::run(&db, migrations)).await?;
        if let Pools::Sqlite { writer, .. } = db.pools() {
            sqlite::checkpoint_in_background(writer.clone(), service);
        }
        Ok(db)
    }

    /// The name of the service.
    pub fn service(&self) -> &'static str {
        self.shared.service
    }

    /// The kind of database, for the few statements that must differ.
    pub fn dialect(&self) -> Dialect {
        match self.pools() {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The same database for reads that may be up to [`Db::STALENESS`] old.
    ///
    /// They use a replica that is fresh enough and answers, otherwise the primary. Do not use it for decisions (stock,
    /// prices, an order just placed), nor for the fill of a cache that events purge: the purge may be faster than the
    /// replica.
    #[must_use]
    pub fn replica(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), reads_replicas: true }
    }

    /// A read on [`Db::replica`] sees everything that was committed longer ago than this.
    pub const STALENESS: Duration = STALENESS;

    /// Begins a transaction whose events start a new correlation. Inside a handler use `Cx::begin`, whose events belong
    /// to the handled message.
    pub async fn begin(&self) -> Result<Tx, Fault> {
        let correlation: CorrelationId = self.ids().id();
        self.begin_with(Headers::new(correlation)).await
    }

    /// Begins a transaction whose events carry `headers`.
    pub async fn begin_with(&self, headers: Headers) -> Result<Tx, Fault> {
        let asked_at = Instant::now();
        let inner = match self.pools() {
            Pools::Sqlite { writer, .. } => {
                Inner::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?)
            }
            Pools::Postgres(cluster) => {
                let (node, tx) = cluster.begin().await?;
                Inner::Postgres(node, tx)
            }
        };
        self.waited_since(asked_at);
        Ok(Tx::new(self.clone(), inner, headers))
    }

    /// Whether the database answers; for health checks.
    pub async fn ping(&self) -> Result<(), Fault> {
        crate::query("SELECT CAST(1 AS bigint) AS one")
            .fetch_one(self, |row| row.get::<i64>("one"))
            .await
            .map(drop)
    }

    /// Waits until a transaction on this database has published an event.
    pub async fn published(&self) {
        self.shared.outbox_wake.notified().await;
    }

    /// Changes whenever a transaction on this database has wanted work.
    pub fn work_wanted(&self) -> watch::Receiver<u64> {
        self.shared.work_wake.subscribe()
    }

    /// Closes every connection, after the statements that run.
    pub async fn close(&self) {
        match self.pools() {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(cluster) => cluster.close().await,
        }
    }

    pub(crate) fn connections(&self) -> Connections {
        fn of<D: sqlx::Database>(pool: &sqlx::Pool<D>) -> Connections {
            // The two counters are read separately, so idle can be larger for a moment.
            let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
            Connections {
                in_use: pool.size().saturating_sub(idle),
                idle,
                max: pool.options().get_max_connections(),
            }
        }
        match self.pools() {
            Pools::Sqlite { writer, readers } => {
                let (one, many) = (of(writer), of(readers));
                Connections {
                    in_use: one.in_use + many.in_use,
                    idle: one.idle + many.idle,
                    max: one.max + many.max,
                }
            }
            Pools::Postgres(cluster) => of(cluster.node().pool()),
        }
    }

    pub(crate) fn reads_replicas(&self) -> bool {
        self.reads_replicas
    }

    pub(crate) fn waited_since(&self, asked_at: Instant) {
        self.shared.waits.record(asked_at.elapsed());
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.shared.pools
    }

    /// Where ids, random values and the time come from.
    pub fn ids(&self) -> &IdSource {
        &self.shared.ids
    }

    pub(crate) fn work_wake(&self) -> &watch::Sender<u64> {
        &self.shared.work_wake
    }

    pub(crate) fn outbox_wake(&self) -> &Notify {
        &self.shared.outbox_wake
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db")
            .field("service", &self.service())
            .field("dialect", &self.dialect())
            .finish_non_exhaustive()
    }
}
