//! JSON bodies, parsed into the types that handlers want, and refused so that the sender can mend them.
//!
//! ```
//! use axum::{Json, Router, routing::post};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use web::json;
//!
//! #[derive(Deserialize, Serialize, JsonSchema)]
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
//! | is not declared as JSON in UTF-8, or is compressed | 415 `unsupported-media-type` |
//! | is larger than allowed | 413 `body-too-large` |
//! | comes too slowly | 408 `body-timeout` |
//! | is not JSON, or nested deeper than 128 | 400 `malformed-json`, with line and column |
//! | has wrong types, values out of range, unknown, missing or repeated fields | 422 `invalid-body`, with a JSON pointer to each |
//!
//! The parser stops at the first mistake and says what it expects there; the type's schema finds the others. Give types
//! `deny_unknown_fields`: a misspelt optional field is then reported instead of ignored.

mod schema;
mod wording;

use axum::extract::{FromRequest, Request};
use message::FieldError;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};
use serde_path_to_error::{Path, Segment};

pub use self::schema::Schema;

use crate::{
    body::{self, check_type},
    problem::{MALFORMED_JSON, Problem},
};

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A body of JSON, as a `T`.
#[derive(Debug, Clone, Copy)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + 'static, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        check_type(request.headers(), "application/json", |essence| {
            essence.eq_ignore_ascii_case("application/json")
                || (essence.starts_with("application/") && essence.ends_with("+json"))
        })?;
        parse(&body::read(request).await?).map(Self)
    }
}

/// The `T` that `bytes` say, or what is wrong with them.
pub fn parse<T: DeserializeOwned + JsonSchema + 'static>(bytes: &[u8]) -> Result<T, Problem> {
    // Some programs begin texts with a byte order mark; it is not part of the JSON (RFC 8259, 8.1).
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    // Keeping track of where one is costs time, so it is done only when there is something to point at.
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => {
            let first = locate::<T>(bytes, &error);
            Problem::invalid(match serde_json::from_slice::<Value>(bytes) {
                Ok(value) => Schema::of::<T>().mistakes(&value, Some(first)),
                Err(_) => vec![first],
            })
        }
        Category::Syntax | Category::Eof | Category::Io => malformed(bytes, &error),
    })
}

/// The `T` that `value` says, or where its parser stopped.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(value)
        .map_err(|located| wording::explain(pointer(located.path()), &located.inner().to_string()))
}

fn malformed(bytes: &[u8], error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let what = wording::without_position(&message);
    let detail = if bytes.iter().all(u8::is_ascii_whitespace) {
        "The body is empty; JSON is expected.".to_owned()
    } else if std::str::from_utf8(bytes).is_err() || bytes.contains(&0) {
        format!("Not text in UTF-8, which JSON is expected in: see line {line}, column {column}.")
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
