//! How messages travel, and the handle that sends them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::BoxFuture;
use message::{
    CorrelationId, Envelope, Event, Fault, Headers, IdSource, Kind, Request, Timestamp, from_json,
};
use tower::{Service as _, ServiceExt as _, util::BoxCloneSyncService};

use crate::Service;

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
        mut headers: Headers,
        request: &R,
    ) -> Result<Result<R::Reply, R::Error>, Fault> {
        let latest = self.now().after(self.patience);
        headers.deadline = Some(headers.deadline.map_or(latest, |deadline| deadline.min(latest)));
        let envelope = Envelope::request(request, headers, &self.ids)?;
        let mut caller = self.caller.clone();
        let answer = caller.ready().await?.call(envelope).await?;
        from_json(&answer)
    }

    /// Hands an event to the transport at once, for whoever has no database whose outbox could hold it.
    ///
    /// On return every service that reacts to it has handled, parked or durably queued it. While the transport cannot
    /// take it, it is tried again until this bus's patience ends; after a fault nothing is certain.
    pub async fn send<E: Event>(&self, headers: Headers, event: &E) -> Result<(), Fault> {
        let envelope = Envelope::event(event, headers, &self.ids)?;
        let sending = async {
            let mut pause = SECOND_TRY;
            loop {
                // The same message each time: whoever has it already knows it by its id.
                match self.transport.publish(vec![envelope.clone()]).await {
                    Err(fault) if fault.is_transient() => tokio::time::sleep(pause).await,
                    sent => return sent,
                }
                pause *= 2;
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
