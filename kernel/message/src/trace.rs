//! Traces: one id from a click to the mail that follows from it.
//!
//! What happens is told in spans of the crate `tracing`; [`Headers::trace`] hands their trace on, over the bus and through
//! the outbox. Who collects the spans is none of a service's business: a process that has a collector [installs](install)
//! how traces are read and written. In all others [`is_on`] is false and the spans that only a trace would show are not
//! made.
//!
//! A span that shall also put the correlation id on log lines has the field `correlation`. Fields with a dot in their name
//! (`db.query.text`) are for traces only.

use std::sync::OnceLock;

use tracing::Span;

use crate::Headers;

/// How this process reads and writes traces.
#[derive(Debug)]
pub struct Propagation {
    /// The W3C `traceparent` of a span.
    pub traceparent: fn(&Span) -> Option<String>,
    /// Makes a span belong to what its headers belong to.
    pub adopt: fn(&Span, &Headers),
    /// Lets a span refer to the span with this `traceparent`.
    pub link: fn(&Span, &str),
}

/// The target of all spans that belong to traces; collectors know them by it, and log filters may name it.
pub const TARGET: &str = "trace";

static PROPAGATION: OnceLock<Propagation> = OnceLock::new();

/// Turns traces on, once per process; answers whether they were off.
pub fn install(propagation: Propagation) -> bool {
    PROPAGATION.set(propagation).is_ok()
}

/// Whether anybody collects traces.
pub fn is_on() -> bool {
    PROPAGATION.get().is_some()
}

/// Whether a span made here would be part of something: what nobody asked for is not traced.
pub fn is_within() -> bool {
    is_on() && !Span::current().is_none()
}

/// Lets whatever is sent with `headers` follow from `span`.
pub fn hand_on(span: &Span, headers: &mut Headers) {
    if let Some(trace) = PROPAGATION.get().and_then(|on| (on.traceparent)(span)) {
        headers.trace = Some(trace);
    }
}

/// Makes `span`, which must be new, part of what `headers` belong to.
#[must_use]
pub fn adopted(span: Span, headers: &Headers) -> Span {
    if let Some(on) = PROPAGATION.get() {
        (on.adopt)(&span, headers);
    }
    span
}

/// A span of what several messages share: part of the first trace that is kept, and linked to the others.
pub fn joined<'a>(make: impl FnOnce() -> Span, messages: impl Iterator<Item = &'a Headers>) -> Span {
    let Some(on) = PROPAGATION.get() else { return Span::none() };
    let mut kept = messages.filter(|headers| is_kept(headers));
    let Some(first) = kept.next() else { return Span::none() };
    let span = adopted(make(), first);
    kept.filter_map(|other| other.trace.as_deref()).for_each(|other| (on.link)(&span, other));
    span
}

/// Whether the trace is one of those that are kept: its last flag says so.
fn is_kept(headers: &Headers) -> bool {
    headers.trace.as_deref().is_some_and(|trace| trace.ends_with("01"))
}
