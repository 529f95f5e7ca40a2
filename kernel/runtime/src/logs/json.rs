//! JSON log lines for programs.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::{of_spans, row::Row, with_causes};

/// One JSON object per line: time, level and module, the event's fields, those of the surrounding spans, the trace.
pub(super) struct JsonFormat;

impl<S, N> FormatEvent<S, N> for JsonFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut w: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (time, metadata) = (jiff::Timestamp::now(), event.metadata());
        let (level, target) = (metadata.level(), metadata.target());
        let mut fields = String::new();
        ctx.format_fields(Writer::new(&mut fields), event)?;
        of_spans(ctx, &mut fields, ",");
        if let Some(trace) = crate::traces::current() {
            write!(fields, r#","trace_id":"{trace}""#)?;
        }
        let fields = fields.trim_start_matches(',');
        let separator = if fields.is_empty() { "" } else { "," };
        writeln!(w, r#"{{"timestamp":"{time:.6}","level":"{level}","target":"{target}"{separator}{fields}}}"#)
    }
}

/// `"name":value`, separated by commas.
pub(super) struct Fields;

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = FieldVisitor(Row::new(writer, ","));
        fields.record(&mut visitor);
        visitor.0.finish()
    }
}

struct FieldVisitor<'w>(Row<'w>);

impl FieldVisitor<'_> {
    fn put(&mut self, field: &Field, value: impl Into<serde_json::Value>) {
        self.0.put(field, |w, name| write!(w, "{}:{}", serde_json::Value::from(name), value.into()));
    }
}

impl Visit for FieldVisitor<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, with_causes(value));
    }
}
