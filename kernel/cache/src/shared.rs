//! The cache level that processes share: its interface, and the rule that decides which of its entries may be used.
//!
//! # The rule
//!
//! Processes receive events one by one and in no common order. An entry that another process stored can therefore be
//! older than a change that this process already knows. After a process has received a change, it must never show an
//! older value.
//!
//! The shared level counts time like [`crate::Tags`]: each purge takes the next moment and writes it into the cells of
//! its tags. A lookup returns the moment at which it was made. A fill after that lookup is stored under this moment,
//! `began`; the entry is valid while none of its tags' cells is later. A fill may find out its tags while it runs,
//! because cells are compared when an entry is read, not when it is written.
//!
//! A process that receives a purge forwards it to the level before it does anything else. And:
//!
//! > A process uses no entry of the level with a tag whose purge it has received and the level has not confirmed.
//!
//! This is enough without any order between processes. Suppose that a process receives a purge of `t` and later reads
//! an entry with the tag `t` from the level. If the purge was not confirmed at the time of the lookup, the process
//! rejects the entry. If it was confirmed, the cell of `t` held the purge's moment when the level judged the entry, so
//! the entry's `began` is later. The lookup before its fill was therefore answered after the purge was confirmed, and
//! its fill read the source after the change was committed. Another process's purge for the same change may come before
//! or after; it can drop good entries, but it never makes a bad entry valid. A purge that arrives while the level
//! answers is handled by the memory cache around it, whose own stamp is older than that purge.
//!
//! A purge that fails is repeated until it is confirmed. Until then it blocks its tags only. If too many tags wait,
//! they become one purge of everything, which blocks every lookup.
//!
//! # What it costs
//!
//! A process that receives a change later than the others drops what they have filled since, once, from the shared
//! level (not from their memories). An entry that comes from the level stays in memory for the whole time to live
//! again, so an entry can live twice as long as the setting says.

use std::{
    collections::HashSet,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use bytes::Bytes;
use metrics::{Counter, Gauge};
use tokio::{sync::Notify, time::sleep};

use crate::Count;

/// This many tags may wait to be purged; more become one purge of everything.
const MOST_WAITING: usize = 4096;

/// The pause between two attempts to purge.
const PAUSE: Duration = Duration::from_millis(100);

/// The shared level did not answer in time, or its answer cannot be used. The level logs the reason itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// The result of a call of [`Shared`].
pub type SharedFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unavailable>> + Send + 'a>>;

/// A cache level that processes share. Each call ends within a short time, whatever happens.
pub trait Shared: Send + Sync + 'static {
    /// Returns the valid entry under `key`, and the moment of this lookup.
    fn get<'a>(&'a self, key: &'a str) -> SharedFuture<'a, Lookup>;

    /// Stores an entry under `key` for at most `keep`, unless one of its tags was purged after `began`.
    fn put<'a>(
        &'a self,
        key: &'a str,
        entry: &'a TaggedValue,
        began: FillStart,
        keep: Duration,
    ) -> SharedFuture<'a, ()>;

    /// Makes all entries with these tags invalid whose fill started before now. Repeating it does no harm.
    fn purge<'a>(&'a self, what: &'a Purge) -> SharedFuture<'a, ()>;

    /// Adds one to the count under `key`. The count starts again `window` after its first one.
    fn count<'a>(&'a self, key: &'a str, window: Duration) -> SharedFuture<'a, Count>;
}

/// A value and its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedValue {
    /// The value, in a form that every process can read.
    pub value: Bytes,
    /// A purge of any of these tags makes the value invalid.
    pub tags: Vec<String>,
}

/// The moment at which a fill starts, in the time of the shared level. It is good for a put only on the connection that
/// returned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillStart {
    /// A number for the connection; only the level interprets it.
    pub connection: u64,
    /// The level's count of purges at that moment.
    pub moment: u64,
}

/// The result of a lookup in the shared level.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// The entry, if there is a valid one.
    pub entry: Option<TaggedValue>,
    /// The moment at which a fill after this lookup starts.
    pub began: FillStart,
}

/// What to purge.
#[derive(Debug, Clone, Default)]
pub struct Purge {
    /// Everything; `tags` is ignored then.
    pub everything: bool,
    /// Entries with any of these tags.
    pub tags: HashSet<Box<str>>,
}

impl Purge {
    fn is_empty(&self) -> bool {
        !self.everything && self.tags.is_empty()
    }

    fn add(&mut self, tag: &str) {
        if self.everything || self.tags.contains(tag) {
            return;
        }
        if self.tags.len() >= MOST_WAITING {
            self.all();
        } else {
            self.tags.insert(tag.into());
        }
    }

    fn all(&mut self) {
        *self = Self { everything: true, tags: HashSet::new() };
    }

    fn concerns(&self, entry: &TaggedValue) -> bool {
        self.everything || entry.tags.iter().any(|tag| self.tags.contains(tag.as_str()))
    }
}

/// A shared level together with the rule for its use. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Level(Arc<Inner>);

struct Inner {
    shared: Arc<dyn Shared>,
    unsettled: Mutex<PendingPurges>,
    work: Arc<Notify>,
    hits: Counter,
    misses: Counter,
    refused: Counter,
    errors: Counter,
    waiting: Gauge,
}

/// The purges that were received and are not confirmed. A snapshot copies two pointers.
#[derive(Default)]
struct PendingPurges {
    waiting: Arc<Purge>,
    sent: Arc<Purge>,
}

/// The result of [`Level::find`].
#[derive(Debug, Default)]
pub struct LevelLookup {
    /// An entry that may be used.
    pub entry: Option<TaggedValue>,
    /// To be passed to [`Level::keep`] if the value is filled now. `None`: do not use the level this time.
    pub began: Option<FillStart>,
}

impl Level {
    /// Starts to use `shared`. A background task sends the purges; it ends with the last clone.
    pub fn start(shared: Arc<dyn Shared>) -> Self {
        let work = Arc::new(Notify::new());
        let inner = Arc::new(Inner {
            shared,
            unsettled: Mutex::default(),
            work: Arc::clone(&work),
            hits: metrics::counter!("shared_cache_hits_total"),
            misses: metrics::counter!("shared_cache_misses_total"),
            refused: metrics::counter!("shared_cache_refused_total"),
            errors: metrics::counter!("shared_cache_errors_total"),
            waiting: metrics::gauge!("shared_cache_purges_waiting"),
        });
        tokio::spawn(settle(Arc::downgrade(&inner), work));
        Self(inner)
    }

    /// Returns the entry under `key`, if the rule allows its use.
    pub async fn find(&self, key: &str) -> LevelLookup {
        // Taken before the lookup: a purge that is confirmed during the lookup may have come after the answer.
        let unsettled = self.0.snapshot();
        if unsettled.iter().any(|purge| purge.everything) {
            self.0.refused.increment(1);
            return LevelLookup::default();
        }
        let Ok(Lookup { entry, began }) = self.0.shared.get(key).await else {
            self.0.errors.increment(1);
            return LevelLookup::default();
        };
        let known = entry.is_some();
        let entry = entry.filter(|entry| !unsettled.iter().any(|purge| purge.concerns(entry)));
        match (&entry, known) {
            (Some(_), _) => self.0.hits.increment(1),
            (None, true) => self.0.refused.increment(1),
            (None, false) => self.0.misses.increment(1),
        }
        LevelLookup { entry, began: Some(began) }
    }

    /// Stores a value that was filled after the lookup that returned `began`. Runs in the background; an error is
    /// counted, not returned.
    pub fn keep(&self, key: String, entry: TaggedValue, began: FillStart, keep: Duration) {
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            if inner.shared.put(&key, &entry, began, keep).await.is_err() {
                inner.errors.increment(1);
            }
        });
    }

    /// Returns how many purges are not confirmed yet. 0 means that all purges of this process hold everywhere.
    pub fn unsettled(&self) -> usize {
        self.0.snapshot().iter().map(|purge| purge.tags.len() + usize::from(purge.everything)).sum()
    }

    /// The purge is noted when this returns, and confirmed later.
    pub(crate) fn purge(&self, tag: &str) {
        self.0.note(|waiting| waiting.add(tag));
    }

    pub(crate) fn purge_all(&self) {
        self.0.note(Purge::all);
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, PendingPurges> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshot(&self) -> [Arc<Purge>; 2] {
        let unsettled = self.lock();
        [Arc::clone(&unsettled.waiting), Arc::clone(&unsettled.sent)]
    }

    fn note(&self, change: impl FnOnce(&mut Purge)) {
        let mut unsettled = self.lock();
        change(Arc::make_mut(&mut unsettled.waiting));
        self.report(&unsettled);
        drop(unsettled);
        self.work.notify_one();
    }

    /// Marks what waits as being sent, and returns it.
    fn send(&self) -> Option<Arc<Purge>> {
        let mut unsettled = self.lock();
        if unsettled.waiting.is_empty() {
            return None;
        }
        unsettled.sent = std::mem::take(&mut unsettled.waiting);
        Some(Arc::clone(&unsettled.sent))
    }

    fn confirm(&self) {
        let mut unsettled = self.lock();
        unsettled.sent = Arc::default();
        self.report(&unsettled);
    }

    /// Puts what was sent back into the queue.
    fn take_back(&self) {
        let mut unsettled = self.lock();
        let sent = std::mem::take(&mut unsettled.sent);
        let waiting = Arc::make_mut(&mut unsettled.waiting);
        if sent.everything {
            waiting.all();
        } else {
            sent.tags.iter().for_each(|tag| waiting.add(tag));
        }
        self.report(&unsettled);
    }

    fn report(&self, unsettled: &PendingPurges) {
        let waiting = unsettled.waiting.tags.len() + unsettled.sent.tags.len();
        self.waiting.set(u32::try_from(waiting).unwrap_or(u32::MAX));
    }
}

/// Sends what waits, until it is confirmed.
async fn settle(level: Weak<Inner>, work: Arc<Notify>) {
    loop {
        work.notified().await;
        loop {
            let Some(inner) = level.upgrade() else { return };
            let Some(purge) = inner.send() else { break };
            if inner.shared.purge(&purge).await.is_ok() {
                inner.confirm();
            } else {
                inner.errors.increment(1);
                inner.take_back();
                drop(inner);
                sleep(PAUSE).await;
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.work.notify_one();
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Level").field("unsettled", &self.unsettled()).finish_non_exhaustive()
    }
}
