//! Where finished pages are kept: in memory, and at the level that processes share.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use cache::{
    Cache, Level, Limits, Tags,
    shared::{Began, Entry},
};
use http::{HeaderMap, Method};

use super::{Answer, Draft, Page, draft::compress, stored};
use crate::serve::Head;

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
