//! A service at one glance.

use std::{borrow::Cow, collections::HashMap, future::Future, hash::Hash, sync::Arc};

use bytes::Bytes;
use futures::future::BoxFuture;
use message::{Envelope, Event, Failure, Fault, Request, to_json};
use store::{Db, Tx};

use crate::{
    Bus, Cx, Incoming, Progress, Schedule, Service,
    batch::{Batch, BatchHandler, BatchLimits},
    cx::Core,
    dead_letters,
    jobs::Job,
    service::{Answerer, GapListener, Listener, Reactor, Starter},
};

/// What a service answers, reacts to, listens for and does by itself.
pub struct Router<S> {
    name: &'static str,
    state: S,
    db: Option<Db>,
    answers: HashMap<Cow<'static, str>, Make<S, Answerer>>,
    reactions: HashMap<&'static str, Make<S, Reactor>>,
    listeners: HashMap<&'static str, Make<S, Listener>>,
    gap_listeners: Vec<Make<S, GapListener>>,
    jobs: Vec<Make<S, Job>>,
    last_acts: Vec<Make<S, ()>>,
}

/// Makes a part of the service once its core exists.
type Make<S, T> = Box<dyn FnOnce(&Arc<Core<S>>, &mut Starter) -> T + Send>;

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
        Self {
            name,
            state,
            db: None,
            answers: HashMap::new(),
            reactions: HashMap::new(),
            listeners: HashMap::new(),
            gap_listeners: Vec::new(),
            jobs: Vec::new(),
            last_acts: Vec::new(),
        }
    }

    /// The database that its transactions are on; its outbox is relayed, its inbox remembers.
    #[must_use]
    pub fn db(mut self, db: Db) -> Self {
        self.db = Some(db);
        self
    }

    /// Answers a request.
    #[must_use]
    pub fn on<R, F, Fut>(self, handler: F) -> Self
    where
        R: Request,
        F: Fn(Cx<S>, R) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R::Reply, R::Error>> + Send + 'static,
    {
        self.on_as(R::NAME.into(), handler)
    }

    /// Answers what several services answer, under this service's name.
    pub(crate) fn on_own<R, F, Fut>(self, handler: F) -> Self
    where
        R: Request,
        F: Fn(Cx<S>, R) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R::Reply, R::Error>> + Send + 'static,
    {
        let name = format!("{}.{}", self.name, R::NAME);
        self.on_as(name.into(), handler)
    }

    fn on_as<R, F, Fut>(mut self, name: Cow<'static, str>, handler: F) -> Self
    where
        R: Request,
        F: Fn(Cx<S>, R) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R::Reply, R::Error>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.insert_answer(name, move |core, _| {
            let core = Arc::clone(core);
            Box::new(move |envelope: Envelope| {
                let (core, handler) = (Arc::clone(&core), Arc::clone(&handler));
                Box::pin(async move {
                    let cx = Cx::new(
                        core,
                        message::Headers { deadline: envelope.headers.deadline, ..envelope.follow_up() },
                    );
                    to_json(&handler(cx, envelope.open()?).await)
                }) as BoxFuture<'static, Result<Bytes, Fault>>
            })
        });
        self
    }

    /// Answers a request together with all others of its kind that have arrived: one answer each, in their order.
    ///
    /// A batch whose handler fails as a whole is tried again in halves, unless the same may pass later by itself: then
    /// all are told so ([`Fault::is_transient`]).
    #[must_use]
    pub fn on_batch<R, F, Fut>(mut self, limits: BatchLimits, handler: F) -> Self
    where
        R: Request + Clone,
        F: Fn(Cx<S>, Batch<R>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<Result<R::Reply, R::Error>>, Fault>> + Send + 'static,
    {
        let handler: BatchHandler<S, R> = Arc::new(move |cx, requests| Box::pin(handler(cx, requests)));
        self.insert_answer(R::NAME.into(), move |core, starter| {
            let queue = crate::batch::start(Arc::clone(core), limits, handler, starter);
            Box::new(move |envelope| queue.ask(&envelope))
        });
        self
    }

    /// Reacts to an event, in a transaction that also notes that it was handled.
    #[must_use]
    pub fn react<E, F>(mut self, reaction: F) -> Self
    where
        E: Event,
        F: for<'a> Reaction<'a, S, E>,
    {
        let reaction = Arc::new(reaction);
        self.insert_reaction(E::NAME, move |core, _| {
            let core = Arc::clone(core);
            Box::new(move |tx, envelopes| {
                let (core, reaction) = (Arc::clone(&core), Arc::clone(&reaction));
                Box::pin(async move {
                    for envelope in envelopes {
                        let event = envelope.open::<E>().map_err(Failure::reject)?;
                        let cx = Cx::new(Arc::clone(&core), envelope.follow_up());
                        reaction.call(cx, &mut *tx, event).await?;
                    }
                    Ok(())
                })
            })
        });
        self
    }

    /// Reacts to all events of a kind that have arrived, in one transaction.
    #[must_use]
    pub fn react_batch<E, F>(mut self, reaction: F) -> Self
    where
        E: Event,
        F: for<'a> BatchReaction<'a, S, E>,
    {
        let reaction = Arc::new(reaction);
        self.insert_reaction(E::NAME, move |core, _| {
            let core = Arc::clone(core);
            Box::new(move |tx, envelopes| {
                let (core, reaction) = (Arc::clone(&core), Arc::clone(&reaction));
                Box::pin(async move {
                    let events = envelopes.iter().map(Incoming::open).collect::<Result<Vec<_>, _>>();
                    let cx = Cx::afresh(core);
                    reaction.call(cx, tx, events.map_err(Failure::reject)?).await
                })
            })
        });
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
        let wrapped = move |core: &Arc<Core<S>>, _: &mut Starter| -> Listener {
            let core = Arc::clone(core);
            Box::new(move |envelope: &Envelope| match envelope.open::<E>() {
                Ok(event) => listener(&core.state, event),
                Err(error) => tracing::warn!(message = E::NAME, %error, "a listener could not read an event"),
            })
        };
        let before = self.listeners.insert(E::NAME, Box::new(wrapped));
        assert!(before.is_none(), "{} listens to {} twice", self.name, E::NAME);
        self
    }

    /// Is told when events may have passed the listeners of this process by: what they keep up to date no longer is.
    #[must_use]
    pub fn listen_for_gaps<F>(mut self, listener: F) -> Self
    where
        F: Fn(&S) + Send + Sync + 'static,
    {
        self.gap_listeners.push(Box::new(move |core, _| {
            let core = Arc::clone(core);
            Box::new(move || listener(&core.state))
        }));
        self
    }

    /// Does something again and again.
    #[must_use]
    pub fn every<F, Fut>(mut self, name: &'static str, schedule: Schedule, job: F) -> Self
    where
        F: Fn(Cx<S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Progress, Fault>> + Send + 'static,
    {
        self.jobs.push(Box::new(move |core, _| {
            let core = Arc::clone(core);
            Job { name, schedule, run: Box::new(move || Box::pin(job(Cx::afresh(Arc::clone(&core))))) }
        }));
        self
    }

    /// Does something when the service is told to stop, while its database is still open: for what should not be left
    /// half done. Whoever stops the service waits for it, but not for long.
    #[must_use]
    pub fn at_stop<F, Fut>(mut self, act: F) -> Self
    where
        F: FnOnce(Cx<S>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        let service = self.name;
        self.last_acts.push(Box::new(move |core, starter| {
            let core = Arc::clone(core);
            starter.parts.push(Box::new(move |stop| {
                Box::pin(async move {
                    stop.cancelled().await;
                    if let Err(error) = act(Cx::afresh(core)).await {
                        tracing::warn!(service, %error, "the service could not finish what it had begun");
                    }
                })
            }));
        }));
        self
    }

    /// The service, ready to be mounted on a transport; its requests go out over `bus`.
    pub fn into_service(mut self, bus: Bus) -> Service {
        if self.db.is_some() {
            self = dead_letters::answered_by(self);
        }
        let core =
            Arc::new(Core { service: self.name, state: self.state, db: self.db.clone(), bus: bus.clone() });
        let mut starter = Starter::default();
        let answers = make_all(self.answers, &core, &mut starter);
        let reactions = make_all(self.reactions, &core, &mut starter);
        let listeners = make_all(self.listeners, &core, &mut starter);
        let gap_listeners = self.gap_listeners.into_iter().map(|make| make(&core, &mut starter)).collect();
        let jobs = self.jobs.into_iter().map(|make| make(&core, &mut starter)).collect();
        self.last_acts.into_iter().for_each(|make| make(&core, &mut starter));
        Service::new(self.name, self.db, bus, answers, reactions, listeners, gap_listeners, jobs, starter)
    }

    fn insert_answer(
        &mut self,
        name: Cow<'static, str>,
        make: impl FnOnce(&Arc<Core<S>>, &mut Starter) -> Answerer + Send + 'static,
    ) {
        assert!(!self.answers.contains_key(&name), "{} answers {name} twice", self.name);
        self.answers.insert(name, Box::new(make));
    }

    fn insert_reaction(
        &mut self,
        name: &'static str,
        make: impl FnOnce(&Arc<Core<S>>, &mut Starter) -> Reactor + Send + 'static,
    ) {
        let before = self.reactions.insert(name, Box::new(make));
        assert!(before.is_none(), "{} reacts to {name} twice", self.name);
        assert!(self.db.is_some(), "{} reacts to {name}: give its router a database first", self.name);
    }
}

fn make_all<S, N: Eq + Hash, T>(
    makes: HashMap<N, Make<S, T>>,
    core: &Arc<Core<S>>,
    starter: &mut Starter,
) -> HashMap<N, T> {
    makes.into_iter().map(|(name, make)| (name, make(core, starter))).collect()
}
