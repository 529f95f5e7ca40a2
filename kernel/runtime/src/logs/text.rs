//! Readable log lines for people.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::{of_spans, row::Row, with_causes};

/// One readable line per event.
pub(super) struct TextFormat;

impl<S, N> FormatEvent<S, N> for TextFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut w: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let paint = Paint { color: w.has_ansi_escapes() };
        let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        let target = short(event.metadata().target());
        paint.dim(&mut w, format_args!("{time}"))?;
        w.write_char(' ')?;
        paint.level(&mut w, *event.metadata().level())?;
        w.write_char(' ')?;
        paint.dim(&mut w, format_args!("{target}"))?;
        w.write_char(' ')?;
        let mut fields = String::new();
        ctx.format_fields(Writer::new(&mut fields), event)?;
        of_spans(ctx, &mut fields, " ");
        writeln!(w, "{fields}")
    }
}

/// The crate and the innermost module: `hyper::proto::h1::conn` becomes `hyper::conn`.
fn short(target: &str) -> std::borrow::Cow<'_, str> {
    match (target.split_once("::"), target.rsplit_once("::")) {
        (Some((first, rest)), Some((_, last))) if rest != last => format!("{first}::{last}").into(),
        _ => target.into(),
    }
}

struct Paint {
    color: bool,
}

impl Paint {
    fn dim(&self, w: &mut Writer<'_>, text: fmt::Arguments<'_>) -> fmt::Result {
        if self.color { write!(w, "\x1b[2m{text}\x1b[0m") } else { w.write_fmt(text) }
    }

    fn level(&self, w: &mut Writer<'_>, level: Level) -> fmt::Result {
        let code = match level {
            Level::ERROR => "31",
            Level::WARN => "33",
            Level::INFO => "32",
            Level::DEBUG => "34",
            Level::TRACE => "35",
        };
        if self.color { write!(w, "\x1b[{code}m{level:<5}\x1b[0m") } else { write!(w, "{level:<5}") }
    }
}

/// The message as it is, then `name=value`, quoted only where the end of a value would be unclear otherwise.
pub(super) struct Fields;

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = FieldVisitor(Row::new(writer, " "));
        fields.record(&mut visitor);
        visitor.0.finish()
    }
}

struct FieldVisitor<'w>(Row<'w>);

impl Visit for FieldVisitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.put(field, |w, name| put(w, name, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.put(field, |w, name| put(w, name, &format!("{value:?}")));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.0.put(field, |w, name| put(w, name, &with_causes(value)));
    }
}

fn put(w: &mut Writer<'_>, name: &str, value: &str) -> fmt::Result {
    if name == "message" {
        return escape(w, value);
    }
    write!(w, "{name}=")?;
    if value.is_empty() || value.contains([' ', '"', '=']) {
        w.write_char('"')?;
        escape(w, &value.replace('\\', "\\\\").replace('"', "\\\""))?;
        w.write_char('"')
    } else {
        escape(w, value)
    }
}

fn escape(w: &mut Writer<'_>, text: &str) -> fmt::Result {
    if !text.contains(char::is_control) {
        return w.write_str(text);
    }
    text.chars()
        .try_for_each(|c| if c.is_control() { write!(w, "{}", c.escape_default()) } else { w.write_char(c) })
}
