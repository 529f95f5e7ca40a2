//! Processes that stop while they hold a lock or a lease.

use std::time::{Duration, Instant};

use message::{Clock, IdSource, Kind};
use store::{Db, PoolSizes, outbox::Lease, query};
use testing::{TestBackend, run};

use super::{LEDGER, until, write};

async fn open(backend: &TestBackend) -> Db {
    let ids = IdSource::random(Clock::system());
    Db::open(&backend.store(), "ledger", LEDGER, ids, PoolSizes::default()).await.unwrap()
}

#[test]
fn locks_end_when_their_holder_sleeps() {
    run(TestBackend::postgres(), async |backend| {
        let db = open(&backend).await;
        let id = IdSource::random(Clock::system()).id();
        write(&db, id).await.unwrap();
        let lock = || query("SELECT id FROM entry WHERE id = $1 FOR UPDATE").bind(id);
        let mut sleeper = db.begin().await.unwrap();
        lock().fetch_all(&mut sleeper, |_| Ok(())).await.unwrap();

        let began = Instant::now();
        let mut other = db.begin().await.unwrap();
        assert_eq!(lock().fetch_all(&mut other, |_| Ok(())).await.unwrap().len(), 1);
        assert!(began.elapsed() > Duration::from_secs(5), "nobody held the row");
        other.commit().await.unwrap();

        let fault = lock().fetch_all(&mut sleeper, |_| Ok(())).await.unwrap_err();
        assert_eq!(fault.kind(), Kind::Unavailable, "{fault}");
        drop(sleeper);
        db.close().await;
    });
}

#[test]
fn a_lease_ends_with_its_session() {
    run(TestBackend::postgres(), async |backend| {
        let (db, other) = (open(&backend).await, open(&backend).await);
        let lease = Lease::take(&db).await.unwrap().unwrap();
        assert!(lease.is_held());
        assert!(Lease::take(&other).await.unwrap().is_none());

        // What the server does when a session was silent for too long.
        let end = "SELECT pg_terminate_backend(pid) AS ended FROM pg_locks WHERE locktype = 'advisory'
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        query(end).fetch_all(&other, |_| Ok(())).await.unwrap();
        until("the loss is noticed", async || !lease.is_held()).await;

        // The server closes a session before it frees what the session held.
        let mut second = None;
        until("the lease is free again", async || {
            second = Lease::take(&other).await.unwrap();
            second.is_some()
        })
        .await;
        assert!(Lease::take(&db).await.unwrap().is_none());
        second.unwrap().release().await;
        assert!(Lease::take(&db).await.unwrap().is_some(), "given back, it is free at once");
        db.close().await;
        other.close().await;
    });
}

#[test]
fn a_sleeping_process_loses_its_lease_and_knows_when_it_wakes() {
    run(TestBackend::postgres(), async |backend| {
        let at = backend.store();
        let (asleep, sleeps) = std::sync::mpsc::channel();
        let (wake, woken) = std::sync::mpsc::channel();
        // A thread whose runtime is not driven does as little as a stopped process.
        let process = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let ids = IdSource::random(Clock::system());
            let db = runtime.block_on(Db::open(&at, "ledger", LEDGER, ids, PoolSizes::default())).unwrap();
            let lease = runtime.block_on(Lease::take(&db)).unwrap().unwrap();
            asleep.send(()).unwrap();
            woken.recv().unwrap();
            assert!(!lease.is_held());
        });
        sleeps.recv().unwrap();
        let other = open(&backend).await;
        assert!(Lease::take(&other).await.unwrap().is_none());
        until("the lease is free", async || Lease::take(&other).await.unwrap().is_some()).await;
        wake.send(()).unwrap();
        process.join().unwrap();
        other.close().await;
    });
}

#[test]
fn a_connection_that_falls_silent_is_given_up() {
    run(TestBackend::postgres(), async |backend| {
        let store::Backend::Postgres(server) = backend.store() else { unreachable!("a place on PostgreSQL") };
        let path = Path::to(&server.url).await;
        let through = store::Backend::Postgres(store::PostgresServers { url: path.url(), ..server });
        let ids = IdSource::random(Clock::system());
        let sizes = PoolSizes { postgres: 1, ..PoolSizes::default() };
        let db = Db::open(&through, "ledger", LEDGER, ids.clone(), sizes).await.unwrap();
        let (reader, committer) = (db.clone(), db.begin().await.unwrap());
        path.fall_silent().await;

        // Long before the kernel gives up; the fault says what is known of the commit.
        let fault = committer.commit().await.unwrap_err();
        assert_eq!(fault.kind(), Kind::Timeout, "{fault}");
        assert!(fault.to_string().contains("has not answered for 30s"), "{fault}");
        // The pool's only connection is free again, and a working one replaces it.
        until("it is there again", async || write(&reader, ids.id()).await.is_ok()).await;
        db.close().await;
    });
}

/// A path to the server that can be lost silently, as in a network whose devices forget connections.
struct Path {
    url: String,
    silent: tokio::sync::watch::Sender<u32>,
}

impl Path {
    async fn to(url: &str) -> Self {
        let (before, after) = url.rsplit_once('@').unwrap();
        let (host, database) = after.split_once('/').unwrap_or((after, ""));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (silent, silences) = tokio::sync::watch::channel(0);
        let host = host.to_owned();
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let (host, mut silences) = (host.clone(), silences.clone());
                silences.mark_unchanged();
                tokio::spawn(async move {
                    let mut server = tokio::net::TcpStream::connect(host).await.unwrap();
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                        // The connection is kept; nothing is read from it, and it is not closed.
                        _ = silences.changed() => {
                            drop(silences);
                            std::future::pending::<()>().await;
                        }
                    }
                });
            }
        });
        Self { url: format!("{before}@127.0.0.1:{port}/{database}"), silent }
    }

    fn url(&self) -> String {
        self.url.clone()
    }

    /// Existing connections carry nothing any more; new ones work.
    async fn fall_silent(&self) {
        self.silent.send_modify(|times| *times += 1);
        // Only the task that waits for new connections is still subscribed.
        until("all are silent", async || self.silent.receiver_count() == 1).await;
    }
}
