//! Metrics in Prometheus' text format. Code records them with the macros of the crate `metrics`; the metrics page comes
//! from [`Metrics::render`].

use std::fmt::Write as _;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;

/// The bucket bounds of all metrics named `…_seconds`: from a cached page to a stalled mail server.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The bucket bounds of all metrics named `…_size`: items handled at once.
const SIZES: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0];

/// The interval at which samples are folded into their buckets, so that they do not accumulate without scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why metrics could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be set up: {0}")]
pub struct Error(#[from] BuildError);

/// The metrics of this process.
#[derive(Clone)]
pub struct Metrics {
    recorder: PrometheusHandle,
}

/// Installs the recorder, once per process. [`Metrics::upkeep`] must run afterwards.
pub fn install() -> Result<Metrics, Error> {
    Ok(Metrics { recorder: builder()?.install_recorder()? })
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".into()), &SIZES)
}

impl Metrics {
    /// All recorded metrics and the state of the process, as `text/plain; version=0.0.4`.
    pub fn render(&self) -> String {
        let mut page = self.recorder.render();
        if let Some(process) = Process::read() {
            process.render(&mut page);
        }
        page
    }

    /// Keeps the recorder's memory small until `stop`.
    pub async fn upkeep(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(UPKEEP);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.recorder.run_upkeep();
        }
    }
}

/// The kernel's figures about this process, with the names and meanings of Prometheus' client libraries.
struct Process {
    cpu_seconds: f64,
    start_seconds: f64,
    resident_bytes: u64,
    open_fds: usize,
    max_fds: Option<u64>,
}

impl Process {
    /// Reads `/proc`; `None` on systems without it.
    fn read() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let (cpu_seconds, since_boot) = times(&stat)?;
        let boot = number_after(&std::fs::read_to_string("/proc/stat").ok()?, "btime")?;
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in a float")]
        let start_seconds = boot as f64 + since_boot;
        Some(Self {
            cpu_seconds,
            start_seconds,
            resident_bytes: number_after(&status, "VmRSS:")? * 1024,
            // Reading the folder opens one more.
            open_fds: std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1),
            max_fds: number_after(&limits, "Max open files"),
        })
    }

    fn render(&self, page: &mut String) {
        let mut put = |name: &str, kind: &str, help: &str, value: &dyn std::fmt::Display| {
            let _ = write!(page, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n\n");
        };
        put("process_cpu_seconds_total", "counter", "User and system time spent.", &self.cpu_seconds);
        put("process_start_time_seconds", "gauge", "Start time since the Unix epoch.", &self.start_seconds);
        put("process_resident_memory_bytes", "gauge", "Resident memory.", &self.resident_bytes);
        put("process_open_fds", "gauge", "Open file descriptors.", &self.open_fds);
        if let Some(max) = self.max_fds {
            put("process_max_fds", "gauge", "Most file descriptors that may be open.", &max);
        }
    }
}

/// The processor time used and the start since boot, both in seconds, from `/proc/self/stat` (see proc(5)).
fn times(stat: &str) -> Option<(f64, f64)> {
    // Linux reports these in hundredths of a second on every architecture (USER_HZ).
    const TICKS: f64 = 100.0;
    // The second field is the program's name in brackets, which may itself contain spaces and brackets.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let user: f64 = fields.nth(11)?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    let since_boot: f64 = fields.nth(6)?.parse().ok()?;
    Some(((user + system) / TICKS, since_boot / TICKS))
}

/// The first number on the line that begins with `label`.
fn number_after(text: &str, label: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(label))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_is_rendered_with_buckets() {
        let recorder = builder().unwrap().build_recorder();
        let metrics = Metrics { recorder: recorder.handle() };
        metrics::with_local_recorder(&recorder, || {
            metrics::counter!("orders_total", "state" => "placed").increment(2);
            metrics::histogram!("request_seconds").record(0.003);
            metrics::histogram!("batch_size").record(40.0);
        });
        let page = metrics.render();
        assert!(page.contains("orders_total{state=\"placed\"} 2\n"), "{page}");
        assert!(page.contains("request_seconds_bucket{le=\"0.0025\"} 0\n"), "{page}");
        assert!(page.contains("request_seconds_bucket{le=\"0.005\"} 1\n"), "{page}");
        assert!(page.contains("batch_size_bucket{le=\"50\"} 1\n"), "{page}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_reports_about_itself() {
        let process = Process::read().unwrap();
        assert!(process.resident_bytes > 100_000);
        assert!(process.open_fds >= 3);
        let now = f64::from(i32::try_from(jiff::Timestamp::now().as_second()).unwrap());
        assert!((process.start_seconds - now).abs() < 600.0, "{} and {now}", process.start_seconds);
        let mut page = String::new();
        process.render(&mut page);
        assert!(
            page.contains("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total "),
            "{page}"
        );
    }

    #[test]
    fn a_program_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 1 1 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 4 0 1200 1 1";
        assert_eq!(times(stat), Some((2.0, 12.0)));
    }

    #[tokio::test(start_paused = true)]
    async fn upkeep_ends_when_told() {
        let recorder = builder().unwrap().build_recorder();
        let stop = CancellationToken::new();
        let upkeep = tokio::spawn(Metrics { recorder: recorder.handle() }.upkeep(stop.clone()));
        tokio::time::sleep(UPKEEP * 3).await;
        assert!(!upkeep.is_finished());
        stop.cancel();
        upkeep.await.unwrap();
    }
}
