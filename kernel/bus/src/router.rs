//! A service at one glance.

use std::{future::Future, sync::Arc};

use message::{Event, Failure, Fault, Headers, Request, to_json};
use store::{Db, Tx};

use crate::{
    Bus, Cx, Incoming, Progress, Schedule, Service,
    batch::{self, Batch, BatchLimits, Queue, Review, Reviewer},
    jobs::{Job, Run},
    parts::{Answerer, Parts, Reactor},
    work::{WorkLimits, Worker, erased::Typed, machine::Machine},
};

/// A list of what a service does: its answers, reactions, listeners and jobs.
///
/// A handler loses its type as soon as it is listed: all that is generic is to read its message, to call it and to
/// write its reply. So a service is compiled quickly, and one more handler adds little.
pub struct Router<S> {
    state: Arc<S>,
    parts: Parts,
}

/// An `async fn(Cx<S>, &mut Tx, E) -> Result<(), Failure>`: one event, in the router's transaction.
pub trait Reaction<'a, S, E>: Send + Sync + 'static {
    /// What it returns.
    type Future: Future<Output = Result<(), Failure>> + Send + 'a;
    /// Calls it.
    fn call(&self, cx: Cx<S>, tx: &'a mut Tx, event: E) -> Self::Future;
}

impl<'a, S, E, F, Fut> Reaction<'a, S, E> for F
where
    F: Fn(Cx<S>, &'a mut Tx, E) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send + 'a,
{
    type Future = Fut;

    fn call(&self, cx: Cx<S>, tx: &'a mut Tx, event: E) -> Fut {
        self(cx, tx, event)
    }
}

/// An `async fn(Cx<S>, &mut Tx, Vec<Incoming<E>>) -> Result<(), Failure>`: all that has arrived, in one transaction.
pub trait BatchReaction<'a, S, E>: Send + Sync + 'static {
    /// What it returns.
    type Future: Future<Output = Result<(), Failure>> + Send + 'a;
    /// Calls it.
    fn call(&self, cx: Cx<S>, tx: &'a mut Tx, events: Vec<Incoming<E>>) -> Self::Future;
}

impl<'a, S, E, F, Fut> BatchReaction<'a, S, E> for F
where
    F: Fn(Cx<S>, &'a mut Tx, Vec<Incoming<E>>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send + 'a,
{
    type Future = Fut;

    fn call(&self, cx: Cx<S>, tx: &'a mut Tx, events: Vec<Incoming<E>>) -> Fut {
        self(cx, tx, events)
    }
}

impl<S: Send + Sync + 'static> Router<S> {
    /// A service named `name`, whose handlers share `state`.
    pub fn new(name: &'static str, state: S) -> Self {
        Self { state: Arc::new(state), parts: Parts::new(name) }
    }

    /// Sets the database of the transactions. Its outbox is relayed; its inbox keeps the ids of handled events.
    #[must_use]
    pub fn db(mut self, db: Db) -> Self {
        self.parts.db = Some(db);
        self
    }

    /// Answers a request.
    #[must_use]
    pub fn on<R, F, Fut>(mut self, handler: F) -> Self
    where
        R: Request,
        F: Fn(Cx<S>, R) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R::Reply, R::Error>> + Send + 'static,
    {
        self.parts.answer(R::NAME.into(), answerer(&self.state, handler));
        self
    }

    /// Answers a request together with all others of its name that have arrived: one answer each, in their order.
    ///
    /// A batch whose handler fails as a whole is tried again in halves, unless the same may pass later by itself: then
    /// each caller gets the fault ([`Fault::is_transient`]).
    #[must_use]
    pub fn on_batch<R, F, Fut>(mut self, limits: BatchLimits, handler: F) -> Self
    where
        R: Request + Clone,
        F: Fn(Cx<S>, Batch<R>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<Result<R::Reply, R::Error>>, Fault>> + Send + 'static,
    {
        let queue = self.queue::<R, F, Fut>(limits, handler);
        self.parts.answer(R::NAME.into(), Box::new(move |_, envelope| queue.ask(&envelope)));
        self
    }

    /// The same, where a refusal may need a look elsewhere before it is certain. `review` gets every refusal, in the task
    /// of its caller: neither its batch nor the next one waits for it, and what is granted never passes it.
    #[must_use]
    pub fn on_batch_reviewed<R, F, Fut, G, GFut>(mut self, limits: BatchLimits, handler: F, review: G) -> Self
    where
        R: Request + Clone,
        F: Fn(Cx<S>, Batch<R>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<Result<R::Reply, R::Error>>, Fault>> + Send + 'static,
        G: Fn(Cx<S>, R::Error) -> GFut + Send + Sync + 'static,
        GFut: Future<Output = Review<R::Error>> + Send + 'static,
    {
        let queue = Arc::new(self.queue::<R, F, Fut>(limits, handler));
        let state = Arc::clone(&self.state);
        let reviewer: Arc<Reviewer<R>> = Arc::new(Box::new(move |core, headers, error| {
            Box::pin(review(Cx::new(core, &state, headers), error))
        }));
        let answerer: Answerer =
            Box::new(move |core, envelope| queue.ask_reviewed(core, envelope, &reviewer));
        self.parts.answer(R::NAME.into(), answerer);
        self
    }

    fn queue<R, F, Fut>(&mut self, limits: BatchLimits, handler: F) -> Queue<R>
    where
        R: Request + Clone,
        F: Fn(Cx<S>, Batch<R>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<Result<R::Reply, R::Error>>, Fault>> + Send + 'static,
    {
        let state = Arc::clone(&self.state);
        let (queue, worker) = batch::queue(
            limits,
            Box::new(move |core, headers, requests| {
                Box::pin(handler(Cx::new(core, &state, headers), requests))
            }),
        );
        self.parts.workers.push(worker);
        queue
    }

    /// Reacts to an event, in a transaction that also records that it was handled.
    #[must_use]
    pub fn react<E, F>(mut self, reaction: F) -> Self
    where
        E: Event,
        F: for<'a> Reaction<'a, S, E>,
    {
        let (state, reaction) = (Arc::clone(&self.state), Arc::new(reaction));
        let reactor: Reactor = Box::new(move |core, tx, envelopes| {
            let (core, state, reaction) = (Arc::clone(core), Arc::clone(&state), Arc::clone(&reaction));
            Box::pin(async move {
                for envelope in envelopes {
                    let event: E = envelope.open().map_err(Failure::reject)?;
                    let cx = Cx::new(&core, &state, envelope.follow_up());
                    reaction.call(cx, &mut *tx, event).await?;
                }
                Ok(())
            })
        });
        self.parts.react(E::NAME, reactor);
        self
    }

    /// Reacts to all events of a name that have arrived, in one transaction.
    #[must_use]
    pub fn react_batch<E, F>(mut self, reaction: F) -> Self
    where
        E: Event,
        F: for<'a> BatchReaction<'a, S, E>,
    {
        let (state, reaction) = (Arc::clone(&self.state), Arc::new(reaction));
        let reactor: Reactor = Box::new(move |core, tx, envelopes| {
            let cx = Cx::afresh(core, &state);
            let reaction = Arc::clone(&reaction);
            let events = envelopes.iter().map(Incoming::open).collect::<Result<Vec<_>, _>>();
            Box::pin(async move { reaction.call(cx, tx, events.map_err(Failure::reject)?).await })
        });
        self.parts.react(E::NAME, reactor);
        self
    }

    /// Listens for an event in every process that runs this service, at most once: for caches and open pages.
    ///
    /// Listeners run in the sender's path and must return at once.
    ///
    /// # Panics
    ///
    /// If there is a listener for this event already.
    #[must_use]
    pub fn listen<E, F>(mut self, listener: F) -> Self
    where
        E: Event,
        F: Fn(&S, E) + Send + Sync + 'static,
    {
        let state = Arc::clone(&self.state);
        self.parts
            .listen(E::NAME, Box::new(move |envelope| envelope.open().map(|event| listener(&state, event))));
        self
    }

    /// Calls the listener when the listeners of this process may have missed events: what they keep may be outdated.
    #[must_use]
    pub fn listen_for_gaps<F>(mut self, listener: F) -> Self
    where
        F: Fn(&S) + Send + Sync + 'static,
    {
        let state = Arc::clone(&self.state);
        self.parts.gap_listeners.push(Box::new(move || listener(&state)));
        self
    }

    /// Runs a job by a schedule, from the start of the service to its stop.
    #[must_use]
    pub fn every<F, Fut>(mut self, name: &'static str, schedule: Schedule, job: F) -> Self
    where
        F: Fn(Cx<S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Progress, Fault>> + Send + 'static,
    {
        let state = Arc::clone(&self.state);
        let run: Run = Box::new(move |core| Box::pin(job(Cx::afresh(core, &state))));
        self.parts.jobs.push(Job { name, schedule, run });
        self
    }

    /// Does work of one kind, of which transactions of this service have wanted some.
    #[must_use]
    pub fn work<W: Worker<S>>(mut self, limits: WorkLimits, worker: W) -> Self {
        let state = Arc::clone(&self.state);
        self.parts.workers.push(Box::new(move |core, stop| {
            let kind = Typed::new(Arc::clone(&core), state, worker);
            Box::pin(Machine::new(&core, limits, Arc::new(kind)).run(stop))
        }));
        self
    }

    /// The service, ready to be mounted on a transport; its requests go out over `bus`.
    pub fn into_service(self, bus: Bus) -> Service {
        Service::new(self.parts, bus)
    }
}

/// Reads a request, lets the handler answer it and writes the answer.
pub(crate) fn answerer<S, R, F, Fut>(state: &Arc<S>, handler: F) -> Answerer
where
    S: Send + Sync + 'static,
    R: Request,
    F: Fn(Cx<S>, R) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R::Reply, R::Error>> + Send + 'static,
{
    let state = Arc::clone(state);
    Box::new(move |core, envelope| {
        let headers = Headers { deadline: envelope.headers.deadline, ..envelope.follow_up() };
        let answer = envelope.open().map(|request| handler(Cx::new(core, &state, headers), request));
        Box::pin(async move { to_json(&answer?.await) })
    })
}
