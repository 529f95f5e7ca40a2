//! The state that all parts of the transport share.

use std::sync::{Arc, PoisonError, RwLock};

use bus::Service;
use message::{Clock, Fault, Kind};
use tokio::sync::{Mutex, Semaphore, mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Settings, Topology, answering::OutgoingAnswer, answering::RunningRequests, asking::PendingRequests,
    link::Link, packing::PacketLimits, publishing::EventQueue, topology::Names,
};

pub(crate) struct Core {
    pub(crate) settings: Settings,
    pub(crate) topology: Topology,
    pub(crate) names: Names,
    pub(crate) limits: PacketLimits,
    pub(crate) clock: Clock,
    pub(crate) process: String,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) asking: PendingRequests,
    pub(crate) line: EventQueue,
    pub(crate) answers: mpsc::UnboundedSender<OutgoingAnswer>,
    /// Only one link sends answers at a time.
    pub(crate) answered: Mutex<mpsc::UnboundedReceiver<OutgoingAnswer>>,
    pub(crate) mounted: RwLock<Vec<Arc<MountedService>>>,
    /// The tasks that receive and handle messages.
    pub(crate) work: TaskTracker,
    /// Messages may come in.
    pub(crate) receiving: CancellationToken,
    /// No more messages may come in.
    pub(crate) stopping: CancellationToken,
    /// Nothing is sent any more.
    pub(crate) closing: CancellationToken,
}

/// The state of the broker.
#[derive(Clone)]
pub(crate) enum Status {
    /// Unavailable, for this reason.
    Unavailable(String),
    /// Connected; with the reason if the broker blocks publishing.
    Linked(Arc<Link>, Option<String>),
}

/// A service of this process.
pub(crate) struct MountedService {
    pub(crate) service: Arc<Service>,
    /// A permit for each request that may be answered at once; released when its answer is sent.
    pub(crate) permits: Arc<Semaphore>,
    /// The requests that are being answered.
    pub(crate) running: RunningRequests,
    /// Keeps events in order, also when a new link delivers while those of an old one are still being handled.
    pub(crate) turn: Mutex<()>,
}

/// What a task needs that receives for one service over one link.
pub(crate) struct ReceiverContext {
    pub(crate) core: Arc<Core>,
    pub(crate) link: Arc<Link>,
    pub(crate) mounted: Arc<MountedService>,
}

impl ReceiverContext {
    /// Waits until the process stops receiving or the link is lost.
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
            limits: PacketLimits::new(&settings),
            asking: PendingRequests::new(settings.asking.get()),
            line: EventQueue::new(settings.asking),
            status: watch::Sender::new(Status::Unavailable("not connected yet".to_owned())),
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
        let mounted =
            MountedService { service, permits, running: RunningRequests::default(), turn: Mutex::default() };
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

    pub(crate) fn mounted(&self) -> Vec<Arc<MountedService>> {
        self.mounted.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a link that accepts messages.
    pub(crate) async fn link(&self) -> Option<Arc<Link>> {
        let mut status = self.status.subscribe();
        let ready = status.wait_for(|status| matches!(status, Status::Linked(_, None))).await.ok()?;
        match &*ready {
            Status::Linked(link, _) => Some(Arc::clone(link)),
            Status::Unavailable(_) => None,
        }
    }

    /// What is wrong with the broker, if anything is.
    pub(crate) fn trouble(&self) -> Option<String> {
        let url = &self.settings.url;
        match &*self.status.borrow() {
            Status::Unavailable(reason) => Some(format!("RabbitMQ at {url} is unavailable: {reason}")),
            Status::Linked(_, Some(reason)) => {
                Some(format!("RabbitMQ at {url} is blocked and accepts no messages: {reason}"))
            }
            Status::Linked(_, None) => None,
        }
    }

    /// The fault for something that was not done in time.
    pub(crate) fn too_late(&self, what: &str) -> Fault {
        match self.trouble() {
            Some(trouble) => Fault::unavailable(format!("{what} in time: {trouble}")),
            None => Fault::new(Kind::Timeout, format!("{what} in time")),
        }
    }
}
