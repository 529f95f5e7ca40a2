//! Settings for servers, and processes that share one.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use cache::{Cache, CacheLimits, Level, Tags, shared::TaggedValue};
use redis_adapter::{Redis, Settings};
use testing::redis::RedisServer;
pub(crate) use testing::until;
use tokio::time::sleep;

/// The server that all tests share, with a prefix of this test's own.
pub(crate) fn settings() -> Settings {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let url = std::env::var("CARAVEL_TEST_REDIS_URL").expect("CARAVEL_TEST_REDIS_URL is not set: run ./test");
    let prefix = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    // Other tests may keep the machine busy. The behaviour after the budget has a test of its own.
    Settings { prefix, budget: Duration::from_secs(1), ..Settings::new(url) }
}

/// The settings for a server that only this test uses, and may harm.
pub(crate) fn settings_for(server: &RedisServer) -> Settings {
    Settings { budget: Duration::from_millis(200), ..Settings::new(server.url()) }
}

/// The data behind the pages of these tests: a version per tag.
pub(crate) struct Source(Vec<AtomicU64>);

impl Source {
    pub(crate) fn new(tags: usize) -> Arc<Self> {
        Arc::new(Self((0..tags).map(|_| AtomicU64::new(0)).collect()))
    }

    /// Returns the new version.
    pub(crate) fn change(&self, tag: usize) -> u64 {
        self.0[tag].fetch_add(1, Ordering::SeqCst) + 1
    }

    fn read(&self, tag: usize) -> u64 {
        self.0[tag].load(Ordering::SeqCst)
    }
}

/// A process as far as caches matter: its memory (which keeps nothing, so that every read uses the shared level) and
/// its link.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) redis: Arc<Redis>,
    pub(crate) tags: Tags,
    memory: Cache<String, Vec<u64>>,
    source: Arc<Source>,
    pub(crate) fills: Arc<AtomicU64>,
}

impl Process {
    /// Starts and connects.
    pub(crate) async fn start(settings: Settings, source: &Arc<Source>) -> Self {
        let process = Self::start_alone(settings, source);
        process.is_up().await;
        process
    }

    /// Starts without waiting for a connection.
    pub(crate) fn start_alone(settings: Settings, source: &Arc<Source>) -> Self {
        let redis = Redis::start(settings, "test").unwrap();
        let tags = Tags::over(Level::start(Arc::<Redis>::clone(&redis)));
        let limits = CacheLimits { max_bytes: 0, time_to_live: Duration::ZERO };
        let memory = Cache::new("test", &tags, limits, |_, _| 100);
        Self { redis, tags, memory, source: Arc::clone(source), fills: Arc::default() }
    }

    pub(crate) async fn is_up(&self) {
        until("connected", async || self.redis.is_up()).await;
    }

    pub(crate) async fn settled(&self) {
        until("purges are confirmed", async || self.tags.level().unwrap().unsettled() == 0).await;
    }

    /// The versions of these tags, as a page would show them: from the shared level, or else from the source.
    pub(crate) async fn page(&self, tags: &[usize]) -> Vec<u64> {
        self.page_that_takes(tags, Duration::ZERO).await
    }

    /// The same with a source that answers this long after it has read.
    pub(crate) async fn page_that_takes(&self, tags: &[usize], takes: Duration) -> Vec<u64> {
        let key = format!("{tags:?}");
        let fill = async {
            let names: Vec<String> = tags.iter().map(|tag| name(*tag)).collect();
            let level = self.tags.level().unwrap();
            let found = level.find(&key).await;
            if let Some(TaggedValue { value, tags }) = found.entry {
                return Ok::<_, Infallible>((decode(&value), tags));
            }
            self.fills.fetch_add(1, Ordering::Relaxed);
            let value: Vec<u64> = tags.iter().map(|tag| self.source.read(*tag)).collect();
            sleep(takes).await;
            if let Some(began) = found.began {
                let entry = TaggedValue { value: encode(&value), tags: names.clone() };
                level.keep(key.clone(), entry, began, Duration::from_mins(1));
            }
            Ok((value, names))
        };
        self.memory.get_or_fill_tagged(key.clone(), fill).await.unwrap().to_vec()
    }

    /// Reads until the page comes from the shared level.
    pub(crate) async fn page_is_shared(&self, tags: &[usize]) {
        until("the page is found", async || {
            let before = self.fills.load(Ordering::Relaxed);
            self.page(tags).await;
            self.fills.load(Ordering::Relaxed) == before
        })
        .await;
    }
}

pub(crate) fn name(tag: usize) -> String {
    format!("product:{tag}")
}

fn encode(value: &[u64]) -> Bytes {
    value.iter().flat_map(|version| version.to_be_bytes()).collect()
}

fn decode(value: &[u8]) -> Vec<u64> {
    value.chunks(8).map(|bytes| u64::from_be_bytes(bytes.try_into().unwrap())).collect()
}
