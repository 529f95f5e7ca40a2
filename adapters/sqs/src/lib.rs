//! Events over Amazon SQS, together with another transport for all other messages.
//!
//! [`Sqs`] wraps another [`Transport`]. Requests, their answers and the events for listeners use the inner transport.
//! The events for *reactions* use queues: one for each reacting service, and one for its messages that SQS gives up:
//!
//! ```text
//! outbox ── publish ──┬── SQS: caravel-v1-payment.fifo ── inbox and reaction, one transaction ── delete
//!                     │        └─ caravel-v1-payment-dead.fifo ── dead letters
//!                     └── the other transport: listeners
//! ```
//!
//! # Guarantees
//!
//! - An event leaves its outbox when SQS has stored it in the queue of every service that reacts to it. If SQS accepts
//!   a request only in part, the rest is sent again.
//! - A message is deleted after its events are committed, as handled or as parked. Meanwhile it is hidden from other
//!   consumers. If the deletion fails, or the process ends before it, the message is delivered again, and the inbox
//!   recognises it.
//! - FIFO queues, the default, keep the events of each aggregate in order while nothing fails, with any number of
//!   consumers. Standard queues do not: events may arrive in any order, and more often twice.
//! - A message that a service received [`Settings::max_receives`] times without handling it becomes a dead letter.
//!
//! README.md, beside this crate's manifest, describes settings and monitoring for operators.

mod client;
mod core;
mod held;
mod measure;
mod packing;
mod queues;
mod received;
mod receiving;
mod sending;
mod settings;

use std::sync::{Arc, PoisonError};

use aws_sdk_sqs::Client;
use bus::{Service, Transport};
use bytes::Bytes;
use futures::future::BoxFuture;
use message::{Envelope, Fault};

use crate::{core::Core, receiving::Holds};

pub use client::{client, client_from};
pub use settings::Settings;

/// A service that reacts to events, wherever it runs. Its queue keeps events that are sent before its first start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// The service's name: letters, digits, `-` and `_`.
    pub service: String,
    /// The names of the events to which it reacts.
    pub events: Vec<String>,
}

impl Subscriber {
    pub(crate) fn reacts_to(&self, event: &str) -> bool {
        self.events.iter().any(|name| name == event)
    }
}

/// Carries events for reactions over SQS, and all other messages over another transport.
pub struct Sqs {
    core: Arc<Core>,
    inner: Arc<dyn Transport>,
}

impl Sqs {
    /// Looks up or creates the queues, in the background. `inner` must not deliver events to the services of
    /// `subscribers` itself: a broker must have no event queues for them.
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

    /// Whether all queues of this process are usable; if not, why.
    pub fn health(&self) -> Result<(), String> {
        self.core.trouble().map_or(Ok(()), Err)
    }
}

impl Transport for Sqs {
    fn ask(&self, request: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
        self.inner.ask(request)
    }

    fn publish(&self, events: Vec<Envelope>) -> BoxFuture<'static, Result<(), Fault>> {
        // Listeners first: a repeated event costs them less than it costs a queue.
        let telling = self.inner.publish(events.clone());
        let core = Arc::clone(&self.core);
        Box::pin(async move {
            telling.await?;
            sending::publish(core, events).await
        })
    }

    /// # Panics
    ///
    /// If the service reacts to events and is not one of the subscribers: it would receive no events.
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
        // The services hold the bus, which holds this transport: without breaking the cycle none of them would be
        // dropped.
        self.core.mounted.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.inner.close()
    }
}
