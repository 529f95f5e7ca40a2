//! Refusals as RFC 9457 problems: `application/problem+json`, with a code that programs can rely on.
//!
//! ```
//! use http::StatusCode;
//! use web::problem::{Code, Problem};
//!
//! const SOLD_OUT: Code = Code {
//!     name: "sold-out",
//!     status: StatusCode::CONFLICT,
//!     title: "Sold out",
//!     meaning: "There is less in stock than was asked for; `available` says how much is left.",
//! };
//!
//! let problem = Problem::new(&SOLD_OUT).detail("Only 2 of Vega are left.").with("available", 2);
//! assert_eq!(problem.status(), StatusCode::CONFLICT);
//! ```
//!
//! # Codes
//!
//! A code never changes once released. Each edge keeps those of its own beside its handlers; the ones that any edge
//! may answer with are here, in [`ALL`]:
//!
//! | code | status | when |
//! |---|---|---|
//! | `malformed-json` | 400 | the body is not JSON; the detail gives line and column |
//! | `invalid-query` | 400 | a parameter in the URL does not have the right form |
//! | `unauthorized` | 401 | a valid key or token is needed |
//! | `cross-site` | 403 | a form was posted from another site |
//! | `not-found` | 404 | there is nothing at this URL |
//! | `method-not-allowed` | 405 | the URL is right, the method is not; `Allow` lists those that are |
//! | `body-timeout` | 408 | the body did not arrive in time |
//! | `body-too-large` | 413 | the body is larger than is accepted here |
//! | `unsupported-media-type` | 415 | the body is not of the type that is accepted here |
//! | `invalid-body` | 422 | the body is well-formed, but says something that is not accepted; `errors` points at it |
//! | `too-many-requests` | 429 | one client asks too often; `Retry-After` says when to come back |
//! | `internal` | 500 | a mistake of ours; `correlation_id` finds it in the logs |
//! | `unavailable` | 503 | something is down just now |
//! | `busy` | 503 | more is asked than can be done just now; `Retry-After` says when to come back |
//! | `timeout` | 504 | no answer came in time, and whether the work was done is not known |

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use axum::response::{IntoResponse, Response};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
};
use message::{CorrelationId, Fault, FieldError, Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::guard;

/// A kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// What programs compare, in lower-case words joined by hyphens.
    pub name: &'static str,
    /// The status that it is answered with.
    pub status: StatusCode,
    /// A few words for a person, the same every time.
    pub title: &'static str,
    /// What it means and what to do, for the documentation.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $status:ident, $title:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $constant: Code =
            Code { name: $name, status: StatusCode::$status, title: $title, meaning: $meaning };)*
        /// The codes that any edge may answer with.
        pub const ALL: &[&Code] = &[$(&$constant),*];
    };
}

codes! {
    MALFORMED_JSON = "malformed-json", BAD_REQUEST, "The body is not JSON",
        "The body could not be read as JSON; the detail says where it stops being so.";
    INVALID_QUERY = "invalid-query", BAD_REQUEST, "The URL has a wrong parameter",
        "A parameter in the URL does not have the right form.";
    UNAUTHORIZED = "unauthorized", UNAUTHORIZED, "A key is needed",
        "A valid key or token is needed here; send it as `Authorization: Bearer …`.";
    CROSS_SITE = "cross-site", FORBIDDEN, "Posted from another site",
        "A form can only be posted from our own pages. Open the page here and try again.";
    NOT_FOUND = "not-found", NOT_FOUND, "Nothing here",
        "There is nothing at this URL.";
    METHOD_NOT_ALLOWED = "method-not-allowed", METHOD_NOT_ALLOWED, "Not with this method",
        "The URL is right, the method is not; the `Allow` header lists those that are.";
    BODY_TIMEOUT = "body-timeout", REQUEST_TIMEOUT, "The body came too slowly",
        "The body did not arrive in time. Nothing was done; send it again.";
    BODY_TOO_LARGE = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large",
        "The body is larger than is accepted here. Nothing was done.";
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "Not of a type we read",
        "The body is not of the type that is accepted here; the `Content-Type` header says what it is.";
    INVALID_BODY = "invalid-body", UNPROCESSABLE_ENTITY, "Something in the body is not accepted",
        "The body is well-formed, but says something that is not accepted; `errors` points at each place.";
    TOO_MANY_REQUESTS = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests",
        "You ask for this more often than is accepted from one client. Nothing was done; ask again after the seconds \
         in `Retry-After`.";
    INTERNAL = "internal", INTERNAL_SERVER_ERROR, "A mistake of ours",
        "Something went wrong on our side. Give us the `correlation_id`, and we find out what.";
    UNAVAILABLE = "unavailable", SERVICE_UNAVAILABLE, "Down just now",
        "Something that is needed for this is down just now. Try again in a moment.";
    BUSY = "busy", SERVICE_UNAVAILABLE, "Busy just now",
        "More is asked than can be done just now. Try again after the seconds in `Retry-After`.";
    TIMEOUT = "timeout", GATEWAY_TIMEOUT, "No answer in time",
        "No answer came in time, and whether the work was done is not known. Asking again is safe.";
}

/// A refusal, ready to be answered with.
///
/// The response carries it as an extension too, so that an edge for people can show a page instead.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    code: &'static Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    correlation: Option<CorrelationId>,
}

impl Problem {
    /// A problem of this kind; its detail is the kind's meaning until told better.
    pub fn new(code: &'static Code) -> Self {
        Self(Box::new(Parts {
            code,
            detail: Cow::Borrowed(code.meaning),
            errors: Vec::new(),
            members: Map::new(),
            headers: Vec::new(),
            // Those whom it is our fault to have failed get something to hold us to.
            correlation: code.status.is_server_error().then(guard::correlation).flatten(),
        }))
    }

    /// A body that says something that is not accepted: every field that is wrong.
    pub fn invalid(errors: impl IntoIterator<Item = FieldError>) -> Self {
        let mut problem = Self::new(&INVALID_BODY);
        problem.0.errors.extend(errors);
        if let [error] = problem.0.errors.as_slice() {
            problem.0.detail = Cow::Owned(if error.pointer.is_empty() {
                format!("The body: {}.", error.detail)
            } else {
                format!("{}: {}.", error.pointer, error.detail)
            });
        }
        problem
    }

    /// Says what happened this time, for a person.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// Points at a place in the body.
    #[must_use]
    pub fn error(mut self, error: FieldError) -> Self {
        self.0.errors.push(error);
        self
    }

    /// Adds a member of its own (RFC 9457, 3.2). The standard ones cannot be replaced.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Tells the client when to come back, in whole seconds, at least one.
    #[must_use]
    pub fn retry_after(self, pause: Duration) -> Self {
        self.header(RETRY_AFTER, HeaderValue::from(pause.as_secs().max(1)))
    }

    /// Is sent with this header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Of which kind it is.
    pub fn code(&self) -> &'static Code {
        self.0.code
    }

    /// What it is answered with.
    pub fn status(&self) -> StatusCode {
        self.0.code.status
    }

    /// What happened, for a person.
    pub fn text(&self) -> &str {
        &self.0.detail
    }

    /// The places in the body that are wrong.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// A member of its own, if it has one of this name.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.0.members.get(name)
    }

    /// What finds it in the logs, if it is a failure of ours.
    pub fn correlation(&self) -> Option<CorrelationId> {
        self.0.correlation
    }
}

/// The members that every problem has on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Members {
    /// A path that stands for the code.
    #[serde(rename = "type")]
    pub path: String,
    /// A few words for a person, the same every time.
    pub title: String,
    /// The status that it was answered with.
    pub status: u16,
    /// What programs compare; it never changes.
    pub code: String,
    /// What happened this time, for a person.
    pub detail: String,
    /// The places that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What finds it in the shop's logs, when the mistake is ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<CorrelationId>,
}

impl From<&Problem> for Members {
    fn from(Problem(parts): &Problem) -> Self {
        Self {
            path: format!("/problems/{}", parts.code.name),
            title: parts.code.title.to_owned(),
            status: parts.code.status.as_u16(),
            code: parts.code.name.to_owned(),
            detail: parts.detail.clone().into_owned(),
            errors: parts.errors.clone(),
            correlation_id: parts.correlation,
        }
    }
}

/// The members that no extension can replace.
const STANDARD: [&str; 7] = ["type", "title", "status", "code", "detail", "errors", "correlation_id"];

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whole<'a> {
            #[serde(flatten)]
            members: Members,
            #[serde(flatten)]
            others: BTreeMap<&'a String, &'a Value>,
        }
        let others = self.0.members.iter().filter(|(name, _)| !STANDARD.contains(&name.as_str())).collect();
        Whole { members: self.into(), others }.serialize(serializer)
    }
}

impl From<Fault> for Problem {
    /// What the fault says is for the log; the client learns only what it can do.
    fn from(fault: Fault) -> Self {
        let (code, busy) = match fault.kind() {
            Kind::Busy => (&BUSY, true),
            Kind::Unavailable => (&UNAVAILABLE, true),
            Kind::Timeout => (&TIMEOUT, false),
            Kind::Internal | Kind::NoRoute | Kind::Malformed | Kind::Constraint => (&INTERNAL, false),
        };
        let problem = Self::new(code);
        let correlation = problem.0.correlation.map(tracing::field::display);
        if fault.is_transient() {
            tracing::warn!(%fault, correlation, "answering {}", code.name);
        } else {
            tracing::error!(%fault, correlation, "answering {}", code.name);
        }
        if busy { problem.retry_after(Fault::RETRY_AFTER) } else { problem }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.0.headers.iter().cloned());
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(problem: &Problem) -> Value {
        serde_json::to_value(problem).unwrap()
    }

    #[test]
    fn has_the_standard_members_and_its_own() {
        let problem = Problem::invalid([FieldError::new("/items/0/quantity", "expected at least 1")])
            .with("available", 2)
            .with("status", 200);
        assert_eq!(
            json(&problem),
            serde_json::json!({
                "type": "/problems/invalid-body", "title": "Something in the body is not accepted",
                "status": 422, "code": "invalid-body", "detail": "/items/0/quantity: expected at least 1.",
                "errors": [{"pointer": "/items/0/quantity", "detail": "expected at least 1"}], "available": 2,
            })
        );
    }

    #[test]
    fn a_fault_tells_the_client_nothing_of_our_insides() {
        for (kind, status, waits) in [
            (Kind::Busy, 503, true),
            (Kind::Unavailable, 503, true),
            (Kind::Timeout, 504, false),
            (Kind::Internal, 500, false),
            (Kind::Constraint, 500, false),
        ] {
            let response = Problem::from(Fault::new(kind, "table orders_secret")).into_response();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().contains_key(RETRY_AFTER), waits);
            let problem = response.extensions().get::<Problem>().unwrap();
            assert!(!json(problem).to_string().contains("secret"));
        }
    }

    #[test]
    fn the_table_lists_every_code() {
        let doc = include_str!("problem.rs");
        for code in ALL {
            let row = format!("//! | `{}` | {} |", code.name, code.status.as_u16());
            assert!(doc.contains(&row), "the module doc has no row that begins with {row:?}");
        }
    }
}
