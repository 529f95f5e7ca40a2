//! One layer around every request that reaches the router.
//!
//! | a request | gets |
//! |---|---|
//! | any | a correlation id: its own `X-Request-Id` if that is one of our ids or a UUID, otherwise a new one; returned as `X-Request-Id` |
//! | whose handler panics | 500, and the panic in the log |
//! | whose handler takes too long | 504 |
//! | that no route matches | 404 or 405 as a problem |
//! | any | the security headers, `http_requests_total`, `http_request_duration_seconds` and a line in the log at `debug` |
//!
//! Pages that the fast path answers skip this layer; `cache_hits_total` counts them.
//!
//! Handlers take the id with `Extension<CorrelationId>`; deeper code finds it with [`correlation`] and passes it on
//! with [`headers`].

use std::{
    any::Any,
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use futures::FutureExt as _;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{ALLOW, CONTENT_TYPE},
};
use message::{CorrelationId, Id, IdSource, trace};
use metrics::{Counter, Histogram};
use tokio::time::timeout;
use tracing::{Instrument as _, Span, field};
use uuid::Uuid;

use crate::{
    problem::{INTERNAL, METHOD_NOT_ALLOWED, NOT_FOUND, Problem, TIMEOUT},
    security::SecurityHeaders,
};

/// The correlation id's header.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header with which a client makes a request part of its own trace (W3C Trace Context).
const TRACEPARENT: &str = "traceparent";

tokio::task_local! {
    static CORRELATION: CorrelationId;
}

/// The correlation id of the request that this task handles, if it handles one.
pub fn correlation() -> Option<CorrelationId> {
    CORRELATION.try_with(|id| *id).ok()
}

/// The headers for a message that this task sends: part of the current request, or of a new correlation.
pub fn headers(ids: &IdSource) -> message::Headers {
    message::Headers::new(correlation().unwrap_or_else(|| ids.id()))
}

/// The layer, before it is applied to a router.
pub struct Guard {
    ids: IdSource,
    headers: SecurityHeaders,
    time_limit: Duration,
    routes: RwLock<HashMap<Box<str>, ByOutcome>>,
}

type ByOutcome = HashMap<(&'static str, StatusCode), Meters>;

/// Handles by route, method and status, looked up once: looking a metric up by its labels is slow.
#[derive(Clone)]
struct Meters {
    requests: Counter,
    seconds: Histogram,
}

impl Guard {
    /// New correlation ids come from `ids`; responses get `headers`.
    pub fn new(ids: IdSource, headers: SecurityHeaders) -> Self {
        Self { ids, headers, time_limit: Duration::from_secs(30), routes: RwLock::default() }
    }

    /// Sets how long a handler may take until its response starts; 30 seconds by default.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Applies the layer to all routes that `router` has so far, and to its fallback.
    pub fn around(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(Arc::new(self), hold))
    }

    fn correlation(&self, headers: &HeaderMap) -> CorrelationId {
        headers.get(REQUEST_ID).and_then(well_formed).unwrap_or_else(|| self.ids.id())
    }

    fn meters(&self, route: &str, method: &'static str, status: StatusCode) -> Meters {
        let key = (method, status);
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(meters) = routes.get(route).and_then(|route| route.get(&key)) {
            return meters.clone();
        }
        drop(routes);
        let (label, code) = (route.to_owned(), status.as_str().to_owned());
        let meters = Meters {
            requests: metrics::counter!(
                "http_requests_total", "method" => method, "route" => label.clone(), "status" => code
            ),
            seconds: metrics::histogram!("http_request_duration_seconds", "method" => method, "route" => label),
        };
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        routes.entry(route.into()).or_default().insert(key, meters.clone());
        meters
    }
}

/// One of our ids, or the 128 bits that nginx (`$request_id`) and others make.
fn well_formed(id: &HeaderValue) -> Option<CorrelationId> {
    let text = id.to_str().ok()?;
    text.parse().ok().or_else(|| Uuid::try_parse(text).ok().map(Id::from_uuid))
}

async fn hold(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let correlation = guard.correlation(request.headers());
    request.extensions_mut().insert(correlation);
    let matched = request.extensions().get::<MatchedPath>().cloned();
    // A client can invent methods and paths, so neither becomes a label as it is.
    let route = matched.as_ref().map_or("(none)", MatchedPath::as_str);
    let method = label(request.method());
    let path = tracing::enabled!(tracing::Level::DEBUG).then(|| request.uri().path().to_owned());

    let span = span(&request, method, route, correlation);
    let answer = CORRELATION.scope(correlation, answer(&guard, request, next)).instrument(span.clone());
    let mut response = answer.await;
    span.record("http.response.status_code", response.status().as_u16());
    drop(span);

    let headers = response.headers_mut();
    guard.headers.add_to(headers);
    if let Ok(id) = HeaderValue::try_from(correlation.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    let (status, took) = (response.status(), began.elapsed());
    if let Some(path) = path {
        let ms = took.as_secs_f64() * 1000.0;
        tracing::debug!(%correlation, method, path, route, status = status.as_u16(), ms, "{method} {route}");
    }
    let meters = guard.meters(route, method, status);
    meters.requests.increment(1);
    meters.seconds.record(took);
    response
}

/// The span that carries the correlation id to every log line. With traces enabled it continues the client's trace.
fn span(request: &Request, method: &'static str, route: &str, correlation: CorrelationId) -> Span {
    let span = tracing::error_span!(
        target: trace::TARGET, "request", %correlation, otel.name = %format_args!("{method} {route}"),
        otel.kind = "server", http.request.method = method, http.route = route,
        http.response.status_code = field::Empty,
    );
    let parent = request.headers().get(TRACEPARENT).and_then(|parent| parent.to_str().ok());
    let parent = parent.filter(|_| trace::is_on()).map(str::to_owned);
    trace::adopted(span, &message::Headers { trace: parent, ..message::Headers::new(correlation) })
}

async fn answer(guard: &Guard, request: Request, next: Next) -> Response {
    let caught = AssertUnwindSafe(next.run(request)).catch_unwind();
    match timeout(guard.time_limit, caught).await {
        Ok(Ok(response)) => explain(response),
        Ok(Err(panic)) => {
            tracing::error!(panic = panic_text(&*panic), "a handler panicked");
            Problem::new(&INTERNAL).into_response()
        }
        Err(_) => {
            tracing::warn!(limit = ?guard.time_limit, "a handler took too long");
            Problem::new(&TIMEOUT).into_response()
        }
    }
}

/// Turns the router's own bare errors into problems.
fn explain(response: Response) -> Response {
    let code = match response.status() {
        StatusCode::NOT_FOUND => &NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED => &METHOD_NOT_ALLOWED,
        _ => return response,
    };
    if response.headers().contains_key(CONTENT_TYPE) {
        return response;
    }
    let problem = Problem::new(code);
    match response.headers().get(ALLOW) {
        Some(allowed) => problem.header(ALLOW, allowed.clone()),
        None => problem,
    }
    .into_response()
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}

fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
