//! The connection to Redis. A caller never waits for it: it is there or it is not.

use std::{
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use cache::shared::Unavailable;
use metrics::{Counter, Gauge};
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, FromRedisValue, RedisError, RedisResult, Script,
    ScriptInvocation, ServerErrorKind, aio::MultiplexedConnection,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

/// The longest pause between two attempts to connect.
pub const SLOWEST_RETRY: Duration = Duration::from_secs(5);

/// The first pause; the very first retry follows at once.
const QUICKEST_RETRY: Duration = Duration::from_millis(50);

/// The time limit for connecting, and for the answer to a ping.
const PATIENCE: Duration = Duration::from_secs(1);

/// The pause between two pings.
const PING: Duration = Duration::from_secs(1);

/// After a connection that lasted this long, the first attempt to reconnect is made at once.
const GOOD: Duration = Duration::from_secs(10);

/// One connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) number: u64,
    multiplexed: MultiplexedConnection,
}

/// The script that every new connection runs first.
pub(crate) struct Greeting {
    pub(crate) script: Script,
    pub(crate) keys: [String; 2],
}

pub(crate) struct Link(Arc<State>);

struct State {
    connection: RwLock<Option<Connection>>,
    lost: Arc<Notify>,
    budget: Duration,
    up: Gauge,
    errors: Counter,
    connections: Counter,
}

impl Link {
    /// Starts to connect. The connecting task ends with the link.
    pub(crate) fn start(client: Client, greeting: Greeting, budget: Duration) -> Self {
        let lost = Arc::new(Notify::new());
        let state = Arc::new(State {
            connection: RwLock::default(),
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
    pub(crate) fn connection(&self) -> Option<Connection> {
        self.0.connection.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs the script and returns its result, within the budget.
    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        connection: &Connection,
        command: &'static str,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Unavailable> {
        let began = Instant::now();
        let mut multiplexed = connection.multiplexed.clone();
        let answer = timeout(self.0.budget, script.invoke_async(&mut multiplexed)).await;
        metrics::histogram!("redis_command_duration_seconds", "command" => command).record(began.elapsed());
        let error = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => {
                tracing::debug!(%error, command, "Redis rejects a command");
                Some(error)
            }
            Err(_) => None,
        };
        self.0.errors.increment(1);
        if error.is_none_or(|error| ends_the_connection(&error)) {
            self.0.lose(connection.number);
        }
        Err(Unavailable)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.0.lost.notify_one();
    }
}

/// An error about this one command leaves the connection as it was. A server that is loading or has become a replica
/// needs a new connection and a new greeting.
fn ends_the_connection(error: &RedisError) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::Server(ServerErrorKind::ResponseError)
            | ErrorKind::Extension
            | ErrorKind::UnexpectedReturnType
    )
}

impl State {
    fn put(&self, connection: Option<Connection>) {
        self.up.set(u32::from(connection.is_some()));
        *self.connection.write().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    /// Stops the use of this connection.
    fn lose(&self, number: u64) {
        let mut connection = self.connection.write().unwrap_or_else(PoisonError::into_inner);
        if connection.as_ref().is_some_and(|connection| connection.number == number) {
            *connection = None;
            self.up.set(0);
            self.lost.notify_one();
        }
    }
}

/// Keeps a connection open as long as there is a [`Link`].
struct Keeper {
    client: Client,
    greeting: Greeting,
    state: Weak<State>,
    lost: Arc<Notify>,
}

impl Keeper {
    async fn keep(self) {
        let (mut number, mut pause, mut reported) = (0_u64, Duration::ZERO, false);
        let mut greeted = None;
        while self.state.strong_count() > 0 {
            let outcome = match timeout(PATIENCE, self.connect(&mut greeted)).await {
                Ok(outcome) => outcome.map_err(|error| error.to_string()),
                Err(_) => Err(format!("no answer within {PATIENCE:?}")),
            };
            match outcome {
                Ok(connection) => {
                    number += 1;
                    if std::mem::take(&mut reported) {
                        tracing::info!("Redis is back");
                    }
                    let began = Instant::now();
                    self.live(Connection { number, multiplexed: connection }).await;
                    if began.elapsed() >= GOOD {
                        pause = Duration::ZERO;
                    }
                }
                Err(reason) => {
                    if !std::mem::replace(&mut reported, true) {
                        tracing::warn!(
                            redis = %self.client.get_connection_info().addr(),
                            reason,
                            "Redis is unavailable: pages are rendered from the services, and each process counts by itself"
                        );
                    }
                }
            }
            sleep(pause).await;
            pause = (pause * 2).clamp(QUICKEST_RETRY, SLOWEST_RETRY);
        }
    }

    /// Connects, and detects whether the server was restarted. `greeted` is the run id of the last server that this
    /// process used.
    async fn connect(&self, greeted: &mut Option<String>) -> RedisResult<MultiplexedConnection> {
        // Every call has its own time limit.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
        // A server without a run id counts as a new one each time.
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default().trim();
        let moved = greeted.as_ref().is_some_and(|greeted| greeted != run);
        let mut script = self.greeting.script.prepare_invoke();
        script.key(&self.greeting.keys[..]).arg(run).arg(u8::from(moved));
        let anew: bool = script.invoke_async(&mut connection).await?;
        // Set only now: a greeting that may not have arrived is repeated.
        *greeted = Some(run.to_owned());
        if anew {
            tracing::info!("Redis was restarted or replaced: entries from before are not used");
        }
        Ok(connection)
    }

    /// Publishes the connection until it is lost or the link ends.
    async fn live(&self, connection: Connection) {
        {
            let Some(state) = self.state.upgrade() else { return };
            state.connections.increment(1);
            state.put(Some(connection.clone()));
        }
        let number = connection.number;
        let mut multiplexed = connection.multiplexed;
        while timeout(PING, self.lost.notified()).await.is_err() {
            let ping = redis::cmd("PING");
            let pong = timeout(PATIENCE, ping.query_async::<()>(&mut multiplexed)).await;
            let Some(state) = self.state.upgrade() else { return };
            if !matches!(pong, Ok(Ok(()))) {
                state.lose(number);
            }
        }
    }
}
