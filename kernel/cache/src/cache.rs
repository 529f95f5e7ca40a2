//! The cache itself: lookups, fills, limits.

use std::{borrow::Borrow, fmt, hash::Hash, sync::Arc, time::Duration};

use metrics::Counter;

use crate::{
    Tags,
    flight::{Flights, Landing, Role},
    tags::Stamp,
};

/// How much a cache keeps, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct CacheLimits {
    /// In bytes. Beyond it, the entries that are least used are evicted.
    pub max_bytes: u64,
    /// An entry expires after this time even if no purge reached it: the safety net below the tags.
    pub time_to_live: Duration,
}

/// Values of `V` by keys of `K`. Cheap to clone; all clones are one cache.
pub struct Cache<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    name: &'static str,
    tags: Tags,
    entries: moka::sync::Cache<K, Arc<Entry<V>>>,
    flights: Flights<K, Entry<V>>,
    hits: Counter,
    misses: Counter,
    fills: Counter,
}

struct Entry<V> {
    value: Arc<V>,
    stamp: Stamp,
}

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Creates an empty cache. `name` is its label in the metrics; `weigh` returns the size of an entry in bytes.
    pub fn new(
        name: &'static str,
        tags: &Tags,
        limits: CacheLimits,
        weigh: impl Fn(&K, &V) -> usize + Send + Sync + 'static,
    ) -> Self {
        let entries = moka::sync::Cache::builder()
            .name(name)
            .max_capacity(limits.max_bytes)
            .time_to_live(limits.time_to_live)
            .weigher(move |key: &K, entry: &Arc<Entry<V>>| {
                let bytes = weigh(key, &entry.value) + size_of::<K>() + entry.stamp.weight();
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .build();
        Self(Arc::new(Inner {
            name,
            tags: tags.clone(),
            entries,
            flights: Flights::new(),
            hits: metrics::counter!("cache_hits_total", "cache" => name),
            misses: metrics::counter!("cache_misses_total", "cache" => name),
            fills: metrics::counter!("cache_fills_total", "cache" => name),
        }))
    }

    /// Returns the value under `key`, unless one of its tags was purged since its fill started.
    pub fn get<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let found = self.peek(key);
        if found.is_none() {
            self.0.misses.increment(1);
        }
        found
    }

    /// Like [`Cache::get`], but does not count a miss. Use it for a first look that a filling lookup follows.
    pub fn peek<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let found = self.0.fresh(key);
        if found.is_some() {
            self.0.hits.increment(1);
        }
        found
    }

    /// Returns the value under `key`. If there is none, runs `fill` and stores its value under `tags`.
    ///
    /// One fill per key runs at a time; all callers wait for it and receive its value or its error. If the caller whose
    /// fill runs is dropped, a waiting caller runs its own fill instead. Errors are not stored: the next call fills
    /// again. If a tag is purged during the fill, only callers from before the purge receive the value.
    pub async fn get_or_fill<T, E>(
        &self,
        key: K,
        tags: impl IntoIterator<Item = T>,
        fill: impl Future<Output = Result<V, E>>,
    ) -> Result<Arc<V>, E>
    where
        T: AsRef<str>,
        E: Clone + Send + Sync + 'static,
    {
        self.get_or_fill_tagged(key, async { Ok((fill.await?, tags)) }).await
    }

    /// Like [`Cache::get_or_fill`], for values whose tags are known only after the fill.
    pub async fn get_or_fill_tagged<I, T, E>(
        &self,
        key: K,
        fill: impl Future<Output = Result<(V, I), E>>,
    ) -> Result<Arc<V>, E>
    where
        I: IntoIterator<Item = T>,
        T: AsRef<str>,
        E: Clone + Send + Sync + 'static,
    {
        if let Some(found) = self.get(&key) {
            return Ok(found);
        }
        let inner = &*self.0;
        let asked = inner.tags.now();
        loop {
            let lead = match inner.flights.join(&key) {
                Role::Lead(lead) => lead,
                Role::Follow(follow) => match follow.landing().await {
                    // A value from before the purge is good enough for a caller from before the purge. We know only
                    // that there was a purge, not when, so we accept only fills that started after this call.
                    Some(Landing::Filled(entry)) if entry.stamp.began >= asked || entry.stamp.is_fresh() => {
                        return Ok(Arc::clone(&entry.value));
                    }
                    Some(Landing::Failed(error)) => match error.downcast_ref::<E>() {
                        Some(error) => return Err(error.clone()),
                        None => continue,
                    },
                    Some(Landing::Filled(_)) | None => continue,
                },
            };
            // Another fill may have ended between our lookup and our joining.
            if let Some(found) = inner.fresh(&key) {
                return Ok(found);
            }
            inner.fills.increment(1);
            let began = inner.tags.now();
            match fill.await {
                Ok((value, tags)) => {
                    let entry =
                        Arc::new(Entry { value: Arc::new(value), stamp: inner.tags.stamp(began, tags) });
                    if entry.stamp.is_fresh() {
                        inner.entries.insert(key, Arc::clone(&entry));
                    }
                    lead.land(Landing::Filled(Arc::clone(&entry)));
                    return Ok(Arc::clone(&entry.value));
                }
                Err(error) => {
                    lead.land(Landing::Failed(Arc::new(error.clone())));
                    return Err(error);
                }
            }
        }
    }

    /// Returns the approximate size of all entries in bytes; recent changes are included with a delay.
    pub fn weight(&self) -> u64 {
        self.0.entries.weighted_size()
    }
}

impl<K, V> Inner<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    fn fresh<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        // A stale entry stays until it is filled again or evicted: removing it here could remove its successor.
        self.entries.get(key).filter(|entry| entry.stamp.is_fresh()).map(|entry| Arc::clone(&entry.value))
    }
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("name", &self.0.name).finish_non_exhaustive()
    }
}
