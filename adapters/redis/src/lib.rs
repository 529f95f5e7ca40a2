//! Redis, shared by all processes: the second level of the cache, and counters for limits.
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
//! Redis is never needed. A process starts without it, loses it and finds it again; meanwhile pages are made from their
//! services and limits are counted by each process. What keeps old pages from being shown is the rule in
//! [`cache::shared`]; what follows is how Redis keeps its part of it.
//!
//! # What is in Redis
//!
//! | key | what |
//! |---|---|
//! | `{prefix}:1:cells` | a sorted set: when each tag was last purged; no time to live |
//! | `{prefix}:1:run` | the run id of the server that the cells are good for |
//! | `{prefix}:1:entry:BUILD:…` | an entry: a hash of `began`, `tags` (by lines) and `value`; with a time to live |
//! | `{prefix}:1:count:…` | a counter; with a time to live |
//!
//! `1` is the version of this layout, BUILD whatever makes pages differ between programs. The braces keep all keys on
//! one node of a cluster. Redis 6.2 or later.
//!
//! # Why an old entry never becomes valid again
//!
//! An entry is valid while its `began` is not below the **floor** and none of its tags' cells is above it. So data
//! that goes missing must never take a cell and leave the floor and the entry:
//!
//! - Cells and floor are one key. Evicted, flushed or lost, they go together, and without a floor nothing is valid. Whoever
//!   finds none sets it to now. With a policy of `volatile-…`, which is advised, they are never evicted.
//! - Cells grow by the tags that are purged. A purge drops those older than [`Settings::longest`] and raises the floor to
//!   there: what began before is no longer believed, so its cells need not be known.
//! - A server that is started anew may come with data from before some purges, a promoted replica too. Its run id
//!   differs from the one kept beside the cells, and the first connection raises the floor to now, before anybody reads.
//! - Behind one name two servers may live at once, while one takes over from the other. What a process had confirmed by
//!   the one is missing from the other, where somebody else may have been first and filled. So a process that finds
//!   another run id than the last time raises the floor too.
//! - Moments that an earlier connection was told are good for nothing on the next.
//! - Moments are microseconds of the server's clock, but never less than the latest that was told: a clock that is set
//!   back slows nothing and confuses nothing.
//!
//! What is left: a server that is told to evict the cells (`allkeys-…`), or is flushed, and whose clock is set back
//! between a lookup and that.
//!
//! # When Redis does not answer
//!
//! A call that takes longer than [`Settings::budget`] ends the connection, and every call fails at once until there is
//! a new one. Only those that were under way have waited. One task connects again, at first at once, then ever more
//! slowly up to [`SLOWEST_RETRY`], and asks a quiet connection each second whether it still lives. What is sent is never
//! repeated blindly; purges are repeated by [`cache::Level`], to which that does no harm.
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
    shared::{Away, Began, Entry, Lookup, Purge, Reply, Shared},
};

pub use crate::{link::SLOWEST_RETRY, settings::Settings};
use crate::{
    link::{Line, Link},
    scripts::Scripts,
};

/// So many tags are purged in one step, which takes well under a millisecond.
const TAGS_A_STEP: usize = 500;

/// An entry with more tags is not kept: each costs every reader.
const MOST_TAGS: usize = 1000;

/// The setting `redis.url` is not the address of a Redis server.
#[derive(Debug)]
pub struct WrongUrl(String);

impl std::fmt::Display for WrongUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "redis.url is not redis://user:password@host:port/database: {}", self.0)
    }
}

impl std::error::Error for WrongUrl {}

/// A Redis server, whether it is there or not.
pub struct Redis {
    link: Link,
    scripts: Scripts,
    settings: Settings,
    /// What all keys begin with.
    root: String,
    build: String,
}

impl Redis {
    /// Begins to connect, and returns at once. Processes whose pages differ for the same key must differ in `build`.
    ///
    /// Must be called within a runtime. Fails only if the URL cannot be one.
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

    /// Whether it is there, as far as is known.
    pub fn is_up(&self) -> bool {
        self.link.line().is_some()
    }

    fn line(&self) -> Result<Line, Away> {
        self.link.line().ok_or(Away)
    }

    fn entry(&self, key: &str) -> String {
        format!("{}:entry:{}:{key}", self.root, self.build)
    }

    fn cells(&self) -> String {
        format!("{}:cells", self.root)
    }

    async fn get(&self, key: &str) -> Result<Lookup, Away> {
        let line = self.line()?;
        let mut script = self.scripts.get.prepare_invoke();
        script.key(self.entry(key)).key(self.cells());
        let found: Vec<Bytes> = self.link.ask(&line, "get", &script).await?;
        let moment = found.first().and_then(|text| str::from_utf8(text).ok()?.parse().ok()).ok_or(Away)?;
        let entry = match found.as_slice() {
            [_, tags, value] => str::from_utf8(tags).ok().map(|tags| Entry {
                value: value.clone(),
                tags: tags
                    .lines()
                    .filter_map(|cell| cell.strip_prefix(CELL))
                    .map(ToOwned::to_owned)
                    .collect(),
            }),
            _ => None,
        };
        Ok(Lookup { entry, began: Began { connection: line.number, moment } })
    }

    async fn put(&self, key: &str, entry: &Entry, began: Began, keep: Duration) -> Result<(), Away> {
        let line = self.line()?;
        // A tag is a line and a cell's name.
        let is_plain = |tag: &String| !tag.is_empty() && !tag.contains(['\n', '\r']);
        let fits = entry.value.len() <= self.settings.most_bytes && entry.tags.len() <= MOST_TAGS;
        if !fits || began.connection != line.number || !entry.tags.iter().all(is_plain) {
            return Ok(());
        }
        let tags: Vec<String> = entry.tags.iter().map(|tag| cell(tag)).collect();
        let mut script = self.scripts.put.prepare_invoke();
        script.key(self.entry(key)).key(self.cells());
        script.arg(began.moment).arg(tags.join("\n")).arg(entry.value.as_ref());
        script.arg(milliseconds(keep.min(self.settings.longest)));
        self.link.ask::<i64>(&line, "put", &script).await.map(drop)
    }

    async fn purge(&self, what: &Purge) -> Result<(), Away> {
        let line = self.line()?;
        if what.everything {
            let mut script = self.scripts.purge.prepare_invoke();
            script.key(self.cells()).arg("");
            return self.link.ask::<i64>(&line, "purge", &script).await.map(drop);
        }
        let tags: Vec<&str> = what.tags.iter().map(AsRef::as_ref).collect();
        for tags in tags.chunks(TAGS_A_STEP) {
            let mut script = self.scripts.purge.prepare_invoke();
            script.key(self.cells()).arg(microseconds(self.settings.longest));
            for tag in tags {
                script.arg(cell(tag));
            }
            self.link.ask::<i64>(&line, "purge", &script).await?;
        }
        Ok(())
    }

    async fn count(&self, key: &str, window: Duration) -> Result<Count, Away> {
        let line = self.line()?;
        let mut script = self.scripts.count.prepare_invoke();
        script.key(format!("{}:count:{key}", self.root)).arg(milliseconds(window));
        let (count, left): (u64, u64) = self.link.ask(&line, "count", &script).await?;
        Ok(Count { count, resets_in: Duration::from_millis(left) })
    }
}

impl Shared for Redis {
    fn get<'a>(&'a self, key: &'a str) -> Reply<'a, Lookup> {
        Box::pin(self.get(key))
    }

    fn put<'a>(&'a self, key: &'a str, entry: &'a Entry, began: Began, keep: Duration) -> Reply<'a, ()> {
        Box::pin(self.put(key, entry, began, keep))
    }

    fn purge<'a>(&'a self, what: &'a Purge) -> Reply<'a, ()> {
        Box::pin(self.purge(what))
    }

    fn count<'a>(&'a self, key: &'a str, window: Duration) -> Reply<'a, Count> {
        Box::pin(self.count(key, window))
    }
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("root", &self.root).field("up", &self.is_up()).finish_non_exhaustive()
    }
}

/// What a tag's member among the cells begins with, so that no tag can be taken for the floor.
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
