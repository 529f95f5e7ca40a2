//! Logs: one line per event, for eyes or for machines.
//!
//! ```text
//! 2026-03-01T09:26:53.589Z INFO  order::placement order placed order=order_01h… lines=2 correlation_id=req_01h…
//! ```
//!
//! The text is for people, the fields are for queries; the fields of the spans around an event follow its own, so that
//! the correlation id stands on every line. Line breaks and other control characters in values are escaped: what a
//! visitor sends cannot forge a line. Secrets are wrapped in [`Secret`](crate::settings::Secret), which prints as `…`.

use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal as _};

use serde::Deserialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Lines for eyes; coloured on a terminal unless `NO_COLOR` is set.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// The section `log` of the settings.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Settings {
    /// How a line looks.
    pub format: Format,
    /// What is logged, such as `info` or `info,order=debug`; see [`EnvFilter`].
    pub filter: String,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The setting `log.filter` is not a filter.
    #[error("the setting `log.filter` is not a log filter: {0:?}; write for example \"info,order=debug\"")]
    Filter(String),
    /// Somebody else in this process has set up logging already.
    #[error("logging is already set up in this process")]
    AlreadySet,
}

/// Sends every event of this process to standard error, once per process.
pub fn init(settings: &Settings) -> Result<(), Error> {
    let color =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing::subscriber::set_global_default(subscriber(settings, color, io::stderr)?)
        .map_err(|_| Error::AlreadySet)
}

fn subscriber<W>(
    settings: &Settings,
    color: bool,
    writer: W,
) -> Result<Box<dyn Subscriber + Send + Sync>, Error>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&settings.filter).map_err(|_| Error::Filter(settings.filter.clone()))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(color);
    Ok(match settings.format {
        Format::Text => Box::new(builder.fmt_fields(Fields).event_format(Line).finish()),
        Format::Json => Box::new(builder.json().flatten_event(true).finish()),
    })
}

/// A line for eyes.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
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
        ctx.format_fields(w.by_ref(), event)?;
        for span in ctx.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>()
                && !fields.is_empty()
            {
                write!(w, " {fields}")?;
            }
        }
        writeln!(w)
    }
}

/// The crate and the innermost module: `hyper::proto::h1::conn` is `hyper::conn`.
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

/// The message as it is, then `name=value`, quoted only where it would otherwise not be seen where a value ends.
struct Fields;

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = FieldVisitor { writer, first: true, result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct FieldVisitor<'w> {
    writer: Writer<'w>,
    first: bool,
    result: fmt::Result,
}

impl FieldVisitor<'_> {
    fn put(&mut self, field: &Field, value: &str) {
        let separator = if std::mem::take(&mut self.first) { "" } else { " " };
        let put = self.writer.write_str(separator).and_then(|()| match field.name() {
            "message" => escape(&mut self.writer, value),
            name => {
                write!(self.writer, "{name}=")?;
                if value.is_empty() || value.contains([' ', '"', '=']) {
                    self.writer.write_char('"')?;
                    escape(&mut self.writer, &value.replace('\\', "\\\\").replace('"', "\\\""))?;
                    self.writer.write_char('"')
                } else {
                    escape(&mut self.writer, value)
                }
            }
        });
        self.result = self.result.and(put);
    }
}

impl Visit for FieldVisitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, &format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.put(field, &text);
    }
}

fn escape(w: &mut Writer<'_>, text: &str) -> fmt::Result {
    if !text.contains(char::is_control) {
        return w.write_str(text);
    }
    text.chars()
        .try_for_each(|c| if c.is_control() { write!(w, "{}", c.escape_default()) } else { w.write_char(c) })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::settings::Secret;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: Format, color: bool, log: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let settings = Settings { format, filter: "info,quiet=warn".into() };
        let subscriber = subscriber(&settings, color, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = buffer.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// Without the time, whose form is checked instead.
    fn text(log: impl FnOnce()) -> String {
        let mut rest = String::new();
        for line in logged(Format::Text, false, log).lines() {
            let (time, line) = line.split_once(' ').unwrap();
            assert!(time.len() == 24 && time.parse::<jiff::Timestamp>().is_ok(), "{time}");
            rest.push_str(line);
            rest.push('\n');
        }
        rest
    }

    #[test]
    fn a_line_has_level_target_message_and_fields() {
        let line = text(|| {
            tracing::info!(target: "order::placement::batch", lines = 2, email = "a b", "order placed");
            tracing::warn!(target: "order", id = %7, "late");
            tracing::debug!(target: "order", "too fine");
            tracing::info!(target: "quiet", "filtered");
        });
        assert_eq!(line, "INFO  order::batch order placed lines=2 email=\"a b\"\nWARN  order late id=7\n");
    }

    #[test]
    fn the_fields_of_the_spans_around_follow() {
        let line = text(|| {
            let _request = tracing::info_span!("request", correlation_id = "req_1").entered();
            let _empty = tracing::info_span!("empty").entered();
            tracing::info!(target: "order", "placed");
        });
        assert_eq!(line, "INFO  order placed correlation_id=req_1\n");
    }

    #[test]
    fn a_value_cannot_forge_a_line_and_a_secret_is_not_shown() {
        let line = text(|| {
            let password = Secret::new("hunter2");
            tracing::info!(target: "t", name = "x\nERROR fake \x1b[31m", %password, ?password, "a\nb");
        });
        assert_eq!(line, "INFO  t a\\nb name=\"x\\nERROR fake \\u{1b}[31m\" password=… password=Secret(…)\n");
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot save")]
        struct Outer(#[source] io::Error);
        let line = text(|| {
            let error = Outer(io::Error::other("disk full"));
            tracing::error!(target: "t", error = &error as &dyn std::error::Error, "failed");
        });
        assert_eq!(line, "ERROR t failed error=\"cannot save: disk full\"\n");
    }

    #[test]
    fn colour_only_where_it_is_wanted() {
        let log = || tracing::info!(target: "t", "m");
        assert!(logged(Format::Text, true, log).contains("\x1b[32mINFO "));
        assert!(!logged(Format::Text, false, log).contains('\x1b'));
    }

    #[test]
    fn json_lines_carry_the_fields_by_name() {
        let line = logged(Format::Json, false, || {
            let _request = tracing::info_span!("request", correlation_id = "req_1").entered();
            let _inner = tracing::info_span!("inner").entered();
            tracing::info!(target: "order", lines = 2, "placed");
        });
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(json["message"], "placed");
        assert_eq!(json["lines"], 2);
        assert_eq!(json["spans"][0]["correlation_id"], "req_1");
    }

    #[test]
    fn a_wrong_filter_is_named() {
        let settings = Settings { format: Format::Text, filter: "order=loud".into() };
        let error = subscriber(&settings, false, io::sink).err().unwrap();
        assert_eq!(
            error.to_string(),
            "the setting `log.filter` is not a log filter: \"order=loud\"; write for example \"info,order=debug\""
        );
    }
}
