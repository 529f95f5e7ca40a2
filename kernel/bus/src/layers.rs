//! What every request passes on its way out: a place in a bounded crowd, a deadline, and a look at how it went.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use futures::future::BoxFuture;
use message::{Clock, Envelope, Fault, Kind};
use tokio::sync::Semaphore;
use tower::{Layer, Service, ServiceBuilder, util::BoxCloneSyncService};

use crate::{Caller, Transport};

/// The usual stack on `transport`: metrics outside, then at most `in_flight` requests at once, then the deadline.
pub fn standard(transport: Arc<dyn Transport>, clock: Clock, in_flight: usize) -> Caller {
    let stack = ServiceBuilder::new()
        .layer(Observe::default())
        .layer(Shed::new(in_flight))
        .layer(Deadline { clock })
        .service(Carry(transport));
    BoxCloneSyncService::new(stack)
}

/// Innermost: hands the request to the transport.
#[derive(Clone)]
struct Carry(Arc<dyn Transport>);

type Answer = BoxFuture<'static, Result<Bytes, Fault>>;

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

/// Gives up on a request when its deadline has passed.
#[derive(Debug, Clone)]
pub struct Deadline {
    /// The clock that deadlines were set by.
    pub clock: Clock,
}

/// The service that [`Deadline`] makes.
#[derive(Debug, Clone)]
pub struct WithDeadline<N> {
    next: N,
    clock: Clock,
}

impl<N> Layer<N> for Deadline {
    type Service = WithDeadline<N>;

    fn layer(&self, next: N) -> WithDeadline<N> {
        WithDeadline { next, clock: self.clock.clone() }
    }
}

impl<N> Service<Envelope> for WithDeadline<N>
where
    N: Service<Envelope, Response = Bytes, Error = Fault, Future = Answer>,
{
    type Response = Bytes;
    type Error = Fault;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.next.poll_ready(cx)
    }

    fn call(&mut self, request: Envelope) -> Answer {
        let Some(deadline) = request.headers.deadline else { return self.next.call(request) };
        let left = deadline.since(self.clock.now());
        let name = request.name.clone();
        let answer = self.next.call(request);
        Box::pin(async move {
            tokio::time::timeout(left, answer).await.unwrap_or_else(|_| {
                Err(Fault::new(Kind::Timeout, format!("{name} was not answered in time")))
            })
        })
    }
}

/// Refuses a request when too many are under way, instead of letting all of them become slow.
#[derive(Debug, Clone)]
pub struct Shed {
    places: Arc<Semaphore>,
}

impl Shed {
    /// At most `in_flight` requests at once.
    pub fn new(in_flight: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(in_flight)) }
    }
}

/// The service that [`Shed`] makes.
#[derive(Debug, Clone)]
pub struct Shedding<N> {
    next: N,
    places: Arc<Semaphore>,
}

impl<N> Layer<N> for Shed {
    type Service = Shedding<N>;

    fn layer(&self, next: N) -> Shedding<N> {
        Shedding { next, places: Arc::clone(&self.places) }
    }
}

impl<N> Service<Envelope> for Shedding<N>
where
    N: Service<Envelope, Response = Bytes, Error = Fault, Future = Answer>,
{
    type Response = Bytes;
    type Error = Fault;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.next.poll_ready(cx)
    }

    fn call(&mut self, request: Envelope) -> Answer {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let fault =
                Fault::new(Kind::Busy, format!("too many requests are under way for {}", request.name));
            return Box::pin(std::future::ready(Err(fault)));
        };
        let answer = self.next.call(request);
        Box::pin(async move {
            let answer = answer.await;
            drop(place);
            answer
        })
    }
}

/// Counts requests and how long they took, and logs what went wrong.
#[derive(Clone, Default)]
pub struct Observe {
    known: Arc<RwLock<HashMap<String, Figures>>>,
}

#[derive(Clone)]
struct Figures {
    seconds: metrics::Histogram,
    faults: metrics::Counter,
}

impl Observe {
    /// The figures of one kind of message; looked up once per kind and kept.
    fn figures(known: &RwLock<HashMap<String, Figures>>, name: &str) -> Figures {
        if let Some(figures) = known.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return figures.clone();
        }
        let figures = Figures {
            seconds: metrics::histogram!("bus_request_duration_seconds", "message" => name.to_owned()),
            faults: metrics::counter!("bus_request_faults_total", "message" => name.to_owned()),
        };
        known.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), figures.clone());
        figures
    }
}

/// The service that [`Observe`] makes.
#[derive(Clone)]
pub struct Observed<N> {
    next: N,
    known: Arc<RwLock<HashMap<String, Figures>>>,
}

impl<N> Layer<N> for Observe {
    type Service = Observed<N>;

    fn layer(&self, next: N) -> Observed<N> {
        Observed { next, known: Arc::clone(&self.known) }
    }
}

impl<N> Service<Envelope> for Observed<N>
where
    N: Service<Envelope, Response = Bytes, Error = Fault, Future = Answer>,
{
    type Response = Bytes;
    type Error = Fault;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.next.poll_ready(cx)
    }

    fn call(&mut self, request: Envelope) -> Answer {
        let figures = Observe::figures(&self.known, &request.name);
        let (name, correlation) = (request.name.clone(), request.headers.correlation);
        let started = Instant::now();
        let answer = self.next.call(request);
        Box::pin(async move {
            let answer = answer.await;
            figures.seconds.record(started.elapsed());
            if let Err(fault) = &answer {
                figures.faults.increment(1);
                tracing::warn!(message = %name, %correlation, error = %fault, "a request was not answered");
            }
            answer
        })
    }
}
