//! One fill per missing key: the first caller that misses leads, the others wait for its result.

use std::{
    any::Any,
    collections::{HashMap, hash_map},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// The fills that are running; `T` is their result.
pub(crate) struct Flights<K, T>(Mutex<HashMap<K, Watched<T>>>);

type Watched<T> = watch::Receiver<Option<Landing<T>>>;

/// How a fill ended.
pub(crate) enum Landing<T> {
    Filled(Arc<T>),
    /// The error. Its type depends on the leader's fill.
    Failed(Arc<dyn Any + Send + Sync>),
}

pub(crate) enum Role<'a, K: Hash + Eq, T> {
    Lead(Lead<'a, K, T>),
    Follow(Follow<T>),
}

/// The caller that holds this runs the fill. If it is dropped without a landing (the future was dropped or panicked), a
/// follower takes the lead.
pub(crate) struct Lead<'a, K: Hash + Eq, T> {
    flights: &'a Flights<K, T>,
    key: K,
    landing: watch::Sender<Option<Landing<T>>>,
}

pub(crate) struct Follow<T>(Watched<T>);

impl<K: Hash + Eq + Clone, T> Flights<K, T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(crate) fn join(&self, key: &K) -> Role<'_, K, T> {
        match self.lock().entry(key.clone()) {
            hash_map::Entry::Occupied(flight) => Role::Follow(Follow(flight.get().clone())),
            hash_map::Entry::Vacant(vacant) => {
                let (landing, watched) = watch::channel(None);
                vacant.insert(watched);
                Role::Lead(Lead { flights: self, key: key.clone(), landing })
            }
        }
    }
}

impl<K, T> Flights<K, T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Watched<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq, T> Lead<'_, K, T> {
    pub(crate) fn land(self, landing: Landing<T>) {
        self.landing.send_replace(Some(landing));
    }
}

impl<K: Hash + Eq, T> Drop for Lead<'_, K, T> {
    fn drop(&mut self) {
        // Before the sender is dropped: a follower that is woken by that must not find this flight again.
        self.flights.lock().remove(&self.key);
    }
}

impl<T> Follow<T> {
    /// Returns how the fill ended, or `None` if its leader was dropped.
    pub(crate) async fn landing(mut self) -> Option<Landing<T>> {
        self.0.wait_for(Option::is_some).await.ok().and_then(|landing| landing.clone())
    }
}

impl<T> Clone for Landing<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Filled(entry) => Self::Filled(Arc::clone(entry)),
            Self::Failed(error) => Self::Failed(Arc::clone(error)),
        }
    }
}
