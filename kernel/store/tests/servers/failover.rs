//! Failover: the primary is lost, another server is promoted.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use message::{Clock, Id, IdSource, Kind};
use store::{Db, query};
use testing::PgCluster;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Entry, entries, open, until, write};

/// The time limit for writes to succeed again after a promotion.
const BACK_WITHIN: Duration = Duration::from_secs(15);

/// Writers that repeat each entry until it is acknowledged.
struct Load {
    writers: JoinSet<Vec<Id<Entry>>>,
    acknowledged: Arc<AtomicUsize>,
    stop: CancellationToken,
}

impl Load {
    fn start(db: &Db) -> Self {
        let (acknowledged, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let mut writers = JoinSet::new();
        for _ in 0..6 {
            writers.spawn(write_entries(db.clone(), Arc::clone(&acknowledged), stop.clone()));
        }
        Self { writers, acknowledged, stop }
    }

    async fn goes_on(&self) -> Duration {
        let (started, before) = (Instant::now(), self.acknowledged.load(Ordering::Relaxed));
        until("entries are written", async || self.acknowledged.load(Ordering::Relaxed) > before + 50).await;
        started.elapsed()
    }

    async fn stop(self) -> HashSet<Id<Entry>> {
        self.stop.cancel();
        self.writers.join_all().await.into_iter().flatten().collect()
    }
}

async fn write_entries(db: Db, acknowledged: Arc<AtomicUsize>, stop: CancellationToken) -> Vec<Id<Entry>> {
    let ids = IdSource::random(Clock::system());
    let mut written = Vec::new();
    while !stop.is_cancelled() {
        let id = ids.id();
        while let Err(fault) = write(&db, id).await {
            assert!(fault.is_transient(), "{fault}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        acknowledged.fetch_add(1, Ordering::Relaxed);
        written.push(id);
    }
    written
}

async fn nothing_is_missing(db: &Db, acknowledged: HashSet<Id<Entry>>) {
    let kept: HashSet<_> = entries(db).await.into_iter().collect();
    assert_eq!(acknowledged.difference(&kept).count(), 0, "of {} entries", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writing_goes_on_after_the_primary_was_killed() {
    let mut cluster = PgCluster::start();
    let db = open(cluster.url("postgres"), None).await;
    let load = Load::start(&db);
    load.goes_on().await;

    cluster.kill(0);
    let promoted = cluster.most_advanced([1, 2]);
    cluster.promote(promoted);
    cluster.follow(3 - promoted, promoted);
    let away = load.goes_on().await;
    assert!(away < BACK_WITHIN, "{away:?}");

    // Once more, with the first primary among the servers that can be promoted.
    let other = 3 - promoted;
    cluster.rejoin(0, promoted);
    cluster.kill(promoted);
    let second = cluster.most_advanced([0, other]);
    cluster.promote(second);
    cluster.follow(other - second, second);
    let away = load.goes_on().await;
    assert!(away < BACK_WITHIN, "{away:?}");

    nothing_is_missing(&db, load.stop().await).await;
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_primary_holds_nobody_and_is_not_gone_back_to() {
    let cluster = PgCluster::start();
    let db = open(cluster.url("postgres"), None).await;
    let load = Load::start(&db);
    load.goes_on().await;

    cluster.pause(0);
    let promoted = cluster.most_advanced([1, 2]);
    cluster.promote(promoted);
    cluster.follow(3 - promoted, promoted);
    let away = load.goes_on().await;
    assert!(away < BACK_WITHIN, "{away:?}");

    cluster.resume(0);
    assert_eq!(cluster.ask(0, "SELECT pg_is_in_recovery()").as_deref(), Some("f"));
    load.goes_on().await;
    // A process that starts now sees two servers that accept writes, and picks the right one.
    let fresh = open(cluster.url("postgres"), None).await;
    nothing_is_missing(&fresh, load.stop().await).await;
    fresh.close().await;
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_under_way_fails_and_an_unanswered_commit_is_a_timeout() {
    let mut cluster = PgCluster::start();
    let db = open(cluster.url("postgres"), None).await;
    let ids = IdSource::random(Clock::system());
    let insert = |id: Id<Entry>| query("INSERT INTO entry (id) VALUES ($1)").bind(id);
    let mut open_tx = db.begin().await.unwrap();
    insert(ids.id()).execute(&mut open_tx).await.unwrap();
    let mut committing = db.begin().await.unwrap();
    insert(ids.id()).execute(&mut committing).await.unwrap();

    // Without its standbys, the commit waits.
    cluster.pause(1);
    cluster.pause(2);
    let committing = tokio::spawn(committing.commit());
    until("the commit waits", async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        cluster.ask(0, waiting).as_deref() == Some("1")
    })
    .await;
    cluster.kill(0);

    assert_eq!(committing.await.unwrap().unwrap_err().kind(), Kind::Timeout);
    assert_eq!(insert(ids.id()).execute(&mut open_tx).await.unwrap_err().kind(), Kind::Unavailable);
    assert!(open_tx.commit().await.is_err());
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_waits_for_its_standbys_as_long_as_they_take() {
    let cluster = PgCluster::start();
    let db = open(cluster.url("postgres"), None).await;
    let id = IdSource::random(Clock::system()).id();
    cluster.pause(1);
    cluster.pause(2);
    let committing = tokio::spawn({
        let db = db.clone();
        async move { write(&db, id).await }
    });
    // Longer than the limit for any other answer.
    tokio::time::sleep(Duration::from_secs(35)).await;
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    assert_eq!(cluster.ask(0, waiting).as_deref(), Some("1"), "the commit waits in one session");
    assert!(!committing.is_finished());
    cluster.resume(1);
    cluster.resume(2);
    committing.await.unwrap().unwrap();
    assert!(entries(&db).await.contains(&id));
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_started_again_is_found_again() {
    let mut cluster = PgCluster::start();
    let db = open(cluster.url_of(&[0], "postgres"), None).await;
    let load = Load::start(&db);
    load.goes_on().await;
    cluster.kill(0);
    cluster.restart(0);
    let away = load.goes_on().await;
    assert!(away < BACK_WITHIN, "{away:?}");
    nothing_is_missing(&db, load.stop().await).await;
    db.close().await;
}
