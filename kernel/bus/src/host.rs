//! The services of one process: mounted on one transport, started and stopped together.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use message::Fault;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Service, Transport};

/// The services of this process, and the transport that connects them to others.
pub struct Host {
    transport: Arc<dyn Transport>,
    services: RwLock<Vec<Arc<Service>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Whether a process publishes the events in its services' outboxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relays {
    /// Events are published as soon as they are committed.
    Run,
    /// Reactions are paused: events stay in their outboxes until the next start, but for those that are named here under
    /// the service that emits them. Services that are not named are not relayed at all.
    Only(HashMap<&'static str, Vec<&'static str>>),
}

impl Host {
    /// A process without services.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self {
            transport,
            services: RwLock::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// The transport on which the services are mounted.
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// Adds a service. All services are mounted before the start.
    pub fn mount(&self, service: Service) {
        let service = Arc::new(service);
        self.transport.mount(Arc::clone(&service));
        self.services.write().unwrap_or_else(PoisonError::into_inner).push(service);
    }

    /// The services that are mounted so far.
    pub fn services(&self) -> Vec<Arc<Service>> {
        self.services.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts the background work of the services, then lets messages in.
    pub fn start(&self, relays: &Relays) {
        for service in self.services() {
            service.start(&self.tasks, &self.stop);
            let only = match relays {
                Relays::Run => None,
                Relays::Only(events) => match events.get(service.name()) {
                    Some(names) => Some(names.clone()),
                    None => continue,
                },
            };
            service.start_relay(only, &self.transport, &self.tasks, &self.stop);
        }
        self.tasks.close();
        self.transport.receive();
    }

    /// Waits until the outboxes of this process are empty.
    pub async fn settle(&self) -> Result<(), Fault> {
        // A batch in delivery is still in its outbox, so one empty round means that none was being delivered. The
        // second empty round means that nothing followed from what ended during the first.
        let mut clean = 0;
        while clean < 2 {
            clean = if self.backlog().await? == 0 { clean + 1 } else { 0 };
            if clean == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(())
    }

    async fn backlog(&self) -> Result<i64, Fault> {
        let mut events = 0;
        for service in self.services() {
            if let Some(db) = service.db() {
                events += store::outbox::backlog(db).await?;
            }
        }
        Ok(events)
    }

    /// Stops receiving, waits for the handlers that run, then closes the databases and the transport.
    pub async fn shut_down(&self) {
        self.transport.stop_receiving().await;
        self.stop.cancel();
        self.tasks.wait().await;
        let services = std::mem::take(&mut *self.services.write().unwrap_or_else(PoisonError::into_inner));
        for db in services.iter().filter_map(|service| service.db()) {
            db.close().await;
        }
        self.transport.close().await;
    }
}
