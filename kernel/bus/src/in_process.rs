//! The transport inside one process: requests are function calls; the outboxes and inboxes are the queues.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use message::{Envelope, Fault, Kind};

use crate::{Service, Transport};

/// Services in one process.
///
/// An event leaves its sender's outbox after every reacting service has committed it, as handled or as parked. After a
/// crash before that, it is delivered again, and the inboxes recognise it. So no event is lost, although there is no
/// queue in between.
#[derive(Default)]
pub struct InProcess {
    mounted: RwLock<MountedServices>,
}

#[derive(Default)]
struct MountedServices {
    services: Vec<Arc<Service>>,
    answers: HashMap<String, Arc<Service>>,
}

impl InProcess {
    /// A transport without services.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }
}

impl Transport for InProcess {
    fn ask(&self, request: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
        let mounted = self.mounted.read().unwrap_or_else(PoisonError::into_inner);
        let service = mounted.answers.get(request.name.as_ref()).cloned();
        Box::pin(async move {
            match service {
                Some(service) => service.answer(request).await,
                None => Err(Fault::new(Kind::NoRoute, format!("no service answers {}", request.name))),
            }
        })
    }

    fn publish(&self, events: Vec<Envelope>) -> BoxFuture<'static, Result<(), Fault>> {
        let services = self.mounted.read().unwrap_or_else(PoisonError::into_inner).services.clone();
        Box::pin(async move {
            let deliveries = services.iter().filter_map(|service| {
                let wanted: Vec<_> =
                    events.iter().filter(|event| service.reacts_to(&event.name)).cloned().collect();
                (!wanted.is_empty()).then(|| service.deliver(wanted))
            });
            // Waits for all: one service's failure must not cut off the deliveries to the others.
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
            let before = mounted.answers.insert(name.to_owned(), Arc::clone(&service));
            assert!(before.is_none(), "two services answer {name}");
        }
        mounted.services.push(service);
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        // The services hold the bus, which holds this transport: without breaking the cycle none of them would be
        // dropped.
        *self.mounted.write().unwrap_or_else(PoisonError::into_inner) = MountedServices::default();
        Box::pin(std::future::ready(()))
    }
}
