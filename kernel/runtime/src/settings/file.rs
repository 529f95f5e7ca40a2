//! The layer of the settings file.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::defaults::{Defaults, checked, join};
use super::text::{describe_found, from_toml, line_of};
use super::{Assignment, Mistake, Source};

/// Reads a whole file. One that is not TOML gives its syntax errors only: what follows from them would mislead.
pub(super) fn read(
    defaults: &Defaults,
    path: &Path,
    text: &str,
    assignments: &mut Vec<Assignment>,
    mistakes: &mut Vec<Mistake>,
) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { defaults, path, text, assignments, mistakes };
    if errors.is_empty() {
        reader.table("", document.into_inner());
        return;
    }
    for error in &errors {
        // Only the message: the line itself may hold a secret.
        let source = reader.source(error.span().map_or(0, |span| span.start));
        reader.mistakes.push(Mistake::new(source, format!("this is not valid TOML: {}", error.message())));
    }
}

struct Reader<'a> {
    defaults: &'a Defaults,
    path: &'a Path,
    text: &'a str,
    assignments: &'a mut Vec<Assignment>,
    mistakes: &'a mut Vec<Mistake>,
}

impl Reader<'_> {
    fn source(&self, offset: usize) -> Source {
        Source::File { path: self.path.to_owned(), line: Some(line_of(self.text, offset)) }
    }

    fn table(&mut self, prefix: &str, table: DeTable<'_>) {
        let mut entries: Vec<_> = table.into_iter().collect();
        // The map is sorted by name; the errors follow the order of the file.
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            let key = join(prefix, name.get_ref());
            let source = self.source(name.span().start);
            match self.defaults.describe(&key) {
                Some(_) => self.value(key, value, source),
                None => self.section(&key, value, source),
            }
        }
    }

    fn value(&mut self, key: String, value: Spanned<DeValue<'_>>, source: Source) {
        let Some(known) = self.defaults.describe(&key) else { return };
        let found = describe_found(value.get_ref());
        let Some(value) = from_toml(value).and_then(|value| known.kind.accept(value)) else {
            let message = format!("`{key}` must be {}, found {found}", known.kind.describe());
            self.mistakes.push(Mistake::new(source, message));
            return;
        };
        match checked(key, value, source) {
            Ok(assignment) => self.assignments.push(assignment),
            Err(mistake) => self.mistakes.push(mistake),
        }
    }

    fn section(&mut self, key: &str, value: Spanned<DeValue<'_>>, source: Source) {
        let exists = self.defaults.sections.iter().any(|section| section == key);
        let message = match (exists, value.into_inner()) {
            (true, DeValue::Table(inner)) => return self.table(key, inner),
            (true, _) => format!("`{key}` is a section, not a value"),
            (false, DeValue::Table(_)) => self.defaults.unknown_section(key),
            (false, _) => self.defaults.unknown(key),
        };
        self.mistakes.push(Mistake::new(source, message));
    }
}
