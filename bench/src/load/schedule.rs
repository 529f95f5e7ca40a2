//! When an open loop sends: request `k` is due at `k / rate`, whatever the server does meanwhile.
//!
//! Latency is counted from the time a request was due, not from when it got out. A server that stalls for a second
//! therefore shows a second in as many requests as were due in it, as its visitors would have seen it (Tene,
//! "How NOT to Measure Latency": coordinated omission).

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

/// The pacer sleeps at least this long, to leave the processor to the server. It is how late a request may leave
/// although a connection was free; it counts as latency.
const STEP: Duration = Duration::from_micros(200);

/// The arithmetic of a fixed rate.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    per_second: f64,
    total: u64,
}

impl Rate {
    /// `per_second` requests for the time `span`, but at most `limit`.
    pub fn new(per_second: f64, span: Duration, limit: Option<u64>) -> Self {
        let rate = Self { per_second, total: u64::MAX };
        let total = rate.due_by(span.saturating_sub(Duration::from_nanos(1)));
        Self { total: total.min(limit.unwrap_or(u64::MAX)), ..rate }
    }

    /// The number of requests in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// When request `k` (from 0) is due, from the start.
    #[expect(clippy::cast_precision_loss, reason = "2^53 requests are more than a run can hold")]
    pub fn due_at(&self, k: u64) -> Duration {
        Duration::from_secs_f64(k as f64 / self.per_second)
    }

    /// How many requests are due when `elapsed` has passed since the start.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "elapsed and rate are positive"
    )]
    pub fn due_by(&self, elapsed: Duration) -> u64 {
        let due = (elapsed.as_secs_f64() * self.per_second) as u64 + 1;
        due.min(self.total)
    }
}

/// A schedule under way, shared by the connections of a run.
#[derive(Debug)]
pub(super) struct Schedule {
    rate: Rate,
    start: Instant,
    end: Instant,
    next: AtomicU64,
    gate: Semaphore,
}

impl Schedule {
    pub(super) fn new(rate: Rate, start: Instant, end: Instant) -> Self {
        Self { rate, start, end, next: AtomicU64::new(0), gate: Semaphore::new(0) }
    }

    /// Waits for the next request's turn; gives the time it was due. `None` when the run is over.
    pub(super) async fn take(&self) -> Option<Instant> {
        self.gate.acquire().await.ok()?.forget();
        let k = self.next.fetch_add(1, Ordering::Relaxed);
        Some(self.start + self.rate.due_at(k))
    }

    /// Lets requests go as they fall due, until the end; then closes the gate. Blocks its thread.
    pub(super) fn pace(&self) {
        let mut released = 0;
        loop {
            let now = Instant::now();
            if now >= self.end {
                break;
            }
            let due = self.rate.due_by(now.saturating_duration_since(self.start));
            if now >= self.start && due > released {
                self.gate.add_permits(usize::try_from(due - released).unwrap_or(Semaphore::MAX_PERMITS));
                released = due;
            }
            let next = self.start + self.rate.due_at(released);
            thread::sleep(next.max(now + STEP).min(self.end).saturating_duration_since(now));
        }
        self.gate.close();
    }

    /// How long each request had been due at the end that found no free connection until then.
    pub(super) fn unsent(&self) -> impl Iterator<Item = Duration> {
        let taken = self.next.load(Ordering::Relaxed);
        let span = self.end.saturating_duration_since(self.start);
        (taken..self.rate.total()).map(move |k| span.saturating_sub(self.rate.due_at(k)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn requests_are_due_evenly_from_the_start() {
        let rate = Rate::new(1000.0, ms(5000), None);
        assert_eq!(rate.total(), 5000);
        assert_eq!(rate.due_at(0), ms(0));
        assert_eq!(rate.due_at(2500), ms(2500));
        assert_eq!(rate.due_by(ms(0)), 1);
        assert_eq!(rate.due_by(Duration::from_micros(999)), 1);
        assert_eq!(rate.due_by(ms(2500)), 2501);
        assert_eq!(rate.due_by(ms(9000)), 5000, "never more than in all");
    }

    #[test]
    fn a_slow_rate_and_a_limit_are_kept() {
        assert_eq!(Rate::new(0.5, ms(5000), None).total(), 3, "at 0, 2 and 4 s");
        assert_eq!(Rate::new(1000.0, ms(5000), Some(7)).total(), 7);
    }

    #[test]
    fn every_request_goes_out_once_and_none_before_it_is_due() {
        let start = Instant::now() + ms(20);
        let schedule = Schedule::new(Rate::new(2000.0, ms(200), None), start, start + ms(200));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut taken = Vec::new();
        thread::scope(|scope| {
            scope.spawn(|| schedule.pace());
            runtime.block_on(async {
                while let Some(due) = schedule.take().await {
                    assert!(Instant::now() >= due, "sent before it was due");
                    taken.push(due);
                }
            });
        });
        assert_eq!(taken.len() as u64 + schedule.unsent().count() as u64, 400);
        assert!(taken.len() > 200, "only {} of 400 went out", taken.len());
        assert!(taken.is_sorted());
    }

    #[test]
    fn what_never_went_out_is_told_with_its_wait() {
        let start = Instant::now();
        let schedule = Schedule::new(Rate::new(10.0, ms(1000), None), start, start + ms(1000));
        schedule.next.store(7, Ordering::Relaxed);
        assert_eq!(schedule.unsent().collect::<Vec<_>>(), [ms(300), ms(200), ms(100)]);
    }
}
