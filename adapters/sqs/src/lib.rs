//! Events over Amazon SQS, beside a transport that carries everything else.
//!
//! [`Sqs`] stands around another [`Transport`]. Requests, their answers and what services listen for stay with that one;
//! what services *react* to goes through queues, one for each reacting service and one for what SQS gives up:
//!
//! ```text
//! outbox ── publish ──┬── SQS: caravel-v1-payment.fifo ── inbox and reaction, one transaction ── delete
//!                     │        └─ caravel-v1-payment-dead.fifo ── dead letters
//!                     └── the other transport: listeners
//! ```
//!
//! # What is promised
//!
//! - An event leaves its outbox when SQS has it in the queue of every service that reacts to it. What SQS takes only in
//!   part is sent again until it has all.
//! - A message is deleted after its events are committed, as handled or as parked. It is hidden from others meanwhile,
//!   for as long as it takes. If that fails, or a process ends in between, it comes again, and the inbox knows it.
//! - FIFO queues, which are the default, keep each thing's events in their order while nothing fails, however many
//!   processes take from them. Standard queues do not: there events may come in any order, and more often twice.
//! - What is given to a service [`Settings::max_receives`] times without being handled goes to its dead letters.
//!
//! README.md, beside this crate's manifest, tells an operator what to set and what to watch.

mod client;
mod core;
mod held;
mod measure;
mod packing;
mod queues;
mod receiving;
mod sending;
mod settings;
mod taken;

use std::sync::{Arc, PoisonError};

use aws_sdk_sqs::Client;
use bus::{Service, Transport};
use bytes::Bytes;
use futures::future::BoxFuture;
use message::{Envelope, Fault};

use crate::{core::Core, receiving::Holds};

pub use client::{client, client_from};
pub use settings::Settings;

/// A service that reacts to events, wherever it runs: what is sent before it ever ran is kept for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// The service's name: letters, digits, `-` and `_`.
    pub service: String,
    /// The names of the events that it reacts to.
    pub events: Vec<String>,
}

impl Subscriber {
    pub(crate) fn reacts_to(&self, event: &str) -> bool {
        self.events.iter().any(|name| name == event)
    }
}

/// Carries what services react to over SQS, and all else over another transport.
pub struct Sqs {
    core: Arc<Core>,
    inner: Arc<dyn Transport>,
}

impl Sqs {
    /// Looks the queues up, or makes them, in the background. `inner` must not bring the services of `subscribers` any
    /// events by itself: a broker must have no queues of events for them.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(
        client: Client,
        inner: Arc<dyn Transport>,
        settings: Settings,
        subscribers: Vec<Subscriber>,
    ) -> Arc<Self> {
        let subscribers =
            subscribers.into_iter().filter(|subscriber| !subscriber.events.is_empty()).collect();
        let core = Arc::new(Core::new(settings, subscribers));
        let connecting = Arc::clone(&core);
        tokio::spawn(async move {
            connecting.closing.run_until_cancelled(connecting.connect(client)).await;
        });
        Arc::new(Self { core, inner })
    }

    /// Whether all queues of this process can be used; if not, why.
    pub fn health(&self) -> Result<(), String> {
        self.core.trouble().map_or(Ok(()), Err)
    }
}

impl Transport for Sqs {
    fn ask(&self, request: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
        self.inner.ask(request)
    }

    fn publish(&self, events: Vec<Envelope>) -> BoxFuture<'static, Result<(), Fault>> {
        // The listeners first: to hear something twice costs them less than it costs a queue.
        let telling = self.inner.publish(events.clone());
        let core = Arc::clone(&self.core);
        Box::pin(async move {
            telling.await?;
            sending::publish(core, events).await
        })
    }

    /// # Panics
    ///
    /// If the service reacts to events and is not one of the subscribers: they would not reach it.
    fn mount(&self, service: Arc<Service>) {
        self.inner.mount(Arc::new(service.without_reactions()));
        if service.reactions().next().is_some() {
            let name = service.name();
            assert!(
                self.core.subscribers.iter().any(|subscriber| subscriber.service == name),
                "{name} reacts to events and is not among the subscribers"
            );
            self.core.mounted.write().unwrap_or_else(PoisonError::into_inner).push(service);
        }
    }

    fn receive(&self) {
        self.inner.receive();
        for service in self.core.mounted.read().unwrap_or_else(PoisonError::into_inner).iter() {
            for holds in [Holds::Events, Holds::Dead] {
                self.core.work.spawn(receiving::consume(Arc::clone(&self.core), Arc::clone(service), holds));
            }
        }
    }

    fn stop_receiving(&self) -> BoxFuture<'static, ()> {
        self.core.stopping.cancel();
        self.core.work.close();
        let inner = self.inner.stop_receiving();
        let core = Arc::clone(&self.core);
        Box::pin(async move {
            futures::join!(core.work.wait(), inner);
        })
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.core.closing.cancel();
        // The services hold the bus, which holds this: without the cut none of them would ever be dropped.
        self.core.mounted.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.inner.close()
    }
}
