//! Which pages of other origins may use the API in a browser (the CORS protocol of the Fetch standard).
//!
//! Before it sends a request of a page to another origin, a browser asks whether it may (the preflight). It shows the answer
//! to the page only if the answer names the page's origin. Requests are authorised by a header alone, never by cookies,
//! so answers never allow credentials.
//!
//! ```
//! use axum::{Router, routing::get};
//! use web::cors::{AllowedOrigins, Origin};
//!
//! let origin: Origin = "https://shop.example.org".parse()?;
//! let origins = AllowedOrigins::new(vec![origin]);
//! let router: Router = origins.around(Router::new().route("/api/v1/boats", get(|| async { "[]" })));
//! # Ok::<_, message::Invalid>(())
//! ```

use std::{str::FromStr, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};
use message::Invalid;
use serde::Deserialize;

/// Only these paths are for other origins; pages are not.
const API: &str = "/api/";

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");

/// What a page may send besides what any page may.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer, X-Request-Id, traceparent",
);

/// What a page may read besides what any page may.
const ANSWER_HEADERS: HeaderValue = HeaderValue::from_static(
    "Accept-Encoding, Allow, ETag, Link, Location, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id",
);

/// How long a browser may remember a preflight's answer: two hours, in seconds. None remembers it longer.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

const BY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");

/// Scheme, host and port of a web page, exactly as browsers send them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let origin = is_origin(text).then(|| HeaderValue::try_from(text).ok()).flatten();
        origin.map(Self).ok_or_else(|| {
            Invalid::new(
                "expected an origin as browsers send it: scheme and host in small letters, no path, the port only if it \
                 is not the usual one, such as https://shop.example.org or http://localhost:3000",
            )
        })
    }
}

impl TryFrom<String> for Origin {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (host, port) = match rest.rsplit_once(':') {
        // The last colon of an IPv6 address is inside of its brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b));
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(ip) => ip.parse::<std::net::Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == ip),
        None => {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
        }
    };
    let is_port = port.is_none_or(|port| {
        let usual = match scheme {
            "http" => Some("80"),
            "https" => Some("443"),
            _ => None,
        };
        Some(port) != usual
            && port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port)
    });
    is_scheme && is_host && is_port
}

/// The origins whose pages may use the API. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct AllowedOrigins(Arc<[Origin]>);

impl AllowedOrigins {
    /// Exactly these; none switches the protocol off.
    pub fn new(origins: Vec<Origin>) -> Self {
        Self(origins.into())
    }

    /// Answers preflights, and lets the allowed origins read the other answers. Goes around all other layers, so that a
    /// page can read their errors too.
    pub fn around(&self, router: Router) -> Router {
        if self.0.is_empty() {
            return router;
        }
        router.layer(middleware::from_fn_with_state(self.clone(), answer))
    }

    /// Adds to an answer for a request to the API what its browser needs. For answers that pass no layer: those of the
    /// [fast path](crate::serve::Server::fast_path).
    pub fn add_to(&self, answer: &mut HeaderMap, request: &HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        // Also on answers to others: a cache must not give them to an allowed origin, nor the other way around.
        answer.append(VARY, BY_ORIGIN);
        if let Some(origin) = self.allowed(request) {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
        }
    }

    fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        self.0.iter().any(|allowed| allowed.0 == origin).then(|| origin.clone())
    }
}

async fn answer(State(origins): State<AllowedOrigins>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with(API) {
        return next.run(request).await;
    }
    let headers = request.headers();
    let is_preflight =
        request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if is_preflight && let Some(origin) = origins.allowed(headers) {
        return preflight(origin);
    }
    let asked = headers.get(ORIGIN).cloned();
    let mut response = next.run(request).await;
    let origin: HeaderMap = asked.map(|origin| (ORIGIN, origin)).into_iter().collect();
    origins.add_to(response.headers_mut(), &origin);
    response
}

fn preflight(origin: HeaderValue) -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, origin),
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        (
            VARY,
            HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
        ),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_send() {
        for right in [
            "https://shop.example.org",
            "http://localhost:3000",
            "http://127.0.0.1:8080",
            "http://[::1]:3000",
            "https://[2001:db8::1]",
            "https://xn--bcher-kva.example",
            "capacitor://localhost",
        ] {
            assert!(right.parse::<Origin>().is_ok(), "{right}");
        }
        for wrong in [
            "",
            "*",
            "null",
            "shop.example.org",
            "https://",
            "https://shop.example.org/",
            "https://shop.example.org/app",
            "https://Shop.example.org",
            "HTTPS://shop.example.org",
            "https://*.example.org",
            "https://shop.example.org:443",
            "http://shop.example.org:80",
            "http://shop.example.org:",
            "http://shop.example.org:0",
            "http://shop.example.org:080",
            "http://shop.example.org:65536",
            "https://user@shop.example.org",
            "https://bücher.example",
            "https://[::1",
            "https://a b",
        ] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
