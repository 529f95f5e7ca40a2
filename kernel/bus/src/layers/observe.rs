//! Metrics, traces and logs of requests.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Instant,
};

use message::{Envelope, trace};
use tracing::{Instrument as _, Span};

use super::{Around, ReplyFuture};

/// Counts requests and their duration, adds them to the trace, and logs failures.
#[derive(Default)]
pub struct Telemetry {
    known: RwLock<HashMap<String, Figures>>,
}

#[derive(Clone)]
struct Figures {
    seconds: metrics::Histogram,
    faults: metrics::Counter,
}

impl Telemetry {
    /// The metrics of one kind of message; looked up once and kept.
    fn figures(&self, name: &str) -> Figures {
        if let Some(figures) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return figures.clone();
        }
        let figures = Figures {
            seconds: metrics::histogram!("bus_request_duration_seconds", "message" => name.to_owned()),
            faults: metrics::counter!("bus_request_faults_total", "message" => name.to_owned()),
        };
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), figures.clone());
        figures
    }
}

impl Around for Telemetry {
    fn call(&self, mut request: Envelope, next: impl FnOnce(Envelope) -> ReplyFuture) -> ReplyFuture {
        let figures = self.figures(&request.name);
        let (name, correlation) = (request.name.clone(), request.headers.correlation);
        let span = span(&mut request);
        let started = Instant::now();
        let answer = next(request);
        let observed = async move {
            let answer = answer.await;
            figures.seconds.record(started.elapsed());
            if let Err(fault) = &answer {
                figures.faults.increment(1);
                tracing::warn!(message = %name, %correlation, error = %fault, "a request failed");
            }
            answer
        };
        Box::pin(observed.instrument(span))
    }
}

/// The caller's span of a request; the answering service's span becomes its child.
fn span(request: &mut Envelope) -> Span {
    if !trace::is_on() {
        return Span::none();
    }
    let begins = !trace::is_within();
    let span = tracing::debug_span!(
        target: trace::TARGET, "ask", otel.name = %format_args!("ask {}", request.name), otel.kind = "client",
        messaging.destination.name = %request.name, messaging.message.id = %request.id,
    );
    let span = if begins { trace::adopted(span, &request.headers) } else { span };
    trace::hand_on(&span, &mut request.headers);
    span
}
