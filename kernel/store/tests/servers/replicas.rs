//! Reads that may be a few seconds old.

use std::time::{Duration, Instant};

use message::{Clock, IdSource};
use store::Db;
use testing::PgCluster;

use super::{open, port, until, write};

fn ports(cluster: &PgCluster) -> [i64; 3] {
    [0, 1, 2].map(|at| cluster.ask(at, "SHOW port").unwrap().parse().unwrap())
}

/// The servers that answer, in rotation.
async fn answering(db: &Db) -> Vec<i64> {
    let mut found = Vec::new();
    for _ in 0..6 {
        found.push(port(&db.replica()).await);
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fresh_replicas_answer_and_late_ones_are_left() {
    let cluster = PgCluster::start();
    let [primary, first, second] = ports(&cluster);
    let db = open(cluster.url("postgres"), Some(cluster.read_url("postgres"))).await;
    let mut both = vec![first, second];
    both.sort_unstable();
    until("both replicas answer", async || answering(&db).await == both).await;
    assert_eq!(port(&db).await, primary);

    let ids = IdSource::random(Clock::system());
    cluster.hold_back(1);
    write(&db, ids.id()).await.unwrap();
    until("the late one is left", async || answering(&db).await == [second]).await;
    cluster.hold_back(2);
    write(&db, ids.id()).await.unwrap();
    let written = Instant::now();
    until("the primary answers alone", async || answering(&db).await == [primary]).await;
    // Their last report counts for a while, and the check itself takes time.
    assert!(written.elapsed() < Db::STALENESS + Duration::from_secs(3), "{:?}", written.elapsed());

    cluster.let_go(1);
    until("it is used again", async || answering(&db).await == [first]).await;
    cluster.let_go(2);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_fails_because_a_replica_does() {
    let mut cluster = PgCluster::start();
    let [primary, first, second] = ports(&cluster);
    let db = open(cluster.url("postgres"), Some(cluster.read_url("postgres"))).await;
    let mut both = vec![first, second];
    both.sort_unstable();
    until("both replicas answer", async || answering(&db).await == both).await;

    cluster.kill(1);
    until("the other one answers alone", async || answering(&db).await == [second]).await;
    cluster.pause(2);
    let paused = Instant::now();
    until("the primary answers alone", async || answering(&db).await == [primary]).await;
    assert!(paused.elapsed() < Duration::from_secs(10), "{:?}", paused.elapsed());
    cluster.resume(2);
    until("a replica that goes on is used again", async || answering(&db).await == [second]).await;
    db.close().await;
}
