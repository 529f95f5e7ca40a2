//! Bodies, as the types that handlers want, or with everything that is wrong with them.
//!
//! A parser stops at the first mistake; whoever fills in a form wants to hear of all of them. So a refused body is
//! read again: what was wrong is put right from the operation's documented example, until nothing is left to tell.

use axum::extract::{FromRequest, Request};
use http::{HeaderValue, header::CONTENT_TYPE};
use message::FieldError;
use serde::de::DeserializeOwned;
use serde_json::Value;
use web::{
    body, json,
    problem::{INVALID_BODY, Problem, UNSUPPORTED_MEDIA_TYPE},
};

use crate::Gateway;

/// At most so many mistakes are told: who makes more has another problem.
const MOST_ERRORS: usize = 20;

/// A type that clients send.
pub(crate) trait Sent: DeserializeOwned + Send {
    /// A right one, the one in the documentation.
    fn example() -> Value;

    /// What is wrong although every field by itself is right.
    fn check(&self) -> Vec<FieldError> {
        Vec::new()
    }
}

/// A body as a `T`.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: Sent> FromRequest<Gateway> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Gateway) -> Result<Self, Problem> {
        if !request.headers().get(CONTENT_TYPE).is_some_and(is_json) {
            let detail = "Send application/json, and say so: Content-Type: application/json";
            return Err(Problem::new(&UNSUPPORTED_MEDIA_TYPE).detail(detail));
        }
        let bytes = body::read(request).await?;
        parse(&bytes).map(Self)
    }
}

fn is_json(content_type: &HeaderValue) -> bool {
    let essence = content_type.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// The `T` that `bytes` say, or all that is wrong with them.
pub(crate) fn parse<T: Sent>(bytes: &[u8]) -> Result<T, Problem> {
    match json::parse::<T>(bytes) {
        Ok(value) => {
            let errors = value.check();
            if errors.is_empty() { Ok(value) } else { Err(Problem::invalid(errors)) }
        }
        Err(problem) if problem.code() == &INVALID_BODY => {
            Err(Problem::invalid(all_errors::<T>(bytes, &problem)))
        }
        Err(problem) => Err(problem),
    }
}

fn all_errors<T: Sent>(bytes: &[u8], first: &Problem) -> Vec<FieldError> {
    let mut errors = first.errors().to_vec();
    let (Ok(mut body), example) = (serde_json::from_slice::<Value>(bytes), T::example()) else {
        return errors;
    };
    while errors.len() < MOST_ERRORS
        && let Some(last) = errors.last()
        && mend(&mut body, &example, &last.pointer)
    {
        // What is wrong where something was mended is the example's doing, not the sender's.
        let is_new = |error: &FieldError| errors.iter().all(|told| told.pointer != error.pointer);
        let more: Vec<_> = wrong_in::<T>(&body).into_iter().filter(is_new).collect();
        if more.is_empty() {
            break;
        }
        errors.extend(more);
    }
    errors
}

fn wrong_in<T: Sent>(body: &Value) -> Vec<FieldError> {
    match json::parse::<T>(body.to_string().as_bytes()) {
        Ok(value) => value.check(),
        Err(problem) => problem.errors().to_vec(),
    }
}

/// Puts right what stands at `pointer`: as in the example, or away if the example knows nothing of it. `false` if
/// there is nothing more to be tried.
fn mend(body: &mut Value, example: &Value, pointer: &str) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return false };
    let right = example.pointer(&in_example(pointer)).cloned();
    match (body.pointer_mut(parent), right) {
        (Some(Value::Object(fields)), Some(right)) => {
            fields.insert(unescaped(last), right);
            true
        }
        (Some(Value::Object(fields)), None) => fields.remove(&unescaped(last)).is_some(),
        (Some(Value::Array(items)), Some(right)) => {
            let item = last.parse().ok().and_then(|index: usize| items.get_mut(index));
            item.map(|item| *item = right).is_some()
        }
        _ => false,
    }
}

/// The same place in the example, where every list is shown by its first item.
fn in_example(pointer: &str) -> String {
    let first =
        |token: &str| if token.bytes().all(|byte| byte.is_ascii_digit()) { "0" } else { token }.to_owned();
    pointer
        .split('/')
        .map(|token| if token.is_empty() { String::new() } else { first(token) })
        .collect::<Vec<_>>()
        .join("/")
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}
