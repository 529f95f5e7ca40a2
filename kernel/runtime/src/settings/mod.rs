//! Settings in layers: commented defaults compiled into the program, then a file, then `CARAVEL_…` variables, then
//! the command line. A later layer wins, and every value remembers which layer it came from.
//!
//! The default text is both the documentation and the list of what exists: a key that it does not name is a mistake,
//! and a value must have the type that the default has. Two marks in the comment above a key or a section say more:
//!
//! - `(secret)`: the value is never printed, neither in a listing nor in an error.
//! - `(open)`, above a section: the section is a map whose keys the user chooses, such as tax rates by name.
//!
//! ```
//! use runtime::settings::Settings;
//!
//! const DEFAULTS: &str = r#"
//! [order]
//! ## Minutes an unpaid order keeps its stock.
//! hold_minutes = 15
//! "#;
//!
//! #[derive(serde::Deserialize)]
//! struct Order {
//!     hold_minutes: u32,
//! }
//!
//! let settings = Settings::builder(DEFAULTS)
//!     .variables([("CARAVEL_ORDER_HOLD_MINUTES".into(), "20".into())])
//!     .load()?;
//! assert_eq!(settings.section::<Order>("order")?.hold_minutes, 20);
//! # Ok::<(), runtime::settings::Errors>(())
//! ```

mod defaults;
mod errors;
mod file;
mod secret;
mod text;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use self::defaults::Defaults;
pub use self::errors::{Errors, Problem};
pub use self::secret::Secret;

/// White space around a value, which is never meant and cannot be seen. Tells the problem without the value.
fn white_space_problem(key: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim() != text => {
            let side = if text.trim_start() == text { "ends" } else { "begins" };
            Some(format!("the value of `{key}` {side} with white space; remove it"))
        }
        Value::Array(items) => items.iter().find_map(|item| white_space_problem(key, item)),
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
    /// What the default text says above the key, without the comment signs.
    pub comment: String,
    /// Whether the value is a secret.
    pub secret: bool,
}

struct Setting {
    value: Value,
    source: Source,
    comment: String,
    secret: bool,
    /// The place in the default text, so that a listing keeps its order. Keys of open sections share their section's.
    position: usize,
}

/// All settings of a process, checked against the defaults.
pub struct Settings {
    settings: BTreeMap<String, Setting>,
}

impl Settings {
    /// Starts from the default text, which must be valid: a program tests this by loading its defaults once.
    pub fn builder(defaults: &'static str) -> Builder {
        Builder { defaults, file: None, variables: Vec::new(), reserved: Vec::new(), overrides: Vec::new() }
    }

    /// Reads a section into a type. `name` may reach deeper (`order.tax`); the empty name is the whole.
    ///
    /// Fails when the type refuses a value, for example a number out of its range.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T, Errors> {
        let mut table = Table::new();
        for (key, setting) in &self.settings {
            if let Some(rest) = below(key, name) {
                insert(&mut table, rest, setting.value.clone());
            }
        }
        self.read(name, Value::Table(table))
    }

    /// Reads one setting by its full key.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<T, Errors> {
        match self.settings.get(key) {
            Some(setting) => self.read(key, setting.value.clone()),
            None => Err(Problem::new(Source::Default, format!("there is no setting `{key}`")).into()),
        }
    }

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

    fn read<T: DeserializeOwned>(&self, at: &str, value: Value) -> Result<T, Errors> {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            let key = match (at, path.as_str()) {
                (at, ".") => at.to_owned(),
                ("", path) => path.to_owned(),
                (at, path) => format!("{at}.{path}"),
            };
            let why = error.inner().message();
            match self.owner(&key) {
                // What the type says may repeat the value; what the default text says of it cannot.
                Some(setting) if setting.secret => {
                    let meaning = setting.comment.replace('\n', " ").replace(" (secret)", "");
                    let message = format!("the value of `{key}` is not accepted; what it is: {meaning}");
                    Problem::new(setting.source.clone(), message)
                }
                Some(setting) => Problem::new(setting.source.clone(), format!("`{key}`: {why}")),
                None => Problem::new(Source::Default, format!("`{key}`: {why}")),
            }
            .into()
        })
    }

    /// The setting a path points at, also from inside it (`order.hosts[1]`).
    fn owner(&self, path: &str) -> Option<&Setting> {
        let key = path.split('[').next().unwrap_or(path);
        self.settings.get(key)
    }
}

impl fmt::Debug for Settings {
    /// As listed, so that no secret reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries().into_iter().map(|entry| (entry.key, entry.value))).finish()
    }
}

/// Gathers the layers; see [`Settings::builder`].
pub struct Builder {
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

impl Builder {
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
    pub fn load(self) -> Result<Settings, Errors> {
        let defaults = Defaults::parse(self.defaults)?;
        let mut problems = Vec::new();
        let mut assignments = Vec::new();

        if let Some((path, presence)) = self.file {
            match std::fs::read_to_string(&path) {
                Ok(text) => file::read(&defaults, &path, &text, &mut assignments, &mut problems),
                Err(error)
                    if presence == Presence::Optional && error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => {
                    problems.push(Problem::new(
                        Source::File { path, line: None },
                        format!("cannot be read: {error}"),
                    ));
                }
            }
        }
        variables::read(&defaults, self.variables, &self.reserved, &mut assignments, &mut problems);
        for (key, value, option) in self.overrides {
            let source = Source::CommandLine(option);
            match defaults.assign(&key, &value, source) {
                Ok(assignment) => assignments.push(assignment),
                Err(problem) => problems.push(problem),
            }
        }

        if problems.is_empty() {
            Ok(Settings { settings: merge(defaults, assignments) })
        } else {
            Err(Errors::new(problems))
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
        settings.insert(key, Setting { value, source, comment, secret, position });
    }
    for known in defaults.keys {
        settings.entry(known.key).or_insert(Setting {
            value: known.value,
            source: Source::Default,
            comment: known.comment,
            secret: known.secret,
            position: known.position,
        });
    }
    settings
}

/// What remains of a key below a section, or nothing when it lies elsewhere.
fn below<'a>(key: &'a str, section: &str) -> Option<&'a str> {
    if section.is_empty() { Some(key) } else { key.strip_prefix(section)?.strip_prefix('.') }
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

fn mask(secret: &Value) -> String {
    let empty = secret.as_str().is_some_and(str::is_empty);
    if empty { "(secret, not set)".to_owned() } else { "(secret, set)".to_owned() }
}
