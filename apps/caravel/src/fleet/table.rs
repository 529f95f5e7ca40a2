//! The table of `caravel fleet status`.

use std::time::Duration;

use message::Timestamp;

use super::worker::{State, Status};

const HEADINGS: [&str; 8] = ["WORKER", "STATE", "PID", "SINCE", "RESTARTS", "MEMORY", "HEALTH", ""];

/// A line for each worker below the headings, as wide as needed.
pub(super) fn draw(workers: &[Status], now: Timestamp) -> Vec<String> {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(workers.iter().map(|worker| row(worker, now)));
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let line = |row: &[String; 8]| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn row(worker: &Status, now: Timestamp) -> [String; 8] {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        worker.worker.clone(),
        state(worker.state).to_owned(),
        or_none(worker.pid.map(|pid| pid.to_string())),
        age(now.since(worker.since)),
        worker.restarts.to_string(),
        or_none(worker.memory.map(mebibytes)),
        or_none(worker.health.map(|socket| socket.to_string())),
        worker.detail.clone(),
    ]
}

fn state(state: State) -> &'static str {
    match state {
        State::Planned => "planned",
        State::Starting => "starting",
        State::Ready => "ready",
        State::Unready => "unready",
        State::Pausing => "pausing",
        State::Replacing => "replacing",
        State::Failed => "FAILED",
        State::Draining => "draining",
        State::Stopped => "stopped",
    }
}

fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds}s"),
        (0, 0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (0, hours, minutes, _) => format!("{hours}h{minutes:02}m"),
        (days, hours, ..) => format!("{days}d{hours:02}h"),
    }
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use message::Clock;

    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let since = Clock::system().now();
        let ready = Status {
            worker: "order.1".into(),
            name: "order".into(),
            state: State::Ready,
            pid: Some(12345),
            since,
            restarts: 0,
            detail: String::new(),
            health: Some(([127, 0, 0, 1], 40123).into()),
            memory: Some(15_309_210),
        };
        let failed = Status {
            worker: "notification.1".into(),
            name: "notification".into(),
            state: State::Failed,
            pid: None,
            restarts: 5,
            detail: "exit status: 1".into(),
            health: None,
            memory: None,
            ..ready.clone()
        };
        assert_eq!(
            draw(&[ready, failed], since.after(Duration::from_secs(75))),
            [
                "WORKER          STATE   PID    SINCE  RESTARTS  MEMORY    HEALTH",
                "order.1         ready   12345  1m15s  0         14.6 MiB  127.0.0.1:40123",
                "notification.1  FAILED  -      1m15s  5         -         -                exit status: 1",
            ]
        );
    }

    #[test]
    fn ages_have_two_units() {
        for (seconds, text) in [(0, "0s"), (59, "59s"), (60, "1m00s"), (3661, "1h01m"), (90_000, "1d01h")] {
            assert_eq!(age(Duration::from_secs(seconds)), text);
        }
    }
}
