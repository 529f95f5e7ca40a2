//! Reading all values into one type, with everything that is wrong reported at once.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{Broken, Errors, Mistake, Setting, Source, Values};

impl Values {
    /// Reads all values into the program's own type, and asks `rules` for what the types alone cannot see.
    ///
    /// # Errors
    ///
    /// Every value that the type or a rule refuses, in the order of the default text.
    pub fn read<T: DeserializeOwned>(&self, rules: impl FnOnce(&T) -> Vec<Broken>) -> Result<T, Errors> {
        let mut wrong = BTreeSet::new();
        let mut mistakes = Vec::new();
        loop {
            match self.read_without(&wrong) {
                Ok(read) => {
                    let broken = rules(&read).into_iter();
                    mistakes.extend(broken.map(|broken| self.mistake(&broken.key, &broken.why)));
                    if mistakes.is_empty() {
                        return Ok(read);
                    }
                    break;
                }
                Err(refusal) => {
                    let key = self.key_at::<T>(&refusal, &wrong);
                    let is_new = key.is_none_or(|key| !wrong.contains(key));
                    if is_new {
                        mistakes.push(self.refuse(key.unwrap_or(&refusal.path), &refusal.why));
                    }
                    // The default stands in for it, and so the next wrong value is found too.
                    match key {
                        Some(key) if is_new => wrong.insert(key),
                        _ => break,
                    };
                }
            }
        }
        mistakes.sort_by_key(|(position, _)| *position);
        Err(Errors::new(mistakes.into_iter().map(|(_, mistake)| mistake).collect()))
    }

    /// Reads the values, with the default for each that is known to be `wrong`.
    fn read_without<T: DeserializeOwned>(&self, wrong: &BTreeSet<&str>) -> Result<T, Refusal> {
        let mut table = Table::new();
        for (key, setting) in &self.settings {
            let is_wrong = wrong.contains(key.as_str());
            if let Some(value) = if is_wrong { setting.default.as_ref() } else { Some(&setting.value) } {
                insert(&mut table, key, value.clone());
            }
        }
        serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| Refusal {
            path: error.path().to_string(),
            why: error.inner().message().to_owned(),
        })
    }

    /// The setting (no default) that a refusal is about: at its path, around it (`order.hosts[1]`), or, where
    /// a name in an open section is refused, the one below it without which the refusal is another.
    fn key_at<T: DeserializeOwned>(&self, refusal: &Refusal, wrong: &BTreeSet<&str>) -> Option<&str> {
        let path = refusal.path.split('[').next().unwrap_or(&refusal.path);
        if let Some((key, setting)) = self.settings.get_key_value(path) {
            return (setting.source != Source::Default).then_some(key);
        }
        let made = self.settings.iter().filter(|(key, setting)| {
            let is_below = key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
            is_below && setting.source != Source::Default && !wrong.contains(key.as_str())
        });
        made.map(|(key, _)| key.as_str()).find(|key| {
            let without = wrong.iter().copied().chain([*key]).collect();
            self.read_without::<T>(&without).map_or_else(|other| other.why != refusal.why, |_| true)
        })
    }

    /// The mistake of a refused value. The type's own words could repeat a secret; the default text's words cannot.
    fn refuse(&self, key: &str, why: &str) -> (usize, Mistake) {
        match self.settings.get(key).filter(|setting| setting.secret) {
            Some(setting) => {
                let meaning =
                    setting.comment.replace('\n', " ").replace(" (secret)", "").replace(" (open)", "");
                let message = format!("the value of `{key}` is not accepted; what it is: {meaning}");
                (setting.position, Mistake::new(setting.source.clone(), message))
            }
            None => self.mistake(key, &in_words(why)),
        }
    }

    /// The mistake in a setting, with the default as an example, and its position in the default text.
    fn mistake(&self, key: &str, why: &str) -> (usize, Mistake) {
        let Some(setting) = self.settings.get(key) else {
            return (usize::MAX, Mistake::new(Source::Default, format!("`{key}`: {why}")));
        };
        let message = format!("`{key}`: {why}{}", example(setting));
        (setting.position, Mistake::new(setting.source.clone(), message))
    }
}

/// A value that the type did not take.
struct Refusal {
    path: String,
    why: String,
}

/// The default as an example, unless it is empty.
fn example(setting: &Setting) -> String {
    let default = match &setting.default {
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::Array(items)) if items.is_empty() => None,
        default => default.as_ref(),
    };
    default.map(|default| format!("; the default is {default}")).unwrap_or_default()
}

/// Serde's words for a number out of range, in plain English.
fn in_words(why: &str) -> String {
    let number =
        why.strip_prefix("invalid value: integer `").and_then(|rest| rest.split_once("`, expected "));
    let Some((number, expected)) = number else { return why.to_owned() };
    let (low, kind) = expected.strip_prefix("a nonzero ").map_or((0, expected), |kind| (1, kind));
    let bounds = match kind {
        "u8" => format!("from {low} to {}", u8::MAX),
        "u16" => format!("from {low} to {}", u16::MAX),
        "u32" => format!("from {low} to {}", u32::MAX),
        "u64" | "usize" => format!("of at least {low}"),
        _ => return why.to_owned(),
    };
    format!("{number} is out of range; expected a whole number {bounds}")
}

fn insert(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}
