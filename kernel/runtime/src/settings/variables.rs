//! The layer of the environment.
//!
//! A variable's name is the key in capitals with `_` for every dot, so it cannot be taken apart again
//! (`ORDER_HOLD_MINUTES`: three words or two?). It is compared instead with the names of the keys that exist.

use std::ffi::OsString;

use super::defaults::Defaults;
use super::text::nearest;
use super::{Assignment, Mistake, Source};

const PREFIX: &str = "CARAVEL_";

/// The variable that sets a key: `order.hold_minutes` is set by `CARAVEL_ORDER_HOLD_MINUTES`.
pub(super) fn variable_name(key: &str) -> String {
    format!("{PREFIX}{}", key.replace(['.', '-'], "_").to_uppercase())
}

/// Reads every `CARAVEL_…` variable that is not reserved.
pub(super) fn read(
    defaults: &Defaults,
    variables: Vec<(OsString, OsString)>,
    reserved: &[String],
    assignments: &mut Vec<Assignment>,
    mistakes: &mut Vec<Mistake>,
) {
    let mut ours: Vec<(String, OsString)> = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with(PREFIX) && !reserved.contains(name))
        .collect();
    ours.sort();
    for (name, value) in ours {
        match assignment(defaults, name, &value) {
            Ok(Some(assignment)) => assignments.push(assignment),
            Ok(None) => {}
            Err(mistake) => mistakes.push(mistake),
        }
    }
}

fn assignment(defaults: &Defaults, name: String, value: &OsString) -> Result<Option<Assignment>, Mistake> {
    let Some(key) = key_of(defaults, &name) else {
        return if is_service_link(&name, value) { Ok(None) } else { Err(unknown(defaults, name)) };
    };
    let source = Source::Variable(name);
    match value.to_str() {
        Some(text) => defaults.assign(&key, text, source).map(Some),
        None => Err(Mistake::new(source, format!("the value of `{key}` is not valid UTF-8"))),
    }
}

fn key_of(defaults: &Defaults, name: &str) -> Option<String> {
    let exact = defaults.keys.iter().find(|known| variable_name(&known.key) == name);
    if let Some(known) = exact {
        return Some(known.key.clone());
    }
    let mut open: Vec<_> = defaults
        .open
        .iter()
        .filter_map(|open| {
            let entry = name.strip_prefix(&variable_name(&open.known.key))?.strip_prefix('_')?;
            (!entry.is_empty()).then(|| (open.known.key.as_str(), entry.to_lowercase()))
        })
        .collect();
    // The longest section is the innermost.
    open.sort_by_key(|(section, _)| section.len());
    open.pop().map(|(section, entry)| format!("{section}.{entry}"))
}

/// Kubernetes puts the address of every service into the environment of every container. When that service is called
/// `caravel…`, the names look like settings, and nobody can be asked to remove them.
fn is_service_link(name: &str, value: &OsString) -> bool {
    let port = |rest: &str| rest.is_empty() || rest.starts_with('_');
    name.ends_with("_SERVICE_HOST")
        || name.split_once("_SERVICE_PORT").is_some_and(|(_, rest)| port(rest))
        || name
            .split_once("_PORT_")
            .is_some_and(|(_, rest)| rest.starts_with(|first: char| first.is_ascii_digit()))
        || name.ends_with("_PORT") && value.to_str().is_some_and(|value| value.contains("://"))
}

fn unknown(defaults: &Defaults, name: String) -> Mistake {
    let names: Vec<String> = defaults.keys.iter().map(|known| variable_name(&known.key)).collect();
    let word = name.strip_prefix(PREFIX).unwrap_or_default();
    let message = match nearest(word, names.iter().filter_map(|name| name.strip_prefix(PREFIX))) {
        Some(near) => format!("no setting has this name; did you mean {PREFIX}{near}?"),
        None => "no setting has this name".to_owned(),
    };
    Mistake::new(Source::Variable(name), message)
}
