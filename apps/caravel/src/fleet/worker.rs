//! One worker: a slot of the fleet that holds one process after the other.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use message::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{sleep, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    child::{Child, Launcher},
    plan::Crew,
    policy::{Respawns, Verdict},
    pulse::Pulse,
};

/// The state of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Its turn has not come.
    Planned,
    /// Its process runs and is not ready yet.
    Starting,
    /// It works.
    Ready,
    /// It was ready, and reports that it is not at present.
    Unready,
    /// Its process has ended by itself; the next one comes after a pause.
    Pausing,
    /// Its process is being replaced.
    Replacing,
    /// It has ended too often.
    Failed,
    /// It finishes its work.
    Draining,
    /// It has ended because the fleet stops.
    Stopped,
}

/// The state of a worker, for people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Status {
    /// Its crew's name and its number there: `order.1`.
    pub(super) worker: String,
    /// Its crew's name.
    pub(super) name: String,
    pub(super) state: State,
    /// The process, if there is one.
    pub(super) pid: Option<u32>,
    /// When that process was started, or the last one ended.
    pub(super) since: Timestamp,
    /// How often it was started again after it had ended by itself.
    pub(super) restarts: u64,
    /// What is wrong, in words.
    pub(super) detail: String,
    /// The listen address of its health and its metrics.
    pub(super) health: Option<std::net::SocketAddr>,
    /// Its resident memory in bytes.
    pub(super) memory: Option<u64>,
}

/// When supervision intervenes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) respawns: usize,
    pub(super) window: Duration,
    /// How long a worker may answer nothing.
    pub(super) unresponsive: Duration,
    /// How long a successor may take to become ready.
    pub(super) ready_within: Duration,
}

/// A request for another process in a worker's slot; it is answered when the process is there and the old one gone.
pub(super) type Replace = oneshot::Sender<Result<(), String>>;

/// A slot of the fleet, and who looks after it.
pub(super) struct Worker {
    crew: Arc<Crew>,
    name: Arc<str>,
    index: usize,
    launcher: Arc<Launcher>,
    limits: Limits,
    respawns: Respawns,
    orders: mpsc::Receiver<Replace>,
    status: watch::Sender<Status>,
    /// Finish and end.
    stop: CancellationToken,
    /// End at once.
    hurry: CancellationToken,
    /// Processes that have been replaced and are not gone yet.
    retiring: TaskTracker,
}

/// The other side of a worker.
pub(super) struct Handle {
    pub(super) crew: Arc<Crew>,
    pub(super) name: Arc<str>,
    pub(super) status: watch::Receiver<Status>,
    orders: mpsc::Sender<Replace>,
}

/// What all workers share.
#[derive(Clone)]
pub(super) struct Common {
    pub(super) launcher: Arc<Launcher>,
    pub(super) limits: Limits,
    pub(super) hurry: CancellationToken,
    pub(super) retiring: TaskTracker,
}

/// What a worker's slot holds.
enum Slot {
    Running(Box<Child>),
    /// Nothing until then.
    Pausing(Instant),
    Failed,
    Stopped,
}

impl Worker {
    /// The `number`th of `crew`, and the `index`th of the fleet.
    pub(super) fn new(
        crew: &Arc<Crew>,
        number: usize,
        index: usize,
        common: &Common,
        stop: &CancellationToken,
    ) -> (Self, Handle) {
        let name: Arc<str> = format!("{}.{number}", crew.name).into();
        let (sender, orders) = mpsc::channel(1);
        let (status, seen) = watch::channel(Status {
            worker: name.to_string(),
            name: crew.name.to_owned(),
            state: State::Planned,
            pid: None,
            since: Clock::system().now(),
            restarts: 0,
            detail: String::new(),
            health: None,
            memory: None,
        });
        let handle = Handle { crew: Arc::clone(crew), name: Arc::clone(&name), status: seen, orders: sender };
        let worker = Self {
            crew: Arc::clone(crew),
            name,
            index,
            launcher: Arc::clone(&common.launcher),
            limits: common.limits,
            respawns: Respawns::new(common.limits.respawns, common.limits.window),
            orders,
            status,
            stop: stop.clone(),
            hurry: common.hurry.clone(),
            retiring: common.retiring.clone(),
        };
        (worker, handle)
    }

    /// Keeps a process in the slot until the fleet stops.
    pub(super) async fn run(mut self) {
        let mut slot = self.start();
        loop {
            slot = match slot {
                Slot::Running(child) => self.watch(*child).await,
                Slot::Pausing(until) => self.pause(until).await,
                Slot::Failed => self.wait_for_revival().await,
                Slot::Stopped => break,
            };
        }
        self.publish(State::Stopped, None, String::new());
    }

    /// Starts a process; one that cannot be started counts as one that has ended.
    fn start(&mut self) -> Slot {
        match self.launcher.start(&self.crew, &self.name, self.index) {
            Ok(child) => {
                self.publish(State::Starting, Some(&child), String::new());
                Slot::Running(Box::new(child))
            }
            Err(error) => self.respawn(&format!("it cannot be started: {error}")),
        }
    }

    /// Watches a process until it ends, hangs, is replaced or stopped.
    async fn watch(&mut self, mut child: Child) -> Slot {
        let mut seen = child.pulse.clone();
        // Why it could not be replaced, if that was tried.
        let mut kept = String::new();
        loop {
            tokio::select! {
                end = child.ended() => return self.respawn(&end),
                Ok(()) = seen.changed() => {
                    let pulse = seen.borrow_and_update().clone();
                    if pulse.silent >= self.limits.unresponsive {
                        child.kill().await;
                        return self.respawn(&format!("it answered nothing for {:?} and was killed", pulse.silent));
                    }
                    self.publish_pulse(&child, &pulse, &kept);
                }
                Some(done) = self.orders.recv() => {
                    (child, kept) = self.replace(child, done).await;
                    seen = child.pulse.clone();
                }
                () = self.stop.cancelled() => {
                    self.publish(State::Draining, Some(&child), String::new());
                    child.stop(&self.hurry).await;
                    return Slot::Stopped;
                }
            }
        }
    }

    /// Decides what follows when a process has ended by itself.
    fn respawn(&mut self, end: &str) -> Slot {
        let (worker, name) = (&*self.name, self.crew.name);
        match self.respawns.ended(Instant::now()) {
            Verdict::At(start) => {
                let pause = start.saturating_duration_since(Instant::now());
                tracing::warn!(worker, end, ?pause, "a worker has ended and is started again");
                self.status.send_modify(|status| status.restarts += 1);
                self.publish(State::Pausing, None, end.to_owned());
                Slot::Pausing(start)
            }
            Verdict::GiveUp => {
                tracing::error!(
                    worker,
                    end,
                    "A WORKER HAS FAILED: it was started again {} times within {:?} and ended each time. The other \
                     workers run on. When the cause is mended: caravel fleet restart {name}",
                    self.limits.respawns,
                    self.limits.window,
                );
                self.publish(State::Failed, None, end.to_owned());
                Slot::Failed
            }
        }
    }

    async fn pause(&mut self, until: Instant) -> Slot {
        tokio::select! {
            () = sleep_until(until.into()) => self.start(),
            Some(done) = self.orders.recv() => self.revive(done).await,
            () = self.stop.cancelled() => Slot::Stopped,
        }
    }

    async fn wait_for_revival(&mut self) -> Slot {
        tokio::select! {
            Some(done) = self.orders.recv() => self.revive(done).await,
            () = self.stop.cancelled() => Slot::Stopped,
        }
    }

    /// Puts a process into the empty slot.
    async fn revive(&mut self, done: Replace) -> Slot {
        self.respawns.forget();
        match self.successor().await {
            Ok(child) => {
                self.publish(State::Ready, Some(&child), String::new());
                answer(done, Ok(()));
                Slot::Running(Box::new(child))
            }
            Err(why) => {
                answer(done, Err(why.clone()));
                self.respawn(&why)
            }
        }
    }

    /// Lets a new process take over from the old one, which stays if that fails. Returns the process that is in the slot
    /// now, and why it is still the old one.
    async fn replace(&mut self, old: Child, done: Replace) -> (Child, String) {
        self.respawns.forget();
        self.publish(State::Replacing, Some(&old), String::new());
        match self.successor().await {
            Ok(new) => {
                self.publish(State::Ready, Some(&new), String::new());
                let hurry = self.hurry.clone();
                self.retiring.spawn(async move {
                    old.retire(&hurry).await;
                    answer(done, Ok(()));
                });
                (new, String::new())
            }
            Err(why) => {
                tracing::error!(
                    worker = &*self.name,
                    why,
                    "a worker could not be replaced; its old process stays"
                );
                let kept = format!("not replaced: {why}");
                let pulse = old.pulse.borrow().clone();
                self.publish_pulse(&old, &pulse, &kept);
                answer(done, Err(why));
                (old, kept)
            }
        }
    }

    /// Starts a process and returns it once it is ready.
    async fn successor(&mut self) -> Result<Child, String> {
        let mut new = self
            .launcher
            .start(&self.crew, &self.name, self.index)
            .map_err(|error| format!("the new one cannot be started: {error}"))?;
        let mut pulse = new.pulse.clone();
        let why = tokio::select! {
            Ok(_) = pulse.wait_for(|pulse| pulse.is_ready) => return Ok(new),
            end = new.ended() => format!("the new one ended at its start ({end}); its log says why"),
            () = sleep(self.limits.ready_within) => {
                format!("the new one was not ready within {:?}: {}", self.limits.ready_within, new.pulse.borrow().detail)
            }
            () = self.stop.cancelled() => "the fleet stops".to_owned(),
        };
        new.kill().await;
        Err(why)
    }

    /// Publishes what a process reports, and why it was `kept` when another was to replace it.
    fn publish_pulse(&self, child: &Child, pulse: &Pulse, kept: &str) {
        let was_starting = self.status.borrow().state == State::Starting;
        let state = match (pulse.is_ready, was_starting) {
            (true, _) => State::Ready,
            (false, true) => State::Starting,
            (false, false) => State::Unready,
        };
        let details: Vec<_> = [&*pulse.detail, kept].into_iter().filter(|text| !text.is_empty()).collect();
        self.publish(state, Some(child), details.join("; "));
    }

    fn publish(&self, state: State, child: Option<&Child>, detail: String) {
        let pid = child.map(|child| child.pid);
        self.status.send_modify(|status| {
            if status.pid != pid {
                status.since = Clock::system().now();
            }
            status.state = state;
            status.pid = pid;
            status.health = child.map(|child| child.listen_address);
            status.detail = detail;
        });
    }
}

/// Answers the request; that nobody waits any more changes nothing.
fn answer(done: Replace, outcome: Result<(), String>) {
    let _ = done.send(outcome);
}

impl Handle {
    /// Puts another process into the worker's slot, and returns when it is ready and the one before it has ended.
    pub(super) async fn replace(&self) -> Result<(), String> {
        let (done, outcome) = oneshot::channel();
        let stopped = || "the fleet stops".to_owned();
        self.orders.send(done).await.map_err(|_| stopped())?;
        outcome.await.map_err(|_| stopped())?
    }

    /// Waits until it is known whether the worker works.
    pub(super) async fn settled(&self) -> State {
        let mut status = self.status.clone();
        let settled =
            status.wait_for(|status| matches!(status.state, State::Ready | State::Failed | State::Stopped));
        settled.await.map_or(State::Stopped, |status| status.state)
    }

    /// Its state, with the memory that it takes at present.
    pub(super) fn status(&self) -> Status {
        let status = self.status.borrow().clone();
        Status { memory: status.pid.and_then(resident), ..status }
    }
}

/// The resident memory of a process in bytes, where the system reports it.
fn resident(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}
