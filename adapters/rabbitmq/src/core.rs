//! What all parts of the transport share.

use std::sync::{Arc, PoisonError, RwLock};

use bus::Service;
use message::{Clock, Fault, Kind};
use tokio::sync::{Mutex, Semaphore, mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Settings, Topology, answering::Answered, answering::Running, asking::Asking, link::Link, packing::Limits,
    publishing::Line, topology::Names,
};

pub(crate) struct Core {
    pub(crate) settings: Settings,
    pub(crate) topology: Topology,
    pub(crate) names: Names,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) process: String,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) asking: Asking,
    pub(crate) line: Line,
    pub(crate) answers: mpsc::UnboundedSender<Answered>,
    /// Only one link writes answers at a time.
    pub(crate) answered: Mutex<mpsc::UnboundedReceiver<Answered>>,
    pub(crate) mounted: RwLock<Vec<Arc<Mounted>>>,
    /// What is being received and handled.
    pub(crate) work: TaskTracker,
    /// Messages may come in.
    pub(crate) receiving: CancellationToken,
    /// No more messages may come in.
    pub(crate) stopping: CancellationToken,
    /// Nothing is sent any more.
    pub(crate) closing: CancellationToken,
}

/// How things stand with the broker.
#[derive(Clone)]
pub(crate) enum Status {
    /// It is not there, for this reason.
    Away(String),
    /// It is there; what it is blocked for, if it takes nothing in.
    Linked(Arc<Link>, Option<String>),
}

/// A service of this process.
pub(crate) struct Mounted {
    pub(crate) service: Arc<Service>,
    /// One for each request that may be answered at once; it comes back when the answer is out.
    pub(crate) permits: Arc<Semaphore>,
    /// The requests that are being answered.
    pub(crate) running: Running,
    /// Events are handled in turn, also when a new link delivers while those of an old one are still being handled.
    pub(crate) turn: Mutex<()>,
}

/// What a part stands on that receives for one service over one link.
pub(crate) struct Ground {
    pub(crate) core: Arc<Core>,
    pub(crate) link: Arc<Link>,
    pub(crate) mounted: Arc<Mounted>,
}

impl Ground {
    /// Either nothing more shall be taken, or there is nothing to take it from.
    pub(crate) async fn ended(&self) {
        tokio::select! {
            () = self.core.stopping.cancelled() => {}
            () = self.link.gone().cancelled() => {}
        }
    }
}

impl Core {
    pub(crate) fn new(
        settings: Settings,
        topology: Topology,
        clock: Clock,
        process: String,
        unique: &str,
    ) -> Self {
        let (answers, answered) = mpsc::unbounded_channel();
        Self {
            names: Names::new(&settings, unique),
            limits: Limits::new(&settings),
            asking: Asking::new(settings.asking.get()),
            line: Line::new(settings.asking),
            status: watch::Sender::new(Status::Away("it was not reached yet".to_owned())),
            settings,
            topology,
            clock,
            process,
            answers,
            answered: Mutex::new(answered),
            mounted: RwLock::default(),
            work: TaskTracker::new(),
            receiving: CancellationToken::new(),
            stopping: CancellationToken::new(),
            closing: CancellationToken::new(),
        }
    }

    pub(crate) fn mount(&self, service: Arc<Service>) {
        let permits = Arc::new(Semaphore::new(self.permits()));
        let mounted = Mounted { service, permits, running: Running::default(), turn: Mutex::default() };
        self.mounted.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(mounted));
    }

    pub(crate) fn unmount(&self) {
        self.mounted.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn permits(&self) -> usize {
        usize::try_from(self.settings.answering.get())
            .unwrap_or(Semaphore::MAX_PERMITS)
            .min(Semaphore::MAX_PERMITS)
    }

    pub(crate) fn mounted(&self) -> Vec<Arc<Mounted>> {
        self.mounted.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a link that takes something in.
    pub(crate) async fn link(&self) -> Option<Arc<Link>> {
        let mut status = self.status.subscribe();
        let ready = status.wait_for(|status| matches!(status, Status::Linked(_, None))).await.ok()?;
        match &*ready {
            Status::Linked(link, _) => Some(Arc::clone(link)),
            Status::Away(_) => None,
        }
    }

    /// What is wrong with the broker, if anything is.
    pub(crate) fn trouble(&self) -> Option<String> {
        let place = &self.settings.url;
        match &*self.status.borrow() {
            Status::Away(reason) => Some(format!("RabbitMQ at {place} is not there: {reason}")),
            Status::Linked(_, Some(reason)) => {
                Some(format!("RabbitMQ at {place} is blocked and takes no messages: {reason}"))
            }
            Status::Linked(_, None) => None,
        }
    }

    /// Why something was not done in time.
    pub(crate) fn too_late(&self, what: &str) -> Fault {
        match self.trouble() {
            Some(trouble) => Fault::unavailable(format!("{what} in time: {trouble}")),
            None => Fault::new(Kind::Timeout, format!("{what} in time")),
        }
    }
}
