//! What addresses ask: every parameter is known and right, or all that are not are told.

use std::{
    borrow::Cow,
    fmt::{Display, Write as _},
    str::FromStr,
};

use axum::extract::{FromRequestParts, Path, Query, rejection::PathRejection};
use http::{Uri, request::Parts};
use message::{FieldError, Limit};
use web::problem::{INVALID_BODY, Problem};

use crate::{Gateway, problems::INVALID_PARAMETER};

/// The variable part of a path; one that is not even text names nothing.
pub(crate) type Segment = Result<Path<String>, PathRejection>;

/// The parameters of an address.
pub(crate) struct Params {
    given: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Params {
    /// Those of `uri`; others than the `known` ones, and repeated ones, are errors.
    pub(crate) fn of(uri: &Uri, known: &[&str]) -> Self {
        let mut params = Self { given: Vec::new(), errors: Vec::new() };
        if uri.query().is_none_or(str::is_empty) {
            return params;
        }
        let Ok(Query(given)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
            params.errors.push(wrong("", "expected name=value pairs joined by &"));
            return params;
        };
        for (name, value) in given {
            if !known.contains(&name.as_str()) {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                params.errors.push(wrong(&name, format!("is not known here; known are {known}")));
            } else if params.given.iter().any(|(other, _)| *other == name) {
                params.errors.push(wrong(&name, "is given twice"));
            } else {
                params.given.push((name, value));
            }
        }
        params
    }

    /// The parameter `name` as a `T`, if it is given and right.
    pub(crate) fn take<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        self.take_with(name, |text| text.parse().map_err(|expected: T::Err| expected.to_string()))
    }

    /// The parameter `name` as `read` understands it; its error says what is expected.
    pub(crate) fn take_with<T, E: Into<Cow<'static, str>>>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let place = self.given.iter().position(|(given, _)| given == name)?;
        let (_, text) = self.given.swap_remove(place);
        read(&text).map_err(|expected| self.errors.push(wrong(name, expected.into()))).ok()
    }

    /// How many items a page shall hold.
    pub(crate) fn limit(&mut self) -> Limit {
        let limit = self.take_with("limit", |text| {
            // What is no number at all is as wrong as one that is too large.
            Limit::try_from(text.parse::<i64>().unwrap_or(0)).map_err(|expected| expected.to_string())
        });
        limit.unwrap_or_default()
    }

    /// Where a page begins: short, whatever it holds, for it becomes part of a key.
    pub(crate) fn cursor(&mut self) -> Option<String> {
        self.take_with("cursor", |text| {
            let fits = (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
            if fits { Ok(text.to_owned()) } else { Err("expected the next_cursor of the page before") }
        })
    }

    /// Refuses the request if any parameter was wrong.
    pub(crate) fn end(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(refused(self.errors)) }
    }
}

/// For addresses that take no parameters.
pub(crate) struct NoParams;

impl FromRequestParts<Gateway> for NoParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Gateway) -> Result<Self, Problem> {
        Params::of(&parts.uri, &[]).end().map(|()| Self)
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

/// A parameter is pointed at as it stands in the address: `?limit`.
fn wrong(name: &str, expected: impl Into<Cow<'static, str>>) -> FieldError {
    FieldError::new(format!("?{name:.80}"), expected.into())
}

/// Appends a parameter to an address, encoded so that it reads back as it was.
pub(crate) fn append(address: &mut String, name: &str, value: &str) {
    address.push(if address.contains('?') { '&' } else { '?' });
    address.push_str(name);
    address.push('=');
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(address: &str) -> Vec<String> {
        let mut params = Params::of(&address.parse().unwrap(), &["limit", "cursor"]);
        params.limit();
        params.cursor();
        let pointers =
            |problem: Problem| problem.errors().iter().map(|error| error.pointer.clone()).collect();
        params.end().map_or_else(pointers, |()| Vec::new())
    }

    #[test]
    fn every_wrong_parameter_is_told() {
        assert_eq!(errors("/a?limit=5&cursor=x"), Vec::<String>::new());
        assert_eq!(errors("/a?limit=0&cursor=&b=1"), ["?b", "?limit", "?cursor"]);
        assert_eq!(errors("/a?limit=5&limit=6"), ["?limit"]);
        assert_eq!(errors("/a?limit=x"), ["?limit"]);
        assert_eq!(errors("/a?cursor=%20"), ["?cursor"]);
    }

    #[test]
    fn what_is_appended_reads_back() {
        let mut address = "/a".to_owned();
        append(&mut address, "cursor", "x&y=z+ %चाय");
        append(&mut address, "limit", "7");
        let mut params = Params::of(&address.parse().unwrap(), &["limit", "cursor"]);
        assert_eq!(params.take::<String>("cursor").unwrap(), "x&y=z+ %चाय");
        assert_eq!(params.limit().get(), 7);
    }
}
