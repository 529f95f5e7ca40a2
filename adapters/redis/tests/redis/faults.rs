//! Redis killed, stopped, emptied, set back: pages get slower, never wrong, and the processes stay up.

use std::time::Duration;

use cache::Counters;
use testing::redis::RedisServer;
use tokio::time::{Instant, sleep};

use crate::support::{Process, Source, settings_for, until};

#[tokio::test]
async fn a_killed_server_is_passed_by_and_its_empty_successor_used() {
    let mut server = RedisServer::start();
    let source = Source::new(2);
    let a = Process::start(settings_for(&server), &source).await;
    let b = Process::start(settings_for(&server), &source).await;
    a.page(&[0]).await;
    b.page_is_shared(&[0]).await;

    server.kill();
    source.change(0);
    a.tags.purge("product:0");
    assert_eq!(a.page(&[0]).await, [1]);
    assert!(a.tags.level().unwrap().unsettled() > 0, "no server confirmed it");
    until("noticed", async || !a.redis.is_up() && !b.redis.is_up()).await;

    server.restart();
    a.is_up().await;
    b.is_up().await;
    assert_eq!(a.page(&[0]).await, [1]);
    a.settled().await;
    assert_eq!(b.page(&[0]).await, [1]);
    b.page_is_shared(&[0]).await;
}

#[tokio::test]
async fn a_server_with_old_data_shows_none_of_it() {
    let mut server = RedisServer::start();
    let source = Source::new(2);
    let a = Process::start(settings_for(&server), &source).await;
    a.page(&[0]).await;
    a.page_is_shared(&[0]).await;
    // The server will return with the page, and without the purge that follows.
    assert_eq!(server.cli(&["SAVE"]), "OK");
    source.change(0);
    a.tags.purge("product:0");
    a.settled().await;
    server.kill();
    server.restart();
    assert!(server.cli(&["KEYS", "*entry*"]).contains("[0]"), "the page must be there to be refused");

    // Neither a process that received the purge nor a new one shows it.
    let newcomer = Process::start(settings_for(&server), &source).await;
    assert_eq!(newcomer.page(&[0]).await, [1]);
    a.is_up().await;
    assert_eq!(a.page(&[0]).await, [1]);
}

#[tokio::test]
async fn a_page_filled_at_the_promoted_server_is_not_shown_by_a_process_that_was_still_at_the_old_one() {
    let (mut old, mut promoted) = (RedisServer::start(), RedisServer::start());
    let source = Source::new(2);
    let early = Process::start(settings_for(&promoted), &source).await;
    let late = Process::start(settings_for(&old), &source).await;
    early.page(&[0]).await;
    early.page_is_shared(&[0]).await;
    source.change(0);
    late.tags.purge("product:0");
    late.settled().await;

    old.kill();
    until("noticed", async || !late.redis.is_up()).await;
    promoted.move_to(&old);
    late.is_up().await;
    assert!(early.redis.is_up(), "the server is the same one, and its run id was written down");
    assert!(promoted.cli(&["KEYS", "*entry*"]).contains("[0]"), "the page must be there to be refused");
    assert_eq!(late.page(&[0]).await, [1]);
    late.page_is_shared(&[0]).await;
}

#[tokio::test]
async fn lost_cells_make_nothing_valid() {
    let server = RedisServer::start();
    let source = Source::new(2);
    let a = Process::start(settings_for(&server), &source).await;
    a.page(&[0]).await;
    a.page_is_shared(&[0]).await;
    source.change(0);
    // Evicted before a purge, whose cell is evicted too.
    server.cli(&["DEL", "{caravel}:1:cells"]);
    a.tags.purge("product:0");
    a.settled().await;
    server.cli(&["DEL", "{caravel}:1:cells"]);
    assert_eq!(server.cli(&["EXISTS", "{caravel}:1:entry:test:[0]"]), "1", "it must be there to be refused");
    assert_eq!(a.page(&[0]).await, [1]);
    a.page_is_shared(&[0]).await;
}

#[tokio::test]
async fn a_stopped_server_costs_only_the_first_requests() {
    let server = RedisServer::start();
    let source = Source::new(2);
    let a = Process::start(settings_for(&server), &source).await;
    let b = Process::start(settings_for(&server), &source).await;
    a.page(&[0]).await;
    b.page_is_shared(&[0]).await;

    server.freeze();
    source.change(0);
    a.tags.purge("product:0");
    assert_eq!(a.page(&[0]).await, [1], "the first waits for its budget, and is right");
    until("noticed", async || !a.redis.is_up()).await;
    let began = Instant::now();
    for _ in 0..200 {
        assert_eq!(a.page(&[0]).await, [1]);
    }
    assert!(began.elapsed() < Duration::from_secs(1), "200 pages took {:?}", began.elapsed());
    sleep(Duration::from_secs(3)).await;
    assert!(!a.redis.is_up());

    server.thaw();
    a.is_up().await;
    assert_eq!(a.page(&[0]).await, [1]);
    a.settled().await;
    b.is_up().await;
    assert_eq!(b.page(&[0]).await, [1]);
    b.page_is_shared(&[0]).await;
}

#[tokio::test]
async fn too_many_purges_for_a_server_that_is_away_become_one_of_everything() {
    let server = RedisServer::start();
    let source = Source::new(2);
    let a = Process::start(settings_for(&server), &source).await;
    a.page(&[0]).await;
    a.page_is_shared(&[0]).await;
    server.freeze();
    source.change(0);
    a.tags.purge("product:0");
    for n in 0..10_000 {
        a.tags.purge(&format!("other:{n}"));
    }
    assert!(a.tags.level().unwrap().unsettled() <= 5000, "bounded");
    server.thaw();
    a.settled().await;
    assert_eq!(a.page(&[0]).await, [1]);
}

#[tokio::test]
async fn a_process_starts_without_redis_and_finds_it_later() {
    let mut server = RedisServer::start();
    server.kill();
    let source = Source::new(1);
    let a = Process::start_alone(settings_for(&server), &source);
    let counters = Counters::over(std::sync::Arc::<redis_adapter::Redis>::clone(&a.redis));
    assert_eq!(a.page(&[0]).await, [0]);
    assert_eq!(counters.count("key", Duration::from_mins(1)).await.count, 1);
    assert_eq!(counters.count("key", Duration::from_mins(1)).await.count, 2);
    source.change(0);
    a.tags.purge("product:0");
    server.restart();
    a.settled().await;
    assert_eq!(a.page(&[0]).await, [1]);
    a.page_is_shared(&[0]).await;
}
