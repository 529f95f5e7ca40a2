//! Databases that live as long as one test.

use std::{future::Future, panic::AssertUnwindSafe, sync::atomic::AtomicU32, sync::atomic::Ordering};

use futures::FutureExt as _;
use tempfile::TempDir;

const URL: &str = "CARAVEL_TEST_POSTGRES_URL";

/// Where one test keeps its databases.
pub struct Place {
    folder: TempDir,
    server: Option<Server>,
}

#[derive(Clone)]
struct Server {
    /// The URL without the database's name.
    base: String,
    database: String,
}

impl Place {
    /// SQLite files in a folder of their own.
    ///
    /// # Panics
    ///
    /// If no temporary folder can be made.
    pub fn sqlite() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder can be made"), server: None }
    }

    /// A PostgreSQL database of its own, on the server that the environment names.
    ///
    /// # Panics
    ///
    /// If the environment names no server: a missing server is a failure, never a silent skip.
    pub fn postgres() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let base = std::env::var(URL).unwrap_or_else(|_| {
            panic!("{URL} is not set: run ./test, which starts a private PostgreSQL and sets it")
        });
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let database = format!("test_{}_{count}", std::process::id());
        Self {
            server: Some(Server { base: base.trim_end_matches('/').to_owned(), database }),
            ..Self::sqlite()
        }
    }

    /// Both databases, for tests that take their place from a loop.
    pub fn both() -> [Self; 2] {
        [Self::sqlite(), Self::postgres()]
    }

    /// A folder that lasts as long as the test.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The PostgreSQL database's URL, on PostgreSQL.
    pub fn url(&self) -> Option<String> {
        self.server.as_ref().map(|server| format!("{}/{}", server.base, server.database))
    }

    /// For [`store::Db::open`].
    pub fn store(&self) -> store::Place {
        self.url().map_or_else(|| store::Place::Folder(self.folder().to_owned()), store::Place::Server)
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

/// Runs `test` on `place`, and drops what it made whatever becomes of it.
///
/// # Panics
///
/// If the test does.
pub fn run<F, Fut>(place: Place, test: F)
where
    F: FnOnce(Place) -> Fut,
    Fut: Future<Output = ()>,
{
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    // Another test of this process may have been first.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let server = place.server.clone();
    let outcome = runtime.block_on(async {
        if let Some(server) = &server {
            server.create_database().await;
        }
        let outcome = AssertUnwindSafe(test(place)).catch_unwind().await;
        if let Some(server) = &server {
            server.drop_database().await;
        }
        outcome
    });
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}
