//! The trace spans of a handled message, and the correlation id on its log lines.
//!
//! One transaction may handle messages of many traces. Each message then has its own span, the parent of what follows
//! from it. One more span covers the shared work; it belongs to the trace of the first message and links to the others.

use message::{Envelope, Headers, trace};
use tracing::Span;

/// The span of one handled message. It also exists without traces, because log lines take the correlation id from it.
pub(crate) fn handling(
    what: &'static str,
    kind: &'static str,
    service: &'static str,
    message: &str,
    headers: &Headers,
) -> Span {
    if !trace::is_on() && !Span::current().is_none() {
        return Span::none();
    }
    let span = tracing::error_span!(
        target: trace::TARGET, "handle", otel.name = %format_args!("{what} {message}"), otel.kind = kind,
        caravel.service = service, messaging.destination.name = message, correlation = %headers.correlation,
    );
    trace::adopted(span, headers)
}

/// The span of the work that messages share. A single message shares it with nobody.
pub(crate) fn together<'a>(
    service: &'static str,
    message: &str,
    headers: impl ExactSizeIterator<Item = &'a Headers> + Clone,
) -> Span {
    let count = headers.len();
    if count == 1
        && let Some(only) = headers.clone().next()
    {
        return handling("batch", "internal", service, message, only);
    }
    let several = || {
        tracing::debug_span!(
            target: trace::TARGET, "batch", otel.name = %format_args!("batch {message}"),
            caravel.service = service, messaging.destination.name = message,
            messaging.batch.message_count = count,
        )
    };
    trace::joined(several, headers)
}

/// The spans of events that are reacted to: one for each, to be kept until the end, and the span of the work.
pub(crate) fn reacting(service: &'static str, events: &mut [Envelope]) -> (Vec<Span>, Span) {
    let own = |event: &mut Envelope| {
        let span = handling("react", "consumer", service, &event.name, &event.headers);
        trace::hand_on(&span, &mut event.headers);
        span
    };
    match events {
        [] => (Vec::new(), Span::none()),
        [event] => (Vec::new(), own(event)),
        _ if !trace::is_on() => (Vec::new(), Span::none()),
        [first, ..] => {
            let name = first.name.clone();
            let spans = events.iter_mut().map(own).collect();
            (spans, together(service, &name, events.iter().map(|event| &event.headers)))
        }
    }
}
