//! The circuit breaker: whoever asks a service that does not answer is told so at once, and the service is left in
//! peace until a single request has found it well again.
//!
//! ```text
//! closed --- half of at least 20 requests within 10 s failed --> open
//! open ----- 2 s, 4 s, 8 s, … 30 s later -----------------------> half-open: one request is let through
//! half-open  that request failed -> open, for twice as long     answered -> closed
//! ```
//!
//! Only what says that the service is not there counts as failed: no route to its database, no answer in time. A refusal
//! is an answer, and so is "busy". A service that restarts only makes its callers wait, and waiting is not failing.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError},
    time::Duration,
};

use message::{Envelope, Fault, Kind};
use metrics::Gauge;
use tokio::time::Instant;

use super::{
    Answer, Around,
    callees::{Callee, Callees},
    refused,
};

/// What is counted: the requests of this long.
const WINDOW: Duration = Duration::from_secs(10);

/// Of how many requests at least half must have failed.
const ENOUGH: u32 = 20;

/// How long a circuit stays open the first time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// And at most, after it has doubled again and again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The layer: one circuit per called service.
pub struct Break(pub Arc<Callees>);

impl Around for Break {
    fn call(&self, request: Envelope, next: impl FnOnce(Envelope) -> Answer) -> Answer {
        let callee = self.0.of(&request.name);
        let admitted = callee.circuit.lock().unwrap_or_else(PoisonError::into_inner).admit(Instant::now());
        let ticket = match admitted {
            Ok(role) => Ticket { callee, role: Some(role) },
            Err(wait) => {
                let service = callee.service();
                let wait = wait.as_secs_f64();
                let why = format!("{service} does not answer; it is tried again in {wait:.1} s");
                return refused(Kind::Unavailable, why);
            }
        };
        let answer = next(request);
        Box::pin(async move {
            let answer = answer.await;
            ticket.settle(answer.as_ref().is_err_and(tells_of_absence));
            answer
        })
    }
}

fn tells_of_absence(fault: &Fault) -> bool {
    matches!(fault.kind(), Kind::Unavailable | Kind::Timeout)
}

/// What a request that was let through is to its circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// One of many.
    Ordinary,
    /// The one that shall find out whether the service is well again.
    Probe,
}

/// A request under way. One whose caller goes away says nothing about the service.
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

/// What is known of one service.
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

    /// Whether it is being left alone, because it did not answer.
    pub(super) fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// Lets a request through, or answers when the next try will be.
    fn admit(&mut self, now: Instant) -> Result<Role, Duration> {
        match self.state {
            State::Closed => Ok(Role::Ordinary),
            State::Open { until } if until <= now => {
                self.enter(State::HalfOpen);
                Ok(Role::Probe)
            }
            State::Open { until } => Err(until - now),
            // It is being tried; should that fail, this is how long the next try is away.
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
            // Sent before the circuit opened: what it says is old.
            (Role::Ordinary, _) => {}
        }
    }

    /// The probe's caller went away before there was an answer: the next request is the probe.
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
                tracing::warn!(service, "a service does not answer; it is asked nothing for a while");
            }
            State::Closed => tracing::info!(service, "the service answers again"),
            _ => {}
        }
    }
}

/// How the requests of the last ten seconds went, second by second.
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
    /// Counts a request and answers whether the circuit shall open.
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
        // A success never opens it, although it may bring up the number that is enough.
        failed && {
            let requests: u32 = self.slots.iter().map(|slot| slot.requests).sum();
            let failures: u32 = self.slots.iter().map(|slot| slot.failures).sum();
            requests >= ENOUGH && failures * 2 >= requests
        }
    }
}
