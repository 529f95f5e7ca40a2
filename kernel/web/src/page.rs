//! Rendered pages: bytes that are made once and then only copied to sockets.
//!
//! A handler renders a page and names its data by tags. The cache prepares it for sending (compresses it, hashes it,
//! puts its headers together) and keeps it until one of the tags is purged. A cached page is the same for every client:
//! what depends on the client (a cookie, a token) belongs to a handler that runs every time.
//!
//! ```
//! use std::time::Duration;
//! use cache::{CacheLimits, Tags};
//! use http::HeaderMap;
//! use message::Fault;
//! use web::page::{RenderedPage, PageCache};
//!
//! # async fn example() -> Result<(), Fault> {
//! let limits = CacheLimits { max_bytes: 64 << 20, time_to_live: Duration::from_secs(600) };
//! let pages = PageCache::new("storefront", &Tags::new(), limits, HeaderMap::new());
//! let page = pages
//!     .get_or_render("/boats/vega", async { Ok::<_, Fault>(RenderedPage::html("<h1>Vega</h1>").tag("boat:vega")) })
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! # Keys
//!
//! The fast path looks up a request's path and query as the client sent them. Store a page under a key that *you*
//! compose (the path, and the parameters that you know, in your order), never under the client's text: otherwise
//! `?a=1`, `?a=2`, … would each take memory. Requests with a different spelling reach the handler, which answers from
//! the same entry.
//!
//! # Between processes
//!
//! If the registry of tags uses a shared level ([`Tags::over`](::cache::Tags::over)), a page that is not in memory is
//! looked up there before it is rendered, and stored there afterwards. An entry that cannot be decoded counts as
//! missing.

mod cache;
mod rendered;
mod stored;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{ACCEPT_ENCODING, CACHE_CONTROL, ETAG, IF_NONE_MATCH, VARY},
};
use http_body_util::Full;

pub use self::cache::PageCache;
pub use self::rendered::{Freshness, RenderedPage};
pub(crate) use self::rendered::{compress, content_hash, is_worth_compressing};

/// The tags of a page, separated by commas, for the caches between the server and the browser.
pub const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");

/// The approximate memory of one representation's headers, in bytes.
const HEADERS_WEIGHT: usize = 1200;

/// A response whose body is complete and in memory.
pub type PageResponse = Response<Full<Bytes>>;

/// A page that is ready to be sent any number of times: hashed, compressed, with its headers.
#[derive(Debug)]
pub struct CachedPage {
    status: StatusCode,
    plain: Representation,
    gzip: Option<Representation>,
}

#[derive(Debug)]
struct Representation {
    headers: HeaderMap,
    body: Bytes,
    etag: Option<HeaderValue>,
}

impl Representation {
    fn new(mut headers: HeaderMap, body: Bytes, etag: &str) -> Self {
        let etag = HeaderValue::try_from(etag).ok();
        if let Some(etag) = &etag {
            headers.insert(ETAG, etag.clone());
        }
        Self { headers, body, etag }
    }

    fn is_known_to(&self, if_none_match: &str) -> bool {
        let etag = self.etag.as_ref().and_then(|etag| etag.to_str().ok());
        etag.is_some_and(|etag| {
            if_none_match
                .split(',')
                .map(str::trim)
                .any(|known| known.strip_prefix("W/").unwrap_or(known) == etag)
        })
    }
}

impl CachedPage {
    /// The response to a `GET` or `HEAD` with these headers: gzip if they allow it, 304 if the client's copy is
    /// current.
    pub fn answer(&self, headers: &HeaderMap) -> PageResponse {
        if let Some(known) = headers.get(IF_NONE_MATCH)
            && let Some(representation) = self.known_to(known)
        {
            return unchanged(representation);
        }
        let representation = self.gzip.as_ref().filter(|_| accepts_gzip(headers)).unwrap_or(&self.plain);
        let mut answer = Response::new(Full::new(representation.body.clone()));
        *answer.status_mut() = self.status;
        *answer.headers_mut() = representation.headers.clone();
        answer
    }

    /// The uncompressed body.
    pub fn body(&self) -> &Bytes {
        &self.plain.body
    }

    /// The strong validator of the uncompressed body.
    pub fn etag(&self) -> Option<&HeaderValue> {
        self.plain.etag.as_ref()
    }

    /// The approximate size in memory, in bytes.
    pub fn weight(&self) -> usize {
        [Some(&self.plain), self.gzip.as_ref()]
            .into_iter()
            .flatten()
            .map(|representation| representation.body.len() + HEADERS_WEIGHT)
            .sum()
    }

    /// The representation that the client already has. Either will do: their content is the same.
    fn known_to(&self, if_none_match: &HeaderValue) -> Option<&Representation> {
        let known = if_none_match.to_str().ok()?;
        if self.status != StatusCode::OK {
            return None;
        }
        if known == "*" {
            return Some(&self.plain);
        }
        [Some(&self.plain), self.gzip.as_ref()]
            .into_iter()
            .flatten()
            .find(|representation| representation.is_known_to(known))
    }
}

/// 304, with the headers that RFC 9110 (15.4.5) requires.
fn unchanged(representation: &Representation) -> PageResponse {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    let headers = answer.headers_mut();
    for name in [ETAG, CACHE_CONTROL, VARY, CACHE_TAG] {
        for value in representation.headers.get_all(&name) {
            headers.append(&name, value.clone());
        }
    }
    answer
}

/// Whether the client accepts gzip (RFC 9110, 12.5.3).
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let codings = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    codings.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}
