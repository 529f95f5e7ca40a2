//! The default text: which settings exist, their types and their meaning.

use toml::Value;
use toml::de::{DeTable, DeValue};

use super::text::{Kind, from_toml, line_of, nearest};
use super::variables::variable_name;
use super::{Assignment, Errors, Mistake, Source, white_space_mistake};

const SECRET: &str = "(secret)";
const OPEN: &str = "(open)";

/// A setting that exists.
pub(super) struct Known {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) kind: Kind,
    pub(super) comment: String,
    pub(super) secret: bool,
    pub(super) position: usize,
}

/// A section that takes any key; its values have the type of the first default in it.
pub(super) struct Open {
    pub(super) known: Known,
}

/// The content of the default text.
pub(super) struct Defaults {
    pub(super) keys: Vec<Known>,
    pub(super) open: Vec<Open>,
    pub(super) sections: Vec<String>,
}

impl Defaults {
    pub(super) fn parse(text: &str) -> Result<Self, Errors> {
        let (document, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Err(Errors::new(
                errors
                    .iter()
                    .map(|error| {
                        let line = error.span().map_or(1, |span| line_of(text, span.start));
                        Mistake::new(
                            Source::Default,
                            format!("line {line} is not valid TOML: {}", error.message()),
                        )
                    })
                    .collect(),
            ));
        }
        let mut defaults = Self { keys: Vec::new(), open: Vec::new(), sections: Vec::new() };
        defaults.collect(text, "", document.into_inner());
        defaults.keys.sort_by_key(|known| known.position);
        defaults.check()
    }

    fn collect(&mut self, text: &str, prefix: &str, table: DeTable<'_>) {
        for (name, value) in table {
            let key = join(prefix, name.get_ref());
            let position = name.span().start;
            let comment = comment_above(text, position);
            if let DeValue::Table(_) = value.get_ref() {
                let DeValue::Table(inner) = value.into_inner() else { continue };
                let first = self.keys.len();
                self.collect(text, &key, inner);
                if comment.contains(OPEN) {
                    let kind = self.keys.get(first).map_or(Kind::Text, |known| known.kind);
                    let secret = comment.contains(SECRET);
                    let value = Value::Table(toml::Table::new());
                    self.open.push(Open {
                        known: Known { key: key.clone(), value, kind, comment, secret, position },
                    });
                }
                self.sections.push(key);
            } else if let Some(value) = from_toml(value) {
                let (kind, secret) = (Kind::of(&value), comment.contains(SECRET));
                self.keys.push(Known { key, value, kind, comment, secret, position });
            }
        }
    }

    /// Two keys that one variable would mean, and values that no other layer would be allowed to have.
    fn check(self) -> Result<Self, Errors> {
        let mut mistakes = Vec::new();
        for (index, known) in self.keys.iter().enumerate() {
            let name = variable_name(&known.key);
            if let Some(other) = self.keys.iter().take(index).find(|other| variable_name(&other.key) == name)
            {
                let message = format!("`{}` and `{}` would share the variable {name}", other.key, known.key);
                mistakes.push(Mistake::new(Source::Default, message));
            }
            if let Some(message) = white_space_mistake(&known.key, &known.value) {
                mistakes.push(Mistake::new(Source::Default, message));
            }
        }
        if mistakes.is_empty() { Ok(self) } else { Err(Errors::new(mistakes)) }
    }

    /// What is known about a key: itself, or the open section it lies in.
    pub(super) fn describe(&self, key: &str) -> Option<&Known> {
        let own = self.keys.iter().find(|known| known.key == key);
        own.or_else(|| {
            let (section, _) = key.rsplit_once('.')?;
            self.open.iter().map(|open| &open.known).find(|known| known.key == section)
        })
    }

    /// A value given as plain text.
    pub(super) fn assign(&self, key: &str, text: &str, source: Source) -> Result<Assignment, Mistake> {
        let Some(known) = self.describe(key) else {
            return Err(Mistake::new(source, self.unknown(key)));
        };
        // Before the type is checked: `15 ` looks right, and "must be a whole number" would not show what is wrong.
        if text.trim() != text {
            let message = white_space_mistake(key, &Value::String(text.to_owned())).unwrap_or_default();
            return Err(Mistake::new(source, message));
        }
        match known.kind.parse(text) {
            Some(value) => checked(key.to_owned(), value, source),
            None if known.secret => {
                Err(Mistake::new(source, format!("`{key}` must be {}", known.kind.describe())))
            }
            None => Err(Mistake::new(
                source,
                format!("`{key}` must be {}, found {text:?}", known.kind.describe()),
            )),
        }
    }

    /// The sentence for a key that does not exist.
    pub(super) fn unknown(&self, key: &str) -> String {
        let (_, last) = key.rsplit_once('.').unwrap_or(("", key));
        let near = nearest(key, self.keys.iter().map(|known| known.key.as_str()));
        // Right name, wrong section.
        let moved = || {
            self.keys
                .iter()
                .map(|known| known.key.as_str())
                .find(|known| known.rsplit('.').next() == Some(last))
        };
        match near.or_else(moved) {
            Some(known) => format!("unknown key `{key}`; did you mean `{known}`?"),
            None => format!("unknown key `{key}`"),
        }
    }

    /// The sentence for a section that does not exist.
    pub(super) fn unknown_section(&self, section: &str) -> String {
        match nearest(section, self.sections.iter().map(String::as_str)) {
            Some(known) => format!("unknown section `{section}`; did you mean `{known}`?"),
            None => format!("unknown section `{section}`"),
        }
    }
}

/// A value of the right type, unless it hides white space.
pub(super) fn checked(key: String, value: Value, source: Source) -> Result<Assignment, Mistake> {
    match white_space_mistake(&key, &value) {
        Some(message) => Err(Mistake::new(source, message)),
        None => Ok(Assignment { key, value, source }),
    }
}

pub(super) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

/// The comment lines directly above the line of `position`, without their signs.
fn comment_above(text: &str, position: usize) -> String {
    let before = text.get(..position).unwrap_or_default();
    let above = before.rfind('\n').and_then(|end| before.get(..end)).unwrap_or_default();
    let mut lines: Vec<&str> = above
        .lines()
        .rev()
        .map_while(|line| line.trim().strip_prefix('#'))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    lines.reverse();
    lines.join("\n")
}
