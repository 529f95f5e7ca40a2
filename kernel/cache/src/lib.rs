//! What is read often, kept in memory under tags, and never served stale once its tag has been purged.
//!
//! ```
//! # async fn example() -> Result<(), &'static str> {
//! use std::time::Duration;
//! use cache::{Cache, Limits, Tags};
//!
//! // One registry of tags per process, shared by all its caches.
//! let tags = Tags::new();
//! let limits = Limits { max_bytes: 16 << 20, time_to_live: Duration::from_secs(60) };
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
//! Change the data, *then* purge its tag. Once [`Tags::purge`] has returned, no lookup answers with a value whose fill
//! began before the purge: not one that was stored, not one that is still being filled, not one that somebody else
//! waits for. It holds because time is counted in purges: a fill notes the count when it begins, a purge writes the
//! next count into its tag's cell, and a lookup compares. Nothing is searched: a purge costs one write, a lookup one
//! read per tag.
//!
//! A fill may learn its tags only by filling (a list knows its products when it has read them); see
//! [`Cache::get_or_fill_tagged`]. A purge in the meantime is not lost, even if nobody held the tag before.
//!
//! # The shared level
//!
//! Processes may share a second level (`adapters/redis`). It belongs inside the fill: ask it ([`Level::find`]), and only
//! then the source ([`Level::keep`]). Every process purges its own memory by the events that it hears, and hands each
//! purge on to the level; [`shared`] tells by which rule that is enough. A level that is away is passed by: fills are
//! then slower, and purges wait.
//!
//! # Metrics
//!
//! `cache_hits_total`, `cache_misses_total` and `cache_fills_total`, by `cache`, and `cache_purges_total`. The handles
//! are made with the cache: install the recorder first. Of the shared level: `shared_cache_hits_total`,
//! `shared_cache_misses_total`, `shared_cache_refused_total` (there was an entry, or might have been, and a purge was
//! not confirmed yet), `shared_cache_errors_total`, and `shared_cache_purges_waiting`.

mod cache;
mod counters;
mod flight;
pub mod shared;
mod tags;

pub use cache::{Cache, Limits};
pub use counters::{Count, Counters};
pub use shared::{Level, Shared};
pub use tags::Tags;
