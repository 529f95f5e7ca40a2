//! What every request passes on its way out.
//!
//! | from outside in | does |
//! |---|---|
//! | [`Observe`] | counts, measures, traces, logs what went wrong |
//! | [`Shed`] | refuses when too much is under way altogether |
//! | [`Break`] | refuses what would go to a service that does not answer |
//! | [`ShedPerService`] | refuses when one service has too much under way, so that it does not take everybody's place |
//! | [`Deadline`] | gives up |
//!
//! A layer is a type with [`Around`]: one function that is given the request and what comes next.

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

pub use breaker::Break;
pub use callees::{Callees, Directory};
pub use observe::Observe;

use crate::{Caller, Transport};

/// How many requests may be under way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Altogether.
    pub in_flight: usize,
    /// To one service.
    pub in_flight_per_service: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { in_flight: 10_000, in_flight_per_service: 8_000 }
    }
}

/// The usual stack on `transport`; `directory` knows which service answers what.
pub fn standard(transport: Arc<dyn Transport>, clock: Clock, limits: Limits, directory: Directory) -> Caller {
    let callees = Arc::new(Callees::new(directory, limits.in_flight_per_service));
    watched(transport, clock, limits, callees)
}

/// The usual stack for whoever also looks at what is known of the `callees`.
pub fn watched(transport: Arc<dyn Transport>, clock: Clock, limits: Limits, callees: Arc<Callees>) -> Caller {
    let stack = ServiceBuilder::new()
        .layer(Frame::new(Observe::default()))
        .layer(Frame::new(Shed::new(limits.in_flight)))
        .layer(Frame::new(Break(Arc::clone(&callees))))
        .layer(Frame::new(ShedPerService(callees)))
        .layer(Frame::new(Deadline(clock)))
        .service(Carry(transport));
    BoxCloneSyncService::new(stack)
}

/// What a request comes to.
pub type Answer = BoxFuture<'static, Result<Bytes, Fault>>;

/// A layer: what happens around a request.
pub trait Around: Send + Sync + 'static {
    /// Answers `request` itself, or goes on with `next`.
    fn call(&self, request: Envelope, next: impl FnOnce(Envelope) -> Answer) -> Answer;
}

/// Makes a tower layer of anything that goes around requests.
pub struct Frame<A>(Arc<A>);

impl<A: Around> Frame<A> {
    /// The layer that does what `around` says.
    pub fn new(around: A) -> Self {
        Self(Arc::new(around))
    }
}

impl<A, N> Layer<N> for Frame<A> {
    type Service = Framed<A, N>;

    fn layer(&self, next: N) -> Framed<A, N> {
        Framed { around: Arc::clone(&self.0), next }
    }
}

/// The service that [`Frame`] makes.
pub struct Framed<A, N> {
    around: Arc<A>,
    next: N,
}

impl<A, N: Clone> Clone for Framed<A, N> {
    fn clone(&self) -> Self {
        Self { around: Arc::clone(&self.around), next: self.next.clone() }
    }
}

impl<A, N> Service<Envelope> for Framed<A, N>
where
    A: Around,
    N: Service<Envelope, Response = Bytes, Error = Fault, Future = Answer>,
{
    type Response = Bytes;
    type Error = Fault;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.next.poll_ready(cx)
    }

    fn call(&mut self, request: Envelope) -> Answer {
        self.around.call(request, |request| self.next.call(request))
    }
}

/// Innermost: hands the request to the transport.
#[derive(Clone)]
struct Carry(Arc<dyn Transport>);

impl Service<Envelope> for Carry {
    type Response = Bytes;
    type Error = Fault;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Envelope) -> Answer {
        self.0.ask(request)
    }
}

/// Gives up on a request when its deadline, set by this clock, has passed.
#[derive(Debug)]
pub struct Deadline(pub Clock);

impl Around for Deadline {
    fn call(&self, request: Envelope, next: impl FnOnce(Envelope) -> Answer) -> Answer {
        let Some(deadline) = request.headers.deadline else { return next(request) };
        let left = deadline.since(self.0.now());
        let name = request.name.clone();
        let answer = next(request);
        Box::pin(async move {
            tokio::time::timeout(left, answer).await.unwrap_or_else(|_| {
                Err(Fault::new(Kind::Timeout, format!("{name} was not answered in time")))
            })
        })
    }
}

/// Refuses a request when too many are under way, instead of letting all of them become slow.
#[derive(Debug)]
pub struct Shed(Arc<Semaphore>);

impl Shed {
    /// At most `in_flight` requests at once.
    pub fn new(in_flight: usize) -> Self {
        Self(Arc::new(Semaphore::new(in_flight)))
    }
}

impl Around for Shed {
    fn call(&self, request: Envelope, next: impl FnOnce(Envelope) -> Answer) -> Answer {
        let Ok(place) = Arc::clone(&self.0).try_acquire_owned() else {
            metrics::counter!("bus_requests_shed_total", "service" => "(all)").increment(1);
            return refused(Kind::Busy, format!("too many requests are under way for {}", request.name));
        };
        holding(place, next(request))
    }
}

/// Refuses a request to a service that has too many under way: the places of the others stay theirs.
pub struct ShedPerService(pub Arc<Callees>);

impl Around for ShedPerService {
    fn call(&self, request: Envelope, next: impl FnOnce(Envelope) -> Answer) -> Answer {
        let callee = self.0.of(&request.name);
        match callee.enter() {
            Some(place) => holding(place, next(request)),
            None => refused(Kind::Busy, format!("too many requests are under way to {}", callee.service())),
        }
    }
}

/// Keeps `place` until there is an answer, or nobody waits for one any more.
fn holding<P: Send + 'static>(place: P, answer: Answer) -> Answer {
    Box::pin(async move {
        let answer = answer.await;
        drop(place);
        answer
    })
}

fn refused(kind: Kind, why: String) -> Answer {
    Box::pin(ready(Err(Fault::new(kind, why))))
}
