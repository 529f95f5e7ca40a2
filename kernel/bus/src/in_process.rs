//! The transport inside one process: requests are calls, and the outboxes and inboxes are the queues.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use message::{Envelope, Fault, Kind};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Service, Transport};

/// Services in one process.
///
/// An event leaves its sender's outbox when every reacting service has committed it, as handled or as parked; a crash
/// before that delivers it again, and the inboxes know it. So nothing is lost although nothing lies in between.
#[derive(Default)]
pub struct InProcess {
    mounted: RwLock<Mounted>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Default)]
struct Mounted {
    services: Vec<Arc<Service>>,
    answers: HashMap<&'static str, Arc<Service>>,
}

impl InProcess {
    /// A transport with nothing mounted.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The services mounted so far.
    pub fn services(&self) -> Vec<Arc<Service>> {
        self.mounted.read().unwrap_or_else(PoisonError::into_inner).services.clone()
    }

    /// Starts what the mounted services do by themselves, reactions to events included.
    pub fn start(self: &Arc<Self>) {
        let transport: Arc<dyn Transport> = Arc::<Self>::clone(self);
        for service in self.services() {
            service.start(&self.tasks, &self.stop);
            service.start_relay(&transport, &self.tasks, &self.stop);
        }
        self.tasks.close();
    }

    /// Starts everything but the delivery of events, which wait in their outboxes until the next start.
    pub fn start_paused(&self) {
        for service in self.services() {
            service.start(&self.tasks, &self.stop);
        }
        self.tasks.close();
    }

    /// Waits until no event is on its way.
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

    /// Lets what is under way end, starts nothing more, and closes the databases.
    pub async fn shut_down(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
        let mounted = std::mem::take(&mut *self.mounted.write().unwrap_or_else(PoisonError::into_inner));
        for db in mounted.services.iter().filter_map(|service| service.db()) {
            db.close().await;
        }
    }
}

impl Transport for InProcess {
    fn ask(&self, request: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
        let mounted = self.mounted.read().unwrap_or_else(PoisonError::into_inner);
        let service = mounted.answers.get(request.name.as_ref()).cloned();
        Box::pin(async move {
            match service {
                Some(service) => service.answer(request).await,
                None => Err(Fault::new(Kind::NoRoute, format!("nobody answers {}", request.name))),
            }
        })
    }

    fn publish(&self, events: Vec<Envelope>) -> BoxFuture<'static, Result<(), Fault>> {
        let services = self.services();
        Box::pin(async move {
            let deliveries = services.iter().filter_map(|service| {
                let reacts = |event: &&Envelope| service.reactions().any(|name| name == event.name);
                let wanted: Vec<_> = events.iter().filter(reacts).cloned().collect();
                (!wanted.is_empty()).then(|| service.deliver(wanted))
            });
            // All of them are waited for: one service in trouble must not cut short what its neighbours are at.
            join_all(deliveries).await.into_iter().collect::<Result<(), Fault>>()?;
            for service in &services {
                service.overhear(&events);
            }
            Ok(())
        })
    }

    fn mount(&self, service: Arc<Service>) {
        let mut mounted = self.mounted.write().unwrap_or_else(PoisonError::into_inner);
        for name in service.answers() {
            let before = mounted.answers.insert(name, Arc::clone(&service));
            assert!(before.is_none(), "two services answer {name}");
        }
        mounted.services.push(service);
    }
}
