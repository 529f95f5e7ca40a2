//! Traces: one trace from a click to the mail that follows from it.
//!
//! Code records spans with the crate `tracing`; [`Headers::trace`] passes their trace on, over the bus and through the
//! outbox. Services do not know who collects the spans: a process with a collector [installs](install) the functions
//! that read and write traces. In all other processes [`is_on`] is false, and spans that only traces need are not
//! created.
//!
//! A span that also puts the correlation id on log lines has the field `correlation`. Fields with a dot in their name
//! (`db.query.text`) are for traces only.

use std::sync::OnceLock;

use tracing::Span;

use crate::Headers;

/// The functions with which this process reads and writes traces.
#[derive(Debug)]
pub struct Propagation {
    /// The W3C `traceparent` of a span.
    pub traceparent: fn(&Span) -> Option<String>,
    /// Makes a span a child of the span in the headers.
    pub adopt: fn(&Span, &Headers),
    /// Links a span to the span with this `traceparent`.
    pub link: fn(&Span, &str),
}

/// The target of all spans that belong to traces. The collector selects them by it; log filters may name it.
pub const TARGET: &str = "trace";

static PROPAGATION: OnceLock<Propagation> = OnceLock::new();

/// Enables traces, once per process. Returns whether they were off.
pub fn install(propagation: Propagation) -> bool {
    PROPAGATION.set(propagation).is_ok()
}

/// Whether this process collects traces.
pub fn is_on() -> bool {
    PROPAGATION.get().is_some()
}

/// Whether a span created here would belong to a request or message; other work is not traced.
pub fn is_within() -> bool {
    is_on() && !Span::current().is_none()
}

/// Makes messages with these `headers` children of `span`.
pub fn hand_on(span: &Span, headers: &mut Headers) {
    if let Some(trace) = PROPAGATION.get().and_then(|on| (on.traceparent)(span)) {
        headers.trace = Some(trace);
    }
}

/// Makes `span`, which must be new, a child of the span in `headers`.
#[must_use]
pub fn adopted(span: Span, headers: &Headers) -> Span {
    if let Some(on) = PROPAGATION.get() {
        (on.adopt)(&span, headers);
    }
    span
}

/// A span for work that several messages share: part of the first trace that is kept, and linked to the others.
pub fn joined<'a>(make: impl FnOnce() -> Span, messages: impl Iterator<Item = &'a Headers>) -> Span {
    let Some(on) = PROPAGATION.get() else { return Span::none() };
    let mut kept = messages.filter(|headers| is_kept(headers));
    let Some(first) = kept.next() else { return Span::none() };
    let span = adopted(make(), first);
    kept.filter_map(|other| other.trace.as_deref()).for_each(|other| (on.link)(&span, other));
    span
}

/// Whether the trace is kept, which its last flag says.
fn is_kept(headers: &Headers) -> bool {
    headers.trace.as_deref().is_some_and(|trace| trace.ends_with("01"))
}
