//! Rate limits per client; a request beyond the limit gets 429.
//!
//! ```
//! use axum::{Router, routing::post};
//! use cache::Counters;
//! use http::Method;
//! use web::{client::TrustedProxies, limit::RateLimit};
//!
//! let limit = RateLimit::per_minute("orders", 20, Counters::new(), TrustedProxies::loopback());
//! let router: Router = Router::new().route("/orders", post(|| async { "placed" }));
//! let router = limit.around(router, &Method::POST, "/orders");
//! ```
//!
//! A client is an IPv4 address or a 64-bit IPv6 network. All its calls count, whatever their result, in windows of a
//! minute that start with its first call. A client can make twice as many calls around the border of two windows.
//! Processes that share counters share the limit.
//!
//! Every counted response reports the state of the limit, in the headers of draft-ietf-httpapi-ratelimit-headers-10:
//! `RateLimit-Policy: "orders";q=20;w=60` and `RateLimit: "orders";r=19;t=60`. A 429 has `Retry-After` too.
//!
//! `http_limited_requests_total`, by `limit`, counts the rejected requests.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use cache::{Count, Counters};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::RETRY_AFTER};

use crate::{
    client::{TrustedProxies, counted},
    problem::{Problem, TOO_MANY_REQUESTS},
};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const WINDOW: Duration = Duration::from_mins(1);

/// A rate limit for calls of one kind, on any number of routes. Cheap to clone; all clones count together.
#[derive(Debug, Clone, Default)]
pub struct RateLimit(Option<Arc<Rule>>);

#[derive(Debug)]
struct Rule {
    name: &'static str,
    most: u64,
    counters: Counters,
    proxies: TrustedProxies,
    policy: HeaderValue,
}

/// Whether a request is within the limit.
#[derive(Debug, Default)]
pub struct Admission {
    /// The 429, if it is not.
    pub refusal: Option<Problem>,
    /// The state of the limit, for the response, and after a refusal when to come back.
    pub headers: HeaderMap,
}

/// The limit on one route.
#[derive(Clone)]
struct Gate {
    rule: Arc<Rule>,
    method: Method,
    route: &'static str,
}

impl RateLimit {
    /// No limit.
    pub fn off() -> Self {
        Self::default()
    }

    /// Allows `most` calls a minute per client; 0 means no limit. Limits with the same name and counters count
    /// together.
    pub fn per_minute(name: &'static str, most: u32, counters: Counters, proxies: TrustedProxies) -> Self {
        let policy = HeaderValue::try_from(format!("\"{name}\";q={most};w={}", WINDOW.as_secs()));
        let Some(policy) = policy.ok().filter(|_| most > 0) else { return Self::off() };
        Self(Some(Arc::new(Rule { name, most: most.into(), counters, proxies, policy })))
    }

    /// Counts the request, for a handler that answers a rejected one in its own way.
    pub fn admit<B>(&self, request: &http::Request<B>) -> impl Future<Output = Admission> + Send + use<B> {
        let rule = self.0.clone();
        let client = rule.as_ref().and_then(|rule| rule.proxies.client(request));
        async move {
            match (rule, client) {
                (Some(rule), Some(client)) => rule.count(client).await,
                _ => Admission::default(),
            }
        }
    }

    /// Applies the limit to one route of `router`, which must already have it.
    pub fn around(&self, router: Router, method: &Method, route: &'static str) -> Router {
        match &self.0 {
            Some(rule) => {
                let gate = Gate { rule: Arc::clone(rule), method: method.clone(), route };
                router.layer(middleware::from_fn_with_state(gate, pass))
            }
            None => router,
        }
    }
}

impl Gate {
    fn is_for(&self, request: &Request) -> bool {
        *request.method() == self.method
            && request.extensions().get::<MatchedPath>().is_some_and(|matched| matched.as_str() == self.route)
    }
}

async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let Some(client) = gate.rule.proxies.client(&request).filter(|_| gate.is_for(&request)) else {
        return next.run(request).await;
    };
    let Admission { refusal, headers } = gate.rule.count(client).await;
    let mut response = match refusal {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    };
    response.headers_mut().extend(headers);
    response
}

impl Rule {
    async fn count(&self, client: IpAddr) -> Admission {
        let key = format!("{}:{}", self.name, counted(client));
        let Count { count, resets_in } = self.counters.count(&key, WINDOW).await;
        // Rounded up, so that a client that returns then is in the next window.
        let seconds = resets_in.as_millis().div_ceil(1000);
        let mut headers = HeaderMap::new();
        headers.insert(RATE_LIMIT_POLICY, self.policy.clone());
        let left = self.most.saturating_sub(count);
        if let Ok(state) = HeaderValue::try_from(format!("\"{}\";r={left};t={seconds}", self.name)) {
            headers.insert(RATE_LIMIT, state);
        }
        if count <= self.most {
            return Admission { refusal: None, headers };
        }
        metrics::counter!("http_limited_requests_total", "limit" => self.name).increment(1);
        tracing::debug!(%client, count, limit = self.name, "refused: too many requests");
        let pause = Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX));
        let detail = format!(
            "At most {} of these a minute are accepted from one client. Nothing was done.",
            self.most
        );
        headers.insert(RETRY_AFTER, HeaderValue::from(pause.as_secs().max(1)));
        let refusal = Problem::new(&TOO_MANY_REQUESTS).detail(detail);
        Admission { refusal: Some(refusal), headers }
    }
}
