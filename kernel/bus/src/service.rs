//! A service as transports see it: names in, bytes out.

use std::{borrow::Cow, collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures::{FutureExt as _, future::BoxFuture};
use message::{Envelope, Failure, Fault, Kind, trace};
use store::{Db, Tx};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;

use crate::{Bus, Transport, deliver, jobs::Job, relay, spans};

pub(crate) type Answerer = Box<dyn Fn(Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> + Send + Sync>;
pub(crate) type Reactor =
    Box<dyn for<'a> Fn(&'a mut Tx, &'a [Envelope]) -> BoxFuture<'a, Result<(), Failure>> + Send + Sync>;
pub(crate) type Listener = Box<dyn Fn(&Envelope) + Send + Sync>;
pub(crate) type GapListener = Box<dyn Fn() + Send + Sync>;

/// Long-running parts of a service that begin when it is started and end when told.
#[derive(Default)]
pub(crate) struct Starter {
    pub(crate) parts: Vec<Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>>,
}

/// A service, ready to be mounted on a [`Transport`] and started.
pub struct Service {
    name: &'static str,
    db: Option<Db>,
    bus: Bus,
    answers: Arc<HashMap<Cow<'static, str>, Answerer>>,
    reactions: HashMap<&'static str, Reactor>,
    listeners: Arc<HashMap<&'static str, Listener>>,
    gap_listeners: Arc<Vec<GapListener>>,
    to_start: std::sync::Mutex<(Starter, Vec<Job>)>,
}

impl Service {
    #[expect(
        clippy::too_many_arguments,
        reason = "called in one place, with everything that a router gathered"
    )]
    pub(crate) fn new(
        name: &'static str,
        db: Option<Db>,
        bus: Bus,
        answers: HashMap<Cow<'static, str>, Answerer>,
        reactions: HashMap<&'static str, Reactor>,
        listeners: HashMap<&'static str, Listener>,
        gap_listeners: Vec<GapListener>,
        jobs: Vec<Job>,
        starter: Starter,
    ) -> Self {
        Self {
            name,
            db,
            bus,
            answers: Arc::new(answers),
            reactions,
            listeners: Arc::new(listeners),
            gap_listeners: Arc::new(gap_listeners),
            to_start: std::sync::Mutex::new((starter, jobs)),
        }
    }

    /// The same service as one that answers and listens, but reacts to nothing: for a transport that shall not bring it
    /// events, because another one does. It starts nothing by itself.
    #[must_use]
    pub fn without_reactions(&self) -> Self {
        Self {
            name: self.name,
            db: self.db.clone(),
            bus: self.bus.clone(),
            answers: Arc::clone(&self.answers),
            reactions: HashMap::new(),
            listeners: Arc::clone(&self.listeners),
            gap_listeners: Arc::clone(&self.gap_listeners),
            to_start: std::sync::Mutex::default(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its database, if it has one.
    pub fn db(&self) -> Option<&Db> {
        self.db.as_ref()
    }

    /// The requests that it answers.
    pub fn answers(&self) -> impl Iterator<Item = &str> {
        self.answers.keys().map(AsRef::as_ref)
    }

    /// The events that it reacts to.
    pub fn reactions(&self) -> impl Iterator<Item = &'static str> {
        self.reactions.keys().copied()
    }

    /// Whether it reacts to the events of this name.
    pub fn reacts_to(&self, name: &str) -> bool {
        self.reactions.contains_key(name)
    }

    /// The events that it listens for, in every process.
    pub fn listens(&self) -> impl Iterator<Item = &'static str> {
        self.listeners.keys().copied()
    }

    /// Answers a request: the JSON of the `Result<Reply, Error>`. A panic is caught and becomes an internal fault.
    pub async fn answer(&self, mut request: Envelope) -> Result<Bytes, Fault> {
        if request.headers.deadline.is_some_and(|deadline| deadline <= self.bus.now()) {
            return Err(Fault::new(Kind::Timeout, format!("{} came too late", request.name)));
        }
        let answerer = self.answers.get(request.name.as_ref()).ok_or_else(|| {
            Fault::new(Kind::NoRoute, format!("{} does not answer {}", self.name, request.name))
        })?;
        let correlation = request.headers.correlation;
        let span = spans::handling("answer", "server", self.name, &request.name, &request.headers);
        trace::hand_on(&span, &mut request.headers);
        let name = request.name.clone();
        match AssertUnwindSafe(answerer(request)).catch_unwind().instrument(span).await {
            Ok(answer) => answer,
            Err(panic) => {
                let panic = panic_text(panic.as_ref());
                tracing::error!(service = self.name, message = %name, %correlation, panic, "a handler panicked");
                Err(Fault::internal(format!("a handler of {} panicked ({correlation})", self.name)))
            }
        }
    }

    /// Handles events: on success each is handled, was handled before, or is parked with the reason of its failure.
    /// A fault means that nothing is certain: deliver them again.
    pub async fn deliver(&self, events: Vec<Envelope>) -> Result<(), Fault> {
        let Some(db) = &self.db else { return Ok(()) };
        // Boxed once for a batch, so that the transports' own futures stay small.
        Box::pin(deliver::deliver(self.name, db, &self.reactions, events, self.bus.now())).await
    }

    /// Keeps events that a transport has given up as dead letters, unless they were handled after all.
    pub async fn bury(&self, events: &[Envelope], reason: &str) -> Result<(), Fault> {
        let Some(db) = &self.db else { return Ok(()) };
        Box::pin(deliver::bury(self.name, db, events, reason, self.bus.now())).await
    }

    /// Tells the listeners about events.
    pub fn overhear(&self, events: &[Envelope]) {
        for event in events {
            if let Some(listener) = self.listeners.get(event.name.as_ref())
                && std::panic::catch_unwind(AssertUnwindSafe(|| listener(event))).is_err()
            {
                tracing::error!(service = self.name, message = %event.name, "a listener panicked");
            }
        }
    }

    /// Tells the listeners that events may have passed them by.
    pub fn missed(&self) {
        for listener in self.gap_listeners.iter() {
            if std::panic::catch_unwind(AssertUnwindSafe(listener)).is_err() {
                tracing::error!(service = self.name, "a listener panicked");
            }
        }
    }

    /// Starts what the service does by itself: batches, jobs, second tries.
    ///
    /// All of it ends soon after `stop` is cancelled; `tasks` is empty then.
    pub fn start(self: &Arc<Self>, tasks: &TaskTracker, stop: &CancellationToken) {
        let (starter, jobs) =
            std::mem::take(&mut *self.to_start.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for part in starter.parts {
            tasks.spawn(part(stop.clone()));
        }
        for job in jobs {
            tasks.spawn(job.run(self.name, stop.clone()));
        }
        if let Some(db) = self.db.clone() {
            tasks.spawn(store::watch(db, stop.clone()));
        }
        if self.db.is_some() && !self.reactions.is_empty() {
            tasks.spawn(relay::second_tries(Arc::clone(self), stop.clone()));
        }
    }

    /// Starts the relay of the service's outbox to `transport`.
    pub fn start_relay(&self, transport: &Arc<dyn Transport>, tasks: &TaskTracker, stop: &CancellationToken) {
        if let Some(db) = self.db.clone() {
            tasks.spawn(relay::run(db, Arc::clone(transport), stop.clone()));
        }
    }

    /// Tries parked messages again that are due; answers how many.
    pub(crate) async fn retry_due(&self) -> Result<usize, Fault> {
        let Some(db) = &self.db else { return Ok(0) };
        let now = self.bus.now();
        let due = store::inbox::due(db, now, 100).await?;
        for message in &due {
            deliver::retry(self.name, db, &self.reactions, message, now).await?;
        }
        Ok(due.len())
    }

    /// Forgets what was handled long ago.
    pub(crate) async fn prune(&self) -> Result<(), Fault> {
        let Some(db) = &self.db else { return Ok(()) };
        while store::inbox::prune(db, self.bus.now()).await? > 0 {}
        Ok(())
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}
