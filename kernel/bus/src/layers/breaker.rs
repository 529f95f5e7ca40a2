//! The circuit breaker. While a service does not answer, its callers get a fault at once, until one probing request has
//! succeeded.
//!
//! ```text
//! closed --- half of at least 20 requests within 10 s failed --> open
//! open ----- 2 s, 4 s, 8 s, … 30 s later -----------------------> half-open: one request is let through
//! half-open  that request failed -> open, for twice as long     answered -> closed
//! ```
//!
//! Only faults that show the absence of the service count as failures: its database is unreachable, no answer in time.
//! A refusal is an answer, and so is "busy". A restarting service only makes its callers wait, and waiting is not a
//! failure.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError},
    time::Duration,
};

use message::{Envelope, Fault, Kind};
use metrics::Gauge;
use tokio::time::Instant;

use super::{
    Around, ReplyFuture,
    callees::{Callee, Callees},
    rejected,
};

/// The period over which requests are counted.
const WINDOW: Duration = Duration::from_secs(10);

/// The smallest number of requests that can open a circuit; at least half of them must have failed.
const ENOUGH: u32 = 20;

/// The first pause of an open circuit.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// The longest pause, after doubling.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The layer, with one circuit per called service.
pub struct CircuitBreaker(pub Arc<Callees>);

impl Around for CircuitBreaker {
    fn call(&self, request: Envelope, next: impl FnOnce(Envelope) -> ReplyFuture) -> ReplyFuture {
        let callee = self.0.of(&request.name);
        let admitted = callee.circuit.lock().unwrap_or_else(PoisonError::into_inner).admit(Instant::now());
        let ticket = match admitted {
            Ok(role) => Ticket { callee, role: Some(role) },
            Err(wait) => {
                let service = callee.service();
                let wait = wait.as_secs_f64();
                let why = format!("{service} does not answer; next attempt in {wait:.1} s");
                return rejected(Kind::Unavailable, why);
            }
        };
        let answer = next(request);
        Box::pin(async move {
            let answer = answer.await;
            ticket.settle(answer.as_ref().is_err_and(shows_absence));
            answer
        })
    }
}

fn shows_absence(fault: &Fault) -> bool {
    matches!(fault.kind(), Kind::Unavailable | Kind::Timeout)
}

/// The role of an admitted request for its circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// One of many.
    Ordinary,
    /// The one that finds out whether the service answers again.
    Probe,
}

/// A request that runs. If its caller is dropped, it counts neither as success nor as failure.
struct Ticket {
    callee: Arc<Callee>,
    role: Option<Role>,
}

impl Ticket {
    fn settle(mut self, failed: bool) {
        if let Some(role) = self.role.take() {
            let mut circuit = self.callee.circuit.lock().unwrap_or_else(PoisonError::into_inner);
            circuit.settle(role, failed, Instant::now());
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.role == Some(Role::Probe) {
            self.callee.circuit.lock().unwrap_or_else(PoisonError::into_inner).probe_left(Instant::now());
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    HalfOpen,
    Open { until: Instant },
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open { .. } => "open",
        }
    }
}

/// The circuit of one service.
pub(super) struct Circuit {
    service: String,
    state: State,
    pause: Duration,
    window: Window,
    shown: Gauge,
}

impl Circuit {
    pub(super) fn new(service: &str) -> Self {
        let shown = metrics::gauge!("bus_breaker_state", "service" => service.to_owned());
        shown.set(0.0);
        Self {
            service: service.to_owned(),
            state: State::Closed,
            pause: FIRST_PAUSE,
            window: Window::default(),
            shown,
        }
    }

    /// Whether the service did not answer and gets no requests for now.
    pub(super) fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// Admits a request, or returns the time until the next attempt.
    fn admit(&mut self, now: Instant) -> Result<Role, Duration> {
        match self.state {
            State::Closed => Ok(Role::Ordinary),
            State::Open { until } if until <= now => {
                self.enter(State::HalfOpen);
                Ok(Role::Probe)
            }
            State::Open { until } => Err(until - now),
            // The probe runs; if it fails, this is the pause until the next one.
            State::HalfOpen => Err((self.pause * 2).min(LONGEST_PAUSE)),
        }
    }

    fn settle(&mut self, role: Role, failed: bool, now: Instant) {
        match (role, self.state) {
            (Role::Probe, _) if failed => {
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                self.enter(State::Open { until: now + self.pause });
            }
            (Role::Probe, _) => {
                self.pause = FIRST_PAUSE;
                self.window = Window::default();
                self.enter(State::Closed);
            }
            (Role::Ordinary, State::Closed) => {
                if self.window.add(failed, now) {
                    self.enter(State::Open { until: now + self.pause });
                }
            }
            // It started before the circuit opened: its result is out of date.
            (Role::Ordinary, _) => {}
        }
    }

    /// The probe's caller was dropped before there was an answer: the next request becomes the probe.
    fn probe_left(&mut self, now: Instant) {
        self.enter(State::Open { until: now });
    }

    fn enter(&mut self, state: State) {
        let (service, from) = (self.service.as_str(), self.state.as_str());
        self.state = state;
        self.shown.set(match state {
            State::Closed => 0.0,
            State::HalfOpen => 1.0,
            State::Open { .. } => 2.0,
        });
        let labels = [("service", service.to_owned()), ("to", state.as_str().to_owned())];
        metrics::counter!("bus_breaker_transitions_total", &labels).increment(1);
        match state {
            State::Open { .. } if from == "closed" => {
                tracing::warn!(service, "a service does not answer; requests to it are rejected for a while");
            }
            State::Closed => tracing::info!(service, "the service answers again"),
            _ => {}
        }
    }
}

/// The results of the last ten seconds, second by second.
#[derive(Default)]
struct Window {
    slots: VecDeque<Slot>,
}

struct Slot {
    begun: Instant,
    requests: u32,
    failures: u32,
}

impl Window {
    /// Counts a request, and returns whether the circuit must open.
    fn add(&mut self, failed: bool, now: Instant) -> bool {
        while self.slots.front().is_some_and(|slot| now.duration_since(slot.begun) >= WINDOW) {
            self.slots.pop_front();
        }
        let current = self.slots.back_mut().filter(|slot| now.duration_since(slot.begun) < WINDOW / 10);
        let slot = match current {
            Some(slot) => slot,
            None => self.slots.push_back_mut(Slot { begun: now, requests: 0, failures: 0 }),
        };
        slot.requests += 1;
        slot.failures += u32::from(failed);
        // A success never opens it, although it may be the request that reaches the smallest number.
        failed && {
            let requests: u32 = self.slots.iter().map(|slot| slot.requests).sum();
            let failures: u32 = self.slots.iter().map(|slot| slot.failures).sum();
            requests >= ENOUGH && failures * 2 >= requests
        }
    }
}
