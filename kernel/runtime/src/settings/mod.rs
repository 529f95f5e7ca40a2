//! Settings in layers: commented defaults compiled into the program, then a file, then `CARAVEL_…` variables, then
//! the command line. A later layer wins, and every value remembers which layer it came from.
//!
//! The default text is both the documentation and the list of what exists: a key that it does not name is a mistake,
//! and a value must have the type that the default has. Two marks may stand in the comment above a key or a section:
//!
//! - `(secret)`: the value is never printed, neither in a listing nor in an error.
//! - `(open)`, above a section: the section is a map whose keys the user chooses, such as tax rates by name.
//!
//! A program reads all values once into one type of its own, and hands that on: [`Values::read`]. Every value that the type
//! refuses is reported with its origin, all of them at once.
//!
//! ```
//! use runtime::settings::Loader;
//!
//! const DEFAULTS: &str = r#"
//! [order]
//! ## Minutes an unpaid order keeps its stock.
//! hold_minutes = 15
//! "#;
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     order: Order,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Order {
//!     hold_minutes: std::num::NonZeroU32,
//! }
//!
//! let loader = |minutes: &str| {
//!     Loader::new(DEFAULTS).variables([("CARAVEL_ORDER_HOLD_MINUTES".into(), minutes.into())])
//! };
//! let settings: Settings = loader("20").load()?.read(|_| Vec::new())?;
//! assert_eq!(settings.order.hold_minutes.get(), 20);
//!
//! let refused = loader("0").load()?.read::<Settings>(|_| Vec::new()).err().unwrap();
//! assert_eq!(
//!     refused.to_string(),
//!     "a setting is wrong: CARAVEL_ORDER_HOLD_MINUTES: `order.hold_minutes`: 0 is out of range; expected a whole number \
//!      from 1 to 4294967295; the default is 15"
//! );
//! # Ok::<(), runtime::settings::Errors>(())
//! ```

mod defaults;
mod errors;
mod file;
mod read;
mod secret;
mod text;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use toml::Value;

use self::defaults::Defaults;
pub use self::errors::{Errors, Mistake};
pub use self::secret::Secret;

/// White space around a value, which is never meant and cannot be seen. The message does not repeat the value.
fn white_space_mistake(key: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim() != text => {
            let side = if text.trim_start() == text { "ends" } else { "begins" };
            Some(format!("the value of `{key}` {side} with white space; remove it"))
        }
        Value::Array(items) => items.iter().find_map(|item| white_space_mistake(key, item)),
        _ => None,
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The defaults compiled into the program.
    Default,
    /// A settings file; the line counts from 1 and is absent when the file as a whole is meant.
    File {
        /// The path as it was given.
        path: PathBuf,
        /// The line of the key.
        line: Option<usize>,
    },
    /// An environment variable, by its name.
    Variable(String),
    /// The command line, by the option's name.
    CommandLine(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line: Some(line) } => write!(f, "{}:{line}", path.display()),
            Self::File { path, line: None } => write!(f, "{}", path.display()),
            Self::Variable(name) | Self::CommandLine(name) => f.write_str(name),
        }
    }
}

/// A value that one layer gives to one key.
struct Assignment {
    key: String,
    value: Value,
    source: Source,
}

/// One setting as it holds now, for a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The full key, such as `order.hold_minutes`.
    pub key: String,
    /// The value as TOML; of a secret only whether it is set.
    pub value: String,
    /// Which layer gave the value.
    pub source: Source,
    /// The comment above the key in the default text, without the comment signs.
    pub comment: String,
    /// Whether the value is a secret.
    pub secret: bool,
}

struct Setting {
    value: Value,
    /// Nothing for a key that the user chose in an open section.
    default: Option<Value>,
    source: Source,
    comment: String,
    secret: bool,
    /// The position in the default text, so that a listing keeps its order. Keys of open sections share their section's.
    position: usize,
}

/// Every setting with the value that the last layer gives it.
pub struct Values {
    settings: BTreeMap<String, Setting>,
}

/// A setting that has the right type and breaks a rule all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The full key, such as `fleet.workers.order`.
    pub key: String,
    /// What is wrong and what would be right.
    pub why: String,
}

impl Values {
    /// Every setting in the order of the default text, secrets masked.
    pub fn entries(&self) -> Vec<Entry> {
        let mut sorted: Vec<_> = self.settings.iter().collect();
        sorted.sort_by_key(|(_, setting)| setting.position);
        sorted
            .into_iter()
            .map(|(key, setting)| Entry {
                key: key.clone(),
                value: if setting.secret { mask(&setting.value) } else { setting.value.to_string() },
                source: setting.source.clone(),
                comment: setting.comment.clone(),
                secret: setting.secret,
            })
            .collect()
    }
}

impl fmt::Debug for Values {
    /// As listed, so that no secret reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries().into_iter().map(|entry| (entry.key, entry.value))).finish()
    }
}

/// The layers from which [`Values`] are made.
pub struct Loader {
    defaults: &'static str,
    file: Option<(PathBuf, Presence)>,
    variables: Vec<(OsString, OsString)>,
    reserved: Vec<String>,
    overrides: Vec<(String, String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
}

impl Loader {
    /// Starts from the default text, which must be valid: a program tests this by loading its defaults once.
    pub fn new(defaults: &'static str) -> Self {
        Self { defaults, file: None, variables: Vec::new(), reserved: Vec::new(), overrides: Vec::new() }
    }

    /// Reads a file that must exist, for example because the user named it.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some((path.into(), Presence::Required));
        self
    }

    /// Reads a file when it exists.
    #[must_use]
    pub fn file_if_present(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some((path.into(), Presence::Optional));
        self
    }

    /// Takes the environment, usually [`std::env::vars_os`]. Names without `CARAVEL_` are not looked at.
    #[must_use]
    pub fn variables(mut self, variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// Names a `CARAVEL_…` variable that is not a setting, such as the one that names the settings file.
    #[must_use]
    pub fn reserve(mut self, variable: impl Into<String>) -> Self {
        self.reserved.push(variable.into());
        self
    }

    /// Takes values from the command line as (key, value, option), such as `("web.listen", "0.0.0.0:80", "--listen")`.
    #[must_use]
    pub fn overrides(mut self, overrides: impl IntoIterator<Item = (String, String, String)>) -> Self {
        self.overrides.extend(overrides);
        self
    }

    /// Puts the layers on top of each other. Fails with every mistake found, not only the first.
    pub fn load(self) -> Result<Values, Errors> {
        let defaults = Defaults::parse(self.defaults)?;
        let mut mistakes = Vec::new();
        let mut assignments = Vec::new();

        if let Some((path, presence)) = self.file {
            match std::fs::read_to_string(&path) {
                Ok(text) => file::read(&defaults, &path, &text, &mut assignments, &mut mistakes),
                Err(error)
                    if presence == Presence::Optional && error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => {
                    mistakes.push(Mistake::new(
                        Source::File { path, line: None },
                        format!("cannot be read: {error}"),
                    ));
                }
            }
        }
        variables::read(&defaults, self.variables, &self.reserved, &mut assignments, &mut mistakes);
        for (key, value, option) in self.overrides {
            let source = Source::CommandLine(option);
            match defaults.assign(&key, &value, source) {
                Ok(assignment) => assignments.push(assignment),
                Err(mistake) => mistakes.push(mistake),
            }
        }

        if mistakes.is_empty() {
            Ok(Values { settings: merge(defaults, assignments) })
        } else {
            Err(Errors::new(mistakes))
        }
    }
}

fn merge(defaults: Defaults, assignments: Vec<Assignment>) -> BTreeMap<String, Setting> {
    let mut settings = BTreeMap::new();
    for Assignment { key, value, source } in assignments {
        // What is not a key of its own lies in an open section and is described by it.
        let known = defaults.describe(&key);
        let (comment, secret, position) = known
            .map_or_else(Default::default, |known| (known.comment.clone(), known.secret, known.position));
        settings.insert(key, Setting { value, default: None, source, comment, secret, position });
    }
    for known in defaults.keys {
        let setting = settings.entry(known.key).or_insert(Setting {
            value: known.value.clone(),
            default: None,
            source: Source::Default,
            comment: known.comment,
            secret: known.secret,
            position: known.position,
        });
        setting.default = Some(known.value);
    }
    settings
}

fn mask(secret: &Value) -> String {
    let empty = secret.as_str().is_some_and(str::is_empty);
    if empty { "(secret, not set)".to_owned() } else { "(secret, set)".to_owned() }
}
