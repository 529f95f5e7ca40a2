//! Connections to one server, as long as it is the right one.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use message::Fault;
use sqlx::{
    Connection as _, PgPool, Postgres, Transaction,
    pool::PoolOptions,
    postgres::{PgConnectOptions, PgConnection},
};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::host::{ServerState, Visit, ask, within};
use crate::fault::{fault, is_trouble, unknown_commit};

/// How long a statement may go unanswered. A server that pauses for a while should be waited for. But a connection
/// whose packets are silently dropped would hold its caller as long as the kernel retries: a quarter of an hour. This
/// is twice the `lock_timeout`.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// How long returning connections are checked after a statement went unanswered.
const SUSPICION: Duration = Duration::from_mins(1);

/// How long a checked connection has to answer.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// One server, and the connections to it.
pub(crate) struct Node {
    pub(super) name: String,
    pub(super) state: ServerState,
    options: PgConnectOptions,
    pool: PgPool,
    gone: CancellationToken,
    silence: Arc<Silence>,
    trouble: Arc<Notify>,
}

/// When a statement last went unanswered.
#[derive(Default)]
struct Silence(Mutex<Option<Instant>>);

impl Silence {
    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_recent(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < SUSPICION)
    }
}

impl Node {
    /// Connections are opened when they are needed. `trouble` is notified when one breaks.
    pub(super) fn new(visit: &Visit, connections: u32, patience: Duration, trouble: &Arc<Notify>) -> Self {
        let expected = visit.state.timeline.clone();
        let silence = Arc::new(Silence::default());
        let suspicion = Arc::clone(&silence);
        let pool = PoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(patience)
            .after_connect(move |connection, _| {
                let expected = expected.clone();
                Box::pin(async move { still_the_same(connection, expected).await })
            })
            .test_before_acquire(false)
            // A ping costs a round trip; only a connection that was idle may be dead.
            .before_acquire(|connection: &mut PgConnection, meta| {
                Box::pin(async move {
                    Ok(meta.idle_for < Duration::from_secs(1) || connection.ping().await.is_ok())
                })
            })
            // A dead connection would otherwise take up one of the pool's connections.
            .after_release(move |connection: &mut PgConnection, _| {
                let suspicion = Arc::clone(&suspicion);
                Box::pin(async move {
                    if !suspicion.is_recent() {
                        return Ok(true);
                    }
                    let silent = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
                    timeout(SIGN_OF_LIFE, connection.ping()).await.map_err(silent)?.map(|()| true)
                })
            })
            .connect_lazy_with(visit.host.options.clone());
        Self {
            name: visit.host.name.clone(),
            state: visit.state.clone(),
            options: visit.host.options.clone(),
            pool,
            gone: CancellationToken::new(),
            silence,
            trouble: Arc::clone(trouble),
        }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Runs `work` on this server. It fails as soon as this is no longer the right server, or no longer answers.
    pub(crate) fn run<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> impl Future<Output = Result<T, Fault>> {
        self.run_within(ANSWER_LIMIT, work)
    }

    /// The same for work that may take long, such as a migration.
    pub(crate) fn run_long<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> impl Future<Output = Result<T, Fault>> {
        self.run_within(Duration::MAX, work)
    }

    async fn run_within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Fault> {
        if self.is_gone() {
            return Err(self.left());
        }
        tokio::select! {
            biased;
            done = work => done.map_err(|error| {
                self.notice(&error);
                fault(error)
            }),
            () = self.gone.cancelled() => Err(self.left()),
            () = self.falls_silent(limit) => Err(self.silent()),
        }
    }

    /// Commits on this server, if it is still the right one.
    pub(crate) async fn commit(&self, tx: Transaction<'_, Postgres>) -> Result<(), Fault> {
        if self.is_gone() {
            return Err(self.left());
        }
        tokio::select! {
            biased;
            done = tx.commit() => done.map_err(|error| {
                self.notice(&error);
                // The server's answer is final. If the connection was lost instead, the result is unknown.
                if is_trouble(&error) { unknown_commit(error) } else { fault(error) }
            }),
            () = self.gone.cancelled() => Err(unknown_commit(self.left())),
            () = self.commit_falls_silent() => Err(unknown_commit(self.silent())),
        }
    }

    fn notice(&self, error: &sqlx::Error) {
        if is_trouble(error) {
            self.trouble.notify_one();
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone.is_cancelled()
    }

    /// Fails everything that runs, and closes the connections as they return.
    pub(super) fn leave(&self) {
        self.gone.cancel();
        let pool = self.pool.clone();
        tokio::spawn(async move { pool.close().await });
    }

    /// Waits for the longest answer time, and records that no answer came, before the connection returns to the pool,
    /// which checks the record.
    async fn falls_silent(&self, limit: Duration) {
        sleep(limit).await;
        self.silence.note();
        self.trouble.notify_one();
    }

    /// The same for a commit, which may wait for standbys without limit: if it were given up, its session would stay on
    /// the server and keep waiting, and further ones after it until all connections are used up.
    async fn commit_falls_silent(&self) {
        loop {
            sleep(ANSWER_LIMIT).await;
            if !within(self.waits_for_standbys()).await.unwrap_or(false) {
                return self.falls_silent(Duration::ZERO).await;
            }
        }
    }

    async fn waits_for_standbys(&self) -> Result<bool, sqlx::Error> {
        let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity
                   WHERE wait_event = 'SyncRep' AND application_name = current_setting('application_name'))";
        let mut session = PgConnection::connect_with(&self.options).await?;
        let waits = sqlx::query_scalar(sql).fetch_one(&mut session).await?;
        session.close().await?;
        Ok(waits)
    }

    fn silent(&self) -> Fault {
        Fault::unavailable(format!("the database server {} has not answered for {ANSWER_LIMIT:?}", self.name))
    }

    fn left(&self) -> Fault {
        Fault::unavailable(format!("the database server {} was left for another one", self.name))
    }
}

/// A new connection may lead to a server that was another one at the last check.
async fn still_the_same(connection: &mut PgConnection, expected: Option<String>) -> Result<(), sqlx::Error> {
    if ask(connection).await?.timeline == expected {
        Ok(())
    } else {
        Err(sqlx::Error::Io(std::io::Error::other("the server has become another one")))
    }
}

/// The settings of every session.
///
/// There is no `statement_timeout`, and there must not be one: if it fires while a commit waits for its standbys, the
/// server reports success, and the commit is lost with the server.
pub(super) fn session(options: PgConnectOptions, service: &str) -> PgConnectOptions {
    options
        .options([
            ("search_path", format!("\"{service}\"").as_str()),
            // A process that is stopped inside a transaction would keep its locks as long as it sleeps.
            ("idle_in_transaction_session_timeout", "10s"),
            // Longer than the time-outs above can delay a statement; one that waits longer fails instead of hanging.
            ("lock_timeout", "15s"),
        ])
        .application_name(&format!("caravel {service}"))
        .statement_cache_capacity(512)
}
