//! JSON bodies, parsed into the types that handlers want, and refused so that the sender can mend them.
//!
//! ```
//! use axum::{Json, Router, routing::post};
//! use serde::{Deserialize, Serialize};
//! use web::json;
//!
//! #[derive(Deserialize, Serialize)]
//! #[serde(deny_unknown_fields)]
//! struct NewBoat { name: String, masts: u8 }
//!
//! async fn launch(json::Body(boat): json::Body<NewBoat>) -> Json<NewBoat> { Json(boat) }
//!
//! let router: Router = Router::new().route("/boats", post(launch));
//! ```
//!
//! | a body that | is answered |
//! |---|---|
//! | is not declared as JSON | 415 `unsupported-media-type` |
//! | is larger than allowed | 413 `body-too-large` |
//! | comes too slowly | 408 `body-timeout` |
//! | is not JSON, or nested deeper than 128 | 400 `malformed-json`, with line and column |
//! | has a wrong type, a value out of range, an unknown, missing or repeated field | 422 `invalid-body`, with a JSON pointer |
//!
//! Give types `deny_unknown_fields`: a misspelt optional field is then told instead of ignored.

mod wording;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use message::FieldError;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use crate::{
    body::{check_type, read},
    problem::{MALFORMED_JSON, Problem},
};

/// A body of JSON, as a `T`.
#[derive(Debug, Clone, Copy)]
pub struct Body<T>(pub T);

/// The same with the bytes it came as, which tell whether the same was sent again.
#[derive(Debug, Clone)]
pub struct WithBytes<T>(pub T, pub Bytes);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        WithBytes::from_request(request, state).await.map(|WithBytes(value, _)| Self(value))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for WithBytes<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        check_type(request.headers(), "application/json", |essence| {
            essence.eq_ignore_ascii_case("application/json")
                || (essence.starts_with("application/") && essence.ends_with("+json"))
        })?;
        let bytes = read(request).await?;
        Ok(Self(parse(&bytes)?, bytes))
    }
}

/// The `T` that `bytes` say, or what is wrong with them.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Keeping track of where one is costs time, so it is done only when there is something to point at.
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => Problem::invalid([locate::<T>(bytes, &error)]),
        Category::Syntax | Category::Eof | Category::Io => malformed(bytes, &error),
    })
}

fn malformed(bytes: &[u8], error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let what = wording::without_position(&message);
    let detail = if bytes.iter().all(u8::is_ascii_whitespace) {
        "The body is empty; JSON is expected.".to_owned()
    } else if what == "recursion limit exceeded" {
        format!("Nested too deeply at line {line}, column {column}.")
    } else {
        format!("Not JSON at line {line}, column {column}: {what}.")
    };
    Problem::new(&MALFORMED_JSON).detail(detail).with("line", line).with("column", column)
}

/// Reads the body once more, this time keeping track.
fn locate<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> FieldError {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(located) => wording::explain(pointer(located.path()), &located.inner().to_string()),
        Ok(_) => wording::explain(String::new(), &error.to_string()),
    }
}

/// As RFC 6901 writes it.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => wording::push(&mut pointer, &index.to_string()),
            Segment::Map { key } => wording::push(&mut pointer, key),
            // A variant is not a place in the document, and what is unknown cannot be pointed at.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}
