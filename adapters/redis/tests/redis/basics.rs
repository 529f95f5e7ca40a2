//! Entries, purges and counts on a healthy server.

use std::time::Duration;

use bytes::Bytes;
use cache::{
    Counters, Shared as _,
    shared::{Purge, TaggedValue},
};
use redis_adapter::{Redis, Settings};
use testing::redis::RedisServer;

use crate::support::{Process, Source, settings, settings_for, until};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn what_one_process_fills_the_other_finds() {
    let (source, settings) = (Source::new(2), settings());
    let a = Process::start(settings.clone(), &source).await;
    let b = Process::start(settings, &source).await;
    assert_eq!(a.page(&[0, 1]).await, [0, 0]);
    b.page_is_shared(&[0, 1]).await;

    source.change(1);
    // B has not received the event: it may show the old version.
    assert_eq!(b.page(&[0, 1]).await, [0, 0]);
    a.tags.purge("product:1");
    assert_eq!(a.page(&[0, 1]).await, [0, 1]);
    a.settled().await;
    assert_eq!(b.page(&[0, 1]).await, [0, 1]);
}

#[tokio::test]
async fn a_purge_of_everything_reaches_all() {
    let (source, settings) = (Source::new(2), settings());
    let a = Process::start(settings.clone(), &source).await;
    let b = Process::start(settings, &source).await;
    a.page(&[0]).await;
    b.page_is_shared(&[0]).await;
    source.change(0);
    a.tags.purge_all();
    assert_eq!(a.page(&[0]).await, [1]);
    a.settled().await;
    assert_eq!(b.page(&[0]).await, [1]);
    b.page_is_shared(&[0]).await;
}

#[tokio::test]
async fn a_fill_that_a_purge_overtakes_is_not_kept() {
    let redis = Redis::start(settings(), "test").unwrap();
    until("connected", async || redis.is_up()).await;
    let entry = TaggedValue { value: Bytes::from_static(b"old"), tags: vec!["a".into(), "b".into()] };
    let before = redis.get("key").await.unwrap();
    redis.purge(&Purge { everything: false, tags: ["b".into()].into() }).await.unwrap();
    redis.put("key", &entry, before.began, MINUTE).await.unwrap();
    assert_eq!(redis.get("key").await.unwrap().entry, None);

    let after = redis.get("key").await.unwrap();
    redis.purge(&Purge { everything: false, tags: ["c".into()].into() }).await.unwrap();
    redis.put("key", &entry, after.began, MINUTE).await.unwrap();
    assert_eq!(redis.get("key").await.unwrap().entry, Some(entry.clone()));

    // The same with many tags, which are purged in several steps.
    let tags = (0..1200).map(|n| format!("tag-{n}").into()).chain(["a".into()]).collect();
    redis.purge(&Purge { everything: false, tags }).await.unwrap();
    assert_eq!(redis.get("key").await.unwrap().entry, None);

    let other = redis.get("other").await.unwrap();
    let wrong = cache::shared::FillStart { connection: other.began.connection + 1, ..other.began };
    redis.put("other", &entry, wrong, MINUTE).await.unwrap();
    assert_eq!(redis.get("other").await.unwrap().entry, None, "returned by another connection");
}

#[tokio::test]
async fn what_is_too_large_or_cannot_be_tagged_is_not_kept() {
    let redis = Redis::start(Settings { most_bytes: 10, ..settings() }, "test").unwrap();
    until("connected", async || redis.is_up()).await;
    let entry =
        |value: &'static str, tag: &str| TaggedValue { value: value.into(), tags: vec![tag.to_owned()] };
    for (entry, kept) in [
        (entry("0123456789", "a"), true),
        (entry("0123456789a", "a"), false),
        (entry("short", "a\nb"), false),
        (entry("short", ""), false),
        (TaggedValue { value: Bytes::new(), tags: Vec::new() }, true),
    ] {
        let key = format!("{entry:?}");
        let began = redis.get(&key).await.unwrap().began;
        redis.put(&key, &entry, began, MINUTE).await.unwrap();
        assert_eq!(redis.get(&key).await.unwrap().entry.is_some(), kept, "{entry:?}");
    }
}

#[tokio::test]
async fn another_build_has_entries_of_its_own_and_the_same_purges() {
    let settings = settings();
    let [old, new] = ["old", "new"].map(|build| Redis::start(settings.clone(), build).unwrap());
    until("connected", async || old.is_up() && new.is_up()).await;
    let entry = TaggedValue { value: Bytes::from_static(b"page"), tags: vec!["a".into()] };
    let began = old.get("key").await.unwrap().began;
    old.put("key", &entry, began, MINUTE).await.unwrap();
    assert_eq!(new.get("key").await.unwrap().entry, None);
    new.purge(&Purge { everything: false, tags: ["a".into()].into() }).await.unwrap();
    assert_eq!(old.get("key").await.unwrap().entry, None);
}

#[tokio::test]
async fn foreign_and_broken_entries_are_misses_and_are_replaced() {
    let server = RedisServer::start();
    let a = Process::start(settings_for(&server), &Source::new(1)).await;
    let key = "{caravel}:1:entry:test:[0]";
    for mess in [
        vec!["SET", key, "foreign"],
        vec!["HSET", key, "began", "99999999999999999"],
        vec!["HSET", key, "began", "9999999999999999", "tags", ""],
        vec!["RPUSH", key, "foreign"],
    ] {
        server.cli(&["DEL", key]);
        server.cli(&mess);
        a.page(&[0]).await;
        assert!(a.redis.is_up());
        a.page_is_shared(&[0]).await;
    }
}

#[tokio::test]
async fn redis_does_not_grow_for_ever() {
    let server = RedisServer::start();
    let longest = Duration::from_millis(300);
    let a = Process::start(Settings { longest, ..settings_for(&server) }, &Source::new(1)).await;
    for n in 0..3000 {
        a.tags.purge(&format!("product:{n}"));
    }
    a.settled().await;
    a.page(&[0]).await;
    let cells = || server.cli(&["ZCARD", "{caravel}:1:cells"]).parse::<u32>().unwrap();
    assert!(cells() > 3000);
    tokio::time::sleep(longest).await;
    a.tags.purge("product:1");
    a.settled().await;
    assert!(cells() < 10, "{} cells", cells());
    until("entries expire", async || server.cli(&["KEYS", "*entry*"]).is_empty()).await;
}

#[tokio::test]
async fn processes_count_together() {
    let settings = settings();
    let [a, b] = ["", ""].map(|build| Redis::start(settings.clone(), build).unwrap());
    until("connected", async || a.is_up() && b.is_up()).await;
    let (a, b) = (Counters::over(a), Counters::over(b));
    let window = Duration::from_millis(400);
    assert_eq!(a.count("orders:1", window).await.count, 1);
    let second = b.count("orders:1", window).await;
    assert_eq!(second.count, 2);
    assert!(second.resets_in <= window);
    assert_eq!(b.count("orders:2", window).await.count, 1);
    tokio::time::sleep(second.resets_in + Duration::from_millis(20)).await;
    assert_eq!(a.count("orders:1", window).await.count, 1);
}

#[test]
fn a_wrong_url_is_reported_without_its_password() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error =
        runtime.block_on(async { Redis::start(Settings::new("rediss//x:hunter2@y"), "").unwrap_err() });
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
