//! The HTTP server: its own accept loop over hyper, so that it can send cached pages before routing.
//!
//! ```no_run
//! # async fn example(pages: web::page::PageCache) -> std::io::Result<()> {
//! use axum::{Router, routing::get};
//! use tokio_util::sync::CancellationToken;
//! use web::serve::{Server, listen};
//!
//! let stop = CancellationToken::new();
//! let router = Router::new().route("/", get(|| async { "hello" }));
//! let listener = listen("127.0.0.1:8080".parse().expect("a socket address"))?;
//! let drained = Server::new(router).fast_path(move |head| pages.answer(head)).run([listener], stop).await;
//! assert_eq!(drained.cut_off, 0);
//! # Ok(()) }
//! ```
//!
//! # Limits for clients
//!
//! | a client that | is limited by |
//! |---|---|
//! | sends the head of its request slowly | [`ServerLimits::head`], for the whole head |
//! | reads the response slowly | [`ServerLimits::stalled`], without a byte read |
//! | keeps an idle connection | [`ServerLimits::idle`], and much less when connections run out |
//! | opens very many connections | [`ServerLimits::connections`]; the rest wait in the system's queue |
//! | sends a huge head | 431 beyond 32 KiB |
//!
//! Slow or huge bodies are limited by their readers: see [`crate::json::Body`].

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

use crate::page::PageResponse;

/// How many connections may wait to be accepted; Linux caps it at `net.core.somaxconn`.
const BACKLOG: u32 = 4096;

/// The pause before the next accept when the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The head of a request: method, path and headers.
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
    /// Borrows the head of `request`.
    pub fn of<B>(request: &'a Request<B>) -> Self {
        Self { method: request.method(), uri: request.uri(), headers: request.headers() }
    }
}

/// Returns a response that is available at once; `None` passes the request to the router.
type FastPath = dyn Fn(&Head<'_>) -> Option<PageResponse> + Send + Sync;

/// The limits of a server for its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerLimits {
    /// Open connections, over all listeners.
    pub connections: usize,
    /// The time from the first byte of a request's head to its last, accurate to a quarter.
    pub head: Duration,
    /// The time between a response and the next request.
    pub idle: Duration,
    /// The time without the client reading any byte of a pending response.
    pub stalled: Duration,
    /// How long running requests may take after the server is stopped.
    pub drain: Duration,
    /// How long the server waits for one more request on each open connection after it is retired.
    pub farewell: Duration,
}

impl Default for ServerLimits {
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

/// The result of a stopped server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrainReport {
    /// Connections that were closed at the deadline with an unanswered request.
    pub cut_off: usize,
}

/// A router, and a fast path before it.
pub struct Server {
    router: Router,
    fast_path: Arc<FastPath>,
    limits: ServerLimits,
    retire: CancellationToken,
}

/// The state that all connections share.
struct Shared {
    router: Router,
    fast_path: Arc<FastPath>,
    limits: ServerLimits,
    slots: Arc<Semaphore>,
    /// Every response is the last on its connection.
    retired: AtomicBool,
    /// Accept no new requests.
    stop: CancellationToken,
    /// The deadline has passed: close everything.
    cut: CancellationToken,
}

/// Listens on this socket address; port 0 picks a free port.
pub fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Lets a restarted server get its port back while old connections fade out.
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

impl Server {
    /// Serves `router`, with the default [`ServerLimits`].
    pub fn new(router: Router) -> Self {
        Self {
            router,
            fast_path: Arc::new(|_| None),
            limits: ServerLimits::default(),
            retire: CancellationToken::new(),
        }
    }

    /// Calls `answer` before the router, for every request without a body, on the connection's own task. It must not
    /// block and should return quickly. Its responses pass none of the router's layers.
    #[must_use]
    pub fn fast_path(
        mut self,
        answer: impl Fn(&Head<'_>) -> Option<PageResponse> + Send + Sync + 'static,
    ) -> Self {
        self.fast_path = Arc::new(answer);
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: ServerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets the server hand over to another process on the same socket, once `retire` is cancelled.
    ///
    /// A client sees a failure if its idle connection is closed just when it sends a request. A retired server
    /// therefore accepts no new connections, marks its next response on each connection as the last, and stops when all
    /// connections are closed or [`ServerLimits::farewell`] has passed.
    #[must_use]
    pub fn retire(mut self, retire: CancellationToken) -> Self {
        self.retire = retire;
        self
    }

    /// Serves until `stop` is cancelled and the running requests have ended, or [`ServerLimits::drain`] has passed.
    ///
    /// Idle connections are closed at once; the others after their pending response.
    pub async fn run(
        self,
        listeners: impl IntoIterator<Item = TcpListener>,
        stop: CancellationToken,
    ) -> DrainReport {
        let shared = Arc::new(Shared {
            router: self.router,
            fast_path: self.fast_path,
            limits: self.limits,
            slots: Arc::new(Semaphore::new(self.limits.connections)),
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
            // The next step is the same whether it was stopped or not.
            let _ = shared.unless_stopped(leaving).await;
            shared.stop.cancel();
        }
        if timeout(shared.limits.drain, connections.wait()).await.is_ok() {
            return DrainReport { cut_off: 0 };
        }
        let cut_off = connections.len();
        tracing::warn!(cut_off, "connections did not end in time and are cut off");
        shared.cut.cancel();
        connections.wait().await;
        DrainReport { cut_off }
    }
}

/// Accepts connections until the server is stopped.
async fn accept(listener: TcpListener, shared: &Arc<Shared>, connections: &TaskTracker) {
    while let Some(accepted) = shared.unless_stopped(next(&listener, &shared.slots)).await {
        match accepted {
            Ok((slot, stream, peer)) => {
                connections.spawn(connection::serve(stream, peer, Arc::clone(shared), slot));
            }
            // The client disconnected before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; retrying");
                if shared.unless_stopped(sleep(ACCEPT_PAUSE)).await.is_none() {
                    return;
                }
            }
        }
    }
}

/// The next connection, as soon as fewer than the limit are open.
async fn next(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((slot, stream, peer))
}

impl Shared {
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.stop.run_until_cancelled(work).await
    }
}
