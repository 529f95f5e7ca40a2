//! The parts of a service, with handlers whose types are erased.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use bytes::Bytes;
use futures::future::BoxFuture;
use message::{Envelope, Failure, Fault};
use store::{Db, Tx};
use tokio_util::sync::CancellationToken;

use crate::{cx::Core, jobs::Job};

pub(crate) type Answerer =
    Box<dyn Fn(&Arc<Core>, Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> + Send + Sync>;

pub(crate) type Reactor = Box<
    dyn for<'a> Fn(&Arc<Core>, &'a mut Tx, &'a [Envelope]) -> BoxFuture<'a, Result<(), Failure>>
        + Send
        + Sync,
>;

/// Fails if the event cannot be read.
pub(crate) type Listener = Box<dyn Fn(&Envelope) -> Result<(), Fault> + Send + Sync>;

pub(crate) type GapListener = Box<dyn Fn() + Send + Sync>;

/// A part that runs from the service's start until the token is cancelled.
pub(crate) type Worker = Box<dyn FnOnce(Arc<Core>, CancellationToken) -> BoxFuture<'static, ()> + Send>;

/// The parts of a service.
pub(crate) struct Parts {
    pub(crate) name: &'static str,
    pub(crate) db: Option<Db>,
    pub(crate) answers: HashMap<Cow<'static, str>, Answerer>,
    pub(crate) reactions: HashMap<&'static str, Reactor>,
    pub(crate) listeners: HashMap<&'static str, Listener>,
    pub(crate) gap_listeners: Vec<GapListener>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) workers: Vec<Worker>,
}

impl Parts {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            db: None,
            answers: HashMap::new(),
            reactions: HashMap::new(),
            listeners: HashMap::new(),
            gap_listeners: Vec::new(),
            jobs: Vec::new(),
            workers: Vec::new(),
        }
    }

    pub(crate) fn answer(&mut self, name: Cow<'static, str>, answerer: Answerer) {
        assert!(!self.answers.contains_key(&name), "{} answers {name} twice", self.name);
        self.answers.insert(name, answerer);
    }

    pub(crate) fn react(&mut self, name: &'static str, reactor: Reactor) {
        let before = self.reactions.insert(name, reactor);
        assert!(before.is_none(), "{} reacts to {name} twice", self.name);
        assert!(self.db.is_some(), "{} reacts to {name}: give its router a database first", self.name);
    }

    pub(crate) fn listen(&mut self, name: &'static str, listener: Listener) {
        let before = self.listeners.insert(name, listener);
        assert!(before.is_none(), "{} listens to {name} twice", self.name);
    }
}
