//! Pages that another process has rendered.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use cache::{
    CacheLimits, Count, Level, Shared, Tags,
    shared::{FillStart, Lookup, Purge, SharedFuture, TaggedValue, Unavailable},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, LINK, SERVER},
};
use http_body_util::BodyExt as _;
use web::page::{CACHE_TAG, CachedPage, PageCache, RenderedPage};

/// A shared level that ignores purges.
#[derive(Default)]
struct SharedLevel {
    entries: Mutex<HashMap<String, TaggedValue>>,
    /// Whether the level is unavailable.
    is_away: bool,
}

impl SharedLevel {
    fn len(&self) -> usize {
        self.entries.lock().unwrap().len()
    }
}

impl Shared for SharedLevel {
    fn get<'a>(&'a self, key: &'a str) -> SharedFuture<'a, Lookup> {
        let entry = self.entries.lock().unwrap().get(key).cloned();
        let lookup = Lookup { entry, began: FillStart { connection: 0, moment: 0 } };
        Box::pin(async { if self.is_away { Err(Unavailable) } else { Ok(lookup) } })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        entry: &'a TaggedValue,
        _: FillStart,
        _: Duration,
    ) -> SharedFuture<'a, ()> {
        self.entries.lock().unwrap().insert(key.to_owned(), entry.clone());
        Box::pin(async { Ok(()) })
    }

    fn purge<'a>(&'a self, _: &'a Purge) -> SharedFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn count<'a>(&'a self, _: &'a str, _: Duration) -> SharedFuture<'a, Count> {
        Box::pin(async { Err(Unavailable) })
    }
}

/// A process; its pages contain the number of pages that it has rendered.
struct Process {
    pages: PageCache,
    tags: Tags,
    rendered: AtomicUsize,
}

impl Process {
    fn over(level: &Arc<SharedLevel>, common: &'static str) -> Self {
        let tags = Tags::over(Level::start(Arc::<SharedLevel>::clone(level)));
        let limits = CacheLimits { max_bytes: 1 << 20, time_to_live: Duration::from_mins(1) };
        let common = HeaderMap::from_iter([(SERVER, HeaderValue::from_static(common))]);
        Self { pages: PageCache::new("shop", &tags, limits, common), tags, rendered: AtomicUsize::new(0) }
    }

    async fn page(&self, words: usize) -> Arc<CachedPage> {
        let draw = async {
            self.rendered.fetch_add(1, Ordering::Relaxed);
            let rendered =
                RenderedPage::html("words ".repeat(words)).tags(["b", "a"]).status(StatusCode::NOT_FOUND);
            Ok::<_, Infallible>(rendered.header(LINK, HeaderValue::from_static("</next>")))
        };
        self.pages.get_or_render(&format!("/{words}"), draw).await.unwrap()
    }

    fn rendered(&self) -> usize {
        self.rendered.load(Ordering::Relaxed)
    }
}

/// The response with or without gzip, in full.
async fn answer(page: &CachedPage, encoding: &'static str) -> (StatusCode, HeaderMap, Bytes) {
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(encoding))]);
    let (head, body) = page.answer(&headers).into_parts();
    (head.status, head.headers, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_page_is_the_same_whoever_made_it() {
    for words in [10, 5000] {
        let level = Arc::<SharedLevel>::default();
        let (a, b) = (Process::over(&level, "caravel"), Process::over(&level, "caravel"));
        let made = a.page(words).await;
        while level.len() == 0 {
            tokio::task::yield_now().await;
        }
        let found = b.page(words).await;
        assert_eq!((a.rendered(), b.rendered()), (1, 0));
        for encoding in ["gzip", "identity"] {
            let (made, found) = (answer(&made, encoding).await, answer(&found, encoding).await);
            assert_eq!(made, found);
            assert_eq!(found.1.get(CACHE_TAG).unwrap(), "a,b");
            assert_eq!(found.1.contains_key(CONTENT_ENCODING), words > 1000 && encoding == "gzip");
        }
        // From memory now, until the tag is purged; then from the shared level, as good as rendered here.
        b.tags.purge("a");
        assert_ne!(Arc::as_ptr(&b.page(words).await), Arc::as_ptr(&found));
    }
}

#[tokio::test]
async fn each_process_adds_the_headers_of_its_own() {
    let level = Arc::<SharedLevel>::default();
    let (a, b) = (Process::over(&level, "old"), Process::over(&level, "new"));
    a.page(10).await;
    while level.len() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(answer(&*b.page(10).await, "").await.1.get(SERVER).unwrap(), "new");
    assert_eq!(b.rendered(), 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_drawn_and_replaced() {
    let level = Arc::<SharedLevel>::default();
    let a = Process::over(&level, "caravel");
    let key = "page1:shop:/10".to_owned();
    let foreign = TaggedValue { value: Bytes::from_static(b"foreign"), tags: Vec::new() };
    level.entries.lock().unwrap().insert(key.clone(), foreign.clone());
    a.page(10).await;
    assert_eq!(a.rendered(), 1);
    let replaced = || level.entries.lock().unwrap().get(&key).is_some_and(|entry| *entry != foreign);
    while !replaced() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_level_that_is_away_is_passed_by() {
    let level = Arc::new(SharedLevel { is_away: true, ..SharedLevel::default() });
    let a = Process::over(&level, "caravel");
    a.page(10).await;
    a.page(10).await;
    assert_eq!((a.rendered(), level.len()), (1, 0));
}
