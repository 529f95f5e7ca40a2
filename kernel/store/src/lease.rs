//! Who publishes from an outbox.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use message::Fault;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    Db,
    db::Pools,
    postgres::{Cluster, Node},
};

/// How often the server is asked whether the lock is still ours.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// For how long its last answer is believed. The server keeps a silent session for twice as long.
const BELIEVED_FOR: Duration = Duration::from_secs(5);

/// The right to publish from an outbox: one process has it at a time.
///
/// On PostgreSQL it is a lock of a session that says something every second. A process that is stopped falls silent: after
/// 10 s the server ends the session and another process may have the lease. The one that wakes up finds that it has not
/// heard from the server for too long, and stops. What it was publishing at that moment the other one has published before
/// or is publishing too, in the same order, so that nothing overtakes: consumers see it twice and drop it once.
pub struct Lease {
    // A SQLite file belongs to one process anyway.
    kept: Option<Keeper>,
}

struct Keeper {
    confirmed: Arc<Mutex<Instant>>,
    task: JoinHandle<()>,
    release: DropGuard,
}

impl Lease {
    /// Takes the lease, unless another process has it.
    pub async fn take(db: &Db) -> Result<Option<Self>, Fault> {
        match db.pools() {
            Pools::Sqlite { .. } => Ok(Some(Self { kept: None })),
            Pools::Postgres(cluster) => Ok(take_lock(cluster).await?.map(|kept| Self { kept: Some(kept) })),
        }
    }

    /// Whether it is still ours.
    pub fn is_held(&self) -> bool {
        self.kept.as_ref().is_none_or(|kept| {
            let confirmed = *kept.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
            confirmed.elapsed() < BELIEVED_FOR && !kept.task.is_finished()
        })
    }

    /// Gives it back.
    pub async fn release(self) {
        if let Some(Keeper { task, release, .. }) = self.kept {
            drop(release);
            // Its panic would be ours to report, and it has nothing that could panic.
            let _ = task.await;
        }
    }
}

async fn take_lock(cluster: &Cluster) -> Result<Option<Keeper>, Fault> {
    let (node, mut session) = cluster.acquire().await?;
    let asked_at = Instant::now();
    let lock = "SELECT pg_try_advisory_lock(hashtext('outbox ' || current_schema()))";
    if !node.run(sqlx::query_scalar(lock).fetch_one(&mut *session)).await? {
        return Ok(None);
    }
    // The lock is the session's and ends with it, however the process ends. So the connection is no longer the pool's:
    // back there, it would keep the lock while nobody publishes.
    let mut session = session.detach();
    node.run(session.execute("SET idle_session_timeout = '10s'")).await?;
    let confirmed = Arc::new(Mutex::new(asked_at));
    let released = CancellationToken::new();
    let release = released.clone().drop_guard();
    let task = tokio::spawn(keep(node, session, Arc::clone(&confirmed), released));
    Ok(Some(Keeper { confirmed, task, release }))
}

/// Keeps the session until it is released or lost.
async fn keep(
    node: Arc<Node>,
    mut session: PgConnection,
    confirmed: Arc<Mutex<Instant>>,
    released: CancellationToken,
) {
    while released.run_until_cancelled(sleep(ASK_EVERY)).await.is_some() {
        let asked_at = Instant::now();
        match timeout(BELIEVED_FOR, node.run(session.ping())).await {
            Ok(Ok(())) => *confirmed.lock().unwrap_or_else(PoisonError::into_inner) = asked_at,
            // Dropped, the connection is closed without a word to a server that may not listen.
            _ => return,
        }
    }
    // The server ends a session some time after its goodbye; the next process shall not wait for that.
    let unlock = node.run(session.execute("SELECT pg_advisory_unlock_all()"));
    if matches!(timeout(BELIEVED_FOR, unlock).await, Ok(Ok(_))) {
        // Failing to say goodbye ends the session as well.
        let _ = timeout(BELIEVED_FOR, session.close()).await;
    }
}
