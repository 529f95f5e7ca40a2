//! One process of a worker: how it is started, logged, watched and ended.
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

/// How long the last lines of an ended process may take: another process may still hold its outputs open.
const LAST_LINES: Duration = Duration::from_millis(200);

/// Starts processes.
pub(super) struct Launcher {
    /// Makes the command of a crew's workers.
    pub(super) command: Box<dyn Fn(&Crew) -> Command + Send + Sync>,
    /// The shop's own socket.
    pub(super) web: Socket,
    pub(super) logs: Logs,
}

/// A process of a worker. It is killed when this is dropped.
pub(super) struct Child {
    pub(super) pid: u32,
    /// The listen address of its health.
    pub(super) listen_address: SocketAddr,
    pub(super) pulse: watch::Receiver<Pulse>,
    process: tokio::process::Child,
    lifeline: Option<ChildStdin>,
    output: Option<JoinHandle<()>>,
}

impl Launcher {
    /// Starts a process of the worker `name`, which is the fleet's `index`th.
    pub(super) fn start(&self, crew: &Crew, name: &Arc<str>, index: usize) -> io::Result<Child> {
        let health = Socket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let listen_address = health.local_addr()?;
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
            // A Ctrl-C at the terminal is for the supervisor, which ends the workers in order.
            .process_group(0)
            .kill_on_drop(true);
        let mappings = (FIRST..).zip(sockets).map(|(child_fd, parent_fd)| FdMapping { parent_fd, child_fd });
        command.fd_mappings(mappings.collect()).map_err(io::Error::other)?;
        let mut process = command.spawn()?;
        let gone = || io::Error::other("it ended at once");
        let (pid, lifeline) = (process.id().ok_or_else(gone)?, process.stdin.take());
        let output = self.logs.follow_process(name, index, &mut process);
        let (sender, pulse) = watch::channel(Pulse::default());
        tokio::spawn(pulse::watch(listen_address, sender));
        Ok(Child { pid, listen_address, pulse, process, lifeline, output: Some(output) })
    }
}

impl Child {
    /// Waits until the process has ended, and returns how.
    pub(super) async fn ended(&mut self) -> String {
        let ended = self.process.wait().await;
        // Its last lines belong before the line about its end.
        if let Some(output) = self.output.take() {
            let _ = timeout(LAST_LINES, output).await;
        }
        ended.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    /// Kills it.
    pub(super) async fn kill(&mut self) {
        // It fails if the process has ended already.
        let _ = self.process.start_kill();
        self.ended().await;
    }

    /// Lets it finish its work and refer its clients to others.
    pub(super) async fn retire(mut self, hurry: &CancellationToken) {
        // One that has ended already needs no word.
        if let Some(lifeline) = &mut self.lifeline {
            let _ = lifeline.write_all(b".").await;
        }
        self.end(hurry).await;
    }

    /// Lets it finish its work.
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
