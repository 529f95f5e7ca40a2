//! Redis as the shared level of the caches and as the store of rate-limit counters, for all processes.
//!
//! ```no_run
//! # fn example() -> Result<(), redis_adapter::WrongUrl> {
//! use cache::{Counters, Level, Tags};
//! use redis_adapter::{Redis, Settings};
//!
//! let redis = Redis::start(Settings::new("redis://127.0.0.1:6379"), "build-7f3a")?;
//! let tags = Tags::over(Level::start(redis.clone()));
//! let counters = Counters::over(redis.clone());
//! # Ok(()) }
//! ```
//!
//! A process can run without Redis: it starts without it, and it reconnects after a loss. Meanwhile pages are rendered
//! from the services, and each process counts by itself. The rule in [`cache::shared`] keeps old pages from being
//! served; this page describes how Redis does its part.
//!
//! # What is in Redis
//!
//! | key | what |
//! |---|---|
//! | `{prefix}:1:cells` | a sorted set: when each tag was last purged; no time to live |
//! | `{prefix}:1:run` | the run id of the server that the cells are good for |
//! | `{prefix}:1:entry:BUILD:…` | an entry: a hash of `began`, `tags` (one per connection) and `value`; with a time to live |
//! | `{prefix}:1:count:…` | a counter; with a time to live |
//!
//! `1` is the version of this layout. BUILD is any text that differs between programs whose pages differ. The braces
//! keep all keys on one node of a cluster. Redis must be 6.2 or later.
//!
//! # Why an old entry never becomes valid again
//!
//! An entry is valid while its `began` is not below the **floor** and none of its tags' cells is above it. Lost data
//! must therefore never include a cell without the floor or the entry:
//!
//! - Cells and floor are one key. If they are evicted, flushed or lost, they go together, and without a floor no entry
//!   is valid. The first process that finds none sets it to now. Under the advised `volatile-…` policies they are never
//!   evicted.
//! - Cells accumulate with the tags that are purged. A purge drops the cells older than [`Settings::longest`] and
//!   raises the floor to that time: entries from before it are no longer valid, so their cells are not needed.
//! - A restarted server may hold data from before some purges; so may a promoted replica. Its run id differs from the
//!   one stored beside the cells, and the first connection raises the floor to now, before any process reads.
//! - During a failover two servers may live behind one name. Purges that one has confirmed are missing on the other,
//!   where another process may already have filled entries. So a process also raises the floor when the run id differs
//!   from the one it saw last.
//! - A moment is good only on the connection that returned it.
//! - Moments are microseconds of the server's clock, but never less than the latest one returned. Setting the clock
//!   back therefore causes no harm.
//!
//! One case remains: a server that evicts the cells (`allkeys-…`) or is flushed, and whose clock is set back between a
//! lookup and that moment.
//!
//! # When Redis does not answer
//!
//! A call that takes longer than [`Settings::budget`] closes the connection, and every further call fails at once until
//! there is a new one. Only calls that were under way have waited. One task reconnects: at once at first, then with
//! growing pauses of at most [`SLOWEST_RETRY`]. It also pings an idle connection every second. The adapter never
//! repeats a command; [`cache::Level`] repeats purges, which is safe.
//!
//! # Metrics
//!
//! `redis_up` (0 or 1), `redis_errors_total`, `redis_connections_total`, `redis_command_duration_seconds` by `command`.

mod link;
mod scripts;
mod settings;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use cache::{
    Count,
    shared::{FillStart, Lookup, Purge, Shared, SharedFuture, TaggedValue, Unavailable},
};

pub use crate::{
    link::SLOWEST_RETRY,
    settings::{Settings, is_url},
};
use crate::{
    link::{Connection, Link},
    scripts::Scripts,
};

/// The number of tags that one script call purges; it takes well under a millisecond.
const TAGS_A_STEP: usize = 500;

/// An entry with more tags is not stored, because every reader would pay for them.
const MOST_TAGS: usize = 1000;

/// The setting `redis.url` is not the URL of a Redis server.
#[derive(Debug)]
pub struct WrongUrl(String);

impl std::fmt::Display for WrongUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "redis.url is not redis://user:password@host:port/database: {}", self.0)
    }
}

impl std::error::Error for WrongUrl {}

/// A Redis server, reachable or not.
pub struct Redis {
    link: Link,
    scripts: Scripts,
    settings: Settings,
    /// The prefix of all keys.
    root: String,
    build: String,
}

impl Redis {
    /// Starts to connect and returns at once. Processes whose pages differ for the same key must have different `build`
    /// texts.
    ///
    /// Must be called within a runtime. Fails only if the URL is invalid.
    pub fn start(settings: Settings, build: &str) -> Result<Arc<Self>, WrongUrl> {
        let client =
            redis::Client::open(settings.url.as_str()).map_err(|error| WrongUrl(error.to_string()))?;
        let root = format!("{{{}}}:1", settings.prefix);
        let scripts = Scripts::new();
        let greeting = link::Greeting {
            script: scripts.greet.clone(),
            keys: [format!("{root}:run"), format!("{root}:cells")],
        };
        let link = Link::start(client, greeting, settings.budget);
        Ok(Arc::new(Self { link, scripts, settings, root, build: build.to_owned() }))
    }

    /// Whether the last known connection is alive.
    pub fn is_up(&self) -> bool {
        self.link.connection().is_some()
    }

    fn connection(&self) -> Result<Connection, Unavailable> {
        self.link.connection().ok_or(Unavailable)
    }

    fn entry(&self, key: &str) -> String {
        format!("{}:entry:{}:{key}", self.root, self.build)
    }

    fn cells(&self) -> String {
        format!("{}:cells", self.root)
    }

    async fn get(&self, key: &str) -> Result<Lookup, Unavailable> {
        let connection = self.connection()?;
        let mut script = self.scripts.get.prepare_invoke();
        script.key(self.entry(key)).key(self.cells());
        let found: Vec<Bytes> = self.link.ask(&connection, "get", &script).await?;
        let moment =
            found.first().and_then(|text| str::from_utf8(text).ok()?.parse().ok()).ok_or(Unavailable)?;
        let entry = match found.as_slice() {
            [_, tags, value] => str::from_utf8(tags).ok().map(|tags| TaggedValue {
                value: value.clone(),
                tags: tags
                    .lines()
                    .filter_map(|cell| cell.strip_prefix(CELL))
                    .map(ToOwned::to_owned)
                    .collect(),
            }),
            _ => None,
        };
        Ok(Lookup { entry, began: FillStart { connection: connection.number, moment } })
    }

    async fn put(
        &self,
        key: &str,
        entry: &TaggedValue,
        began: FillStart,
        keep: Duration,
    ) -> Result<(), Unavailable> {
        let connection = self.connection()?;
        // A tag is stored as one line and as the name of a cell.
        let is_plain = |tag: &String| !tag.is_empty() && !tag.contains(['\n', '\r']);
        let fits = entry.value.len() <= self.settings.most_bytes && entry.tags.len() <= MOST_TAGS;
        if !fits || began.connection != connection.number || !entry.tags.iter().all(is_plain) {
            return Ok(());
        }
        let tags: Vec<String> = entry.tags.iter().map(|tag| cell(tag)).collect();
        let mut script = self.scripts.put.prepare_invoke();
        script.key(self.entry(key)).key(self.cells());
        script.arg(began.moment).arg(tags.join("\n")).arg(entry.value.as_ref());
        script.arg(milliseconds(keep.min(self.settings.longest)));
        self.link.ask::<i64>(&connection, "put", &script).await.map(drop)
    }

    async fn purge(&self, what: &Purge) -> Result<(), Unavailable> {
        let connection = self.connection()?;
        if what.everything {
            let mut script = self.scripts.purge.prepare_invoke();
            script.key(self.cells()).arg("");
            return self.link.ask::<i64>(&connection, "purge", &script).await.map(drop);
        }
        let tags: Vec<&str> = what.tags.iter().map(AsRef::as_ref).collect();
        for tags in tags.chunks(TAGS_A_STEP) {
            let mut script = self.scripts.purge.prepare_invoke();
            script.key(self.cells()).arg(microseconds(self.settings.longest));
            for tag in tags {
                script.arg(cell(tag));
            }
            self.link.ask::<i64>(&connection, "purge", &script).await?;
        }
        Ok(())
    }

    async fn count(&self, key: &str, window: Duration) -> Result<Count, Unavailable> {
        let connection = self.connection()?;
        let mut script = self.scripts.count.prepare_invoke();
        script.key(format!("{}:count:{key}", self.root)).arg(milliseconds(window));
        let (count, left): (u64, u64) = self.link.ask(&connection, "count", &script).await?;
        Ok(Count { count, resets_in: Duration::from_millis(left) })
    }
}

impl Shared for Redis {
    fn get<'a>(&'a self, key: &'a str) -> SharedFuture<'a, Lookup> {
        Box::pin(self.get(key))
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        entry: &'a TaggedValue,
        began: FillStart,
        keep: Duration,
    ) -> SharedFuture<'a, ()> {
        Box::pin(self.put(key, entry, began, keep))
    }

    fn purge<'a>(&'a self, what: &'a Purge) -> SharedFuture<'a, ()> {
        Box::pin(self.purge(what))
    }

    fn count<'a>(&'a self, key: &'a str, window: Duration) -> SharedFuture<'a, Count> {
        Box::pin(self.count(key, window))
    }
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("root", &self.root).field("up", &self.is_up()).finish_non_exhaustive()
    }
}

/// The prefix of a tag's member among the cells, so that no tag is mistaken for the floor.
const CELL: &str = "tag:";

fn cell(tag: &str) -> String {
    format!("{CELL}{tag}")
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
