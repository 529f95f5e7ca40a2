//! The lease on an outbox: which process publishes its events.

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

/// How often the holder checks that it still has the lock.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// How long the server's last answer counts. The server keeps a silent session for twice as long.
const BELIEVED_FOR: Duration = Duration::from_secs(5);

/// The right to publish from an outbox. One process holds it at a time.
///
/// On PostgreSQL it is a lock of a session that sends a statement every second. When a process is stopped, its session
/// falls silent; after 10 s the server ends it, and another process can take the lease. When the stopped process
/// continues, it sees that the server's last answer is too old, and stops publishing. Events that it was publishing are
/// published by the other process as well, in the same order, so no event overtakes another; consumers see some of them
/// twice and skip the second.
pub struct Lease {
    // `None` on SQLite, whose file belongs to one process anyway.
    kept: Option<Keeper>,
}

struct Keeper {
    confirmed: Arc<Mutex<Instant>>,
    task: JoinHandle<()>,
    release: DropGuard,
}

impl Lease {
    /// Takes the lease. `None` if another process holds it.
    pub async fn take(db: &Db) -> Result<Option<Self>, Fault> {
        match db.pools() {
            Pools::Sqlite { .. } => Ok(Some(Self { kept: None })),
            Pools::Postgres(cluster) => Ok(take_lock(cluster).await?.map(|kept| Self { kept: Some(kept) })),
        }
    }

    /// Whether this process still holds it.
    pub fn is_held(&self) -> bool {
        self.kept.as_ref().is_none_or(|kept| {
            let confirmed = *kept.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
            confirmed.elapsed() < BELIEVED_FOR && !kept.task.is_finished()
        })
    }

    /// Releases the lease.
    pub async fn release(self) {
        if let Some(Keeper { task, release, .. }) = self.kept {
            drop(release);
            // The task cannot panic, so there is no error to report.
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
    // The lock belongs to the session and ends with it, however the process ends. So the session leaves the pool: back
    // there it would keep the lock while no task publishes.
    let mut session = session.detach();
    node.run(session.execute("SET idle_session_timeout = '10s'")).await?;
    let confirmed = Arc::new(Mutex::new(asked_at));
    let released = CancellationToken::new();
    let release = released.clone().drop_guard();
    let task = tokio::spawn(keep(node, session, Arc::clone(&confirmed), released));
    Ok(Some(Keeper { confirmed, task, release }))
}

/// Keeps the session until the lease is released or lost.
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
            // Dropping the connection closes it without a message to a server that may not answer.
            _ => return,
        }
    }
    // The server ends a session some time after its client closes it; unlocking lets the next process start at once.
    let unlock = node.run(session.execute("SELECT pg_advisory_unlock_all()"));
    if matches!(timeout(BELIEVED_FOR, unlock).await, Ok(Ok(_))) {
        // If closing fails, the session ends as well.
        let _ = timeout(BELIEVED_FOR, session.close()).await;
    }
}
