//! One keep-alive connection and its loop.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time,
};

use super::{
    GRACE, Mode, Plan,
    parser::{Keep, Malformed, Parser, Response},
    report::Tally,
    request::Source,
    schedule::{Rate, Schedule},
};

/// The most that one read takes. Most answers fit whole.
const READ: usize = 32 * 1024;

/// How long a connection waits before it tries again to connect.
const RECONNECT: Duration = Duration::from_millis(10);

/// When requests are sent, shared by all connections of a run.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    pub(super) schedule: Option<Arc<Schedule>>,
    start: Instant,
    end: Instant,
    /// What is left of a closed loop's count of requests.
    left: Option<Arc<AtomicU64>>,
    /// Nanoseconds from the start to the last answer, kept where a count may end the run early.
    last_answer: Arc<AtomicU64>,
}

impl Pace {
    pub(super) fn new(plan: &Plan, start: Instant) -> Self {
        let mut end = start + plan.duration;
        let mut schedule = None;
        if let Mode::Open { rate } = plan.mode {
            let rate = Rate::new(rate, plan.duration, plan.count);
            end = end.min(start + rate.due_at(rate.total()));
            schedule = Some(Arc::new(Schedule::new(rate, start, end)));
        }
        let left = plan.count.map(|count| Arc::new(AtomicU64::new(count)));
        Self { schedule, start, end, left, last_answer: Arc::default() }
    }

    /// The time over which answers are counted.
    pub(super) fn window(&self) -> Duration {
        let whole = self.end.saturating_duration_since(self.start);
        if self.left.is_none() || self.schedule.is_some() {
            return whole;
        }
        let last = Duration::from_nanos(self.last_answer.load(Ordering::Relaxed));
        last.clamp(Duration::from_nanos(1), whole)
    }

    /// Waits for the next request's turn; gives the time from which its latency counts. `None` when the run is over.
    async fn turn(&self) -> Option<Instant> {
        if let Some(schedule) = &self.schedule {
            return schedule.take().await;
        }
        if let Some(left) = &self.left {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).ok()?;
        }
        let now = Instant::now();
        (now < self.end).then_some(now)
    }

    fn note_answer(&self, now: Instant) {
        if self.left.is_some() {
            let elapsed = now.saturating_duration_since(self.start).as_nanos();
            self.last_answer.fetch_max(u64::try_from(elapsed).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }
}

/// Why a request had no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{}", .0.kind())]
    Io(#[from] io::Error),
    #[error("{0}")]
    Malformed(#[from] Malformed),
}

/// One connection with its requests and its tally.
#[derive(Debug)]
pub(super) struct Connection<S> {
    server: SocketAddr,
    stream: TcpStream,
    source: S,
    parser: Parser,
    buffer: Box<[u8]>,
    tally: Tally,
    /// When the request was due that is not answered yet.
    waiting_since: Option<Instant>,
}

impl<S: Source> Connection<S> {
    pub(super) async fn open(server: SocketAddr, source: S) -> io::Result<Self> {
        let keep = if source.wants_body() { Keep::Body } else { Keep::Nothing };
        Ok(Self {
            server,
            stream: connect(server).await?,
            source,
            parser: Parser::new(keep),
            buffer: vec![0; READ].into_boxed_slice(),
            tally: Tally::default(),
            waiting_since: None,
        })
    }

    /// Sends and receives until the run is over.
    pub(super) async fn run(mut self, pace: Pace) -> Tally {
        // One timer for the whole run: one for each request would cost more than the rest of the loop.
        let _ = time::timeout_at((pace.end + GRACE).into(), self.drive(&pace)).await;
        if let Some(since) = self.waiting_since {
            self.tally.failed("no answer within the run", since.elapsed());
        }
        self.tally
    }

    async fn drive(&mut self, pace: &Pace) {
        while let Some(due) = pace.turn().await {
            self.waiting_since = Some(due);
            let outcome = self.exchange().await;
            let now = Instant::now();
            let latency = now.saturating_duration_since(due);
            self.waiting_since = None;
            let reusable = match outcome {
                Ok(response) => {
                    self.tally.answered(response.status, latency);
                    self.tally.in_time += u64::from(now <= pace.end);
                    self.tally.body_bytes += response.body_len;
                    self.source.answered(&response, self.parser.body());
                    pace.note_answer(now);
                    response.keep_alive
                }
                Err(failure) => {
                    self.tally.failed(&failure.to_string(), latency);
                    false
                }
            };
            if !reusable {
                self.reconnect(pace.end).await;
            }
        }
    }

    async fn exchange(&mut self) -> Result<Response, Failure> {
        self.stream.write_all(self.source.next()).await?;
        loop {
            let read = self.stream.read(&mut self.buffer).await?;
            if read == 0 {
                return Ok(self.parser.finish()?);
            }
            if let Some(response) = self.parser.feed(self.buffer.get(..read).unwrap_or_default())? {
                return Ok(response);
            }
        }
    }

    async fn reconnect(&mut self, until: Instant) {
        self.parser.reset();
        while Instant::now() < until {
            match connect(self.server).await {
                Ok(stream) => {
                    self.stream = stream;
                    return;
                }
                Err(error) => self.tally.error(&format!("connect: {}", error.kind())),
            }
            time::sleep(RECONNECT).await;
        }
    }
}

async fn connect(server: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
