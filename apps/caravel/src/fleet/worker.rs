//! One worker: the process that has its place now, and what becomes of the place when the process ends.

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

/// How a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Its turn has not come.
    Planned,
    /// Its process runs and is not ready yet.
    Starting,
    /// It works.
    Ready,
    /// It was ready, and says that it is not just now.
    Unready,
    /// Its process has ended by itself; the next one comes after a pause.
    Pausing,
    /// Its process is being replaced.
    Replacing,
    /// It has ended too often.
    Failed,
    /// It finishes what it is at.
    Draining,
    /// It has ended because it was told to.
    Stopped,
}

/// What can be seen of a worker.
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
    /// Where it tells its health and its figures.
    pub(super) health: Option<std::net::SocketAddr>,
    /// Its resident memory in bytes.
    pub(super) memory: Option<u64>,
}

/// What supervision grants a worker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) respawns: usize,
    pub(super) window: Duration,
    /// Without any answer.
    pub(super) unresponsive: Duration,
    /// For a successor to become ready.
    pub(super) ready_within: Duration,
}

/// Asks for another process in a worker's place, and is told when it has it.
pub(super) type Replace = oneshot::Sender<Result<(), String>>;

/// A worker's place in the fleet.
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

/// What a worker's place holds.
enum Place {
    Manned(Box<Child>),
    /// Nobody until then.
    Empty(Instant),
    Failed,
    Closed,
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

    /// Keeps the place manned until told to stop.
    pub(super) async fn run(mut self) {
        let mut place = self.man();
        loop {
            place = match place {
                Place::Manned(child) => self.attend(*child).await,
                Place::Empty(until) => self.wait(until).await,
                Place::Failed => self.lie_idle().await,
                Place::Closed => break,
            };
        }
        self.show(State::Stopped, None, String::new());
    }

    /// Starts a process, or says why it does not start, which counts as its end.
    fn man(&mut self) -> Place {
        match self.launcher.start(&self.crew, &self.name, self.index) {
            Ok(child) => {
                self.show(State::Starting, Some(&child), String::new());
                Place::Manned(Box::new(child))
            }
            Err(error) => self.after(&format!("it cannot be started: {error}")),
        }
    }

    /// Watches a process until something is to be done about it.
    async fn attend(&mut self, mut child: Child) -> Place {
        let mut seen = child.pulse.clone();
        // Why it could not be replaced, if that was tried.
        let mut kept = String::new();
        loop {
            tokio::select! {
                end = child.ended() => return self.after(&end),
                Ok(()) = seen.changed() => {
                    let pulse = seen.borrow_and_update().clone();
                    if pulse.silent >= self.limits.unresponsive {
                        child.kill().await;
                        return self.after(&format!("it answered nothing for {:?} and was killed", pulse.silent));
                    }
                    self.show_pulse(&child, &pulse, &kept);
                }
                Some(done) = self.orders.recv() => {
                    (child, kept) = self.replace(child, done).await;
                    seen = child.pulse.clone();
                }
                () = self.stop.cancelled() => {
                    self.show(State::Draining, Some(&child), String::new());
                    child.stop(&self.hurry).await;
                    return Place::Closed;
                }
            }
        }
    }

    /// The process has ended by itself.
    fn after(&mut self, end: &str) -> Place {
        let (worker, name) = (&*self.name, self.crew.name);
        match self.respawns.ended(Instant::now()) {
            Verdict::At(start) => {
                let pause = start.saturating_duration_since(Instant::now());
                tracing::warn!(worker, end, ?pause, "a worker has ended and is started again");
                self.status.send_modify(|status| status.restarts += 1);
                self.show(State::Pausing, None, end.to_owned());
                Place::Empty(start)
            }
            Verdict::GiveUp => {
                tracing::error!(
                    worker,
                    end,
                    "A WORKER HAS FAILED: it was started again {} times within {:?} and ended each time. The rest goes \
                     on. When its trouble is mended: caravel fleet restart {name}",
                    self.limits.respawns,
                    self.limits.window,
                );
                self.show(State::Failed, None, end.to_owned());
                Place::Failed
            }
        }
    }

    async fn wait(&mut self, until: Instant) -> Place {
        tokio::select! {
            () = sleep_until(until.into()) => self.man(),
            Some(done) = self.orders.recv() => self.revive(done).await,
            () = self.stop.cancelled() => Place::Closed,
        }
    }

    async fn lie_idle(&mut self) -> Place {
        tokio::select! {
            Some(done) = self.orders.recv() => self.revive(done).await,
            () = self.stop.cancelled() => Place::Closed,
        }
    }

    /// Puts a process into the empty place.
    async fn revive(&mut self, done: Replace) -> Place {
        self.respawns.forget();
        match self.successor().await {
            Ok(child) => {
                self.show(State::Ready, Some(&child), String::new());
                answer(done, Ok(()));
                Place::Manned(Box::new(child))
            }
            Err(why) => {
                answer(done, Err(why.clone()));
                self.after(&why)
            }
        }
    }

    /// Lets a new process take over from the old one, which stays if that fails; answers who has the place, and why it
    /// is still the old one.
    async fn replace(&mut self, old: Child, done: Replace) -> (Child, String) {
        self.respawns.forget();
        self.show(State::Replacing, Some(&old), String::new());
        match self.successor().await {
            Ok(new) => {
                self.show(State::Ready, Some(&new), String::new());
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
                    "a worker could not be replaced; the old one goes on"
                );
                let kept = format!("not replaced: {why}");
                let pulse = old.pulse.borrow().clone();
                self.show_pulse(&old, &pulse, &kept);
                answer(done, Err(why));
                (old, kept)
            }
        }
    }

    /// A new process, once it is ready.
    async fn successor(&mut self) -> Result<Child, String> {
        let mut new = self
            .launcher
            .start(&self.crew, &self.name, self.index)
            .map_err(|error| format!("the new one cannot be started: {error}"))?;
        let mut pulse = new.pulse.clone();
        let why = tokio::select! {
            Ok(_) = pulse.wait_for(|pulse| pulse.is_ready) => return Ok(new),
            end = new.ended() => format!("the new one ended at its start ({end}); its log tells why"),
            () = sleep(self.limits.ready_within) => {
                format!("the new one was not ready within {:?}: {}", self.limits.ready_within, new.pulse.borrow().detail)
            }
            () = self.stop.cancelled() => "the fleet stops".to_owned(),
        };
        new.kill().await;
        Err(why)
    }

    /// Shows how a process says that it is, and why it was `kept` when another was to take its place.
    fn show_pulse(&self, child: &Child, pulse: &Pulse, kept: &str) {
        let was_starting = self.status.borrow().state == State::Starting;
        let state = match (pulse.is_ready, was_starting) {
            (true, _) => State::Ready,
            (false, true) => State::Starting,
            (false, false) => State::Unready,
        };
        let details: Vec<_> = [&*pulse.detail, kept].into_iter().filter(|text| !text.is_empty()).collect();
        self.show(state, Some(child), details.join("; "));
    }

    fn show(&self, state: State, child: Option<&Child>, detail: String) {
        let pid = child.map(|child| child.pid);
        self.status.send_modify(|status| {
            if status.pid != pid {
                status.since = Clock::system().now();
            }
            status.state = state;
            status.pid = pid;
            status.health = child.map(|child| child.address);
            status.detail = detail;
        });
    }
}

/// Tells whoever waits; that nobody does any more changes nothing.
fn answer(done: Replace, outcome: Result<(), String>) {
    let _ = done.send(outcome);
}

impl Handle {
    /// Puts another process in the worker's place, and returns when it is ready and the one before it is gone.
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

    /// How it is, with the memory that it takes just now.
    pub(super) fn status(&self) -> Status {
        let status = self.status.borrow().clone();
        Status { memory: status.pid.and_then(resident), ..status }
    }
}

/// The resident memory of a process in bytes, where the system tells.
fn resident(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}
