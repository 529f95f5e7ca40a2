//! The PostgreSQL servers of one service, one of which accepts writes.

use std::{
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use message::{Fault, Kind};
use sqlx::{PgConnection, PgPool, Postgres, Transaction, pool::PoolConnection};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    create,
    host::{Host, ServerState, Visit, ask, find_writable, hosts, within},
    node::{Node, session},
    replicas::Replicas,
};
use crate::{PostgresServers, db::ACQUIRE_TIMEOUT};

/// The interval of the checks whether the server still accepts writes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The interval of the search while no server is known.
const SEARCH_EVERY: Duration = Duration::from_millis(250);

/// The shortest pause between two checks, however many errors there are.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// Every how many checks the other hosts are visited as well, in case one of them was promoted.
const VISIT_ALL_EVERY: u32 = 10;

pub(crate) struct Cluster {
    service: &'static str,
    hosts: Vec<Host>,
    connections: u32,
    node: RwLock<Arc<Node>>,
    trouble: Arc<Notify>,
    replicas: Arc<Replicas>,
    closing: CancellationToken,
    /// Ends the tasks that watch the servers.
    _closed_when_dropped: DropGuard,
}

impl Cluster {
    /// Waits for a server that accepts writes, and creates the service's schema there.
    pub(crate) async fn open(
        server: &PostgresServers,
        service: &'static str,
        connections: u32,
    ) -> Result<Arc<Self>, Fault> {
        let mut hosts = create::make_room(server, service).await?;
        for host in &mut hosts {
            host.options = session(host.options.clone(), service);
        }
        let visit = create::wait_for(&hosts, service).await?;
        let read_hosts = match &server.read_url {
            Some(url) => read_hosts(url, server, service)?,
            None => Vec::new(),
        };
        let closing = CancellationToken::new();
        let trouble = Arc::new(Notify::new());
        let node = Node::new(&visit, connections, ACQUIRE_TIMEOUT, &trouble);
        let cluster = Arc::new(Self {
            service,
            hosts,
            connections,
            node: RwLock::new(Arc::new(node)),
            trouble,
            replicas: Replicas::watch(service, read_hosts, connections, &closing),
            _closed_when_dropped: closing.clone().drop_guard(),
            closing,
        });
        tokio::spawn(watch(Arc::downgrade(&cluster), visit.session));
        Ok(cluster)
    }

    /// The server that accepts writes, as far as is known.
    pub(crate) fn node(&self) -> Arc<Node> {
        Arc::clone(&self.node.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replicas(&self) -> &Replicas {
        &self.replicas
    }

    /// A connection to the server that accepts writes; waits while there is none.
    pub(crate) async fn acquire(&self) -> Result<(Arc<Node>, PoolConnection<Postgres>), Fault> {
        self.on_node(|pool| async move { pool.acquire().await }).await
    }

    /// A transaction on the server that accepts writes; waits while there is none.
    pub(crate) async fn begin(&self) -> Result<(Arc<Node>, Transaction<'static, Postgres>), Fault> {
        self.on_node(|pool| async move { pool.begin().await }).await
    }

    /// Runs `begin`, and repeats it if the connection is dead or the server is left meanwhile: nothing has happened yet
    /// then.
    async fn on_node<T, F>(&self, begin: impl Fn(PgPool) -> F) -> Result<(Arc<Node>, T), Fault>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        // Boxed: a connection may have to be opened, and every caller would carry all of that in its own future.
        let begun = Box::pin(timeout(ACQUIRE_TIMEOUT, async {
            loop {
                let node = self.node();
                match node.run(begin(node.pool().clone())).await {
                    Ok(begun) => return Ok((node, begun)),
                    Err(fault) if fault.kind() == Kind::Unavailable && !self.closing.is_cancelled() => {
                        sleep(SHORTEST_PAUSE).await;
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }));
        begun.await.unwrap_or_else(|_| {
            let server = &self.node().name;
            Err(Fault::unavailable(format!("no connection to {server} became free in time")))
        })
    }

    /// Closes every connection, after the statements that run.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        self.replicas.close().await;
        self.node().pool().close().await;
    }

    /// Checks over the session of the last check whether the server is still the right one, and moves if another one
    /// is. Returns the session for the next check.
    async fn look(&self, session: Option<PgConnection>, visit_all: bool) -> Option<PgConnection> {
        let node = self.node();
        let was_there = session.is_some();
        let session = self.ask_again(&node, session).await;
        if session.is_some() && !visit_all {
            return session;
        }
        match find_writable(&self.hosts).await {
            Ok(visit) if visit.state.timeline < node.state.timeline => {
                let (host, left) = (&visit.host.name, &node.name);
                tracing::warn!(
                    self.service,
                    host,
                    left,
                    "only a server with an outdated timeline accepts writes; it is not used"
                );
                session
            }
            Ok(visit) => {
                if visit.host.name != node.name || !is_same(&node.state, &visit.state) {
                    self.move_to(&visit);
                }
                Some(visit.session)
            }
            Err(error) => {
                if was_there && session.is_none() {
                    tracing::warn!(self.service, %error, "no database server accepts writes; searching");
                }
                session
            }
        }
    }

    /// Returns the session if the server answers over it and is still the same.
    async fn ask_again(&self, node: &Node, session: Option<PgConnection>) -> Option<PgConnection> {
        let mut session = session?;
        let asked_at = Instant::now();
        let state = within(ask(&mut session)).await.ok().filter(|state| is_same(&node.state, state))?;
        self.replicas.primary_was_at(asked_at, &state);
        Some(session)
    }

    fn move_to(&self, visit: &Visit) {
        let node = Arc::new(Node::new(visit, self.connections, ACQUIRE_TIMEOUT, &self.trouble));
        let left = std::mem::replace(&mut *self.node.write().unwrap_or_else(PoisonError::into_inner), node);
        tracing::warn!(
            self.service,
            from = left.name,
            to = visit.host.name,
            "moved to another database server"
        );
        metrics::counter!("store_server_changes_total", "service" => self.service).increment(1);
        left.leave();
    }
}

/// Whether it is the same server and was not restarted in between.
fn is_same(one: &ServerState, other: &ServerState) -> bool {
    one.started == other.started && one.timeline == other.timeline
}

/// The hosts of the URL for reads, with the service's database on them.
fn read_hosts(url: &str, server: &PostgresServers, service: &str) -> Result<Vec<Host>, Fault> {
    let mut hosts = hosts(url)?;
    for host in &mut hosts {
        let mut options =
            session(host.options.clone(), service).options([("default_transaction_read_only", "on")]);
        if server.per_service == crate::PerService::Database {
            options = options.database(&format!("{}_{service}", create::database(host)));
        }
        host.options = options;
    }
    Ok(hosts)
}

/// Checks until the cluster is closed or dropped.
async fn watch(cluster: Weak<Cluster>, session: PgConnection) {
    let Some((trouble, closing)) =
        cluster.upgrade().map(|cluster| (Arc::clone(&cluster.trouble), cluster.closing.clone()))
    else {
        return;
    };
    let mut session = Some(session);
    for look in 1_u32.. {
        let pause = if session.is_some() { LOOK_EVERY } else { SEARCH_EVERY };
        tokio::select! {
            () = sleep(pause) => {}
            () = async { sleep(SHORTEST_PAUSE).await; trouble.notified().await } => {}
            () = closing.cancelled() => return,
        }
        let Some(cluster) = cluster.upgrade() else { return };
        let visit_all = cluster.hosts.len() > 1 && look.is_multiple_of(VISIT_ALL_EVERY);
        session = cluster.look(session, visit_all).await;
    }
}
