//! Logs: one line per event, for people or for programs.
//!
//! ```text
//! 2026-03-01T09:26:53.589Z INFO  order::placement order placed order=order_01h… lines=2 correlation_id=req_01h…
//! ```
//!
//! The message is for people, the fields are for queries. The fields of the surrounding spans follow the event's own,
//! so every line has the correlation id. JSON lines also name the trace. Fields with a dot in their name are for traces
//! and are left out of logs. Line breaks and other control characters in values are escaped, so that input cannot forge
//! a line. Secrets are wrapped in [`Secret`](crate::settings::Secret), which prints as `…`.

mod json;
mod row;
mod text;

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::str::FromStr;

use serde::Deserialize;
use tracing::{Level, Subscriber};
use tracing_subscriber::fmt::{FmtContext, FormatFields, FormattedFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry, filter::Targets};

use crate::traces::Traces;

/// The format of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Readable lines; coloured on a terminal unless `NO_COLOR` is set.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// The section `log` of the settings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The format of the lines.
    pub format: Format,
    /// Which events are logged.
    pub filter: Filter,
}

/// Which events are logged: a level, and levels by part, such as `info` or `info,order=debug`; see [`Targets`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Filter(Targets);

impl Default for Filter {
    /// Only errors.
    fn default() -> Self {
        Self(Targets::new().with_default(Level::ERROR))
    }
}

/// What stands alone in a filter.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

impl FromStr for Filter {
    type Err = String;

    /// A word that is no level would be a part's name to [`Targets`], and then nothing else is logged.
    fn from_str(text: &str) -> Result<Self, String> {
        let directives: Vec<_> = text.split(',').map(str::trim).collect();
        let wrong = directives.iter().find(|directive| {
            let level = directive.rsplit_once('=').map_or(**directive, |(_, level)| level);
            !LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))
        });
        if let Some(directive) = wrong {
            return Err(format!("{directive:?} names no level; write for example info, or info,order=debug"));
        }
        match directives.join(",").parse() {
            Ok(targets) => Ok(Self(targets)),
            Err(error) => Err(format!("{error}; write for example info, or info,order=debug")),
        }
    }
}

impl TryFrom<String> for Filter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Logging is already set up in this process.
    #[error("logging is already set up in this process")]
    AlreadySet,
}

/// Writes every event of this process to standard error, and sends its spans to the collector if there is one. Once per
/// process.
pub fn init(settings: &Settings, traces: Option<&Traces>) -> Result<(), Error> {
    let color =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing::subscriber::set_global_default(subscriber(settings, traces, color, io::stderr))
        .map_err(|_| Error::AlreadySet)
}

fn subscriber<W>(
    settings: &Settings,
    traces: Option<&Traces>,
    color: bool,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let Filter(filter) = settings.filter.clone();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        // If standard error is closed, the process continues, and an error about that could not be written either.
        .log_internal_errors(false)
        .with_ansi(color);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match settings.format {
        Format::Text => Box::new(lines.fmt_fields(text::Fields).event_format(text::TextFormat)),
        Format::Json => Box::new(lines.fmt_fields(json::Fields).event_format(json::JsonFormat)),
    };
    match traces {
        None => Box::new(Registry::default().with(lines).with(filter)),
        Some(traces) => Box::new(Registry::default().with(lines.with_filter(filter)).with(traces.layer())),
    }
}

/// Adds the fields of the surrounding spans, innermost first, except those that are there already.
fn of_spans<S, N>(ctx: &FmtContext<'_, S, N>, fields: &mut String, separator: &str)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    for span in ctx.event_scope().into_iter().flatten() {
        let extensions = span.extensions();
        let Some(of_span) = extensions.get::<FormattedFields<N>>() else { continue };
        let of_span = of_span.trim();
        if !of_span.is_empty() && !fields.contains(of_span) {
            fields.push_str(separator);
            fields.push_str(of_span);
        }
    }
}

/// An error with its causes.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
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
        logged_and_traced(format, None, color, log)
    }

    fn logged_and_traced(format: Format, traces: Option<&Traces>, color: bool, log: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let settings = Settings { format, filter: "info,quiet=warn".parse().unwrap() };
        let subscriber = subscriber(&settings, traces, color, move || writer.clone());
        tracing::subscriber::with_default(subscriber, log);
        let bytes = buffer.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// Without the time, whose form is checked separately.
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
            let _empty = tracing::info_span!("empty", db.query.text = "SELECT 1").entered();
            let _same = tracing::info_span!("answer", correlation_id = "req_1").entered();
            tracing::info!(target: "order", "placed");
            tracing::info!(target: "order", correlation_id = "req_1", "paid");
        });
        assert_eq!(line, "INFO  order placed correlation_id=req_1\nINFO  order paid correlation_id=req_1\n");
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
    fn an_error_is_logged_with_its_causes() {
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
            tracing::info!(target: "order", lines = 2, words = "a\"b\n", "placed");
        });
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(json["message"], "placed");
        assert_eq!(json["lines"], 2);
        assert_eq!(json["words"], "a\"b\n");
        assert_eq!(json["correlation_id"], "req_1");
        assert_eq!((&json["level"], &json["target"]), (&"INFO".into(), &"order".into()));
        assert!(json["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{line}");
    }

    #[test]
    fn json_lines_name_the_trace_and_not_what_is_for_traces_only() {
        let endpoint = "http://127.0.0.1:9".parse().unwrap();
        let traces = crate::traces::open(&endpoint, 1.0.try_into().unwrap(), "test").unwrap();
        let log = || {
            tracing::info!("before");
            let click =
                tracing::error_span!(target: "trace", "click", http.route = "/", correlation = "req_1");
            let _click = click.entered();
            let _sql = tracing::debug_span!(target: "trace", "sql", db.query.text = "SELECT 1").entered();
            tracing::info!("within");
        };
        let lines = logged_and_traced(Format::Json, Some(&traces), false, log);
        let lines: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0].get("trace_id"), None);
        assert_eq!(lines[1]["correlation"], "req_1");
        assert_eq!(lines[1]["trace_id"].as_str().unwrap().len(), 32);
        assert!(!lines[1].to_string().contains("SELECT") && !lines[1].to_string().contains("route"));
    }

    #[test]
    fn a_filter_is_made_of_levels() {
        for good in ["info", "Warn,order::placement=DEBUG, off", "info,lapin=off"] {
            assert!(good.parse::<Filter>().is_ok(), "{good}");
        }
        for (bad, why) in
            [("infoo", "\"infoo\" names no level"), ("info,order=loud", "\"order=loud\""), ("", "info")]
        {
            assert!(bad.parse::<Filter>().unwrap_err().contains(why), "{bad}");
        }
    }
}
