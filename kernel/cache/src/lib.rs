//! An in-memory cache whose entries carry tags. A lookup never returns a value that was filled before its tag was
//! purged.
//!
//! ```
//! # async fn example() -> Result<(), &'static str> {
//! use std::time::Duration;
//! use cache::{Cache, CacheLimits, Tags};
//!
//! // One registry of tags per process, shared by all its caches.
//! let tags = Tags::new();
//! let limits = CacheLimits { max_bytes: 16 << 20, time_to_live: Duration::from_secs(60) };
//! let names: Cache<u64, String> = Cache::new("boat-names", &tags, limits, |_, name: &String| name.len());
//!
//! let name = names.get_or_fill(7, ["boat:7"], async { Ok::<_, &str>("Vega".to_owned()) }).await?;
//! assert_eq!(names.get(&7), Some(name));
//!
//! tags.purge("boat:7");
//! assert_eq!(names.get(&7), None);
//! # Ok(()) }
//! ```
//!
//! # The promise
//!
//! Change the data first, *then* purge its tag. After [`Tags::purge`] has returned, no lookup returns a value whose
//! fill started before the purge. This includes stored values, values that are still being filled, and values that
//! other callers wait for.
//!
//! The cache counts time in purges: a fill notes the count when it starts, a purge writes the next count into its tag's
//! cell, and a lookup compares the two. Nothing is searched: a purge costs one write, a lookup one read per tag.
//!
//! A fill may find out its tags while it runs (a list knows its products only after it has read them): see
//! [`Cache::get_or_fill_tagged`]. A purge during such a fill counts, even if no entry carried the tag before.
//!
//! # The shared level
//!
//! Processes can share a second level (`adapters/redis`). A fill uses it: it looks the key up in the level first
//! ([`Level::find`]), reads the source only on a miss, and stores the result ([`Level::keep`]). Every process purges
//! its own memory when it receives a change event, and forwards each purge to the level; [`shared`] explains why that
//! is enough. If the level is unavailable, fills read the source directly and purges wait.
//!
//! # Metrics
//!
//! `cache_hits_total`, `cache_misses_total` and `cache_fills_total`, by `cache`, and `cache_purges_total`. Install the
//! metrics recorder before you create a cache: the cache takes its handles then. The shared level has
//! `shared_cache_hits_total`, `shared_cache_misses_total`, `shared_cache_refused_total` (lookups that were rejected
//! because a purge was not confirmed yet), `shared_cache_errors_total` and `shared_cache_purges_waiting`.

mod cache;
mod counters;
mod flight;
pub mod shared;
mod tags;

pub use cache::{Cache, CacheLimits};
pub use counters::{Count, Counters};
pub use shared::{Level, Shared};
pub use tags::Tags;
