//! What follows the `?` of a URL, as the types that handlers want, or with everything that is wrong with it.

use std::{borrow::Cow, fmt::Write as _};

use axum::extract::FromRequestParts;
use http::{Uri, request::Parts};
use message::FieldError;
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use web::{
    json::{self, Schema},
    problem::{INVALID_BODY, Problem},
};

use crate::{
    Gateway,
    operation::{Input, Signature},
    problems::INVALID_PARAMETER,
};

/// How many bytes a parameter may have: some become parts of keys that memory is kept under.
const LONGEST: usize = 500;

/// The query as a `T`. Others than its fields are refused, and so are fields that are given twice.
pub(crate) struct Query<T>(pub(crate) T);

/// For operations without parameters.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Nothing {}

impl<T: DeserializeOwned + JsonSchema + 'static> FromRequestParts<Gateway> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Gateway) -> Result<Self, Problem> {
        read(&parts.uri).map(Self).map_err(refused)
    }
}

impl<T: DeserializeOwned + JsonSchema + 'static> Input for Query<T> {
    fn describe(signature: &mut Signature) {
        signature.query = Some(T::json_schema);
        signature.refusals.push(&INVALID_PARAMETER);
    }
}

fn read<T: DeserializeOwned + JsonSchema + 'static>(uri: &Uri) -> Result<T, Vec<FieldError>> {
    let mut fields = Map::new();
    if uri.query().is_none_or(str::is_empty) {
        return json::read(&fields.into()).map_err(|error| vec![error]);
    }
    let schema = Schema::of::<T>();
    let known: Vec<_> = schema.fields().collect();
    let (mut names, mut errors) = (Vec::new(), Vec::new());
    for (name, value) in pairs(uri)? {
        if !known.contains(&name.as_str()) {
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            errors.push(wrong(&name, format!("is not known here; known are {known}")));
        } else if fields.contains_key(&name) {
            errors.push(wrong(&name, "is given twice"));
        } else if value.len() > LONGEST {
            errors.push(wrong(&name, format!("expected at most {LONGEST} bytes")));
        } else {
            let number = if schema.is_number(&name) { value.parse::<i64>().ok() } else { None };
            fields.insert(name.clone(), number.map_or_else(|| value.into(), Value::from));
        }
        names.push(name);
    }
    let value = Value::Object(fields);
    let read = json::read(&value);
    let first = read.as_ref().err().cloned();
    if first.is_some() {
        let named = |error: FieldError| wrong(error.pointer.trim_start_matches('/'), error.detail);
        errors.extend(schema.mistakes(&value, first).into_iter().map(named));
    }
    // In the order that they were given in.
    errors.sort_by_key(|error| names.iter().position(|name| error.pointer.get(1..) == Some(name.as_str())));
    match read {
        Ok(read) if errors.is_empty() => Ok(read),
        _ => Err(errors),
    }
}

fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Vec<FieldError>> {
    match axum::extract::Query::try_from_uri(uri) {
        Ok(axum::extract::Query(pairs)) => Ok(pairs),
        Err(_) => Err(vec![wrong("", "expected name=value pairs joined by &")]),
    }
}

/// The refusal of parameters.
fn refused(errors: Vec<FieldError>) -> Problem {
    let problem = Problem::new(&INVALID_PARAMETER);
    let problem = match errors.as_slice() {
        [error] => problem.detail(format!("{}: {}.", error.pointer, error.detail)),
        _ => problem,
    };
    errors.into_iter().fold(problem, Problem::error)
}

/// What a service says of the fields of its request, said of the parameters that they came from.
pub(crate) fn of_parameters(problem: Problem) -> Problem {
    if problem.code() != &INVALID_BODY {
        return problem;
    }
    let name = |error: &FieldError| wrong(error.pointer.trim_start_matches('/'), error.detail.clone());
    refused(problem.errors().iter().map(name).collect())
}

/// A parameter is pointed at as it stands in the URL: `?limit`.
fn wrong(name: &str, expected: impl Into<Cow<'static, str>>) -> FieldError {
    FieldError::new(format!("?{name:.80}"), expected.into())
}

/// Appends a parameter to a path, encoded so that it reads back as it was.
pub(crate) fn append(path: &mut String, name: &str, value: &str) {
    path.push(if path.contains('?') { '&' } else { '?' });
    path.push_str(name);
    path.push('=');
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use message::Limit;

    use super::*;

    #[derive(Debug, Deserialize, JsonSchema)]
    struct Slice {
        #[serde(default)]
        limit: Limit,
        cursor: Option<String>,
    }

    fn errors(uri: &str) -> Vec<String> {
        let errors = read::<Slice>(&uri.parse().unwrap()).err().unwrap_or_default();
        errors.into_iter().map(|error| error.to_string()).collect()
    }

    #[test]
    fn every_wrong_parameter_is_reported() {
        assert_eq!(errors("/a?limit=5&cursor=x"), Vec::<String>::new());
        assert_eq!(errors("/a?"), Vec::<String>::new());
        assert_eq!(
            errors("/a?limit=0&cursor=x&b=1&limit=6"),
            [
                "?limit: is given twice",
                "?limit: expected a number from 1 to 100",
                "?b: is not known here; known are cursor, limit",
            ]
        );
        assert_eq!(errors("/a?limit=x"), ["?limit: expected a whole number, not the text \"x\""]);
        assert_eq!(
            errors(&format!("/a?cursor={}", "x".repeat(501))),
            ["?cursor: expected at most 500 bytes"]
        );
    }

    #[test]
    fn what_is_appended_reads_back() {
        let mut path = "/a".to_owned();
        append(&mut path, "cursor", "x&y=z+ %चाय");
        append(&mut path, "limit", "7");
        let slice = read::<Slice>(&path.parse().unwrap()).unwrap();
        assert_eq!((slice.cursor.as_deref(), slice.limit.get()), (Some("x&y=z+ %चाय"), 7));
    }
}
