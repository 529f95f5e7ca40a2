//! How messages travel, and the handle that sends them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::BoxFuture;
use message::{
    CorrelationId, Envelope, Event, Fault, Headers, IdSource, Kind, Request, Timestamp, from_json, trace,
};
use tower::{Service as _, ServiceExt as _, util::BoxCloneSyncService};
use tracing::Span;

use crate::{Backoff, Service};

/// What carries messages between services: the same process, or a broker.
pub trait Transport: Send + Sync + 'static {
    /// Carries a request to a service that answers its name and brings back the answer, the JSON of the
    /// `Result<Reply, Error>`. Nobody there to answer is [`message::Kind::NoRoute`], at once.
    fn ask(&self, request: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>>;

    /// Takes charge of events: on return each reacting service has handled, parked or durably queued them.
    fn publish(&self, events: Vec<Envelope>) -> BoxFuture<'static, Result<(), Fault>>;

    /// Lets a service receive what it answers, reacts to and listens for, once [`Transport::receive`] is called.
    fn mount(&self, service: Arc<Service>);

    /// Lets messages in to the mounted services. Within a process nothing comes before it is sent anyway.
    fn receive(&self) {}

    /// Lets nothing more in, and waits until what came in before is handled. What the services send still goes out.
    fn stop_receiving(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Lets go of everything; nothing is sent any more.
    fn close(&self) -> BoxFuture<'static, ()>;
}

/// How long after its first failure an event is sent again.
const SECOND_TRY: Duration = Duration::from_millis(50);

/// The stack of layers that every request passes on its way out.
pub type Caller = BoxCloneSyncService<Envelope, Bytes, Fault>;

/// Sends requests. Cheap to clone; built once, in the application, with the layers that all calls pass.
#[derive(Clone)]
pub struct Bus {
    transport: Arc<dyn Transport>,
    caller: Caller,
    ids: IdSource,
    patience: Duration,
}

impl Bus {
    /// A bus on `transport`, whose requests pass through `caller`, and whose callers wait `patience` unless they say
    /// otherwise.
    pub fn new(transport: Arc<dyn Transport>, caller: Caller, ids: IdSource, patience: Duration) -> Self {
        Self { transport, caller, ids, patience }
    }

    /// Asks, as the beginning of something new.
    pub async fn ask<R: Request>(&self, request: &R) -> Result<Result<R::Reply, R::Error>, Fault> {
        self.ask_with(Headers::new(self.correlation()), request).await
    }

    /// Asks, as part of what `headers` belong to. Their deadline holds if it comes before this bus's patience ends.
    pub async fn ask_with<R: Request>(
        &self,
        headers: Headers,
        request: &R,
    ) -> Result<Result<R::Reply, R::Error>, Fault> {
        self.ask_enveloped::<R>(Envelope::request(request, headers, &self.ids)?).await
    }

    /// Asks this service what several answer, each under its own name: `order.dead_letters.list`.
    pub async fn ask_service<R: Request>(
        &self,
        service: &str,
        headers: Headers,
        request: &R,
    ) -> Result<Result<R::Reply, R::Error>, Fault> {
        let name = format!("{service}.{}", R::NAME).into();
        let envelope = Envelope { name, ..Envelope::request(request, headers, &self.ids)? };
        self.ask_enveloped::<R>(envelope).await
    }

    async fn ask_enveloped<R: Request>(
        &self,
        mut request: Envelope,
    ) -> Result<Result<R::Reply, R::Error>, Fault> {
        let latest = self.now().after(self.patience);
        let deadline = request.headers.deadline.map_or(latest, |deadline| deadline.min(latest));
        request.headers.deadline = Some(deadline);
        let mut caller = self.caller.clone();
        let answer = caller.ready().await?.call(request).await?;
        from_json(&answer)
    }

    /// Hands an event to the transport at once, for whoever has no database whose outbox could hold it.
    ///
    /// On return every service that reacts to it has handled, parked or durably queued it. While the transport cannot
    /// take it, it is tried again until this bus's patience ends; after a fault nothing is certain.
    pub async fn send<E: Event>(&self, headers: Headers, event: &E) -> Result<(), Fault> {
        let mut envelope = Envelope::event(event, headers, &self.ids)?;
        trace::hand_on(&Span::current(), &mut envelope.headers);
        let sending = async {
            let mut pauses = Backoff::new(SECOND_TRY, self.patience);
            loop {
                // The same message each time: whoever has it already knows it by its id.
                match self.transport.publish(vec![envelope.clone()]).await {
                    Err(fault) if fault.is_transient() => tokio::time::sleep(pauses.pause()).await,
                    sent => return sent,
                }
            }
        };
        let late = |_| Err(Fault::new(Kind::Timeout, format!("{} was not taken in time", E::NAME)));
        tokio::time::timeout(self.patience, sending).await.unwrap_or_else(late)
    }

    /// An id for something new.
    pub fn correlation(&self) -> CorrelationId {
        self.ids.id()
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.ids.clock().now()
    }

    /// Where its ids come from.
    pub fn ids(&self) -> &IdSource {
        &self.ids
    }
}
