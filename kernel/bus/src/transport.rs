//! The transport that carries messages, and the handle that sends them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::BoxFuture;
use message::{
    CorrelationId, Envelope, Event, Fault, Headers, IdSource, Kind, Request, Timestamp, Tries, from_json,
    trace,
};
use tower::{Service as _, ServiceExt as _, util::BoxCloneSyncService};
use tracing::Span;

use crate::Service;

/// Carries messages between services, in one process or over a broker.
pub trait Transport: Send + Sync + 'static {
    /// Carries a request to a service that answers its name, and returns the answer: the JSON of the `Result<Reply,
    /// Error>`. Returns [`message::Kind::NoRoute`] at once if no service answers it.
    fn ask(&self, request: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>>;

    /// Accepts events. When this returns `Ok`, each reacting service has handled, parked or durably queued them.
    fn publish(&self, events: Vec<Envelope>) -> BoxFuture<'static, Result<(), Fault>>;

    /// Connects a service for what it answers, reacts to and listens for; messages flow after [`Transport::receive`].
    fn mount(&self, service: Arc<Service>);

    /// Lets messages in to the mounted services. Inside one process there is nothing to do.
    fn receive(&self) {}

    /// Stops receiving, and waits until the received messages are handled. The services can still send.
    fn stop_receiving(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Closes the transport; nothing is sent after that.
    fn close(&self) -> BoxFuture<'static, ()>;
}

/// The pause before a failed event is sent again.
const SECOND_TRY: Duration = Duration::from_millis(50);

/// The stack of layers that every outgoing request passes.
pub type Caller = BoxCloneSyncService<Envelope, Bytes, Fault>;

/// Sends requests. Cheap to clone; the application creates it once, with the layers that all requests pass.
#[derive(Clone)]
pub struct Bus {
    transport: Arc<dyn Transport>,
    caller: Caller,
    ids: IdSource,
    patience: Duration,
}

impl Bus {
    /// A bus on `transport` whose requests pass through `caller`. A call waits `patience` unless its headers have an
    /// earlier deadline.
    pub fn new(transport: Arc<dyn Transport>, caller: Caller, ids: IdSource, patience: Duration) -> Self {
        Self { transport, caller, ids, patience }
    }

    /// Asks, as the beginning of something new.
    pub async fn ask<R: Request>(&self, request: &R) -> Result<R::Reply, R::Error> {
        self.ask_with(Headers::new(self.correlation()), request).await
    }

    /// Asks, as part of what `headers` belong to. Their deadline holds if it comes before this bus's patience ends.
    pub async fn ask_with<R: Request>(&self, headers: Headers, request: &R) -> Result<R::Reply, R::Error> {
        self.ask_enveloped::<R>(Envelope::request(request, headers, &self.ids)?).await
    }

    /// Asks this service what several answer, each under its own name: `order.dead_letters.list`.
    pub async fn ask_service<R: Request>(
        &self,
        service: &str,
        headers: Headers,
        request: &R,
    ) -> Result<R::Reply, R::Error> {
        let name = format!("{service}.{}", R::NAME).into();
        let envelope = Envelope { name, ..Envelope::request(request, headers, &self.ids)? };
        self.ask_enveloped::<R>(envelope).await
    }

    async fn ask_enveloped<R: Request>(&self, request: Envelope) -> Result<R::Reply, R::Error> {
        let answer = self.carry(request).await?;
        from_json::<Result<_, _>>(&answer)?
    }

    /// All of a question that does not depend on its type.
    async fn carry(&self, mut request: Envelope) -> Result<Bytes, Fault> {
        let latest = self.now().after(self.patience);
        let deadline = request.headers.deadline.map_or(latest, |deadline| deadline.min(latest));
        request.headers.deadline = Some(deadline);
        let mut caller = self.caller.clone();
        caller.ready().await?.call(request).await
    }

    /// Sends an event directly to the transport, for a sender without a database and outbox.
    ///
    /// When this returns `Ok`, every reacting service has handled, parked or durably queued the event. Errors are
    /// retried until this bus's patience ends; after a fault the event may or may not have been sent.
    pub async fn send<E: Event>(&self, headers: Headers, event: &E) -> Result<(), Fault> {
        self.send_enveloped(Envelope::event(event, headers, &self.ids)?).await
    }

    async fn send_enveloped(&self, mut envelope: Envelope) -> Result<(), Fault> {
        trace::hand_on(&Span::current(), &mut envelope.headers);
        let sending = async {
            let mut pauses = Tries::new(SECOND_TRY, self.patience);
            loop {
                // The same message each time: a service that has it already recognises its id.
                match self.transport.publish(vec![envelope.clone()]).await {
                    Err(fault) if fault.is_transient() => tokio::time::sleep(pauses.pause()).await,
                    sent => return sent,
                }
            }
        };
        let late = |_| Err(Fault::new(Kind::Timeout, format!("{} was not accepted in time", envelope.name)));
        tokio::time::timeout(self.patience, sending).await.unwrap_or_else(late)
    }

    /// A new correlation id.
    pub fn correlation(&self) -> CorrelationId {
        self.ids.id()
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.ids.clock().now()
    }

    /// The source of its ids.
    pub fn ids(&self) -> &IdSource {
        &self.ids
    }
}
