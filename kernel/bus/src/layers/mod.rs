//! The layers that every outgoing request passes.
//!
//! | from outside in | does |
//! |---|---|
//! | [`Telemetry`] | counts, measures and traces; logs failures |
//! | [`TotalLimit`] | rejects a request when too many run in total |
//! | [`CircuitBreaker`] | rejects a request to a service that does not answer |
//! | [`ServiceLimit`] | rejects a request when too many to its service run, so that one service cannot use up the total |
//! | [`Deadline`] | ends a request whose deadline has passed |
//!
//! A layer is a type with [`Around`]: one function that receives the request and the next layer.

mod breaker;
mod callees;
mod observe;

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::future::{BoxFuture, ready};
use message::{Clock, Envelope, Fault, Kind};
use tokio::sync::Semaphore;
use tower::{Layer, Service, ServiceBuilder, util::BoxCloneSyncService};

pub use breaker::CircuitBreaker;
pub use callees::{Callees, Directory};
pub use observe::Telemetry;

use crate::{Caller, Transport};

/// The largest number of requests that may run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimits {
    /// To all services together.
    pub in_flight: usize,
    /// To one service.
    pub in_flight_per_service: usize,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self { in_flight: 10_000, in_flight_per_service: 8_000 }
    }
}

/// The usual layers on `transport`; `directory` knows which service answers which request.
pub fn standard(
    transport: Arc<dyn Transport>,
    clock: Clock,
    limits: RequestLimits,
    directory: Directory,
) -> Caller {
    let callees = Arc::new(Callees::new(directory, limits.in_flight_per_service));
    watched(transport, clock, limits, callees)
}

/// The usual layers with the caller's own `callees`, whose state it can then read.
pub fn watched(
    transport: Arc<dyn Transport>,
    clock: Clock,
    limits: RequestLimits,
    callees: Arc<Callees>,
) -> Caller {
    let stack = ServiceBuilder::new()
        .layer(AroundLayer::new(Telemetry::default()))
        .layer(AroundLayer::new(TotalLimit::new(limits.in_flight)))
        .layer(AroundLayer::new(CircuitBreaker(Arc::clone(&callees))))
        .layer(AroundLayer::new(ServiceLimit(callees)))
        .layer(AroundLayer::new(Deadline(clock)))
        .service(Carry(transport));
    BoxCloneSyncService::new(stack)
}

/// The result of a request: the JSON of the reply, or a fault.
pub type ReplyFuture = BoxFuture<'static, Result<Bytes, Fault>>;

/// A layer: code that runs around a request.
pub trait Around: Send + Sync + 'static {
    /// Answers `request` itself, or calls `next`.
    fn call(&self, request: Envelope, next: impl FnOnce(Envelope) -> ReplyFuture) -> ReplyFuture;
}

/// Turns an [`Around`] into a tower layer.
pub struct AroundLayer<A>(Arc<A>);

impl<A: Around> AroundLayer<A> {
    /// The tower layer that runs `around`.
    pub fn new(around: A) -> Self {
        Self(Arc::new(around))
    }
}

impl<A, N> Layer<N> for AroundLayer<A> {
    type Service = AroundService<A, N>;

    fn layer(&self, next: N) -> AroundService<A, N> {
        AroundService { around: Arc::clone(&self.0), next }
    }
}

/// The tower service that [`AroundLayer`] makes.
pub struct AroundService<A, N> {
    around: Arc<A>,
    next: N,
}

impl<A, N: Clone> Clone for AroundService<A, N> {
    fn clone(&self) -> Self {
        Self { around: Arc::clone(&self.around), next: self.next.clone() }
    }
}

impl<A, N> Service<Envelope> for AroundService<A, N>
where
    A: Around,
    N: Service<Envelope, Response = Bytes, Error = Fault, Future = ReplyFuture>,
{
    type Response = Bytes;
    type Error = Fault;
    type Future = ReplyFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.next.poll_ready(cx)
    }

    fn call(&mut self, request: Envelope) -> ReplyFuture {
        self.around.call(request, |request| self.next.call(request))
    }
}

/// The innermost service: passes the request to the transport.
#[derive(Clone)]
struct Carry(Arc<dyn Transport>);

impl Service<Envelope> for Carry {
    type Response = Bytes;
    type Error = Fault;
    type Future = ReplyFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Envelope) -> ReplyFuture {
        self.0.ask(request)
    }
}

/// Ends a request when its deadline has passed, by this clock.
#[derive(Debug)]
pub struct Deadline(pub Clock);

impl Around for Deadline {
    fn call(&self, request: Envelope, next: impl FnOnce(Envelope) -> ReplyFuture) -> ReplyFuture {
        let Some(deadline) = request.headers.deadline else { return next(request) };
        let left = deadline.since(self.0.now());
        let name = request.name.clone();
        let answer = next(request);
        Box::pin(async move {
            tokio::time::timeout(left, answer)
                .await
                .unwrap_or_else(|_| Err(Fault::new(Kind::Timeout, format!("{name} got no reply in time"))))
        })
    }
}

/// Rejects a request when too many run, instead of letting all of them become slow.
#[derive(Debug)]
pub struct TotalLimit(Arc<Semaphore>);

impl TotalLimit {
    /// Lets at most `in_flight` requests run at once.
    pub fn new(in_flight: usize) -> Self {
        Self(Arc::new(Semaphore::new(in_flight)))
    }
}

impl Around for TotalLimit {
    fn call(&self, request: Envelope, next: impl FnOnce(Envelope) -> ReplyFuture) -> ReplyFuture {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else {
            metrics::counter!("bus_requests_shed_total", "service" => "(all)").increment(1);
            return rejected(
                Kind::Busy,
                format!("too many requests are running; rejected: {}", request.name),
            );
        };
        holding(permit, next(request))
    }
}

/// Rejects a request to a service when too many requests to it run; the capacity of the others stays free.
pub struct ServiceLimit(pub Arc<Callees>);

impl Around for ServiceLimit {
    fn call(&self, request: Envelope, next: impl FnOnce(Envelope) -> ReplyFuture) -> ReplyFuture {
        let callee = self.0.of(&request.name);
        match callee.enter() {
            Some(permit) => holding(permit, next(request)),
            None => rejected(Kind::Busy, format!("too many requests to {} are running", callee.service())),
        }
    }
}

/// Keeps the permit until there is an answer, or the caller is dropped.
fn holding<P: Send + 'static>(permit: P, answer: ReplyFuture) -> ReplyFuture {
    Box::pin(async move {
        let answer = answer.await;
        drop(permit);
        answer
    })
}

fn rejected(kind: Kind, why: String) -> ReplyFuture {
    Box::pin(ready(Err(Fault::new(kind, why))))
}
