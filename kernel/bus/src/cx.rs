//! The context of a handler.

use std::{ops::Deref, sync::Arc};

use message::{Envelope, Event, Fault, Headers, Id, IdSource, Request, Timestamp};
use store::{Db, Tx};

use crate::Bus;

/// A handler's context: the state of its service (by dereference), its database, the bus, time and ids.
pub struct Cx<S> {
    core: Arc<Core>,
    state: Arc<S>,
    headers: Headers,
}

/// What all handlers of a service share besides its state.
pub(crate) struct Core {
    pub(crate) service: &'static str,
    pub(crate) db: Option<Db>,
    pub(crate) bus: Bus,
}

impl Core {
    /// Headers for work that no message started.
    pub(crate) fn new_headers(&self) -> Headers {
        Headers::new(self.bus.correlation())
    }
}

impl<S> Cx<S> {
    pub(crate) fn new(core: &Arc<Core>, state: &Arc<S>, headers: Headers) -> Self {
        Self { core: Arc::clone(core), state: Arc::clone(state), headers }
    }

    /// For work that no message started.
    pub(crate) fn afresh(core: &Arc<Core>, state: &Arc<S>) -> Self {
        Self::new(core, state, core.new_headers())
    }

    /// The service's database, for reading.
    ///
    /// # Panics
    ///
    /// In a service whose router has no database: a mistake that its first test finds.
    pub fn db(&self) -> &Db {
        self.core.db.as_ref().expect("this service's router was given a database")
    }

    /// Begins a transaction. Events published in it belong to the correlation of the handled message.
    pub async fn begin(&self) -> Result<Tx, Fault> {
        self.db().begin_with(self.headers.clone()).await
    }

    /// Asks another service, within the time that is left for what is being handled.
    pub async fn ask<R: Request>(&self, request: &R) -> Result<R::Reply, R::Error> {
        self.core.bus.ask_with(self.headers.clone(), request).await
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.core.bus.now()
    }

    /// A new id.
    pub fn id<E>(&self) -> Id<E> {
        self.ids().id()
    }

    /// The source of ids and other random values.
    pub fn ids(&self) -> &IdSource {
        self.core.bus.ids()
    }

    /// The headers of the handled message.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }
}

impl<S> Deref for Cx<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.state
    }
}

impl<S> Clone for Cx<S> {
    fn clone(&self) -> Self {
        Self::new(&self.core, &self.state, self.headers.clone())
    }
}

/// One message of a batch, with its headers.
#[derive(Debug, Clone)]
pub struct Incoming<M> {
    /// For events that follow from this message: [`Tx::publish_as`].
    pub headers: Headers,
    /// The message.
    pub body: M,
}

impl<E: Event> Incoming<E> {
    pub(crate) fn open(envelope: &Envelope) -> Result<Self, Fault> {
        Ok(Self { headers: envelope.follow_up(), body: envelope.open()? })
    }
}
