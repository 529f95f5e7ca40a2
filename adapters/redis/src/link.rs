//! The connection: there or not there, never waited for.

use std::{
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use cache::shared::Away;
use metrics::{Counter, Gauge};
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, FromRedisValue, RedisError, RedisResult, Script,
    ScriptInvocation, ServerErrorKind, aio::MultiplexedConnection,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

/// The longest pause between two tries to connect.
pub const SLOWEST_RETRY: Duration = Duration::from_secs(5);

/// The first pause; the very first try follows at once.
const QUICKEST_RETRY: Duration = Duration::from_millis(50);

/// How long connecting, and an answer to a question whether it lives, may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Between two such questions.
const PING: Duration = Duration::from_secs(1);

/// A connection that lasted this long was a good one: its loss is no reason to wait before the next.
const GOOD: Duration = Duration::from_secs(10);

/// One connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) number: u64,
    connection: MultiplexedConnection,
}

/// What every connection begins with.
pub(crate) struct Greeting {
    pub(crate) script: Script,
    pub(crate) keys: [String; 2],
}

pub(crate) struct Link(Arc<State>);

struct State {
    line: RwLock<Option<Line>>,
    lost: Arc<Notify>,
    budget: Duration,
    up: Gauge,
    errors: Counter,
    connections: Counter,
}

impl Link {
    /// Begins to connect; the task that does ends with the link.
    pub(crate) fn start(client: Client, greeting: Greeting, budget: Duration) -> Self {
        let lost = Arc::new(Notify::new());
        let state = Arc::new(State {
            line: RwLock::default(),
            lost: Arc::clone(&lost),
            budget,
            up: metrics::gauge!("redis_up"),
            errors: metrics::counter!("redis_errors_total"),
            connections: metrics::counter!("redis_connections_total"),
        });
        state.up.set(0);
        tokio::spawn(Keeper { client, greeting, state: Arc::downgrade(&state), lost }.keep());
        Self(state)
    }

    /// The connection, if there is one.
    pub(crate) fn line(&self) -> Option<Line> {
        self.0.line.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the script answers, within the budget.
    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        line: &Line,
        command: &'static str,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Away> {
        let began = Instant::now();
        let mut connection = line.connection.clone();
        let answer = timeout(self.0.budget, script.invoke_async(&mut connection)).await;
        metrics::histogram!("redis_command_duration_seconds", "command" => command).record(began.elapsed());
        let error = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => {
                tracing::debug!(%error, command, "Redis refuses");
                Some(error)
            }
            Err(_) => None,
        };
        self.0.errors.increment(1);
        if error.is_none_or(|error| ends_the_line(&error)) {
            self.0.lose(line.number);
        }
        Err(Away)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.0.lost.notify_one();
    }
}

/// A refusal of this one command leaves the connection what it was. A server that loads or has become a replica is to be
/// greeted anew.
fn ends_the_line(error: &RedisError) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::Server(ServerErrorKind::ResponseError)
            | ErrorKind::Extension
            | ErrorKind::UnexpectedReturnType
    )
}

impl State {
    fn put(&self, line: Option<Line>) {
        self.up.set(u32::from(line.is_some()));
        *self.line.write().unwrap_or_else(PoisonError::into_inner) = line;
    }

    /// Nobody uses this connection from now on.
    fn lose(&self, number: u64) {
        let mut line = self.line.write().unwrap_or_else(PoisonError::into_inner);
        if line.as_ref().is_some_and(|line| line.number == number) {
            *line = None;
            self.up.set(0);
            self.lost.notify_one();
        }
    }
}

/// Keeps a connection, as long as there is a [`Link`].
struct Keeper {
    client: Client,
    greeting: Greeting,
    state: Weak<State>,
    lost: Arc<Notify>,
}

impl Keeper {
    async fn keep(self) {
        let (mut number, mut pause, mut told) = (0_u64, Duration::ZERO, false);
        let mut greeted = None;
        while self.state.strong_count() > 0 {
            let outcome = match timeout(PATIENCE, self.connect(&mut greeted)).await {
                Ok(outcome) => outcome.map_err(|error| error.to_string()),
                Err(_) => Err(format!("no answer within {PATIENCE:?}")),
            };
            match outcome {
                Ok(connection) => {
                    number += 1;
                    if std::mem::take(&mut told) {
                        tracing::info!("Redis is back");
                    }
                    let began = Instant::now();
                    self.live(Line { number, connection }).await;
                    if began.elapsed() >= GOOD {
                        pause = Duration::ZERO;
                    }
                }
                Err(reason) => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(
                            redis = %self.client.get_connection_info().addr(),
                            reason,
                            "Redis is not there: pages are made from their services, and each process counts by itself"
                        );
                    }
                }
            }
            sleep(pause).await;
            pause = (pause * 2).clamp(QUICKEST_RETRY, SLOWEST_RETRY);
        }
    }

    /// A connection to a server that knows whether it was started anew. `greeted` is the run of the last server that
    /// this process came to.
    async fn connect(&self, greeted: &mut Option<String>) -> RedisResult<MultiplexedConnection> {
        // Every call has its time limit already.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
        // A server that does not tell is thought to be another one each time.
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default().trim();
        let moved = greeted.as_ref().is_some_and(|greeted| greeted != run);
        let mut script = self.greeting.script.prepare_invoke();
        script.key(&self.greeting.keys[..]).arg(run).arg(u8::from(moved));
        let anew: bool = script.invoke_async(&mut connection).await?;
        // Only now: a greeting that may not have arrived is given again.
        *greeted = Some(run.to_owned());
        if anew {
            tracing::info!(
                "Redis was started anew, or is another one: what was cached there before is not used"
            );
        }
        Ok(connection)
    }

    /// Lets the connection be used, until it is lost or there is nobody to use it.
    async fn live(&self, line: Line) {
        {
            let Some(state) = self.state.upgrade() else { return };
            state.connections.increment(1);
            state.put(Some(line.clone()));
        }
        let mut connection = line.connection;
        while timeout(PING, self.lost.notified()).await.is_err() {
            let ping = redis::cmd("PING");
            let pong = timeout(PATIENCE, ping.query_async::<()>(&mut connection)).await;
            let Some(state) = self.state.upgrade() else { return };
            if !matches!(pong, Ok(Ok(()))) {
                state.lose(line.number);
            }
        }
    }
}
