//! A service as transports see it: names in, bytes out.

use std::{
    borrow::Cow,
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures::FutureExt as _;
use message::{Envelope, Fault, Kind, trace};
use store::Db;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;

use crate::{
    Bus, Transport,
    cx::Core,
    dead_letters, deliver,
    jobs::Job,
    parts::{Answerer, GapListener, Listener, Parts, Reactor, Worker},
    relay, spans,
};

/// A service, ready to be mounted on a [`Transport`] and started.
pub struct Service {
    core: Arc<Core>,
    answers: Arc<HashMap<Cow<'static, str>, Answerer>>,
    reactions: HashMap<&'static str, Reactor>,
    listeners: Arc<HashMap<&'static str, Listener>>,
    gap_listeners: Arc<Vec<GapListener>>,
    to_start: Mutex<ToStart>,
}

/// The background work of a service that is not started yet.
#[derive(Default)]
struct ToStart {
    workers: Vec<Worker>,
    jobs: Vec<Job>,
}

impl Service {
    pub(crate) fn new(mut parts: Parts, bus: Bus) -> Self {
        if parts.db.is_some() {
            dead_letters::answer(&mut parts);
        }
        let Parts { name, db, answers, reactions, listeners, gap_listeners, jobs, workers } = parts;
        Self {
            core: Arc::new(Core { service: name, db, bus }),
            answers: Arc::new(answers),
            reactions,
            listeners: Arc::new(listeners),
            gap_listeners: Arc::new(gap_listeners),
            to_start: Mutex::new(ToStart { workers, jobs }),
        }
    }

    /// The same service as one that answers and listens, but reacts to nothing: for a transport that shall not bring it
    /// events, because another one does. It starts nothing by itself.
    #[must_use]
    pub fn without_reactions(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
            answers: Arc::clone(&self.answers),
            reactions: HashMap::new(),
            listeners: Arc::clone(&self.listeners),
            gap_listeners: Arc::clone(&self.gap_listeners),
            to_start: Mutex::default(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.core.service
    }

    /// Its database, if it has one.
    pub fn db(&self) -> Option<&Db> {
        self.core.db.as_ref()
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
        if request.headers.deadline.is_some_and(|deadline| deadline <= self.core.bus.now()) {
            return Err(Fault::new(Kind::Timeout, format!("{} came too late", request.name)));
        }
        let answerer = self.answers.get(request.name.as_ref()).ok_or_else(|| {
            Fault::new(Kind::NoRoute, format!("{} does not answer {}", self.name(), request.name))
        })?;
        let correlation = request.headers.correlation;
        let span = spans::handling("answer", "server", self.name(), &request.name, &request.headers);
        trace::hand_on(&span, &mut request.headers);
        let name = request.name.clone();
        // Called inside, because the request is read at once.
        let answering = AssertUnwindSafe(async { answerer(&self.core, request).await });
        match answering.catch_unwind().instrument(span).await {
            Ok(answer) => answer,
            Err(panic) => {
                let panic = panic_text(panic.as_ref());
                tracing::error!(service = self.name(), message = %name, %correlation, panic, "a handler panicked");
                Err(Fault::internal(format!("a handler of {} panicked ({correlation})", self.name())))
            }
        }
    }

    /// Handles events: on success each is handled, was handled before, or is parked with the reason of its failure.
    /// A fault means that nothing is certain: deliver them again.
    pub async fn deliver(&self, events: Vec<Envelope>) -> Result<(), Fault> {
        let Some(db) = self.db() else { return Ok(()) };
        // Boxed once for a batch, so that the transports' own futures stay small.
        Box::pin(deliver::deliver(self.name(), db, self.reactors(), events, self.core.bus.now())).await
    }

    /// Keeps events that a transport has given up as dead letters, unless they were handled after all.
    pub async fn bury(&self, events: &[Envelope], reason: &str) -> Result<(), Fault> {
        let Some(db) = self.db() else { return Ok(()) };
        Box::pin(deliver::bury(self.name(), db, events, reason, self.core.bus.now())).await
    }

    /// Hands events to the listeners.
    pub fn overhear(&self, events: &[Envelope]) {
        for event in events {
            let Some(listener) = self.listeners.get(event.name.as_ref()) else { continue };
            match std::panic::catch_unwind(AssertUnwindSafe(|| listener(event))) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(message = %event.name, %error, "a listener could not read an event");
                }
                Err(_) => {
                    tracing::error!(service = self.name(), message = %event.name, "a listener panicked");
                }
            }
        }
    }

    /// Lets the listeners know that events may have passed them by.
    pub fn missed(&self) {
        for listener in self.gap_listeners.iter() {
            if std::panic::catch_unwind(AssertUnwindSafe(listener)).is_err() {
                tracing::error!(service = self.name(), "a listener panicked");
            }
        }
    }

    /// Starts what the service does by itself: batches, jobs, second tries.
    ///
    /// All of it ends soon after `stop` is cancelled; `tasks` is empty then.
    pub fn start(self: &Arc<Self>, tasks: &TaskTracker, stop: &CancellationToken) {
        let ToStart { workers, jobs } =
            std::mem::take(&mut *self.to_start.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in workers {
            tasks.spawn(worker(Arc::clone(&self.core), stop.clone()));
        }
        for job in jobs {
            tasks.spawn(job.run(Arc::clone(&self.core), stop.clone()));
        }
        if let Some(db) = self.db() {
            tasks.spawn(store::watch(db.clone(), stop.clone()));
            if !self.reactions.is_empty() {
                tasks.spawn(relay::second_tries(Arc::clone(self), stop.clone()));
            }
        }
    }

    /// Starts the relay of the service's outbox to `transport`: of all events, or `only` of those of these names.
    pub fn start_relay(
        &self,
        only: Option<Vec<&'static str>>,
        transport: &Arc<dyn Transport>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) {
        if let Some(db) = self.db() {
            tasks.spawn(relay::run(db.clone(), only, Arc::clone(transport), stop.clone()));
        }
    }

    /// Tries parked messages again that are due; answers how many.
    pub(crate) async fn retry_due(&self) -> Result<usize, Fault> {
        let Some(db) = self.db() else { return Ok(0) };
        let now = self.core.bus.now();
        let due = store::inbox::due(db, now, 100).await?;
        for message in &due {
            deliver::retry(self.name(), db, self.reactors(), message, now).await?;
        }
        Ok(due.len())
    }

    fn reactors(&self) -> deliver::Reactors<'_> {
        deliver::Reactors { core: &self.core, by_name: &self.reactions }
    }

    /// Forgets what was handled long ago.
    pub(crate) async fn prune(&self) -> Result<(), Fault> {
        let Some(db) = self.db() else { return Ok(()) };
        while store::inbox::prune(db, self.core.bus.now()).await? > 0 {}
        Ok(())
    }
}

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}
