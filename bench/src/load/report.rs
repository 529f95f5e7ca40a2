//! What a run came to.

use std::{collections::BTreeMap, fmt, time::Duration};

use hdrhistogram::Histogram;

/// Latencies are kept in nanoseconds, to three digits, up to this.
const LONGEST: Duration = Duration::from_mins(10);

/// Latencies and counts: of one connection, or, merged, of a run.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    latencies: Histogram<u64>,
    statuses: Vec<(u16, u64)>,
    errors: BTreeMap<String, u64>,
    /// Answers that came before the end of the run.
    pub(super) in_time: u64,
    /// Bytes of bodies.
    pub(super) body_bytes: u64,
}

impl Default for Tally {
    fn default() -> Self {
        let latencies = Histogram::new_with_bounds(1000, nanos(LONGEST), 3).expect("the bounds are in order");
        Self { latencies, statuses: Vec::new(), errors: BTreeMap::new(), in_time: 0, body_bytes: 0 }
    }
}

impl Tally {
    /// An answer that took `latency`.
    pub(super) fn answered(&mut self, status: u16, latency: Duration) {
        self.waited(latency);
        match self.statuses.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => self.statuses.push((status, 1)),
        }
    }

    /// A request that was not answered (yet) after `latency`. It counts among the latencies as the least it would have
    /// been; left out, a stalled server would look fast.
    pub(super) fn failed(&mut self, error: &str, latency: Duration) {
        self.waited(latency);
        self.error(error);
    }

    /// An error that belongs to no request, as a connection that is refused.
    pub(super) fn error(&mut self, error: &str) {
        match self.errors.get_mut(error) {
            Some(count) => *count += 1,
            None => _ = self.errors.insert(error.to_owned(), 1),
        }
    }

    /// Adds what another connection counted.
    pub(super) fn merge(&mut self, other: &Self) {
        self.latencies.add(&other.latencies).expect("all have the same bounds");
        self.in_time += other.in_time;
        self.body_bytes += other.body_bytes;
        for (error, count) in &other.errors {
            *self.errors.entry(error.clone()).or_default() += count;
        }
        for &(status, count) in &other.statuses {
            match self.statuses.iter_mut().find(|(known, _)| *known == status) {
                Some((_, total)) => *total += count,
                None => self.statuses.push((status, count)),
            }
        }
        self.statuses.sort_unstable();
    }

    fn waited(&mut self, latency: Duration) {
        self.latencies.saturating_record(nanos(latency));
    }
}

/// One run of a load.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) tally: Tally,
    /// From the first request to the end of the run.
    pub(super) window: Duration,
    /// Processor time of the generator itself.
    pub(super) client_cpu: Duration,
}

impl Report {
    /// Answers per second.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn rate(&self) -> f64 {
        self.tally.in_time as f64 / self.window.as_secs_f64()
    }

    /// Answers of any status, also those after the end of the run.
    pub fn answers(&self) -> u64 {
        self.tally.statuses.iter().map(|(_, count)| count).sum()
    }

    /// The same, to divide by: at least 1.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn answers_f64(&self) -> f64 {
        self.answers().max(1) as f64
    }

    /// Bytes of all bodies.
    pub fn body_bytes(&self) -> u64 {
        self.tally.body_bytes
    }

    /// Answers with this status.
    pub fn count(&self, status: u16) -> u64 {
        self.tally.statuses.iter().filter(|(known, _)| *known == status).map(|(_, count)| count).sum()
    }

    /// Requests that failed, and connections.
    pub fn errors(&self) -> u64 {
        self.tally.errors.values().sum()
    }

    /// The latency that `percent` of the requests did not exceed.
    pub fn percentile(&self, percent: f64) -> Duration {
        Duration::from_nanos(self.tally.latencies.value_at_percentile(percent))
    }

    /// The longest latency.
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.tally.latencies.max())
    }

    /// The generator's own processor time per answer.
    pub fn client_cpu_per_answer(&self) -> Duration {
        self.client_cpu.div_f64(self.answers_f64())
    }
}

impl fmt::Display for Report {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = self.tally.body_bytes as f64 / 1e6 / self.window.as_secs_f64();
        let seconds = self.window.as_secs_f64();
        writeln!(f, "  rate      {:.0}/s in {seconds:.2} s, bodies {megabytes:.1} MB/s", self.rate())?;
        write!(f, "  latency  ")?;
        for (name, percent) in [("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99.9", 99.9)] {
            write!(f, " {name} {}", millis(self.percentile(percent)))?;
        }
        writeln!(f, " max {} ms", millis(self.max()))?;
        write!(f, "  statuses ")?;
        for (status, count) in &self.tally.statuses {
            write!(f, " {status}: {count}")?;
        }
        writeln!(f)?;
        for (error, count) in &self.tally.errors {
            writeln!(f, "  error     {count} x {error}")?;
        }
        let cpu = self.client_cpu.as_secs_f64() / seconds * 100.0;
        let each = self.client_cpu_per_answer().as_secs_f64() * 1e6;
        write!(f, "  generator {cpu:.0} % of a core, {each:.2} us per answer")
    }
}

/// A latency in milliseconds, to a few digits.
pub fn millis(latency: Duration) -> String {
    let millis = latency.as_secs_f64() * 1e3;
    if millis < 10.0 { format!("{millis:.3}") } else { format!("{millis:.1}") }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_tallies_hold_all_that_was_counted() {
        let (mut first, mut second) = (Tally::default(), Tally::default());
        for millis in 1..=99 {
            first.answered(201, Duration::from_millis(millis));
        }
        second.answered(409, Duration::from_millis(100));
        second.failed("no answer", Duration::from_secs(1));
        first.merge(&second);
        let report =
            Report { tally: first, window: Duration::from_secs(1), client_cpu: Duration::from_millis(1) };

        assert_eq!(
            (report.count(201), report.count(409), report.answers(), report.errors()),
            (99, 1, 100, 1)
        );
        let p50 = report.percentile(50.0).as_secs_f64();
        assert!((p50 - 0.051).abs() < 0.001, "{p50}");
        assert!(report.max() >= Duration::from_secs(1), "the unanswered request is not left out");
        assert_eq!(report.client_cpu_per_answer(), Duration::from_micros(10));
    }
}
