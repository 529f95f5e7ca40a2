//! One process of a worker: how it is started, heard, felt and ended.
//!
//! A worker inherits, by systemd's protocol (`LISTEN_FDS`), a socket for its health and, if it is an edge, the shop's
//! own: no connection is lost between two processes that share a socket. Its standard input is a pipe that nothing but
//! its supervisor holds: a byte in it retires the worker, and its end, also by the supervisor's death, drains it.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener as Socket},
    os::fd::OwnedFd,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use command_fds::{CommandFdExt as _, FdMapping};
use tokio::{
    io::AsyncWriteExt as _,
    process::{ChildStdin, Command},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    logs::Logs,
    plan::Crew,
    pulse::{self, Pulse},
};

/// The first descriptor that is handed over.
const FIRST: i32 = 3;

/// Longer than a worker takes to end by itself, with its farewell and its drain.
const END: Duration = Duration::from_secs(50);

/// How long the lines of a process may take that has ended; somebody it started may hold its outputs open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The allocator's setting for pages of 2 MB, of which an idle process uses little. A worker does without them by itself, but
/// only from its first statement on: by then the allocator has taken some.
const HUGE_PAGES: &str = "MIMALLOC_ALLOW_THP";

/// Starts processes.
pub(super) struct Launcher {
    /// The command of a crew's workers.
    pub(super) command: Box<dyn Fn(&Crew) -> Command + Send + Sync>,
    /// The shop's own socket.
    pub(super) web: Socket,
    pub(super) logs: Logs,
}

/// A process of a worker. It is killed when this is dropped.
pub(super) struct Child {
    pub(super) pid: u32,
    /// Where it tells its health.
    pub(super) address: SocketAddr,
    pub(super) pulse: watch::Receiver<Pulse>,
    process: tokio::process::Child,
    lifeline: Option<ChildStdin>,
    said: Option<JoinHandle<()>>,
}

impl Launcher {
    /// Starts a process of the worker `name`, which is the fleet's `index`th.
    pub(super) fn start(&self, crew: &Crew, name: &Arc<str>, index: usize) -> io::Result<Child> {
        let health = Socket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = health.local_addr()?;
        let mut sockets = vec![OwnedFd::from(health)];
        if crew.is_edge {
            sockets.push(self.web.try_clone()?.into());
        }
        let mut command = (self.command)(crew);
        command
            .env("LISTEN_FDS", sockets.len().to_string())
            .env_remove("LISTEN_PID")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C at the terminal is for the supervisor, who ends the workers in their order.
            .process_group(0)
            .kill_on_drop(true);
        if std::env::var_os(HUGE_PAGES).is_none() {
            command.env(HUGE_PAGES, "0");
        }
        let mappings = (FIRST..).zip(sockets).map(|(child_fd, parent_fd)| FdMapping { parent_fd, child_fd });
        command.fd_mappings(mappings.collect()).map_err(io::Error::other)?;
        let mut process = command.spawn()?;
        let gone = || io::Error::other("it ended at once");
        let (pid, lifeline) = (process.id().ok_or_else(gone)?, process.stdin.take());
        let said = self.logs.follow_process(name, index, &mut process);
        let (sender, pulse) = watch::channel(Pulse::default());
        tokio::spawn(pulse::feel(address, sender));
        Ok(Child { pid, address, pulse, process, lifeline, said: Some(said) })
    }
}

impl Child {
    /// Waits until the process has ended and says how.
    pub(super) async fn ended(&mut self) -> String {
        let ended = self.process.wait().await;
        // Its last words belong before what is said of its end.
        if let Some(said) = self.said.take() {
            let _ = timeout(LAST_WORDS, said).await;
        }
        ended.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    /// Kills it.
    pub(super) async fn kill(&mut self) {
        // One that has ended already is as dead as it shall be.
        let _ = self.process.start_kill();
        self.ended().await;
    }

    /// Lets it finish what it is at, its clients told to go elsewhere.
    pub(super) async fn retire(mut self, hurry: &CancellationToken) {
        // One that has ended already needs not be told.
        if let Some(lifeline) = &mut self.lifeline {
            let _ = lifeline.write_all(b".").await;
        }
        self.end(hurry).await;
    }

    /// Lets it finish what it is at.
    pub(super) async fn stop(mut self, hurry: &CancellationToken) {
        self.lifeline = None;
        self.end(hurry).await;
    }

    async fn end(&mut self, hurry: &CancellationToken) {
        tokio::select! {
            _ = self.ended() => return,
            () = tokio::time::sleep(END) => tracing::warn!(pid = self.pid, "a worker does not end and is killed"),
            () = hurry.cancelled() => {}
        }
        self.kill().await;
    }
}
