//! The spans that handling leaves in traces, and the correlation id that it puts on log lines.
//!
//! Messages of many traces are handled in one transaction. Each then has a span of its own, from which whatever follows
//! from it follows; the work that they share is told in one more span, in the trace of the first and linked to the others.

use message::{Envelope, Headers, trace};
use tracing::Span;

/// Of one message that is handled. Made without traces too, for the log, where nothing else tells the correlation id.
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

/// Of what messages share; one alone has it for itself.
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

/// Of events that are reacted to: each one's own, as long as they are kept, and the one to work in.
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
