//! The services that requests go to, and what is known of each.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use metrics::{Counter, Gauge};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::breaker::Circuit;

/// Knows which service answers a request.
#[derive(Clone)]
pub struct Directory(Arc<ServiceOf>);

type ServiceOf = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Directory {
    /// Asks `service_of` for the service that answers a name.
    pub fn new(service_of: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(service_of))
    }

    /// The service that answers `name`; of an unknown name, the part before its dot.
    fn service_of(&self, name: &str) -> String {
        (self.0)(name).unwrap_or_else(|| name.split('.').next().unwrap_or(name).to_owned())
    }
}

impl Default for Directory {
    /// Takes the part before the dot.
    fn default() -> Self {
        Self::new(|_| None)
    }
}

/// Every service that was asked something; one for all layers.
pub struct Callees {
    directory: Directory,
    places: usize,
    by_name: RwLock<HashMap<String, Arc<Callee>>>,
    by_service: Mutex<HashMap<String, Arc<Callee>>>,
}

impl Callees {
    /// Each of them with at most `places` requests under way.
    pub fn new(directory: Directory, places: usize) -> Self {
        Self { directory, places, by_name: RwLock::default(), by_service: Mutex::default() }
    }

    /// Whether this service is being left alone, because it did not answer.
    pub fn is_left_alone(&self, service: &str) -> bool {
        let by_service = self.by_service.lock().unwrap_or_else(PoisonError::into_inner);
        let callee = by_service.get(service);
        callee.is_some_and(|callee| callee.circuit.lock().unwrap_or_else(PoisonError::into_inner).is_open())
    }

    /// The service that answers requests of this name.
    pub(super) fn of(&self, name: &str) -> Arc<Callee> {
        if let Some(callee) = self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Arc::clone(callee);
        }
        let service = self.directory.service_of(name);
        let mut by_service = self.by_service.lock().unwrap_or_else(PoisonError::into_inner);
        let callee = by_service
            .entry(service)
            .or_insert_with_key(|service| Arc::new(Callee::new(service, self.places)))
            .clone();
        self.by_name
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), Arc::clone(&callee));
        callee
    }
}

/// A service that is asked.
pub(super) struct Callee {
    service: String,
    places: Arc<Semaphore>,
    in_flight: Gauge,
    shed: Counter,
    pub(super) circuit: Mutex<Circuit>,
}

impl Callee {
    fn new(service: &str, places: usize) -> Self {
        Self {
            service: service.to_owned(),
            places: Arc::new(Semaphore::new(places)),
            in_flight: metrics::gauge!("bus_requests_in_flight", "service" => service.to_owned()),
            shed: metrics::counter!("bus_requests_shed_total", "service" => service.to_owned()),
            circuit: Mutex::new(Circuit::new(service)),
        }
    }

    pub(super) fn service(&self) -> &str {
        &self.service
    }

    /// A place among the requests under way, if one is free.
    pub(super) fn enter(&self) -> Option<Place> {
        let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() else {
            self.shed.increment(1);
            return None;
        };
        self.in_flight.increment(1);
        Some(Place { in_flight: self.in_flight.clone(), _permit: permit })
    }
}

/// A place among the requests under way to a service, until it is dropped.
pub(super) struct Place {
    in_flight: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.in_flight.decrement(1);
    }
}
