//! Counters for rate limits: how many times something happened within a window of time.
//!
//! With a shared level, all processes count together. While the level is unavailable, each process counts by itself:
//! the limit is then looser by the number of processes, and no request is rejected by mistake.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::Shared;

/// The largest number of keys in memory. Beyond it, the keys that were counted longest ago are dropped.
const MOST_KEYS: u64 = 100_000;

/// The longest window that the memory keeps.
const LONGEST: Duration = Duration::from_hours(1);

/// A count, and the time until it starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many in this window, including the one just counted.
    pub count: u64,
    /// The time until the window ends.
    pub resets_in: Duration,
}

/// Counts by key. Cheap to clone; all clones share the same counts.
#[derive(Clone)]
pub struct Counters(Arc<Inner>);

struct Inner {
    own: moka::sync::Cache<String, Arc<Mutex<Window>>>,
    shared: Option<Arc<dyn Shared>>,
}

struct Window {
    ends: Instant,
    count: u64,
}

impl Counters {
    /// Counts in this process only.
    pub fn new() -> Self {
        Self::with(None, MOST_KEYS)
    }

    /// Counts together with all processes that use `shared`.
    pub fn over(shared: Arc<dyn Shared>) -> Self {
        Self::with(Some(shared), MOST_KEYS)
    }

    fn with(shared: Option<Arc<dyn Shared>>, most_keys: u64) -> Self {
        let own = moka::sync::Cache::builder()
            .max_capacity(most_keys)
            .eviction_policy(moka::policy::EvictionPolicy::lru())
            .time_to_idle(LONGEST)
            .build();
        Self(Arc::new(Inner { own, shared }))
    }

    /// Adds one to the count under `key`. A window starts with its first count and lasts for `window`, at most an hour.
    pub async fn count(&self, key: &str, window: Duration) -> Count {
        if let Some(shared) = &self.0.shared
            && let Ok(count) = shared.count(key, window).await
        {
            return count;
        }
        self.0.count(key, window)
    }
}

impl Inner {
    fn count(&self, key: &str, length: Duration) -> Count {
        let now = Instant::now();
        let window =
            self.own.get_with_by_ref(key, || Arc::new(Mutex::new(Window { ends: now + length, count: 0 })));
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.ends <= now {
            *window = Window { ends: now + length, count: 0 };
        }
        window.count += 1;
        Count { count: window.count, resets_in: window.ends - now }
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counters").field("shared", &self.0.shared.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_window_ends_and_the_next_begins_at_one() {
        let counters = Counters::new();
        let minute = Duration::from_mins(1);
        assert_eq!(counters.count("a", minute).await, Count { count: 1, resets_in: minute });
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(counters.count("a", minute).await, Count { count: 2, resets_in: Duration::from_secs(40) });
        assert_eq!(counters.count("b", minute).await.count, 1);
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(counters.count("a", minute).await, Count { count: 1, resets_in: minute });
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let counters = Counters::with(None, 100);
        for n in 0..2000 {
            counters.count(&n.to_string(), Duration::from_mins(1)).await;
        }
        counters.0.own.run_pending_tasks();
        assert!(counters.0.own.entry_count() <= 100);
    }
}
