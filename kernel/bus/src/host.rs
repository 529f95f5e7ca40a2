//! The services of one process: mounted on a transport, started together, stopped in order.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use message::Fault;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Service, Transport};

/// What runs in this process, and the transport that it is reached over.
pub struct Host {
    transport: Arc<dyn Transport>,
    services: RwLock<Vec<Arc<Service>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Whether a process publishes what its services' transactions have put into their outboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relays {
    /// As soon as it is committed.
    Run,
    /// Not until the next start: events wait in their outboxes.
    Pause,
}

impl Host {
    /// A process without services yet.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self {
            transport,
            services: RwLock::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// The transport that its services are mounted on.
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// Makes a service one of this process; all are mounted before the start.
    pub fn mount(&self, service: Service) {
        let service = Arc::new(service);
        self.transport.mount(Arc::clone(&service));
        self.services.write().unwrap_or_else(PoisonError::into_inner).push(service);
    }

    /// The services mounted so far.
    pub fn services(&self) -> Vec<Arc<Service>> {
        self.services.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts what the services do by themselves, then lets messages in.
    pub fn start(&self, relays: Relays) {
        for service in self.services() {
            service.start(&self.tasks, &self.stop);
            if relays == Relays::Run {
                service.start_relay(&self.transport, &self.tasks, &self.stop);
            }
        }
        self.tasks.close();
        self.transport.receive();
    }

    /// Waits until no event waits in an outbox of this process.
    pub async fn settle(&self) -> Result<(), Fault> {
        // A batch in delivery is still in its outbox, so one clean round means that nothing was under way in it; a
        // second one, that nothing followed from what the first saw end.
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

    /// Lets nothing more in and what is under way end, then closes the databases and the transport.
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
