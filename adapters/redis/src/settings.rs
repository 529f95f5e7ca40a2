//! The settings of the adapter.

use std::{fmt, time::Duration};

/// The settings of the adapter.
#[derive(Clone)]
pub struct Settings {
    /// The server's URL: `redis://user:password@host:port/database`.
    pub url: String,
    /// The prefix of all keys, so that several shops can share a server.
    pub prefix: String,
    /// The time limit of a call, from its start to its result.
    pub budget: Duration,
    /// In bytes. Larger values are not stored.
    pub most_bytes: usize,
    /// The longest time that entries are stored; cells are stored as long as an entry may need them. All processes
    /// should have the same value.
    pub longest: Duration,
}

impl Settings {
    /// Keys that begin with `caravel`, 50 ms for a call, values of at most 512 KiB, stored for at most an hour.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            prefix: "caravel".to_owned(),
            budget: Duration::from_millis(50),
            most_bytes: 512 << 10,
            longest: Duration::from_hours(1),
        }
    }
}

/// Whether a URL can be that of a Redis server.
pub fn is_url(url: &str) -> bool {
    redis::Client::open(url).is_ok()
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, prefix, budget, most_bytes, longest } = self;
        f.debug_struct("Settings")
            .field("prefix", prefix)
            .field("budget", budget)
            .field("most_bytes", most_bytes)
            .field("longest", longest)
            .finish_non_exhaustive()
    }
}
