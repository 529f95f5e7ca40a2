//! The time of the last purge of each tag; time is counted in purges.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::Counter;

use crate::Level;

/// With fewer cells than this, a sweep for unused ones does not pay.
const FEW_CELLS: usize = 1024;

/// The registry of tags: `product:…`, `category:…`. Cheap to clone; all clones are one registry.
#[derive(Clone)]
pub struct Tags(Arc<Registry>);

struct Registry {
    /// The number of purges so far. A fill that started at 7 does not reflect the eighth.
    purges: AtomicU64,
    /// The last purge of everything: part of every stamp.
    everything: Cell,
    cells: Mutex<Cells>,
    level: Option<Level>,
    purged: Counter,
}

/// The last purge of a tag.
type Cell = Arc<AtomicU64>;

struct Cells {
    by_tag: HashMap<Box<str>, Cell>,
    /// The latest purge among the dropped cells: a tag without a cell may have been purged as late as this.
    dropped: u64,
    sweep_at: usize,
}

impl Tags {
    /// An empty registry.
    pub fn new() -> Self {
        Self::with(None)
    }

    /// An empty registry whose purges also reach this shared level, and whose caches may use the level.
    pub fn over(level: Level) -> Self {
        Self::with(Some(level))
    }

    fn with(level: Option<Level>) -> Self {
        let cells = Cells { by_tag: HashMap::new(), dropped: 0, sweep_at: FEW_CELLS };
        Self(Arc::new(Registry {
            purges: AtomicU64::new(0),
            everything: Cell::default(),
            level,
            cells: Mutex::new(cells),
            purged: metrics::counter!("cache_purges_total"),
        }))
    }

    /// After this returns, no lookup returns a value under `tag` whose fill started before the call.
    ///
    /// Call it after the change is committed: a fill that starts after the call counts as current.
    ///
    /// The shared level, if there is one, is purged in the background. Until it confirms the purge, this process uses
    /// no entry with this tag from there.
    pub fn purge(&self, tag: &str) {
        // First, so that a fill that starts after the local purge already sees it.
        if let Some(level) = &self.0.level {
            level.purge(tag);
        }
        let mut cells = self.cells();
        let now = self.0.purges.fetch_add(1, Ordering::SeqCst) + 1;
        // A tag without entries is noted too: a running fill may be about to use it.
        cells.cell(tag).store(now, Ordering::Release);
        drop(cells);
        self.0.purged.increment(1);
    }

    /// Purges everything: for a process that may have missed events because it was disconnected.
    pub fn purge_all(&self) {
        if let Some(level) = &self.0.level {
            level.purge_all();
        }
        // Under the lock, like every purge, so that the counts are written in order.
        let cells = self.cells();
        let now = self.0.purges.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.everything.store(now, Ordering::Release);
        drop(cells);
        self.0.purged.increment(1);
    }

    /// The shared level, if there is one.
    pub fn level(&self) -> Option<&Level> {
        self.0.level.as_ref()
    }

    /// The number of tags that are remembered; for tests and monitoring.
    pub fn len(&self) -> usize {
        self.cells().by_tag.len()
    }

    /// Whether no tag is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The current time, counted in purges.
    pub(crate) fn now(&self) -> u64 {
        self.0.purges.load(Ordering::SeqCst)
    }

    /// Stamps a value that was filled under `tags` by a fill that started at `began`.
    pub(crate) fn stamp<T: AsRef<str>>(&self, began: u64, tags: impl IntoIterator<Item = T>) -> Stamp {
        let everything = Arc::clone(&self.0.everything);
        let mut cells = self.cells();
        let own = tags.into_iter().map(|tag| cells.cell(tag.as_ref()));
        Stamp { began, cells: std::iter::once(everything).chain(own).collect() }
    }

    fn cells(&self) -> MutexGuard<'_, Cells> {
        self.0.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cells {
    fn cell(&mut self, tag: &str) -> Cell {
        if let Some(cell) = self.by_tag.get(tag) {
            return Arc::clone(cell);
        }
        if self.by_tag.len() >= self.sweep_at {
            self.sweep();
        }
        let cell = Arc::new(AtomicU64::new(self.dropped));
        self.by_tag.insert(tag.into(), Arc::clone(&cell));
        cell
    }

    /// Drops the cells that no entry holds. Doubling the threshold keeps the cost per tag constant.
    fn sweep(&mut self) {
        let dropped = &mut self.dropped;
        self.by_tag.retain(|_, cell| {
            let held = Arc::strong_count(cell) > 1;
            if !held {
                *dropped = (*dropped).max(cell.load(Ordering::Relaxed));
            }
            held
        });
        self.sweep_at = FEW_CELLS.max(2 * self.by_tag.len());
    }
}

/// The time at which a value's fill started, and the cells that decide about it: everything's, and those of its tags.
pub(crate) struct Stamp {
    pub(crate) began: u64,
    cells: Box<[Cell]>,
}

impl Stamp {
    /// Whether none of the tags was purged since the fill began.
    pub(crate) fn is_fresh(&self) -> bool {
        self.cells.iter().all(|cell| cell.load(Ordering::Acquire) <= self.began)
    }

    /// The approximate size in memory, in bytes.
    pub(crate) fn weight(&self) -> usize {
        size_of::<Self>() + self.cells.len() * size_of::<Cell>()
    }
}

impl Default for Tags {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tags").field("purges", &self.now()).field("len", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_does_not_grow_for_ever() {
        let tags = Tags::new();
        let held = tags.stamp(0, ["kept"]);
        for n in 0..100_000 {
            tags.purge(&format!("product:{n}"));
        }
        assert!(tags.len() <= FEW_CELLS, "{} cells", tags.len());
        assert!(held.is_fresh());
        tags.purge("kept");
        assert!(!held.is_fresh());
    }

    #[test]
    fn purging_everything_spares_only_what_is_filled_afterwards() {
        let tags = Tags::new();
        let (tagged, untagged) = (tags.stamp(tags.now(), ["a"]), tags.stamp(tags.now(), [""; 0]));
        tags.purge_all();
        assert!(!tagged.is_fresh() && !untagged.is_fresh());
        assert!(tags.stamp(tags.now(), ["a"]).is_fresh());
    }

    #[test]
    fn a_purge_whose_cell_was_dropped_still_counts() {
        let tags = Tags::new();
        let began = tags.now();
        tags.purge("product:7");
        for n in 0..2 * FEW_CELLS {
            drop(tags.stamp(0, [n.to_string()]));
        }
        assert!(!tags.cells().by_tag.contains_key("product:7"), "the test must make it be dropped");
        assert!(!tags.stamp(began, ["product:7"]).is_fresh());
        assert!(tags.stamp(tags.now(), ["product:7"]).is_fresh());
    }
}
