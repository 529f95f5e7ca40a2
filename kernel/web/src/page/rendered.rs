//! Pages as handlers render them, and their preparation for sending.

use std::{io::Write as _, time::Duration};

use axum::response::IntoResponse;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
};
use sha2::{Digest as _, Sha256};

use super::{CACHE_TAG, CachedPage, Representation};

/// In bytes. A longer list of tags is not sent: every reader would pay for it.
const MOST_TAGS: usize = 4096;

/// In bytes. A smaller body fits into one packet without compression.
const WORTH_COMPRESSING: usize = 1024;

/// How long browsers and shared caches may keep a page without revalidation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// In a browser, where nothing can be purged.
    pub browser: Duration,
    /// In a shared cache (nginx, Varnish, a CDN).
    pub shared: Duration,
    /// After that, for this long, a cache may serve the stale copy while it fetches a new one.
    pub stale_while_revalidate: Duration,
}

impl Default for Freshness {
    fn default() -> Self {
        Self {
            browser: Duration::ZERO,
            shared: Duration::from_secs(10),
            stale_while_revalidate: Duration::from_secs(30),
        }
    }
}

impl Freshness {
    fn cache_control(&self) -> Option<HeaderValue> {
        let Self { browser, shared, stale_while_revalidate: stale } = self;
        let (browser, shared, stale) = (browser.as_secs(), shared.as_secs(), stale.as_secs());
        let text = format!("public, max-age={browser}, s-maxage={shared}, stale-while-revalidate={stale}");
        HeaderValue::try_from(text).ok()
    }
}

/// A page as a handler rendered it: status, headers, body and tags.
#[derive(Debug, Clone)]
pub struct RenderedPage {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    pub(super) tags: Vec<String>,
    pub(super) headers: HeaderMap,
}

impl RenderedPage {
    /// A page of this content type, with the [`Freshness::default`].
    pub fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status: StatusCode::OK, body: body.into(), tags: Vec::new(), headers }
            .fresh(Freshness::default())
    }

    /// An HTML page.
    pub fn html(body: impl Into<Bytes>) -> Self {
        Self::new("text/html; charset=utf-8", body)
    }

    /// A JSON document.
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::new("application/json", body)
    }

    /// Sets the status; 200 without it.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds a tag: a purge of it drops the page.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Adds several tags.
    #[must_use]
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Sets how long browsers and shared caches may keep the page.
    #[must_use]
    pub fn fresh(self, freshness: Freshness) -> Self {
        match freshness.cache_control() {
            Some(value) => self.header(CACHE_CONTROL, value),
            None => self,
        }
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Compresses and hashes the page. Adds the `common` headers that the page does not have.
    pub fn finish(self, common: &HeaderMap) -> CachedPage {
        let compressed = compress(&self.headers, &self.body).map(Bytes::from);
        self.finish_with(compressed, common)
    }

    /// The same for a page that is already compressed, or not worth it.
    pub(super) fn finish_with(self, compressed: Option<Bytes>, common: &HeaderMap) -> CachedPage {
        let Self { status, body, tags, headers: own } = self;
        let mut headers = common.clone();
        headers.extend(own);
        let tags = tags.join(",");
        if (1..=MOST_TAGS).contains(&tags.len())
            && let Ok(tags) = HeaderValue::try_from(tags)
        {
            headers.insert(CACHE_TAG, tags);
        }
        if compressed.is_some() {
            headers.append(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
        }
        let hash = content_hash(&body);
        let gzip = compressed.map(|bytes| {
            let mut headers = headers.clone();
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Representation::new(headers, bytes, &format!("\"{hash}-gzip\""))
        });
        CachedPage { status, plain: Representation::new(headers, body, &format!("\"{hash}\"")), gzip }
    }
}

/// Sends the page as it is, for a handler that does not cache it.
impl IntoResponse for RenderedPage {
    fn into_response(self) -> axum::response::Response {
        (self.status, self.headers, self.body).into_response()
    }
}

/// The first 128 bits of the content's SHA-256, as hexadecimal digits.
pub(crate) fn content_hash(bytes: &[u8]) -> String {
    message::hex(Sha256::digest(bytes).get(..16).unwrap_or_default())
}

/// Whether the body is text and not tiny.
pub(crate) fn is_worth_compressing(headers: &HeaderMap, body: &[u8]) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_text = content_type.starts_with("text/")
        || ["json", "javascript", "xml"].iter().any(|kind| content_type.contains(kind));
    is_text && body.len() >= WORTH_COMPRESSING
}

/// The compressed body, if it is text and at least a tenth smaller.
pub(crate) fn compress(headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    if !is_worth_compressing(headers, body) {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::new(6));
    encoder.write_all(body).ok()?;
    encoder.finish().ok().filter(|compressed| compressed.len() < body.len() / 10 * 9)
}
