//! The cache of pages: in memory, and in the level that processes share.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use cache::{
    Cache, CacheLimits, Level, Tags,
    shared::{FillStart, TaggedValue},
};
use http::{HeaderMap, Method};

use super::{CachedPage, PageResponse, RenderedPage, rendered::compress, stored};
use crate::serve::Head;

/// Path and query.
type Key = String;

/// Pages by path and query. Cheap to clone; all clones are one cache.
#[derive(Debug, Clone)]
pub struct PageCache {
    pages: Cache<Key, CachedPage>,
    common: Arc<HeaderMap>,
    shared: Option<Shared>,
}

/// The shared level, for pages that are not in memory.
#[derive(Debug, Clone)]
struct Shared {
    level: Level,
    name: &'static str,
    time_to_live: Duration,
}

impl PageCache {
    /// An empty cache; `name` is its label in the metrics. Every page is sent with the `common` headers (see
    /// [`crate::security::SecurityHeaders`]), because pages on the fast path pass no layer that could add them.
    pub fn new(name: &'static str, tags: &Tags, limits: CacheLimits, common: HeaderMap) -> Self {
        let weigh = |key: &Key, page: &CachedPage| key.len() + page.weight();
        let pages = Cache::<Key, _>::new(name, tags, limits, weigh);
        let level = tags.level().cloned();
        let shared = level.map(|level| Shared { level, name, time_to_live: limits.time_to_live });
        Self { pages, common: Arc::new(common), shared }
    }

    /// For [`crate::serve::Server::fast_path`]: the response to a `GET` or `HEAD` if the page is in memory.
    pub fn answer(&self, head: &Head<'_>) -> Option<PageResponse> {
        if !matches!(*head.method, Method::GET | Method::HEAD) {
            return None;
        }
        let page = self.pages.peek(head.uri.path_and_query()?.as_str())?;
        Some(page.answer(head.headers))
    }

    /// Returns the page under `key`; if it is missing, calls `render` and stores the result. Concurrent callers wait
    /// for one rendering.
    pub async fn get_or_render<E>(
        &self,
        key: &str,
        render: impl Future<Output = Result<RenderedPage, E>>,
    ) -> Result<Arc<CachedPage>, E>
    where
        E: Clone + Send + Sync + 'static,
    {
        let fill = async {
            let mut began = None;
            if let Some(shared) = &self.shared {
                match shared.find(key).await {
                    Ok((rendered, gzip)) => {
                        let tags = rendered.tags.clone();
                        return Ok((rendered.finish_with(gzip, &self.common), tags));
                    }
                    Err(token) => began = token,
                }
            }
            let mut rendered = render.await?;
            rendered.tags.sort_unstable();
            rendered.tags.dedup();
            let tags = rendered.tags.clone();
            let gzip = compress(&rendered.headers, &rendered.body).map(Bytes::from);
            if let (Some(shared), Some(began)) = (&self.shared, began) {
                shared.keep(key, &rendered, gzip.as_ref(), began);
            }
            Ok((rendered.finish_with(gzip, &self.common), tags))
        };
        self.pages.get_or_fill_tagged(key.to_owned(), fill).await
    }
}

impl Shared {
    fn key(&self, key: &str) -> String {
        format!("page{}:{}:{key}", stored::VERSION, self.name)
    }

    /// The rendered page and its compressed body. `Err` if there is none: then the token with which a new page can be
    /// stored, if the level allows it.
    async fn find(&self, key: &str) -> Result<(RenderedPage, Option<Bytes>), Option<FillStart>> {
        let found = self.level.find(&self.key(key)).await;
        found.entry.and_then(|TaggedValue { value, tags }| stored::decode(value, tags)).ok_or(found.began)
    }

    fn keep(&self, key: &str, rendered: &RenderedPage, gzip: Option<&Bytes>, began: FillStart) {
        if let Some(value) = stored::encode(rendered, gzip) {
            let entry = TaggedValue { value, tags: rendered.tags.clone() };
            self.level.keep(self.key(key), entry, began, self.time_to_live);
        }
    }
}
