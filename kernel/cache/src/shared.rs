//! The level that processes share: what it must do, and the rule by which its answers may be believed.
//!
//! # The rule
//!
//! Events reach processes one by one and in no common order, so a value that another process stored may be from before
//! a change that this process has heard of. Once a process has heard of a change it must never show the older value.
//!
//! The shared level counts time, like [`crate::Tags`] does: each purge takes the next moment and writes it into its
//! tags' cells. A lookup tells the moment at which it was made. A fill that follows a lookup is stored under that
//! moment, `began`, and is valid while no cell of its tags is later. Whoever fills may learn the tags only by filling,
//! for cells are compared when the entry is read, not when it is written.
//!
//! Every process hands each purge that it hears to the level, before anything else, and:
//!
//! > takes from the level no entry with a tag whose purge it has heard and the level has not confirmed.
//!
//! Then all is well without any order between processes. Let a process hear a purge of `t`, and later be answered an
//! entry tagged `t`. If the purge was unconfirmed when it asked, it refuses the entry. If it was confirmed, `t`'s cell
//! held its moment when the level judged the entry, so the entry's `began` is later: the lookup ahead of its fill was
//! answered after the purge was confirmed, and so its fill read the source after the change had been committed.
//! Another process's purge of the same change comes before or after; it can only drop what is good, never revive what
//! is not. What is heard while the level is answering is the business of the memory cache around it, whose own
//! stamp is older than that purge.
//!
//! A purge that fails is repeated until it is confirmed, and meanwhile blocks its tags only. Too many of them become
//! one purge of everything, which blocks every lookup.
//!
//! # What it costs
//!
//! A process that hears a change a little later than the others drops what they have filled since, once, from the
//! shared level (not from their memories). An entry taken from the level lives in memory for the whole time to live
//! again, so the net below the tags is twice as deep as the setting says.

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

/// So many tags may wait to be purged; more become a purge of everything.
const MOST_WAITING: usize = 4096;

/// Between two tries to purge.
const PAUSE: Duration = Duration::from_millis(100);

/// The shared level gave no answer in time, or none that can be used. The reason is its own to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away;

/// What a [`Shared`] answers, when it does.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, Away>> + Send + 'a>>;

/// A level that processes share. Each call ends within a short time, whatever happens.
pub trait Shared: Send + Sync + 'static {
    /// What is kept under `key` and valid, and when this was asked.
    fn get<'a>(&'a self, key: &'a str) -> Reply<'a, Lookup>;

    /// Keeps an entry under `key` for at most this long, unless one of its tags was purged after `began`.
    fn put<'a>(&'a self, key: &'a str, entry: &'a Entry, began: Began, keep: Duration) -> Reply<'a, ()>;

    /// Makes invalid what was or will be kept by fills that began before now. Done twice it does no harm.
    fn purge<'a>(&'a self, what: &'a Purge) -> Reply<'a, ()>;

    /// Counts one more under `key`; the count begins anew this long after its first.
    fn count<'a>(&'a self, key: &'a str, window: Duration) -> Reply<'a, Count>;
}

/// A value and its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value, in a form that all processes can read.
    pub value: Bytes,
    /// What it is purged by.
    pub tags: Vec<String>,
}

/// A moment of the shared level. What `connection` means is the level's affair: a moment is good for a put only on the
/// connection that told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Began {
    /// By which connection it was told.
    pub connection: u64,
    /// When it was, in the level's own count.
    pub moment: u64,
}

/// The answer to a lookup.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// What is kept, if it is valid.
    pub entry: Option<Entry>,
    /// The moment that a fill after this lookup begins at.
    pub began: Began,
}

/// What to purge.
#[derive(Debug, Clone, Default)]
pub struct Purge {
    /// All there is; the tags are then of no account.
    pub everything: bool,
    /// These tags.
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

    fn concerns(&self, entry: &Entry) -> bool {
        self.everything || entry.tags.iter().any(|tag| self.tags.contains(tag.as_str()))
    }
}

/// A shared level, used by the rule. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Level(Arc<Inner>);

struct Inner {
    shared: Arc<dyn Shared>,
    unsettled: Mutex<Unsettled>,
    work: Arc<Notify>,
    hits: Counter,
    misses: Counter,
    refused: Counter,
    errors: Counter,
    waiting: Gauge,
}

/// The purges that were heard and are not confirmed. Snapshots of them are two pointers.
#[derive(Default)]
struct Unsettled {
    waiting: Arc<Purge>,
    sent: Arc<Purge>,
}

/// What [`Level::find`] brings.
#[derive(Debug, Default)]
pub struct Found {
    /// An entry that may be believed.
    pub entry: Option<Entry>,
    /// For [`Level::keep`], if the value is filled now. Without it the level is not to be used this time.
    pub began: Option<Began>,
}

impl Level {
    /// Begins to use `shared`; purges are settled by a task of their own, which ends with the last clone.
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

    /// What is kept under `key`, if the rule lets it be believed.
    pub async fn find(&self, key: &str) -> Found {
        // From before the question: what is confirmed while it is under way may have come after the answer.
        let unsettled = self.0.snapshot();
        if unsettled.iter().any(|purge| purge.everything) {
            self.0.refused.increment(1);
            return Found::default();
        }
        let Ok(Lookup { entry, began }) = self.0.shared.get(key).await else {
            self.0.errors.increment(1);
            return Found::default();
        };
        let known = entry.is_some();
        let entry = entry.filter(|entry| !unsettled.iter().any(|purge| purge.concerns(entry)));
        match (&entry, known) {
            (Some(_), _) => self.0.hits.increment(1),
            (None, true) => self.0.refused.increment(1),
            (None, false) => self.0.misses.increment(1),
        }
        Found { entry, began: Some(began) }
    }

    /// Keeps what was filled after the lookup that told `began`; in the background, and if it fails, not.
    pub fn keep(&self, key: String, entry: Entry, began: Began, keep: Duration) {
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            if inner.shared.put(&key, &entry, began, keep).await.is_err() {
                inner.errors.increment(1);
            }
        });
    }

    /// How many purges are not confirmed yet; 0 means that this process's purges all hold everywhere.
    pub fn unsettled(&self) -> usize {
        self.0.snapshot().iter().map(|purge| purge.tags.len() + usize::from(purge.everything)).sum()
    }

    /// Noted when this returns, confirmed later.
    pub(crate) fn purge(&self, tag: &str) {
        self.0.note(|waiting| waiting.add(tag));
    }

    pub(crate) fn purge_all(&self) {
        self.0.note(Purge::all);
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Unsettled> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshot(&self) -> [Arc<Purge>; 2] {
        let unsettled = self.lock();
        [Arc::clone(&unsettled.waiting), Arc::clone(&unsettled.sent)]
    }

    fn note(&self, change: impl FnOnce(&mut Purge)) {
        let mut unsettled = self.lock();
        change(Arc::make_mut(&mut unsettled.waiting));
        self.tell(&unsettled);
        drop(unsettled);
        self.work.notify_one();
    }

    /// What waits, now being sent.
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
        self.tell(&unsettled);
    }

    /// What was sent waits again.
    fn take_back(&self) {
        let mut unsettled = self.lock();
        let sent = std::mem::take(&mut unsettled.sent);
        let waiting = Arc::make_mut(&mut unsettled.waiting);
        if sent.everything {
            waiting.all();
        } else {
            sent.tags.iter().for_each(|tag| waiting.add(tag));
        }
        self.tell(&unsettled);
    }

    fn tell(&self, unsettled: &Unsettled) {
        let waiting = unsettled.waiting.tags.len() + unsettled.sent.tags.len();
        self.waiting.set(u32::try_from(waiting).unwrap_or(u32::MAX));
    }
}

/// Purges what waits, until it is confirmed.
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
