//! The memory of each process of an idle fleet.

use std::{io, thread, time::Duration};

use super::Harbour;
use crate::{
    cpu,
    shop::Shop,
    table::{Floor, Table},
};

/// The idle time before the reading.
const IDLE: Duration = Duration::from_secs(10);

/// The memory limit of a service, in megabytes.
const MOST: f64 = 25.0;

/// The crew that is not a service: the API and the pages.
const EDGE: &str = "edge";

/// Measures and prints; returns the floor.
pub(super) fn bench(harbour: &Harbour) -> io::Result<Vec<Floor>> {
    let shop = Shop::start(&harbour.fleet("idle", None)?)?;
    thread::sleep(IDLE);
    let mut table = Table::new(
        format!("A fleet with the demo shop, idle for {} s: megabytes", IDLE.as_secs()),
        &["", "resident", "its own", "of the program"],
    );
    let mut most = 0.0;
    for worker in shop.workers()? {
        let resident = megabytes(worker.memory);
        let figure = |name| worker.pid.and_then(|pid| cpu::memory(pid, name));
        let of = |name| format!("{:.1}", megabytes(figure(name)));
        table.row([worker.worker, format!("{resident:.1}"), of("RssAnon"), of("RssFile")]);
        if worker.name != EDGE {
            most = f64::max(most, resident);
        }
    }
    print!("{table}");
    Ok(vec![Floor::ratio("25 MB / largest idle service of the fleet", MOST, most, 1.0)])
}

#[expect(clippy::cast_precision_loss, reason = "memories stay far below 2^53 bytes")]
fn megabytes(bytes: Option<u64>) -> f64 {
    bytes.unwrap_or_default() as f64 / 1e6
}
