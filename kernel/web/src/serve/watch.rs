//! Enforces one connection's time-outs without a timer or a clock on the path of a request.
//!
//! The connection records what it does; a periodic check compares the records with those of the check before. (hyper's
//! own time-out for heads creates and registers a timer for every request, which costs more than sending a page from
//! memory.)

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
    sync::Semaphore,
};

use super::ServerLimits;

/// No byte of the next request has arrived.
const IDLE: u8 = 0;
/// Part of a request's head has arrived.
const HEAD: u8 = 1;
/// The router handles a request.
const BUSY: u8 = 2;

/// Closing a connection with unread input resets it, and the client may lose its response (RFC 9112, 9.6). So the
/// server waits for the client to close, within these limits.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 8 << 20;

/// The number of checks within the shortest limit.
const LOOKS: u32 = 4;

/// The records of one connection. Only one task writes them, so plain loads and stores suffice.
#[derive(Default)]
pub(super) struct Marks {
    phase: AtomicU8,
    /// Whether bytes wait for the client to read them.
    blocked: AtomicBool,
    /// Changes with every response and every successful write.
    beats: AtomicU32,
    /// Whether the last request had a body, which may not be read to its end.
    had_body: AtomicBool,
}

impl Marks {
    fn beat(&self) {
        self.beats.store(self.beats.load(Relaxed).wrapping_add(1), Relaxed);
    }

    fn received(&self) {
        if self.phase.load(Relaxed) == IDLE {
            self.phase.store(HEAD, Relaxed);
        }
    }

    /// The request was answered at once.
    pub(super) fn answered(&self) {
        self.beat();
        self.phase.store(IDLE, Relaxed);
    }

    /// The request counts as running until the guard is dropped.
    pub(super) fn busy(self: &Arc<Self>, has_body: bool) -> Busy {
        self.phase.store(BUSY, Relaxed);
        self.had_body.store(has_body, Relaxed);
        Busy(Arc::clone(self))
    }

    /// Whether the client may still be sending input that is not read.
    fn has_unread(&self) -> bool {
        self.phase.load(Relaxed) == HEAD || self.had_body.load(Relaxed)
    }

    fn wrote(&self, through: bool) {
        self.blocked.store(!through, Relaxed);
        if through {
            self.beat();
        }
    }
}

/// While it lives, its connection is not limited.
pub(super) struct Busy(Arc<Marks>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.answered();
    }
}

/// Returns when the connection exceeds a limit, with a text that names the limit.
pub(super) async fn overdue(marks: &Marks, limits: &ServerLimits, slots: &Semaphore) -> &'static str {
    let pause = limits.head.min(limits.idle).min(limits.stalled) / LOOKS;
    let look = || (marks.phase.load(Relaxed), marks.blocked.load(Relaxed), marks.beats.load(Relaxed));
    let mut last = look();
    let mut unmoved = Duration::ZERO;
    loop {
        tokio::time::sleep(pause).await;
        let now = look();
        unmoved = if now == last { unmoved + pause } else { Duration::ZERO };
        last = now;
        let (limit, name) = match now {
            (_, true, _) => (limits.stalled, "the client does not read its answer"),
            (IDLE, ..) if slots.available_permits() == 0 => {
                (pause, "idle while others wait for a connection")
            }
            (IDLE, ..) => (limits.idle, "idle"),
            (HEAD, ..) => (limits.head, "the request's head did not come in time"),
            _ => continue,
        };
        if unmoved >= limit {
            return name;
        }
    }
}

/// A stream that records its reads and writes.
pub(super) struct WatchedStream {
    pub(super) stream: TcpStream,
    pub(super) marks: Arc<Marks>,
}

impl WatchedStream {
    /// Closes the sending side, and makes sure that the client can read what was sent.
    pub(super) async fn close(mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        if self.marks.has_unread() {
            let (mut unread, mut nowhere) = (self.stream.take(LINGER_BYTES), tokio::io::sink());
            let forget = tokio::io::copy(&mut unread, &mut nowhere);
            // The time is over; a client that still sends is cut off.
            let _ = tokio::time::timeout(LINGER, forget).await;
        }
        Ok(())
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.marks.received();
        }
        read
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.marks.wrote(wrote.is_ready());
        wrote
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.marks.wrote(wrote.is_ready());
        wrote
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
