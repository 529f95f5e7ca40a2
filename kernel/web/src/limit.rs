//! How often one client may call: answered by 429 beyond that.
//!
//! ```
//! use axum::{Router, routing::post};
//! use cache::Counters;
//! use http::Method;
//! use web::{client::TrustedProxies, limit::Limit};
//!
//! let limit = Limit::per_minute("orders", 20, Counters::new(), TrustedProxies::loopback());
//! let router: Router = Router::new().route("/orders", post(|| async { "placed" }));
//! let router = limit.around(router, &Method::POST, "/orders");
//! ```
//!
//! A client is an address, or a network of 64 bits in version 6. Its calls are counted whatever they are answered with, in
//! windows of a minute that begin with its first call; who calls at the end of one and the beginning of the next is
//! granted twice as many in a short time. Counters that processes share make one limit for all of them.
//!
//! Every counted answer says how things stand, in the headers of draft-ietf-httpapi-ratelimit-headers-10:
//! `RateLimit-Policy: "orders";q=20;w=60` and `RateLimit: "orders";r=19;t=60`. A refusal has `Retry-After` too.
//!
//! `http_limited_requests_total`, by `limit`, counts those that were refused.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use cache::{Count, Counters};
use http::{HeaderName, HeaderValue, Method};

use crate::{
    client::{TrustedProxies, counted},
    problem::{Problem, TOO_MANY_REQUESTS},
};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const WINDOW: Duration = Duration::from_mins(1);

/// A limit for calls of one kind, wherever they come in. Cheap to clone; all clones count together.
#[derive(Debug, Clone, Default)]
pub struct Limit(Option<Arc<Rule>>);

#[derive(Debug)]
struct Rule {
    name: &'static str,
    most: u64,
    counters: Counters,
    proxies: TrustedProxies,
    policy: HeaderValue,
}

/// A limit on one route.
#[derive(Clone)]
struct Gate {
    rule: Arc<Rule>,
    method: Method,
    route: &'static str,
}

impl Limit {
    /// No limit.
    pub fn off() -> Self {
        Self::default()
    }

    /// So many calls a minute from one client; 0 is no limit. Limits of one name and the same counters are one.
    pub fn per_minute(name: &'static str, most: u32, counters: Counters, proxies: TrustedProxies) -> Self {
        let policy = HeaderValue::try_from(format!("\"{name}\";q={most};w={}", WINDOW.as_secs()));
        let Some(policy) = policy.ok().filter(|_| most > 0) else { return Self::off() };
        Self(Some(Arc::new(Rule { name, most: most.into(), counters, proxies, policy })))
    }

    /// Lays itself around one route of `router`, which must have it by now.
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
    let rule = &gate.rule;
    let Some(client) = rule.proxies.client(&request).filter(|_| gate.is_for(&request)) else {
        return next.run(request).await;
    };
    let key = format!("{}:{}", rule.name, counted(client));
    let Count { count, resets_in } = rule.counters.count(&key, WINDOW).await;
    // Rounded up: whoever comes back then comes into the next window.
    let seconds = resets_in.as_millis().div_ceil(1000);
    let mut response = if count > rule.most {
        metrics::counter!("http_limited_requests_total", "limit" => rule.name).increment(1);
        tracing::debug!(%client, count, limit = rule.name, "refused: too many requests");
        let pause = Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX));
        let detail = format!(
            "At most {} of these a minute are accepted from one address. Nothing was done.",
            rule.most
        );
        Problem::new(&TOO_MANY_REQUESTS).detail(detail).retry_after(pause).into_response()
    } else {
        next.run(request).await
    };
    let left = rule.most.saturating_sub(count);
    let headers = response.headers_mut();
    headers.insert(RATE_LIMIT_POLICY, rule.policy.clone());
    if let Ok(state) = HeaderValue::try_from(format!("\"{}\";r={left};t={seconds}", rule.name)) {
        headers.insert(RATE_LIMIT, state);
    }
    response
}
