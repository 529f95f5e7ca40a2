//! `bench journey`: orders come in at a fixed rate, and all following work must keep up: payment, confirmation, mail.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    basket::Demand,
    buyers::{Buyers, Turn},
    cli::JourneyArgs,
    database::Database,
    load::report::millis,
    metrics::Metrics,
    raw,
    shop::{Setup, Shop},
    table::{Floor, Table, rate},
};

/// The part of the raw limit that whole journeys must reach.
const FLOOR: f64 = 0.1;

/// The part of the raw limit at which orders come in unless a rate is asked for: a little above the floor.
const ASKED: f64 = 0.12;

/// How long a rate is tried in the search for the highest.
const TRIAL: Duration = Duration::from_secs(10);

/// How long the raw limits are measured.
const RAW: Duration = Duration::from_secs(5);

/// How often the backlog is read.
const EVERY: Duration = Duration::from_secs(1);

/// The time limit for completing the last orders.
const DRAIN: Duration = Duration::from_mins(2);

/// Counts the orders that reached each status.
const ORDERS: &str = "order_transitions_total";

/// Counts the mails that reached each state.
const MAILS: &str = "notification_mails_total";

/// The progress of the shop, in orders since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Progress {
    placed: f64,
    confirmed: f64,
    mailed: f64,
}

impl Progress {
    fn read(metrics: &Metrics) -> Self {
        let sum = |name, label| metrics.sum(name, label).unwrap_or_default();
        Self {
            placed: sum(ORDERS, "status=\"pending\""),
            confirmed: sum(ORDERS, "status=\"confirmed\""),
            mailed: sum(MAILS, "state=\"sent\""),
        }
    }

    /// Orders that are accepted and not completed.
    fn backlog(self) -> f64 {
        self.placed - self.confirmed.min(self.mailed)
    }
}

/// Measures and prints; returns the floors.
pub fn bench(args: &JourneyArgs) -> io::Result<Vec<Floor>> {
    Database::each(args.shop.database, |database| on(database, args))
}

fn on(database: &Database, args: &JourneyArgs) -> io::Result<Vec<Floor>> {
    let limits = raw::measure(database, RAW)?;
    print!("{}", limits.table(database));
    let asked = args.rate.unwrap_or(limits.best_batch() * ASKED);

    let mut setup = Setup::new(args.shop.binary.as_deref())?;
    setup.database_url = database.url("journey")?;
    let shop = Shop::start(&setup)?;
    let mut buyers = Buyers::new(&shop, args.shop.connections)?;
    let before = Progress::read(&shop.metrics()?);

    let (turn, backlog) = while_watching(&shop, || buyers.open(&Demand::Spread, asked, args.duration))?;
    let at_end = Progress::read(&shop.metrics()?);
    let drained = drain(&shop)?;
    buyers.check_books()?;
    everyone_is_told(&turn, before, Progress::read(&shop.metrics()?))?;

    let sustained = (at_end.mailed - before.mailed) / args.duration.as_secs_f64();
    let mut report = table(database, args, &turn, &backlog);
    report.row(["placed, paid, confirmed and mailed".to_owned(), rate(sustained)]);
    report.row(["time until the last was through".to_owned(), format!("{drained:.2?}")]);
    if args.search {
        report.row([
            "highest rate that it keeps up with".to_owned(),
            rate(highest(&shop, &mut buyers, asked)?),
        ]);
    }
    print!("{report}");

    let allowed = backlog.get(backlog.len() / 3).copied().unwrap_or_default() + asked;
    let floors = vec![
        Floor::ratio(
            format!("{database}: whole journeys / raw batches"),
            sustained,
            limits.best_batch(),
            FLOOR,
        ),
        // It may vary by a second's orders.
        Floor::ratio(
            format!("{database}: backlog early / at the end"),
            allowed,
            at_end.backlog().max(1.0),
            1.0,
        ),
    ];
    print!("{}", Table::of_floors(format!("The journey on {database} against its floors"), &floors));
    Ok(floors)
}

/// Runs `work`, and returns its result with the backlog of each second.
fn while_watching<T>(shop: &Shop, work: impl FnOnce() -> io::Result<T>) -> io::Result<(T, Vec<f64>)> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut backlog = Vec::new();
            while !over.load(Ordering::Relaxed) {
                backlog.push(Progress::read(&shop.metrics()?).backlog());
                thread::sleep(EVERY);
            }
            io::Result::Ok(backlog)
        });
        let outcome = work();
        over.store(true, Ordering::Relaxed);
        let backlog = watcher.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((outcome?, backlog?))
    })
}

/// Waits until nothing is left to do; returns how long that took.
fn drain(shop: &Shop) -> io::Result<Duration> {
    let start = Instant::now();
    loop {
        let progress = Progress::read(&shop.metrics()?);
        if progress.backlog() <= 0.0 {
            return Ok(start.elapsed());
        }
        if start.elapsed() > DRAIN {
            return Err(io::Error::other(format!("orders are stuck: {progress:?}")));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Each accepted order was confirmed and mailed once. Orders whose answer was lost may count as well.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn everyone_is_told(turn: &Turn, before: Progress, after: Progress) -> io::Result<()> {
    let accepted = turn.report.count(201) as f64;
    let most = accepted + turn.report.errors() as f64;
    let finished = [after.confirmed - before.confirmed, after.mailed - before.mailed];
    if finished.iter().all(|finished| (accepted..=most).contains(finished)) {
        return Ok(());
    }
    Err(io::Error::other(format!("{accepted} orders were accepted; confirmed and mailed were {finished:?}")))
}

/// The highest rate after which less than a second's orders wait, in steps of a quarter.
fn highest(shop: &Shop, buyers: &mut Buyers<'_>, known: f64) -> io::Result<f64> {
    let mut highest = known;
    loop {
        let next = highest * 1.25;
        buyers.open(&Demand::Spread, next, TRIAL)?;
        let backlog = Progress::read(&shop.metrics()?).backlog();
        drain(shop)?;
        if backlog > next {
            return Ok(highest);
        }
        highest = next;
    }
}

fn table(database: &Database, args: &JourneyArgs, turn: &Turn, backlog: &[f64]) -> Table {
    let seconds = args.duration.as_secs_f64();
    let mut table = Table::new(format!("The whole journey on {database}, for {seconds:.0} s"), &["", ""]);
    table.row(["orders accepted".to_owned(), rate(turn.accepted())]);
    table.row(["placing, p99 ms".to_owned(), millis(turn.report.percentile(99.0))]);
    table.row(["placing, longest ms".to_owned(), millis(turn.report.max())]);
    let cpu = turn.server_cpu.as_secs_f64() * 1e6 / turn.report.answers_f64();
    table.row(["the shop's processor time per order, us".to_owned(), format!("{cpu:.1}")]);
    let highest = backlog.iter().copied().fold(0.0, f64::max);
    table.row(["orders on their way, at most".to_owned(), format!("{highest:.0}")]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backlog_is_what_is_accepted_and_not_through() {
        let page = "order_transitions_total{status=\"pending\"} 10\norder_transitions_total{status=\"confirmed\"} 8\n\
            notification_mails_total{state=\"sent\"} 7\n";
        assert!((Progress::read(&Metrics::parse(page)).backlog() - 3.0).abs() < 1e-9);
        assert_eq!(Progress::read(&Metrics::default()), Progress::default());
    }
}
