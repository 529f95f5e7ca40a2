//! Supervision: long-running tasks that are started again when they fail, and are joined when the process drains.
//!
//! A task that fails or panics is started again after a pause that doubles with each failure. One that has been started
//! again five times within a minute is given up: it is broken, not unlucky. [`Health`] then says so, and whoever watches
//! the process restarts it.

use std::any::Any;
use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::BoxError;
use crate::health::Health;
use crate::shutdown::{Hold, Phase, Shutdown};

const MOST_RESTARTS: usize = 5;
const WINDOW: Duration = Duration::from_mins(1);
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Starts tasks and watches over them; clones share health and shutdown.
#[derive(Clone)]
pub struct Supervisor {
    shutdown: Shutdown,
    health: Health,
}

impl Supervisor {
    /// A supervisor that reports to `health` and ends its tasks with `shutdown`.
    pub fn new(shutdown: &Shutdown, health: &Health) -> Self {
        Self { shutdown: shutdown.clone(), health: health.clone() }
    }

    /// Starts a task named `service.task`, which runs until the drain reaches `phase`. `start` makes its future, again
    /// after each failure; the token tells it to finish what it holds and return. A task that returns `Ok` is done and
    /// is not started again.
    pub fn spawn<S, F, E>(&self, name: impl Into<String>, phase: Phase, start: S)
    where
        S: FnMut(CancellationToken) -> F + Send + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + Send + 'static,
    {
        let watched = Watched {
            name: name.into(),
            stop: self.shutdown.token(phase),
            health: self.health.clone(),
            restarts: VecDeque::new(),
            _hold: self.shutdown.hold(phase),
        };
        tokio::spawn(watched.run(start));
    }
}

struct Watched {
    name: String,
    stop: CancellationToken,
    health: Health,
    /// When the task was last started again, within the window.
    restarts: VecDeque<Instant>,
    _hold: Hold,
}

impl Watched {
    async fn run<S, F, E>(mut self, mut start: S)
    where
        S: FnMut(CancellationToken) -> F,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + Send + 'static,
    {
        while let Err(reason) = self.attempt(&mut start).await {
            if self.stop.is_cancelled() {
                tracing::warn!(task = self.name, reason, "task failed while finishing");
                return;
            }
            let Some(pause) = self.next_pause() else {
                tracing::error!(task = self.name, reason, "task failed too often and is given up");
                self.health.give_up(&self.name, reason);
                return;
            };
            tracing::warn!(task = self.name, reason, ?pause, "task failed, starting it again");
            metrics::counter!("task_restarts_total", "task" => self.name.clone()).increment(1);
            if self.stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// One run, in a task of its own, so that a panic is an outcome like any other.
    async fn attempt<S, F, E>(&self, start: &mut S) -> Result<(), String>
    where
        S: FnMut(CancellationToken) -> F,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + Send + 'static,
    {
        let span = tracing::info_span!("task", task = self.name);
        match tokio::spawn(start(self.stop.clone()).instrument(span)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.into().to_string()),
            Err(error) if error.is_panic() => Err(format!("panicked: {}", panic_text(&*error.into_panic()))),
            Err(error) => Err(error.to_string()),
        }
    }

    /// How long to wait before the next start, or nothing when the task has had its chances.
    fn next_pause(&mut self) -> Option<Duration> {
        let now = Instant::now();
        while self.restarts.front().is_some_and(|restart| now.duration_since(*restart) >= WINDOW) {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= MOST_RESTARTS {
            return None;
        }
        let pause = FIRST_PAUSE * (1 << self.restarts.len());
        self.restarts.push_back(now + pause);
        Some(pause)
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Ship {
        health: Health,
        shutdown: Shutdown,
        supervisor: Supervisor,
        starts: Arc<AtomicUsize>,
    }

    impl Ship {
        fn new() -> Self {
            let health = Health::new();
            let shutdown = Shutdown::new(&health);
            let supervisor = Supervisor::new(&shutdown, &health);
            Self { health, shutdown, supervisor, starts: Arc::default() }
        }

        /// A task that counts its starts and then does what `run` says, told how often it has been started.
        fn spawn<F>(&self, run: impl Fn(usize, CancellationToken) -> F + Send + 'static)
        where
            F: Future<Output = Result<(), BoxError>> + Send + 'static,
        {
            let starts = self.starts.clone();
            self.supervisor.spawn("order.relay", Phase::Reactions, move |stop| {
                run(starts.fetch_add(1, Ordering::Relaxed) + 1, stop)
            });
        }

        fn starts(&self) -> usize {
            self.starts.load(Ordering::Relaxed)
        }
    }

    async fn a_while() {
        tokio::time::sleep(Duration::from_mins(10)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_is_done_is_not_started_again() {
        let ship = Ship::new();
        ship.spawn(|_, _| async { Ok(()) });
        a_while().await;
        assert_eq!(ship.starts(), 1);
        assert!(ship.health.live().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_or_panicked_task_is_started_again() {
        let ship = Ship::new();
        ship.spawn(|start, stop| async move {
            match start {
                1 => Err("no connection".into()),
                2 => panic!("a bug"),
                _ => {
                    stop.cancelled().await;
                    Ok(())
                }
            }
        });
        a_while().await;
        assert_eq!(ship.starts(), 3);
        assert!(ship.health.live().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_fails_five_times_more_is_given_up() {
        let ship = Ship::new();
        ship.spawn(|_, _| async { panic!("a bug in {}", "the relay") });
        a_while().await;
        assert_eq!(ship.starts(), 6);
        let report = ship.health.live().services["order"].detail.clone();
        assert_eq!(report.unwrap(), "task order.relay was given up: panicked: a bug in the relay");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_far_apart_are_forgiven() {
        let ship = Ship::new();
        ship.spawn(|_, _| async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            Err("now and then".into())
        });
        a_while().await;
        assert!(ship.starts() > 25, "{}", ship.starts());
        assert!(ship.health.live().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_waits_for_the_task_to_finish() {
        let ship = Ship::new();
        ship.spawn(|_, stop| async move {
            stop.cancelled().await;
            tokio::time::sleep(Duration::from_secs(2)).await;
            Ok(())
        });
        ship.shutdown.ask();
        let drained = ship.shutdown.drain(Duration::from_secs(10)).await;
        assert!(drained.is_clean());
        assert_eq!(drained.took, Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_does_not_wait_for_a_pause_nor_start_anything_again() {
        let ship = Ship::new();
        ship.spawn(|start, stop| async move {
            if start > 3 {
                stop.cancelled().await;
            }
            Err("broken".into())
        });
        a_while().await;
        ship.shutdown.ask();
        assert_eq!(ship.shutdown.drain(Duration::from_secs(10)).await.took, Duration::ZERO);
        assert_eq!(ship.starts(), 4);
    }
}
