//! What the adapter is told at its start.

use std::{fmt, time::Duration};

/// What the adapter is told at its start.
#[derive(Clone)]
pub struct Settings {
    /// Where Redis is: `redis://user:password@host:port/database`.
    pub url: String,
    /// What its keys begin with, so that several shops can share a server.
    pub prefix: String,
    /// How long a call may take, from being made to being answered.
    pub budget: Duration,
    /// A larger value is not kept, in bytes.
    pub most_bytes: usize,
    /// Entries are kept for at most this long, and cells for as long as they matter to them. All processes should
    /// have the same.
    pub longest: Duration,
}

impl Settings {
    /// Keys that begin with `caravel`; 50 ms for a call; values of 512 KiB, kept for an hour.
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
