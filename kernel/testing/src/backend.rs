//! The databases and other servers that one test uses, for as long as it runs.

use std::{future::Future, panic::AssertUnwindSafe, sync::atomic::AtomicU32, sync::atomic::Ordering};

use futures::FutureExt as _;
use tempfile::TempDir;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::vhost::Vhost;

/// The databases and other servers of one test.
pub struct TestBackend {
    folder: TempDir,
    server: Option<Server>,
    fleet: Option<Fleet>,
    /// The URL of servers that the test has started itself.
    own_database: Option<String>,
}

/// What the processes of a fleet share besides the database.
#[derive(Clone)]
struct Fleet {
    broker: Vhost,
    redis: String,
}

/// A part of every name that this test uses on shared servers.
fn own_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The URL of a server that all tests share, from this environment variable.
///
/// # Panics
///
/// If the variable is not set: a missing server is a failure, never a silent skip.
pub fn shared_server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run ./test, which starts private servers and sets it")
    })
}

#[derive(Clone)]
struct Server {
    /// The URL without the database's name.
    base: String,
    database: String,
}

impl TestBackend {
    /// SQLite files in a folder of their own.
    ///
    /// # Panics
    ///
    /// If no temporary folder can be made.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        Self { folder, server: None, fleet: None, own_database: None }
    }

    /// A PostgreSQL database of its own, on the shared server.
    ///
    /// # Panics
    ///
    /// If the environment names no server: a missing server is a failure, never a silent skip.
    pub fn postgres() -> Self {
        let base = shared_server("CARAVEL_TEST_POSTGRES_URL").trim_end_matches('/').to_owned();
        Self { server: Some(Server { base, database: own_name() }), ..Self::sqlite() }
    }

    /// Everything that a fleet needs: a PostgreSQL database, a virtual host of the broker, and the shared cache.
    ///
    /// # Panics
    ///
    /// If the environment does not name all three servers.
    pub fn fleet() -> Self {
        let fleet =
            Fleet { broker: Vhost::named(own_name()), redis: shared_server("CARAVEL_TEST_REDIS_URL") };
        Self { fleet: Some(fleet), ..Self::postgres() }
    }

    /// Both databases, for tests with a loop.
    pub fn both() -> [Self; 2] {
        [Self::sqlite(), Self::postgres()]
    }

    /// The same with another database URL: of servers that the test has started itself.
    #[must_use]
    pub fn with_database(self, url: String) -> Self {
        Self { own_database: Some(url), ..self }
    }

    /// A folder that lasts as long as the test.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The URL of the PostgreSQL database; `None` on SQLite.
    pub fn url(&self) -> Option<String> {
        let shared = self.server.as_ref().map(|server| format!("{}/{}", server.base, server.database));
        self.own_database.clone().or(shared)
    }

    /// The broker's URL; `None` outside of a fleet.
    pub fn broker_url(&self) -> Option<String> {
        self.fleet.as_ref().map(|fleet| fleet.broker.url())
    }

    /// The shared cache's URL; `None` outside of a fleet.
    pub fn redis_url(&self) -> Option<String> {
        self.fleet.as_ref().map(|fleet| fleet.redis.clone())
    }

    /// The argument for [`store::Db::open`].
    pub fn store(&self) -> store::Backend {
        self.url().map_or_else(|| store::Backend::Sqlite(self.folder().to_owned()), store::Backend::postgres)
    }
}

impl Server {
    async fn create_database(&self) {
        store::admin::create_database(&format!("{}/postgres", self.base), &self.database)
            .await
            .expect("a database can be made on the test server");
    }

    async fn drop_database(&self) {
        store::admin::drop_database(&format!("{}/postgres", self.base), &self.database)
            .await
            .expect("the test's database can be dropped");
    }
}

/// Runs `test` on `backend`, and cleans up whatever the result.
///
/// # Panics
///
/// If the test does.
pub fn run<F, Fut>(backend: TestBackend, test: F)
where
    F: FnOnce(TestBackend) -> Fut,
    Fut: Future<Output = ()>,
{
    let asked = std::env::var("RUST_LOG").ok().and_then(|filter| filter.parse().ok());
    let filter = asked.unwrap_or_else(|| Targets::new().with_default(tracing::Level::WARN));
    let lines = tracing_subscriber::fmt::layer().with_test_writer();
    // Another test of this process may have done it already.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let (server, fleet) = (backend.server.clone(), backend.fleet.clone());
    let outcome = runtime.block_on(async {
        if let Some(server) = &server {
            server.create_database().await;
        }
        if let Some(fleet) = &fleet {
            fleet.broker.create();
        }
        let outcome = AssertUnwindSafe(test(backend)).catch_unwind().await;
        if let Some(fleet) = &fleet {
            fleet.broker.delete();
        }
        if let Some(server) = &server {
            server.drop_database().await;
        }
        outcome
    });
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}
