//! A shutdown that drains: accepted work is finished, in an order in which no phase needs something that is already
//! closed.
//!
//! ```text
//! signal -> Accept      listeners close, new work goes elsewhere
//!        -> Requests    requests under way are answered
//!        -> Reactions   relays and consumers finish what they hold
//!        -> Stores      databases are closed
//! ```
//!
//! Each phase begins by cancelling its [token](Shutdown::token), and ends when every [hold](Shutdown::hold) on it is
//! dropped. All phases share one deadline. A phase that overruns is left behind before it uses up the time of the later
//! ones. A second signal ends the process at once; the outbox and the inbox recover at the next start what was cut off.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::health::Health;

/// The phases of a drain, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Accept no new work.
    Accept,
    /// Finish the running requests.
    Requests,
    /// Relays, consumers and other background work finish what they hold.
    Reactions,
    /// Close the databases.
    Stores,
}

const PHASES: [Phase; 4] = [Phase::Accept, Phase::Requests, Phase::Reactions, Phase::Stores];

/// The fraction of the deadline that is reserved for each later phase: one tenth.
const RESERVE: u32 = 10;

#[derive(Default)]
struct Gate {
    begun: CancellationToken,
    holders: TaskTracker,
}

#[derive(Default)]
struct Inner {
    asked: CancellationToken,
    accept: Gate,
    requests: Gate,
    reactions: Gate,
    stores: Gate,
}

/// The shutdown of a process; clones share it.
#[derive(Clone, Default)]
pub struct Shutdown {
    inner: Arc<Inner>,
    health: Health,
}

/// Keeps a phase from ending until it is dropped.
#[must_use = "the phase is held only as long as this lives"]
pub struct Hold {
    _token: TaskTrackerToken,
}

/// The result of a drain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainResult {
    /// The phases that did not end in time, each with its number of remaining holds.
    pub overrun: Vec<(Phase, usize)>,
    /// The duration of the whole drain.
    pub took: Duration,
}

impl DrainResult {
    /// Whether everything was finished in time.
    pub fn is_clean(&self) -> bool {
        self.overrun.is_empty()
    }
}

impl Shutdown {
    /// A shutdown that begins with [`ask`](Self::ask). From then on `health` reports that the process is not ready.
    pub fn new(health: &Health) -> Self {
        Self { inner: Arc::default(), health: health.clone() }
    }

    /// Handles SIGINT and SIGTERM: the first one starts the shutdown, the second ends the process with status 130 or
    /// 143. Must be called within the tokio runtime.
    #[cfg(unix)]
    pub fn listen(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let shutdown = self.clone();
        tokio::spawn(async move {
            loop {
                let (name, status) = tokio::select! {
                    _ = interrupt.recv() => ("SIGINT", 130),
                    _ = terminate.recv() => ("SIGTERM", 143),
                };
                if shutdown.is_asked() {
                    tracing::warn!(signal = name, "second signal, ending at once");
                    std::process::exit(status);
                }
                tracing::info!(signal = name, "shutting down; a second signal ends at once");
                shutdown.ask();
            }
        });
        Ok(())
    }

    /// Starts the shutdown. A second call changes nothing.
    pub fn ask(&self) {
        self.health.drain();
        self.inner.asked.cancel();
    }

    /// Whether the shutdown has started.
    pub fn is_asked(&self) -> bool {
        self.inner.asked.is_cancelled()
    }

    /// Waits until the shutdown starts.
    pub async fn asked(&self) {
        self.inner.asked.cancelled().await;
    }

    /// The token that is cancelled when the phase begins.
    pub fn token(&self, phase: Phase) -> CancellationToken {
        self.gate(phase).begun.clone()
    }

    /// Keeps the phase from ending until the returned value is dropped.
    pub fn hold(&self, phase: Phase) -> Hold {
        Hold { _token: self.gate(phase).holders.token() }
    }

    /// Runs an action when the phase begins, such as closing a database, and holds the phase until it is done.
    pub fn at<F>(&self, phase: Phase, action: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (begun, hold) = (self.token(phase), self.hold(phase));
        tokio::spawn(async move {
            begun.cancelled().await;
            action.await;
            drop(hold);
        });
    }

    /// Waits until the shutdown starts, then runs the phases within `deadline`.
    pub async fn drain(&self, deadline: Duration) -> DrainResult {
        self.asked().await;
        let start = Instant::now();
        let mut overrun = Vec::new();
        for (phase, to_come) in PHASES.into_iter().zip((0..4u32).rev()) {
            let end = start + deadline - deadline / RESERVE * to_come;
            let gate = self.gate(phase);
            gate.begun.cancel();
            gate.holders.close();
            if tokio::time::timeout_at(end, gate.holders.wait()).await.is_err() {
                let left = gate.holders.len();
                tracing::warn!(?phase, left, "a phase did not end in time; continuing without it");
                overrun.push((phase, left));
            }
        }
        let drained = DrainResult { overrun, took: start.elapsed() };
        tracing::info!(took = ?drained.took, clean = drained.is_clean(), "drained");
        drained
    }

    fn gate(&self, phase: Phase) -> &Gate {
        match phase {
            Phase::Accept => &self.inner.accept,
            Phase::Requests => &self.inner.requests,
            Phase::Reactions => &self.inner.reactions,
            Phase::Stores => &self.inner.stores,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn phases_follow_each_other_and_wait_for_their_holders() {
        let shutdown = Shutdown::default();
        let seen = Arc::new(Mutex::new(Vec::new()));
        for phase in PHASES.into_iter().rev() {
            let seen = seen.clone();
            shutdown.at(phase, async move {
                tokio::time::sleep(seconds(1)).await;
                seen.lock().unwrap().push(phase);
            });
        }
        let drain = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.drain(DEADLINE).await }
        });
        tokio::time::sleep(seconds(60)).await;
        assert!(seen.lock().unwrap().is_empty(), "nobody has asked yet");
        shutdown.ask();
        let drained = drain.await.unwrap();
        assert_eq!(drained, DrainResult { overrun: Vec::new(), took: seconds(4) });
        assert_eq!(*seen.lock().unwrap(), PHASES);
    }

    #[tokio::test(start_paused = true)]
    async fn a_phase_that_hangs_leaves_time_for_the_stores() {
        let shutdown = Shutdown::default();
        let stuck = [shutdown.hold(Phase::Requests), shutdown.hold(Phase::Requests)];
        let closed = Arc::new(Mutex::new(false));
        shutdown.at(Phase::Stores, {
            let closed = closed.clone();
            async move { *closed.lock().unwrap() = true }
        });
        shutdown.ask();
        let drained = shutdown.drain(DEADLINE).await;
        assert_eq!(drained, DrainResult { overrun: vec![(Phase::Requests, 2)], took: seconds(8) });
        assert!(*closed.lock().unwrap());
        drop(stuck);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_to_wait_for_is_drained_at_once() {
        let health = Health::new();
        let shutdown = Shutdown::new(&health);
        drop(shutdown.hold(Phase::Requests));
        shutdown.ask();
        shutdown.ask();
        assert!(shutdown.is_asked());
        assert!(!health.ready().await.is_ok());
        assert_eq!(shutdown.drain(DEADLINE).await.took, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn work_taken_on_during_the_drain_is_waited_for() {
        let shutdown = Shutdown::default();
        let first = shutdown.hold(Phase::Requests);
        tokio::spawn({
            let shutdown = shutdown.clone();
            async move {
                shutdown.token(Phase::Requests).cancelled().await;
                let second = shutdown.hold(Phase::Requests);
                drop(first);
                tokio::time::sleep(seconds(2)).await;
                drop(second);
            }
        });
        shutdown.ask();
        assert_eq!(shutdown.drain(DEADLINE).await.took, seconds(2));
    }
}
