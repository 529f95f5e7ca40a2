//! The state of each called service.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use metrics::{Counter, Gauge};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::breaker::Circuit;

/// Maps a request's name to the service that answers it.
#[derive(Clone)]
pub struct Directory(Arc<ServiceOf>);

type ServiceOf = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Directory {
    /// Looks names up with `service_of`.
    pub fn new(service_of: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(service_of))
    }

    /// The service that answers `name`. For an unknown name, the part before its dot.
    fn service_of(&self, name: &str) -> String {
        (self.0)(name).unwrap_or_else(|| name.split('.').next().unwrap_or(name).to_owned())
    }
}

impl Default for Directory {
    /// Uses the part before the dot.
    fn default() -> Self {
        Self::new(|_| None)
    }
}

/// All services that were called; shared by all layers.
pub struct Callees {
    directory: Directory,
    permits: usize,
    by_name: RwLock<HashMap<String, Arc<Callee>>>,
    by_service: Mutex<HashMap<String, Arc<Callee>>>,
}

impl Callees {
    /// Lets at most `permits` requests to each service run at once.
    pub fn new(directory: Directory, permits: usize) -> Self {
        Self { directory, permits, by_name: RwLock::default(), by_service: Mutex::default() }
    }

    /// Whether the circuit of this service is open, because it did not answer.
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
            .or_insert_with_key(|service| Arc::new(Callee::new(service, self.permits)))
            .clone();
        self.by_name
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), Arc::clone(&callee));
        callee
    }
}

/// A called service.
pub(super) struct Callee {
    service: String,
    permits: Arc<Semaphore>,
    in_flight: Gauge,
    shed: Counter,
    pub(super) circuit: Mutex<Circuit>,
}

impl Callee {
    fn new(service: &str, permits: usize) -> Self {
        Self {
            service: service.to_owned(),
            permits: Arc::new(Semaphore::new(permits)),
            in_flight: metrics::gauge!("bus_requests_in_flight", "service" => service.to_owned()),
            shed: metrics::counter!("bus_requests_shed_total", "service" => service.to_owned()),
            circuit: Mutex::new(Circuit::new(service)),
        }
    }

    pub(super) fn service(&self) -> &str {
        &self.service
    }

    /// Takes a permit for one request, if one is free.
    pub(super) fn enter(&self) -> Option<CallPermit> {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            self.shed.increment(1);
            return None;
        };
        self.in_flight.increment(1);
        Some(CallPermit { in_flight: self.in_flight.clone(), _permit: permit })
    }
}

/// The permit for one request to a service, until it is dropped.
pub(super) struct CallPermit {
    in_flight: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Drop for CallPermit {
    fn drop(&mut self) {
        self.in_flight.decrement(1);
    }
}
