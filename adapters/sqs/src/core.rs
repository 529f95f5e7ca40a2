//! The state that all parts of the transport share.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use aws_sdk_sqs::Client;
use bus::Service;
use message::Tries;
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Settings, Subscriber, queues::Queues};

pub(crate) struct Core {
    pub(crate) settings: Settings,
    pub(crate) subscribers: Vec<Subscriber>,
    pub(crate) mounted: RwLock<Vec<Arc<Service>>>,
    connected: watch::Sender<Option<Arc<OpenQueues>>>,
    /// The current error of each receiving queue, by its name.
    troubles: Mutex<BTreeMap<String, String>>,
    /// The error of the last sending, if it failed.
    unsent: Mutex<Option<String>>,
    /// The tasks that receive and handle messages.
    pub(crate) work: TaskTracker,
    /// Accept no more messages.
    pub(crate) stopping: CancellationToken,
    /// Send nothing any more.
    pub(crate) closing: CancellationToken,
}

/// The queues of all services, once they are open.
pub(crate) struct OpenQueues {
    pub(crate) client: Client,
    pub(crate) queues: HashMap<String, Queues>,
}

impl Core {
    pub(crate) fn new(settings: Settings, subscribers: Vec<Subscriber>) -> Self {
        Self {
            settings,
            subscribers,
            mounted: RwLock::default(),
            connected: watch::Sender::new(None),
            troubles: Mutex::default(),
            unsent: Mutex::default(),
            work: TaskTracker::new(),
            stopping: CancellationToken::new(),
            closing: CancellationToken::new(),
        }
    }

    /// Opens all queues, and retries until it succeeds.
    pub(crate) async fn connect(&self, client: Client) {
        let mut pauses = Tries::new(Duration::from_millis(100), Duration::from_secs(5));
        let mut queues = HashMap::new();
        for subscriber in &self.subscribers {
            let service = &subscriber.service;
            let opened = loop {
                let opened = Queues::open(&client, &self.settings, service).await;
                self.note(service, opened.as_ref().err());
                match opened {
                    Ok(opened) => break opened,
                    Err(error) => {
                        tracing::warn!(service, error, "the service's SQS queues are unavailable; retrying");
                    }
                }
                tokio::time::sleep(pauses.pause()).await;
            };
            queues.insert(service.clone(), opened);
        }
        tracing::info!(services = queues.len(), "events travel over SQS");
        self.connected.send_replace(Some(Arc::new(OpenQueues { client, queues })));
    }

    /// Waits until the queues are open; `None` once the transport is closed.
    pub(crate) async fn connected(&self) -> Option<Arc<OpenQueues>> {
        let mut connected = self.connected.subscribe();
        let ready = self.closing.run_until_cancelled(connected.wait_for(Option::is_some)).await?.ok()?;
        ready.clone()
    }

    /// Records the state of a queue.
    pub(crate) fn note(&self, queue: &str, trouble: Option<&impl Display>) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble {
            Some(trouble) => troubles.insert(queue.to_owned(), trouble.to_string()),
            None => troubles.remove(queue),
        };
    }

    /// Records the result of the last sending.
    pub(crate) fn note_sent(&self, trouble: Option<&impl Display>) {
        *self.unsent.lock().unwrap_or_else(PoisonError::into_inner) = trouble.map(ToString::to_string);
    }

    /// The current errors, if there are any.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.away().or_else(|| self.unsent.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Why the queues are unavailable, if they are.
    pub(crate) fn away(&self) -> Option<String> {
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        let known = troubles.values().next().cloned();
        known.or_else(|| self.connected.borrow().is_none().then(|| "the queues are not open yet".to_owned()))
    }
}
