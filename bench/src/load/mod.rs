//! The load generator: HTTP/1.1 over keep-alive connections to this machine.
//!
//! It shares its processors with the server it measures, so what it costs itself is its first quality: requests are
//! serialised once ([`request`]), answers are counted rather than read ([`parser`]), and each of its threads (one,
//! unless asked otherwise) runs all of its connections without a lock or a wake-up of another thread.
//!
//! In a *closed* loop each connection sends its next request when the last is answered: it finds the highest rate. In
//! an *open* loop requests are sent by schedule ([`schedule`]): it finds the latency at a rate.

mod connection;
pub mod parser;
pub mod report;
pub mod request;
pub mod schedule;

use std::{
    io,
    net::SocketAddr,
    sync::{Barrier, OnceLock},
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::{self, Runtime};

pub use self::report::Report;
use self::{
    connection::{Connection, Pace},
    report::Tally,
    request::Source,
};
use crate::cpu;

/// How long after its end a run waits for answers to what it has sent.
const GRACE: Duration = Duration::from_secs(5);

/// How requests follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// Each connection's next request after its last answer.
    Closed,
    /// So many requests a second, by schedule, over all connections.
    Open {
        /// Requests a second.
        rate: f64,
    },
}

/// One run of a load.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server, on this machine.
    pub server: SocketAddr,
    /// How many keep-alive connections.
    pub connections: usize,
    /// How many threads share them out among themselves.
    pub threads: usize,
    /// How requests follow each other.
    pub mode: Mode,
    /// How long requests are sent.
    pub duration: Duration,
    /// Stop after so many requests, if that is earlier.
    pub count: Option<u64>,
}

impl Plan {
    /// A closed loop on one thread.
    pub fn closed(server: SocketAddr, connections: usize, duration: Duration) -> Self {
        Self { server, connections, threads: 1, mode: Mode::Closed, duration, count: None }
    }

    /// An open loop on one thread.
    pub fn open(server: SocketAddr, connections: usize, rate: f64, duration: Duration) -> Self {
        Self { mode: Mode::Open { rate }, ..Self::closed(server, connections, duration) }
    }

    fn check(&self) -> io::Result<()> {
        let refuse = |reason: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        if !self.server.ip().is_loopback() {
            return refuse("a load may only be sent to this machine (127.0.0.0/8 or ::1)");
        }
        if self.connections == 0 || self.threads == 0 || self.threads > self.connections {
            return refuse("there must be a thread, and at least one connection for each");
        }
        match self.mode {
            Mode::Open { rate } if !(rate.is_finite() && rate > 0.0) => refuse("the rate must be above 0"),
            _ => Ok(()),
        }
    }
}

/// Sends the load that `plan` describes and blocks until it is over. `source` makes the requests of connection `n`.
pub fn run<S: Source>(plan: &Plan, mut source: impl FnMut(usize) -> S) -> io::Result<Report> {
    plan.check()?;
    let mut shares: Vec<Vec<S>> = (0..plan.threads).map(|_| Vec::new()).collect();
    for n in 0..plan.connections {
        if let Some(share) = shares.get_mut(n % plan.threads) {
            share.push(source(n));
        }
    }
    let gun = StartingGun::new(plan.threads);
    let runtimes: Vec<Runtime> = (0..plan.threads)
        .map(|_| runtime::Builder::new_current_thread().enable_all().build())
        .collect::<io::Result<_>>()?;
    let (pace, used) = thread::scope(|scope| {
        let workers: Vec<_> = runtimes
            .iter()
            .zip(shares)
            .map(|(runtime, share)| scope.spawn(|| gun.work(runtime, plan.server, share)))
            .collect();
        let pace = gun.fire(plan);
        let pacer =
            scope.spawn(move || pace.schedule.as_ref().map(|schedule| cpu::used(|| schedule.pace()).1));
        let mut used = vec![(Tally::default(), joined(pacer).unwrap_or_default())];
        for worker in workers {
            used.push(joined(worker)?);
        }
        io::Result::Ok((pace, used))
    })?;

    let (mut tally, mut client_cpu) = (Tally::default(), Duration::ZERO);
    for (of_thread, cpu) in used {
        tally.merge(&of_thread);
        client_cpu += cpu;
    }
    if let Some(schedule) = &pace.schedule {
        schedule
            .unsent()
            .for_each(|wait| tally.failed("due, but no connection was free until the end", wait));
    }
    Ok(Report { tally, window: pace.window(), client_cpu })
}

/// Connecting is not part of a run: all threads start together, a moment after the last is connected.
#[derive(Debug)]
struct StartingGun {
    connected: Barrier,
    begin: Barrier,
    pace: OnceLock<Pace>,
}

impl StartingGun {
    fn new(threads: usize) -> Self {
        Self { connected: Barrier::new(threads + 1), begin: Barrier::new(threads + 1), pace: OnceLock::new() }
    }

    /// Waits until all threads are connected, and lets them begin.
    fn fire(&self, plan: &Plan) -> &Pace {
        self.connected.wait();
        let pace = self.pace.get_or_init(|| Pace::new(plan, Instant::now() + Duration::from_millis(1)));
        self.begin.wait();
        pace
    }

    /// What one thread does; gives its tally and the processor time it took.
    fn work<S: Source>(
        &self,
        runtime: &Runtime,
        server: SocketAddr,
        sources: Vec<S>,
    ) -> io::Result<(Tally, Duration)> {
        let connections = runtime.block_on(connect_all(server, sources));
        self.connected.wait();
        self.begin.wait();
        let connections = connections?;
        let Some(pace) = self.pace.get() else { return Err(io::Error::other("began before the start")) };
        Ok(cpu::used(|| runtime.block_on(drive_all(connections, pace))))
    }
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

async fn connect_all<S: Source>(server: SocketAddr, sources: Vec<S>) -> io::Result<Vec<Connection<S>>> {
    let mut connections = Vec::with_capacity(sources.len());
    for source in sources {
        connections.push(Connection::open(server, source).await?);
    }
    Ok(connections)
}

async fn drive_all<S: Source>(connections: Vec<Connection<S>>, pace: &Pace) -> Tally {
    let tasks: Vec<_> =
        connections.into_iter().map(|connection| tokio::spawn(connection.run(pace.clone()))).collect();
    let mut total = Tally::default();
    for task in tasks {
        total.merge(&task.await.expect("a connection does not panic"));
    }
    total
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
