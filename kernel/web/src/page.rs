//! Finished pages: bytes that are made once and then only copied to sockets.
//!
//! A handler drafts a page and says what it shows, by tags; the cache finishes it (compresses it, hashes it, puts its
//! headers together) and keeps it until one of the tags is purged. A page must be the same for everybody: what
//! depends on who asks (a cookie, a token) is answered by a handler, every time.
//!
//! ```
//! use std::time::Duration;
//! use cache::{Limits, Tags};
//! use http::HeaderMap;
//! use message::Fault;
//! use web::page::{Draft, PageCache};
//!
//! # async fn example() -> Result<(), Fault> {
//! let limits = Limits { max_bytes: 64 << 20, time_to_live: Duration::from_secs(600) };
//! let pages = PageCache::new("storefront", &Tags::new(), limits, HeaderMap::new());
//! let page = pages
//!     .get_or_render("/boats/vega", async { Ok::<_, Fault>(Draft::html("<h1>Vega</h1>").tag("boat:vega")) })
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! # Keys
//!
//! The fast path looks for a request's path and query as they came. Store under a key that *you* wrote (the path, and
//! the parameters that you know, in your order), never under what a client sent: else `?a=1`, `?a=2`, … would each
//! take memory. Requests in other words than yours are still answered, by the handler, from the same entry.
//!
//! # Between processes
//!
//! If the registry of tags stands over a shared level ([`Tags::over`]), a page that is not in memory is looked for there
//! before it is drafted, and put there afterwards. What cannot be read there counts as not being there.

mod stored;

use std::{io::Write as _, sync::Arc, time::Duration};

use axum::response::IntoResponse;
use bytes::Bytes;
use cache::{
    Cache, Level, Limits, Tags,
    shared::{Began, Entry},
};
use flate2::{Compression, write::GzEncoder};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
};
use http_body_util::Full;
use sha2::{Digest as _, Sha256};

use crate::serve::Head;

/// The tags of a page, separated by commas, for the caches between us and the browser.
pub const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");

/// More tags than this, in bytes, are not sent: they would cost every reader more than they help any cache.
const MOST_TAGS: usize = 4096;

/// About what a variant's headers take in memory, in bytes.
const HEADERS_WEIGHT: usize = 1200;

/// Smaller bodies fit into one packet as they are.
const WORTH_COMPRESSING: usize = 1024;

/// How long others may keep a page without asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// In a browser. What it keeps cannot be purged.
    pub browser: Duration,
    /// In a shared cache (nginx, Varnish, a CDN).
    pub shared: Duration,
    /// For this long after that, a stale copy may be shown while a new one is fetched.
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

/// An answer whose bytes are all there.
pub type Answer = Response<Full<Bytes>>;

/// A page before it is finished.
#[derive(Debug, Clone)]
pub struct Draft {
    status: StatusCode,
    body: Bytes,
    tags: Vec<String>,
    headers: HeaderMap,
}

impl Draft {
    /// A page of this content type, cached by others as [`Freshness::default`] says.
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

    /// Answered with this status instead of 200.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// What the page shows: it is dropped when the tag is purged.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Several of them.
    #[must_use]
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// How long others may keep it.
    #[must_use]
    pub fn fresh(self, freshness: Freshness) -> Self {
        match freshness.cache_control() {
            Some(value) => self.header(CACHE_CONTROL, value),
            None => self,
        }
    }

    /// Sent with this header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Compresses and hashes it. `common` headers are sent too, unless the page has its own.
    pub fn finish(self, common: &HeaderMap) -> Page {
        let squeezed = compress(&self.headers, &self.body).map(Bytes::from);
        self.finish_with(squeezed, common)
    }

    /// The same when it has been compressed already, if it was worth it.
    fn finish_with(self, squeezed: Option<Bytes>, common: &HeaderMap) -> Page {
        let Self { status, body, tags, headers: own } = self;
        let mut headers = common.clone();
        headers.extend(own);
        let tags = tags.join(",");
        if (1..=MOST_TAGS).contains(&tags.len())
            && let Ok(tags) = HeaderValue::try_from(tags)
        {
            headers.insert(CACHE_TAG, tags);
        }
        if squeezed.is_some() {
            headers.append(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
        }
        let hash = content_hash(&body);
        let gzip = squeezed.map(|bytes| {
            let mut headers = headers.clone();
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Variant::new(headers, bytes, &format!("\"{hash}-gzip\""))
        });
        Page { status, plain: Variant::new(headers, body, &format!("\"{hash}\"")), gzip }
    }
}

/// 128 bits of the content's SHA-256, in hexadecimal digits.
pub(crate) fn content_hash(bytes: &[u8]) -> String {
    message::hex(Sha256::digest(bytes).get(..16).unwrap_or_default())
}

/// The compressed body, if it is text and gets clearly smaller.
fn compress(headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let is_text = content_type.starts_with("text/")
        || ["json", "javascript", "xml"].iter().any(|kind| content_type.contains(kind));
    if body.len() < WORTH_COMPRESSING || !is_text {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::new(6));
    encoder.write_all(body).ok()?;
    encoder.finish().ok().filter(|squeezed| squeezed.len() < body.len() / 10 * 9)
}

/// Finished bytes, ready to be sent any number of times.
#[derive(Debug)]
pub struct Page {
    status: StatusCode,
    plain: Variant,
    gzip: Option<Variant>,
}

#[derive(Debug)]
struct Variant {
    headers: HeaderMap,
    body: Bytes,
    etag: Option<HeaderValue>,
}

impl Variant {
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

impl Page {
    /// The page for a `GET` or `HEAD` with these headers: compressed if they allow it, 304 if they know it already.
    pub fn answer(&self, headers: &HeaderMap) -> Answer {
        if let Some(known) = headers.get(IF_NONE_MATCH)
            && let Some(variant) = self.known_to(known)
        {
            return unchanged(variant);
        }
        let variant = self.gzip.as_ref().filter(|_| accepts_gzip(headers)).unwrap_or(&self.plain);
        let mut answer = Response::new(Full::new(variant.body.clone()));
        *answer.status_mut() = self.status;
        *answer.headers_mut() = variant.headers.clone();
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

    /// What it takes in memory, in bytes, about.
    pub fn weight(&self) -> usize {
        [Some(&self.plain), self.gzip.as_ref()]
            .into_iter()
            .flatten()
            .map(|variant| variant.body.len() + HEADERS_WEIGHT)
            .sum()
    }

    /// The variant that the client says it has. Either will do: they differ in nothing that is read.
    fn known_to(&self, if_none_match: &HeaderValue) -> Option<&Variant> {
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
            .find(|variant| variant.is_known_to(known))
    }
}

/// 304, with the headers that RFC 9110 (15.4.5) asks for.
fn unchanged(variant: &Variant) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    let headers = answer.headers_mut();
    for name in [ETAG, CACHE_CONTROL, VARY, CACHE_TAG] {
        for value in variant.headers.get_all(&name) {
            headers.append(&name, value.clone());
        }
    }
    answer
}

/// Whether the client takes gzip (RFC 9110, 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let codings = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    codings.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Path and query.
type Key = String;

/// Finished pages by path and query.
#[derive(Debug, Clone)]
pub struct PageCache {
    pages: Cache<Key, Page>,
    common: Arc<HeaderMap>,
    shared: Option<Shared>,
}

/// Where pages are looked for that are not in memory.
#[derive(Debug, Clone)]
struct Shared {
    level: Level,
    name: &'static str,
    time_to_live: Duration,
}

impl PageCache {
    /// An empty cache; metrics call it `name`. Every page is sent with the `common` headers (see
    /// [`crate::security::Headers`]): pages answered on the fast path pass no layer that could add them.
    pub fn new(name: &'static str, tags: &Tags, limits: Limits, common: HeaderMap) -> Self {
        let weigh = |key: &Key, page: &Page| key.len() + page.weight();
        let pages = Cache::<Key, _>::new(name, tags, limits, weigh);
        let level = tags.level().cloned();
        let shared = level.map(|level| Shared { level, name, time_to_live: limits.time_to_live });
        Self { pages, common: Arc::new(common), shared }
    }

    /// For [`crate::serve::Server::fast_path`]: the answer to a `GET` or `HEAD` whose page is there.
    pub fn answer(&self, head: &Head<'_>) -> Option<Answer> {
        if !matches!(*head.method, Method::GET | Method::HEAD) {
            return None;
        }
        let page = self.pages.peek(head.uri.path_and_query()?.as_str())?;
        Some(page.answer(head.headers))
    }

    /// The page under `key`, drafted by `render` if it is not there; many who ask at once wait for one draft.
    pub async fn get_or_render<E>(
        &self,
        key: &str,
        render: impl Future<Output = Result<Draft, E>>,
    ) -> Result<Arc<Page>, E>
    where
        E: Clone + Send + Sync + 'static,
    {
        let fill = async {
            let mut began = None;
            if let Some(shared) = &self.shared {
                match shared.find(key).await {
                    Ok((draft, gzip)) => {
                        let tags = draft.tags.clone();
                        return Ok((draft.finish_with(gzip, &self.common), tags));
                    }
                    Err(token) => began = token,
                }
            }
            let mut draft = render.await?;
            draft.tags.sort_unstable();
            draft.tags.dedup();
            let tags = draft.tags.clone();
            let gzip = compress(&draft.headers, &draft.body).map(Bytes::from);
            if let (Some(shared), Some(began)) = (&self.shared, began) {
                shared.keep(key, &draft, gzip.as_ref(), began);
            }
            Ok((draft.finish_with(gzip, &self.common), tags))
        };
        self.pages.get_or_fill_tagged(key.to_owned(), fill).await
    }
}

impl Shared {
    fn key(&self, key: &str) -> String {
        format!("page{}:{}:{key}", stored::VERSION, self.name)
    }

    /// The draft and its compressed body; or else the leave to keep what is drafted instead, if there is one.
    async fn find(&self, key: &str) -> Result<(Draft, Option<Bytes>), Option<Began>> {
        let found = self.level.find(&self.key(key)).await;
        found.entry.and_then(|Entry { value, tags }| stored::decode(value, tags)).ok_or(found.began)
    }

    fn keep(&self, key: &str, draft: &Draft, gzip: Option<&Bytes>, began: Began) {
        if let Some(value) = stored::encode(draft, gzip) {
            let entry = Entry { value, tags: draft.tags.clone() };
            self.level.keep(self.key(key), entry, began, self.time_to_live);
        }
    }
}

/// A draft answered as it is, by a handler that does not cache it.
impl IntoResponse for Draft {
    fn into_response(self) -> axum::response::Response {
        (self.status, self.headers, self.body).into_response()
    }
}
