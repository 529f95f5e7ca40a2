//! The types a setting can have, and how a plain text becomes one of them.

use toml::Value;
use toml::de::DeValue;
use toml::value::Datetime;

/// The type of a setting, taken from its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Float,
    Boolean,
    Time,
    List(Item),
}

/// The type of a list's items, taken from the first of the default; an empty default takes texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Text,
    Integer,
    Float,
    Boolean,
    /// Lists of anything else are written in the file only and are checked when the section is read.
    Any,
}

impl Kind {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            // A table is never asked about: it is a section.
            Value::String(_) | Value::Table(_) => Self::Text,
            Value::Integer(_) => Self::Integer,
            Value::Float(_) => Self::Float,
            Value::Boolean(_) => Self::Boolean,
            Value::Datetime(_) => Self::Time,
            Value::Array(items) => Self::List(match items.first() {
                None | Some(Value::String(_)) => Item::Text,
                Some(Value::Integer(_)) => Item::Integer,
                Some(Value::Float(_)) => Item::Float,
                Some(Value::Boolean(_)) => Item::Boolean,
                Some(_) => Item::Any,
            }),
        }
    }

    /// What is expected, for the middle of a sentence.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "a whole number",
            Self::Float => "a number",
            Self::Boolean => "true or false",
            Self::Time => "a date and time",
            Self::List(Item::Text) => "a list of texts",
            Self::List(Item::Integer) => "a list of whole numbers",
            Self::List(Item::Float) => "a list of numbers",
            Self::List(Item::Boolean) => "a list of true or false",
            Self::List(Item::Any) => "a list",
        }
    }

    /// Takes a TOML value if it has this type; a whole number also serves as a float.
    pub(super) fn accept(self, value: Value) -> Option<Value> {
        match (self, value) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a setting of 2^53 or more is not a quantity anyone means"
            )]
            (Self::Float, Value::Integer(number)) => Some(Value::Float(number as f64)),
            (Self::List(item), Value::Array(values)) => match item.kind() {
                Some(kind) => values
                    .into_iter()
                    .map(|value| kind.accept(value))
                    .collect::<Option<_>>()
                    .map(Value::Array),
                None => Some(Value::Array(values)),
            },
            (_, Value::Table(_)) => None,
            (kind, value) => (kind == Self::of(&value)).then_some(value),
        }
    }

    /// Reads a value from a variable or the command line, where there are no quotes. A list is separated by commas,
    /// or written as in TOML.
    pub(super) fn parse(self, text: &str) -> Option<Value> {
        match self {
            Self::Text => Some(Value::String(text.to_owned())),
            Self::Integer => text.parse().ok().map(Value::Integer),
            Self::Float => text.parse().ok().map(Value::Float),
            Self::Boolean => text.parse().ok().map(Value::Boolean),
            Self::Time => text.parse::<Datetime>().ok().map(Value::Datetime),
            Self::List(_) if text.starts_with('[') => self.accept(from_toml(DeValue::parse(text).ok()?)?),
            Self::List(_) if text.is_empty() => Some(Value::Array(Vec::new())),
            Self::List(item) => {
                let kind = item.kind()?;
                text.split(',').map(|item| kind.parse(item.trim())).collect::<Option<_>>().map(Value::Array)
            }
        }
    }
}

impl Item {
    fn kind(self) -> Option<Kind> {
        match self {
            Self::Text => Some(Kind::Text),
            Self::Integer => Some(Kind::Integer),
            Self::Float => Some(Kind::Float),
            Self::Boolean => Some(Kind::Boolean),
            Self::Any => None,
        }
    }
}

/// A parsed TOML value without its span; nothing if a number in it is too large.
pub(super) fn from_toml(value: toml::Spanned<DeValue<'_>>) -> Option<Value> {
    use serde::Deserialize as _;
    use serde::de::IntoDeserializer as _;
    Value::deserialize(value.into_deserializer()).ok()
}

/// How TOML calls what was found, in plain words.
pub(super) fn describe_found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date and time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

/// The line, counted from 1, on which a byte of the text lies.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The candidate nearest to a mistyped word, if one is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(2);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, one row at a time.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (done, from) in left.chars().enumerate() {
        let mut next = vec![done + 1];
        let mut before = done + 1;
        for ((to, diagonal), above) in right.iter().zip(&row).zip(row.iter().skip(1)) {
            before = (diagonal + usize::from(from != *to)).min(above + 1).min(before + 1);
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
