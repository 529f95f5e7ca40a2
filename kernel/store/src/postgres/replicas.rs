//! Replicas, for reads that may be a few seconds old.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use sqlx::PgConnection;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    host::{Host, ServerState, ask, within},
    node::Node,
};

/// The limit of a replica's staleness: its answers include everything that was committed longer ago than this.
pub(crate) const STALENESS: Duration = Duration::from_secs(5);

/// The interval at which a replica is asked for its position.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// How long a read waits for a connection to a replica before it uses the primary.
const PATIENCE: Duration = Duration::from_secs(1);

/// The replicas of one service, with their lag.
pub(crate) struct Replicas {
    service: &'static str,
    all: Vec<Replica>,
    primary: Mutex<Primary>,
    turn: AtomicUsize,
}

struct Replica {
    host: Host,
    state: Mutex<Option<State>>,
    trouble: Arc<Notify>,
}

/// A replica that answers.
struct State {
    node: Arc<Node>,
    /// It shows everything that was committed before this; `None` until it has reached a known position of the primary.
    as_of: Option<Instant>,
}

/// The recent positions of the primary, newest last.
#[derive(Default)]
struct Primary {
    timeline: Option<String>,
    samples: VecDeque<(Instant, i64)>,
}

impl Replicas {
    /// Watches these hosts until `closing`.
    pub(super) fn watch(
        service: &'static str,
        hosts: Vec<Host>,
        connections: u32,
        closing: &CancellationToken,
    ) -> Arc<Self> {
        let replica = |host| Replica { host, state: Mutex::default(), trouble: Arc::default() };
        let replicas = Arc::new(Self {
            service,
            all: hosts.into_iter().map(replica).collect(),
            primary: Mutex::default(),
            turn: AtomicUsize::new(0),
        });
        for at in 0..replicas.all.len() {
            let (watched, closing) = (Arc::clone(&replicas), closing.clone());
            tokio::spawn(async move {
                closing.run_until_cancelled(watched.follow(at, connections)).await;
            });
        }
        replicas
    }

    /// Returns a replica that is fresh enough, in rotation.
    pub(crate) fn fresh(&self) -> Option<Arc<Node>> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.all.len();
        (0..count).find_map(|step| {
            let state = lock(&self.all.get((first + step) % count)?.state);
            let state = state.as_ref()?;
            state.as_of.is_some_and(|as_of| as_of.elapsed() < STALENESS).then(|| Arc::clone(&state.node))
        })
    }

    pub(super) async fn close(&self) {
        let nodes: Vec<_> = self
            .all
            .iter()
            .filter_map(|replica| lock(&replica.state).take())
            .map(|state| state.node)
            .collect();
        join_all(nodes.iter().map(|node| node.pool().close())).await;
    }

    /// Records the primary's position, which it had at this instant at the latest.
    pub(super) fn primary_was_at(&self, asked_at: Instant, server: &ServerState) {
        let mut primary = lock(&self.primary);
        // Positions of different timelines cannot be compared.
        if primary.timeline != server.timeline {
            primary.timeline.clone_from(&server.timeline);
            primary.samples.clear();
        }
        primary.samples.push_back((asked_at, server.position));
        primary.samples.retain(|(at, _)| at.elapsed() < STALENESS);
    }

    /// The newest instant of which a server with this report shows everything.
    fn as_of(&self, replica: &ServerState) -> Option<Instant> {
        let primary = lock(&self.primary);
        // The primary itself may be among the hosts; a server with an outdated timeline may not be used.
        if replica.timeline.is_some() && replica.timeline != primary.timeline {
            return None;
        }
        primary.samples.iter().rev().find(|(_, position)| *position <= replica.position).map(|(at, _)| *at)
    }

    /// Repeatedly asks one replica for its position.
    async fn follow(&self, at: usize, connections: u32) {
        let Some(replica) = self.all.get(at) else { return };
        let mut session = None;
        loop {
            session = self.ask(replica, session, connections).await;
            tokio::select! { () = sleep(ASK_EVERY) => {}, () = replica.trouble.notified() => session = None }
        }
    }

    /// Asks over the session of the last time, and returns the one for the next time.
    async fn ask(
        &self,
        replica: &Replica,
        session: Option<PgConnection>,
        connections: u32,
    ) -> Option<PgConnection> {
        let answer = match session {
            Some(mut session) => within(ask(&mut session)).await.map(|server| (server, session)),
            None => match replica.host.visit().await {
                Ok(visit) => {
                    let node = Node::new(&visit, connections, PATIENCE, &replica.trouble);
                    self.enter(replica, Some(State { node: Arc::new(node), as_of: None }));
                    Ok((visit.state, visit.session))
                }
                Err(fault) => Err(fault),
            },
        };
        match answer {
            Ok((server, session)) => {
                let as_of = self.as_of(&server);
                if let Some(state) = &mut *lock(&replica.state)
                    && state.node.state.timeline == server.timeline
                {
                    state.as_of = as_of.or(state.as_of);
                    self.show_lag(replica, state.as_of);
                    return Some(session);
                }
                None
            }
            Err(error) => {
                tracing::debug!(self.service, host = replica.host.name, %error, "a replica does not answer");
                self.enter(replica, None);
                None
            }
        }
    }

    fn show_lag(&self, replica: &Replica, as_of: Option<Instant>) {
        if let Some(as_of) = as_of {
            let lag = as_of.elapsed().as_secs_f64();
            let host = replica.host.name.clone();
            metrics::gauge!("store_replica_lag_seconds", "service" => self.service, "host" => host).set(lag);
        }
    }

    /// Replaces the state of a replica; reads on its old connections move to the primary.
    fn enter(&self, replica: &Replica, state: Option<State>) {
        let host = &replica.host.name;
        let found = state.is_some();
        let left = std::mem::replace(&mut *lock(&replica.state), state);
        match &left {
            Some(_) if !found => {
                tracing::warn!(self.service, host, "a replica does not answer and is skipped");
            }
            None if found => tracing::info!(self.service, host, "a replica answers"),
            _ => {}
        }
        if let Some(left) = left {
            left.node.leave();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
