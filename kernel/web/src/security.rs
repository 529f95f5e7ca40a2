//! The headers of every response, and the rejection of forms that other sites post.

use std::time::Duration;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
        X_CONTENT_TYPE_OPTIONS,
    },
};

use crate::problem::{CROSS_SITE, Problem};

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Our own files and nothing else; no inline script or style, no framing.
const PAGES_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// API responses are data: a browser that is made to display one must not run any of it.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Security headers.
///
/// Pass the same headers to [`crate::guard::Guard`] and to [`crate::page::PageCache`]: cached pages pass no layer.
#[derive(Debug, Clone)]
pub struct SecurityHeaders(HeaderMap);

impl SecurityHeaders {
    /// For pages that people read.
    pub fn for_pages() -> Self {
        let mut headers = Self::for_api().policy(HeaderValue::from_static(PAGES_POLICY));
        // URLs of orders carry a token: no other site may see them.
        headers.0.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.0.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
        let unused = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()";
        headers.0.insert(PERMISSIONS_POLICY, HeaderValue::from_static(unused));
        headers
    }

    /// For responses that programs read.
    pub fn for_api() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Self(headers).policy(HeaderValue::from_static(API_POLICY))
    }

    /// Replaces the content security policy.
    #[must_use]
    pub fn policy(mut self, policy: HeaderValue) -> Self {
        self.0.insert(CONTENT_SECURITY_POLICY, policy);
        self
    }

    /// Makes browsers use HTTPS only, for this time. Use it only where HTTPS stays enabled: a browser cannot be made to
    /// forget it.
    #[must_use]
    pub fn https_only(mut self, time: Duration) -> Self {
        if let Ok(value) = HeaderValue::try_from(format!("max-age={}", time.as_secs())) {
            self.0.insert(STRICT_TRANSPORT_SECURITY, value);
        }
        self
    }

    /// The headers as a map.
    pub fn to_map(&self) -> HeaderMap {
        self.0.clone()
    }

    /// Adds the headers that the response does not have.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            if !headers.contains_key(name) {
                headers.insert(name, value.clone());
            }
        }
    }
}

/// A layer (`axum::middleware::from_fn`) that rejects changes requested from pages of other sites.
///
/// Browsers name the origin of a request in `Sec-Fetch-Site`, older ones in `Origin`. A client that sends neither is
/// not a browser and carries no cookies against its owner's will, so it passes. Forms therefore need no token, and
/// cached pages can contain them.
///
/// Behind a proxy, `Host` must arrive as the browser sent it (nginx: `proxy_set_header Host $http_host`).
pub async fn refuse_cross_site(request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_our_own(request.headers()) {
        return next.run(request).await;
    }
    Problem::new(&CROSS_SITE).into_response()
}

fn is_our_own(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(FETCH_SITE) {
        // "none" means that a person started the request: a reload, a bookmark.
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host =
        origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host.as_bytes());
    host.is_some_and(|host| headers.get(HOST).is_some_and(|ours| ours.as_bytes().eq_ignore_ascii_case(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_our_own(&pairs.collect())
    }

    #[test]
    fn the_browser_says_where_a_form_comes_from() {
        let host = ("host", "shop.example:8080");
        assert!(sent(&[host, ("sec-fetch-site", "same-origin"), ("origin", "https://shop.example")]));
        assert!(sent(&[host, ("sec-fetch-site", "none")]));
        assert!(!sent(&[host, ("sec-fetch-site", "cross-site"), ("origin", "http://shop.example:8080")]));
        assert!(!sent(&[host, ("sec-fetch-site", "same-site")]));
        assert!(sent(&[host, ("origin", "http://Shop.example:8080")]));
        assert!(!sent(&[host, ("origin", "http://shop.example")]));
        assert!(!sent(&[host, ("origin", "http://evil.example")]));
        assert!(!sent(&[host, ("origin", "null")]));
        assert!(sent(&[host]));
    }
}
