//! The HTTP server: an accept loop of our own over hyper, because it can answer finished pages before routing.
//!
//! ```no_run
//! # async fn example(pages: web::page::PageCache) -> std::io::Result<()> {
//! use axum::{Router, routing::get};
//! use tokio_util::sync::CancellationToken;
//! use web::serve::{Server, listen};
//!
//! let stop = CancellationToken::new();
//! let router = Router::new().route("/", get(|| async { "hello" }));
//! let listener = listen("127.0.0.1:8080".parse().expect("an address"))?;
//! let drained = Server::new(router).fast_path(move |head| pages.answer(head)).run([listener], stop).await;
//! assert_eq!(drained.cut_off, 0);
//! # Ok(()) }
//! ```
//!
//! # What a client cannot do
//!
//! | a client that | meets |
//! |---|---|
//! | sends its request's head slowly | [`Limits::head`], whatever it drips |
//! | reads its answer slowly | [`Limits::stalled`] without a byte taken |
//! | keeps a connection and asks nothing | [`Limits::idle`], and much less when connections run out |
//! | opens very many connections | [`Limits::connections`]; the rest wait in the system's queue |
//! | sends a head of any size | 431 beyond 32 KiB |
//!
//! A slow or huge body is the business of whoever reads it: see [`crate::json::Body`].

mod body;
mod connection;
mod watch;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::Router;
use futures::future::join_all;
use http::{HeaderMap, Method, Request, Uri};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::page::Answer;

/// How many connections may wait to be accepted; Linux caps it at `net.core.somaxconn`.
const BACKLOG: u32 = 4096;

/// How long to wait before accepting again when the process has no file left to accept with.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a request's head says, before anything is done about it.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// `GET`, `POST`, ….
    pub method: &'a Method,
    /// Path and query.
    pub uri: &'a Uri,
    /// The request's headers.
    pub headers: &'a HeaderMap,
}

impl<'a> Head<'a> {
    /// The head of `request`.
    pub fn of<B>(request: &'a Request<B>) -> Self {
        Self { method: request.method(), uri: request.uri(), headers: request.headers() }
    }
}

/// Answers what it can at once; `None` leaves the request to the router.
type FastPath = dyn Fn(&Head<'_>) -> Option<Answer> + Send + Sync;

/// What a server grants its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time, over all listeners.
    pub connections: usize,
    /// From the first byte of a request's head to its last. Kept to within a quarter.
    pub head: Duration,
    /// Between a request's answer and the next request.
    pub idle: Duration,
    /// Without the client taking any byte of what we have to send.
    pub stalled: Duration,
    /// For the requests under way to end, once the server is stopped.
    pub drain: Duration,
    /// For the next request on each open connection to come, once the server is retired.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8192,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stalled: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            farewell: Duration::from_secs(5),
        }
    }
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut off at the deadline, their request unanswered.
    pub cut_off: usize,
}

/// A router, and what may be answered ahead of it.
pub struct Server {
    router: Router,
    fast_path: Arc<FastPath>,
    limits: Limits,
    retire: CancellationToken,
}

/// What all connections have in common.
struct Shared {
    router: Router,
    fast_path: Arc<FastPath>,
    limits: Limits,
    places: Arc<Semaphore>,
    /// Each answer is the last on its connection.
    retired: AtomicBool,
    /// No new requests.
    stop: CancellationToken,
    /// The deadline has passed.
    cut: CancellationToken,
}

/// Listens on `address`; port 0 takes any that is free.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // So that a restarted server gets its port back while old connections fade out.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Server {
    /// Serves `router`, with the default [`Limits`].
    pub fn new(router: Router) -> Self {
        Self {
            router,
            fast_path: Arc::new(|_| None),
            limits: Limits::default(),
            retire: CancellationToken::new(),
        }
    }

    /// Asks `answer` first. It is called for every request without a body, on the connection's own task: it must not block, and
    /// should give up quickly. What it answers passes none of the router's layers.
    #[must_use]
    pub fn fast_path(mut self, answer: impl Fn(&Head<'_>) -> Option<Answer> + Send + Sync + 'static) -> Self {
        self.fast_path = Arc::new(answer);
        self
    }

    /// Grants these limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets the server hand over to another process on the same socket, once `retire` is cancelled.
    ///
    /// A connection that is closed while it waits for a request may be closed just when the request is sent, and the
    /// client sees it fail. So a retired server accepts nothing more, tells each client with its next answer that it was
    /// the last on this connection, and stops when all have gone or [`Limits::farewell`] has passed.
    #[must_use]
    pub fn retire(mut self, retire: CancellationToken) -> Self {
        self.retire = retire;
        self
    }

    /// Serves until `stop` is cancelled and what was under way has ended, or [`Limits::drain`] has passed.
    ///
    /// Connections that wait for a request are closed at once; the others after the answer that they wait for.
    pub async fn run(
        self,
        listeners: impl IntoIterator<Item = TcpListener>,
        stop: CancellationToken,
    ) -> Drained {
        let shared = Arc::new(Shared {
            router: self.router,
            fast_path: self.fast_path,
            limits: self.limits,
            places: Arc::new(Semaphore::new(self.limits.connections)),
            retired: AtomicBool::new(false),
            stop: stop.child_token(),
            cut: CancellationToken::new(),
        });
        let connections = TaskTracker::new();
        let accepting =
            join_all(listeners.into_iter().map(|listener| accept(listener, &shared, &connections)));
        let retired = self.retire.run_until_cancelled_owned(accepting).await.is_none();

        connections.close();
        if retired {
            shared.retired.store(true, Relaxed);
            let leaving = timeout(shared.limits.farewell, connections.wait());
            // Stopped meanwhile or not: what comes now is the same.
            let _ = shared.unless_stopped(leaving).await;
            shared.stop.cancel();
        }
        if timeout(shared.limits.drain, connections.wait()).await.is_ok() {
            return Drained { cut_off: 0 };
        }
        let cut_off = connections.len();
        tracing::warn!(cut_off, "connections did not end in time and are cut off");
        shared.cut.cancel();
        connections.wait().await;
        Drained { cut_off }
    }
}

/// Takes connections until the server is stopped.
async fn accept(listener: TcpListener, shared: &Arc<Shared>, connections: &TaskTracker) {
    while let Some(accepted) = shared.unless_stopped(next(&listener, &shared.places)).await {
        match accepted {
            Ok((place, stream, peer)) => {
                connections.spawn(connection::serve(stream, peer, Arc::clone(shared), place));
            }
            // The client has gone before we came to it.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again");
                if shared.unless_stopped(sleep(ACCEPT_PAUSE)).await.is_none() {
                    return;
                }
            }
        }
    }
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((place, stream, peer))
}

impl Shared {
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.stop.run_until_cancelled(work).await
    }
}
