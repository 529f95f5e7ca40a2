//! Tests the cache against a model and with many concurrent callers.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use cache::{Cache, CacheLimits, Tags};
use proptest::prelude::*;
use tokio::sync::oneshot;

const LIMITS: CacheLimits = CacheLimits { max_bytes: 1 << 20, time_to_live: Duration::from_hours(1) };

type Asked = Pin<Box<dyn Future<Output = Result<Arc<u64>, Infallible>>>>;

#[derive(Debug, Clone)]
enum Step {
    /// A caller asks for the key; its fill waits until a later step lets it continue.
    Ask(u8),
    /// The fill of the nth caller reads the source (its value is then on its way) …
    Read(usize),
    /// … and returns the value.
    Bring(usize),
    /// The nth caller is dropped.
    GoAway(usize),
    /// The source changes under this tag, which is then purged.
    Change(u8),
    /// A plain lookup.
    Get(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4_u8).prop_map(Step::Ask),
        3 => (0..6_usize).prop_map(Step::Read),
        3 => (0..6_usize).prop_map(Step::Bring),
        1 => (0..6_usize).prop_map(Step::GoAway),
        2 => (0..3_u8).prop_map(Step::Change),
        3 => (0..4_u8).prop_map(Step::Get),
    ]
}

/// Key `k` has the tags `k % 3` and `2`.
fn tags_of(key: u8) -> [String; 2] {
    [format!("tag:{}", key % 3), "tag:2".to_owned()]
}

/// The source: a value is the sum of its tags' versions, so it grows with every change and never falls back.
#[derive(Default)]
struct Source(HashMap<String, u64>);

impl Source {
    fn read(&self, key: u8) -> u64 {
        tags_of(key).iter().map(|tag| self.0.get(tag).copied().unwrap_or_default()).sum()
    }
}

struct Asker {
    key: u8,
    /// The value of the source when the call began: the caller may receive this or a newer one.
    at_least: u64,
    read: Option<u64>,
    bring: Option<oneshot::Sender<u64>>,
    /// Whether its own fill was polled; before that it has read nothing.
    begun: Arc<AtomicUsize>,
    answer: Asked,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_from_before_a_purge_is_served_after_it(steps in prop::collection::vec(step(), 1..80)) {
        let tags = Tags::new();
        let cache: Cache<u8, u64> = Cache::new("model", &tags, LIMITS, |_, _| 8);
        let mut source = Source::default();
        let mut askers: Vec<Asker> = Vec::new();
        for step in steps {
            match step {
                Step::Ask(key) => askers.push(ask(&cache, key, source.read(key))),
                Step::Read(n) => {
                    let count = askers.len().max(1);
                    if let Some(asker) = askers.get_mut(n % count)
                        && asker.begun.load(Ordering::Relaxed) > 0
                        && asker.read.is_none()
                    {
                        asker.read = Some(source.read(asker.key));
                    }
                }
                Step::Bring(n) => {
                    let count = askers.len().max(1);
                    if let Some(asker) = askers.get_mut(n % count)
                        && let Some(value) = asker.read
                        && let Some(bring) = asker.bring.take()
                    {
                        let _ = bring.send(value);
                    }
                }
                Step::GoAway(n) if !askers.is_empty() => drop(askers.swap_remove(n % askers.len())),
                Step::GoAway(_) => {}
                Step::Change(tag) => {
                    let tag = format!("tag:{tag}");
                    *source.0.entry(tag.clone()).or_default() += 1;
                    tags.purge(&tag);
                }
                Step::Get(key) => {
                    if let Some(value) = cache.get(&key) {
                        prop_assert_eq!(*value, source.read(key));
                    }
                }
            }
            let mut waiting = Vec::new();
            for mut asker in askers {
                match poll(&mut asker.answer) {
                    Poll::Ready(Ok(value)) => prop_assert!(*value >= asker.at_least, "{value} is stale"),
                    Poll::Pending => waiting.push(asker),
                }
            }
            askers = waiting;
        }
    }
}

fn ask(cache: &Cache<u8, u64>, key: u8, at_least: u64) -> Asker {
    let (bring, brought) = oneshot::channel();
    let begun = Arc::new(AtomicUsize::new(0));
    let (cache, polled) = (cache.clone(), Arc::clone(&begun));
    let answer: Asked = Box::pin(async move {
        let fill = async {
            polled.fetch_add(1, Ordering::Relaxed);
            match brought.await {
                Ok(value) => Ok((value, tags_of(key))),
                Err(_) => std::future::pending().await,
            }
        };
        cache.get_or_fill_tagged(key, fill).await
    });
    Asker { key, at_least, read: None, bring: Some(bring), begun, answer }
}

fn poll(answer: &mut Asked) -> Poll<Result<Arc<u64>, Infallible>> {
    answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_fills_once() {
    let cache: Cache<u32, String> = Cache::new("crowd", &Tags::new(), LIMITS, |_, text: &String| text.len());
    let fills = Arc::new(AtomicUsize::new(0));
    let crowd = (0..1000).map(|n| {
        let (cache, fills) = (cache.clone(), Arc::clone(&fills));
        tokio::spawn(async move {
            let fill = async {
                fills.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(5)).await;
                Ok::<_, Infallible>("filled".to_owned())
            };
            cache.get_or_fill(n % 4, ["tag"], fill).await.unwrap()
        })
    });
    for asked in futures::future::join_all(crowd).await {
        assert_eq!(*asked.unwrap(), "filled");
    }
    assert_eq!(fills.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_dropped_fill_is_taken_over_by_one_of_those_who_wait() {
    let cache: Cache<&str, u32> = Cache::new("dropped", &Tags::new(), LIMITS, |_, _| 4);
    let fills = Arc::new(AtomicUsize::new(0));
    let leader = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get_or_fill("key", ["tag"], std::future::pending::<Result<u32, Infallible>>()).await }
    });
    tokio::task::yield_now().await;
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let (cache, fills) = (cache.clone(), Arc::clone(&fills));
            tokio::spawn(async move {
                let fill = async {
                    fills.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok::<_, Infallible>(7)
                };
                *cache.get_or_fill("key", ["tag"], fill).await.unwrap()
            })
        })
        .collect();
    tokio::task::yield_now().await;
    leader.abort();
    for answer in waiting {
        assert_eq!(answer.await.unwrap(), 7);
    }
    assert_eq!(fills.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_error_reaches_all_who_wait_and_is_forgotten() {
    let cache: Cache<u8, u32> = Cache::new("errors", &Tags::new(), LIMITS, |_, _| 4);
    let failing = || async {
        tokio::task::yield_now().await;
        Err("the source is down")
    };
    let (first, second) = tokio::join!(
        cache.get_or_fill(1, ["tag"], failing()),
        cache.get_or_fill(1, ["tag"], async { unreachable!("it waits for the first") }),
    );
    assert_eq!((first, second), (Err("the source is down"), Err("the source is down")));
    assert_eq!(cache.get_or_fill(1, ["tag"], async { Ok::<_, Infallible>(5) }).await, Ok(Arc::new(5)));
}

#[tokio::test]
async fn a_panic_in_a_fill_does_not_block_the_key() {
    let cache: Cache<u8, u32> = Cache::new("panics", &Tags::new(), LIMITS, |_, _| 4);
    let panicking = cache.clone();
    let leader = tokio::spawn(async move {
        panicking
            .get_or_fill(1, ["tag"], poll_fn(|_| -> Poll<Result<u32, Infallible>> { panic!("on purpose") }))
            .await
    });
    assert!(leader.await.unwrap_err().is_panic());
    assert_eq!(cache.get_or_fill(1, ["tag"], async { Ok::<_, Infallible>(5) }).await, Ok(Arc::new(5)));
}

#[tokio::test]
async fn the_limits_hold() {
    let limits = CacheLimits { max_bytes: 100_000, time_to_live: Duration::from_millis(30) };
    let cache: Cache<u32, Vec<u8>> =
        Cache::new("limits", &Tags::new(), limits, |_, bytes: &Vec<u8>| bytes.len());
    for key in 0..1000 {
        let fill = async { Ok::<_, Infallible>(vec![0; 1000]) };
        cache.get_or_fill(key, [format!("product:{key}")], fill).await.unwrap();
    }
    let kept = (0..1000).filter(|key| cache.get(key).is_some()).count();
    assert!(kept <= 200, "{kept} entries of over 1000 bytes");
    let fill = async { Ok::<_, Infallible>(vec![1]) };
    cache.get_or_fill(7000, ["tag"], fill).await.unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(cache.get(&7000), None);
}
