//! `bench start`: the time to the first page, and the memory of an idle shop.

use std::{io, path::Path, thread, time::Duration};

use crate::{
    shop::{Setup, Shop},
    table::{Floor, Table},
};

/// The idle time before the memory is read.
const IDLE: Duration = Duration::from_secs(5);

/// Restarts of the existing shop; the slowest counts.
const RESTARTS: usize = 3;

/// Measures and prints; returns the floors.
pub fn bench(binary: Option<&Path>) -> io::Result<Vec<Floor>> {
    let setup = Setup::new(binary)?;
    let mut shop = Shop::start(&setup)?;
    let mut slowest = Duration::ZERO;
    for _ in 0..RESTARTS {
        let (again, took) = shop.restart(&setup)?;
        slowest = slowest.max(took);
        shop = again;
    }
    thread::sleep(IDLE);
    #[expect(clippy::cast_precision_loss, reason = "memories stay far below 2^53 bytes")]
    let megabytes = shop.resident() as f64 / 1e6;

    let mut table = Table::new("Starting on SQLite with the demo shop", &["", ""]);
    table.row([format!("first page on existing data, slowest of {RESTARTS}"), format!("{slowest:.3?}")]);
    table.row([
        format!("resident memory after {} idle seconds", IDLE.as_secs()),
        format!("{megabytes:.1} MB"),
    ]);
    print!("{table}");
    let floors = vec![
        Floor::ratio("1 s / first page", 1.0, slowest.as_secs_f64(), 1.0),
        Floor::ratio("100 MB / idle shop", 100.0, megabytes, 1.0),
    ];
    print!("{}", Table::of_floors("Starting against its floors", &floors));
    Ok(floors)
}
