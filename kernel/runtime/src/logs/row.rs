//! A row of fields, shared by both formats.

use std::fmt;

use tracing::field::Field;
use tracing_subscriber::fmt::format::Writer;

/// Writes the fields of one event or span.
pub(super) struct Row<'w> {
    writer: Writer<'w>,
    separator: &'static str,
    first: bool,
    result: fmt::Result,
}

impl<'w> Row<'w> {
    pub(super) fn new(writer: Writer<'w>, separator: &'static str) -> Self {
        Self { writer, separator, first: true, result: Ok(()) }
    }

    /// Adds a field with `write`, which receives its name. Fields with a dot in their name are for traces only.
    pub(super) fn put(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'w>, &str) -> fmt::Result) {
        if field.name().contains('.') {
            return;
        }
        let separator = if std::mem::take(&mut self.first) { "" } else { self.separator };
        let put = self.writer.write_str(separator).and_then(|()| write(&mut self.writer, field.name()));
        self.result = self.result.and(put);
    }

    /// Whether all fields could be written.
    pub(super) fn finish(self) -> fmt::Result {
        self.result
    }
}
