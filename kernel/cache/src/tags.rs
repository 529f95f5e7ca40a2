//! Which tags were purged when; time is counted in purges.

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

/// Below so many cells, dropping the unused ones is not worth the walk.
const FEW_CELLS: usize = 1024;

/// The registry of tags: `product:…`, `category:…`. Cheap to clone; all clones are one registry.
#[derive(Clone)]
pub struct Tags(Arc<Registry>);

struct Registry {
    /// How many purges there were. A fill that began at 7 knows nothing of the eighth.
    purges: AtomicU64,
    /// When everything was last purged: part of every stamp.
    everything: Cell,
    cells: Mutex<Cells>,
    level: Option<Level>,
    purged: Counter,
}

/// When a tag was last purged, at the latest.
type Cell = Arc<AtomicU64>;

struct Cells {
    by_tag: HashMap<Box<str>, Cell>,
    /// The latest purge among dropped cells: what a tag without a cell must be thought to have suffered.
    dropped: u64,
    sweep_at: usize,
}

impl Tags {
    /// An empty registry.
    pub fn new() -> Self {
        Self::with(None)
    }

    /// An empty registry whose purges reach this shared level too, and whose caches may use it.
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

    /// When this returns, nothing that was filled from before is served under `tag` any more.
    ///
    /// Call it after the change is committed: a fill that begins after the call is believed.
    ///
    /// The shared level, if there is one, is purged in the background; until that is done, this process takes nothing
    /// with this tag from there.
    pub fn purge(&self, tag: &str) {
        // First, so that a fill that begins after the local purge knows of it.
        if let Some(level) = &self.0.level {
            level.purge(tag);
        }
        let mut cells = self.cells();
        let now = self.0.purges.fetch_add(1, Ordering::SeqCst) + 1;
        // A tag that nobody holds is noted too: a fill under way may be about to ask for it.
        cells.cell(tag).store(now, Ordering::Release);
        drop(cells);
        self.0.purged.increment(1);
    }

    /// The same for everything there is: for a process that may have missed events, because it was cut off from them.
    pub fn purge_all(&self) {
        if let Some(level) = &self.0.level {
            level.purge_all();
        }
        // Under the lock, like every purge, so that the counts are written in their order.
        let cells = self.cells();
        let now = self.0.purges.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.everything.store(now, Ordering::Release);
        drop(cells);
        self.0.purged.increment(1);
    }

    /// The level that processes share, if there is one.
    pub fn level(&self) -> Option<&Level> {
        self.0.level.as_ref()
    }

    /// How many tags are remembered, for watching over it.
    pub fn len(&self) -> usize {
        self.cells().by_tag.len()
    }

    /// Whether no tag is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The time, counted in purges.
    pub(crate) fn now(&self) -> u64 {
        self.0.purges.load(Ordering::SeqCst)
    }

    /// What was filled under `tags` by a fill that began at `began`.
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

    /// Drops the cells that no entry holds; doubling the threshold keeps the cost per tag constant.
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

/// When a value's fill began, and the cells of what it must outlive: the purges of everything, and of its tags.
pub(crate) struct Stamp {
    pub(crate) began: u64,
    cells: Box<[Cell]>,
}

impl Stamp {
    /// Whether none of the tags was purged since the fill began.
    pub(crate) fn is_fresh(&self) -> bool {
        self.cells.iter().all(|cell| cell.load(Ordering::Acquire) <= self.began)
    }

    /// About what it takes in memory, in bytes.
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
