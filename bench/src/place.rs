//! `bench place`: placing orders while the reactions wait, like the first minute of a sale.

use std::{io, time::Duration};

use crate::{
    basket::Demand,
    buyers::{Buyers, Turn},
    cli::PlaceArgs,
    database::Database,
    load::report::millis,
    raw::{self, Limits},
    shop::{Setup, Shop},
    table::{Floor, Table, median, rate},
};

/// The warm-up before the first turn, which does not count.
const WARM_UP: Duration = Duration::from_secs(2);

/// Measures and prints; returns the floors.
pub fn bench(args: &PlaceArgs) -> io::Result<Vec<Floor>> {
    Database::each(args.shop.database, |database| on(database, args))
}

fn on(database: &Database, args: &PlaceArgs) -> io::Result<Vec<Floor>> {
    let limits = raw::measure(database, args.duration)?;
    print!("{}", limits.table(database));

    let mut setup = Setup::new(args.shop.binary.as_deref())?;
    setup.reactions_paused = true;
    setup.database_url = database.url("place")?;
    let shop = Shop::start(&setup)?;
    let mut buyers = Buyers::new(&shop, args.shop.connections)?;
    buyers.closed(&Demand::Spread, WARM_UP)?;

    let one_hot_product = buyers.one_hot_product();
    let (mut spread, mut hot) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        spread.push(buyers.closed(&Demand::Spread, args.duration)?);
        hot.push(buyers.closed(&one_hot_product, args.duration)?);
    }
    let highest = median_rate(&spread);
    let half = buyers.open(&Demand::Spread, highest / 2.0, args.duration)?;
    buyers.check_books()?;

    print!("{}", table(database, args, [&spread, &hot], &half));
    let floors = floors(database, &limits, [&spread, &hot], &half);
    print!("{}", Table::of_floors(format!("Placing on {database} against its floors"), &floors));
    Ok(floors)
}

fn table(database: &Database, args: &PlaceArgs, turns: [&[Turn]; 2], half: &Turn) -> Table {
    let mut table = Table::new(
        format!(
            "Placing on {database} while the reactions wait: {} connections, medians of {} turns of {:.1} s",
            args.shop.connections,
            args.rounds,
            args.duration.as_secs_f64()
        ),
        &["", "orders", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "busy", "server us", "client us"],
    );
    let [spread, hot] = turns;
    table.row(cells("spread over the catalogue", spread));
    table.row(cells("one hot product in each", hot));
    table.row(cells("spread, at half that rate", std::slice::from_ref(half)));
    table
}

fn cells(name: &str, turns: &[Turn]) -> Vec<String> {
    let middle = |figure: &dyn Fn(&Turn) -> f64| median(&turns.iter().map(figure).collect::<Vec<_>>());
    let latency = |percent: f64| {
        millis(Duration::from_secs_f64(middle(&|turn| turn.report.percentile(percent).as_secs_f64())))
    };
    let longest = turns.iter().map(|turn| turn.report.max()).max().unwrap_or_default();
    let busy: u64 = turns.iter().map(|turn| turn.report.count(503)).sum();
    let server = middle(&|turn| turn.server_cpu.as_secs_f64() * 1e6 / turn.report.answers_f64());
    let client = middle(&|turn| turn.report.client_cpu_per_answer().as_secs_f64() * 1e6);
    vec![
        name.to_owned(),
        rate(median_rate(turns)),
        latency(50.0),
        latency(99.0),
        latency(99.9),
        millis(longest),
        busy.to_string(),
        format!("{server:.1}"),
        format!("{client:.1}"),
    ]
}

fn floors(database: &Database, limits: &Limits, turns: [&[Turn]; 2], half: &Turn) -> Vec<Floor> {
    let [spread, hot] = turns.map(median_rate);
    let name = |what: &str| format!("{database}: {what}");
    let mut floors = match database {
        Database::Sqlite => {
            vec![Floor::ratio(name("placing / raw batches"), spread, limits.best_batch(), 0.35)]
        }
        Database::Postgres(_) => vec![
            Floor::ratio(name("placing / one transaction per order"), spread, limits.one_by_one, 3.0),
            Floor::ratio(name("hot / one transaction per hot order"), hot, limits.one_by_one_hot, 10.0),
        ],
    };
    floors.push(Floor::ratio(name("hot / spread"), hot, spread, 0.9));
    let p99 = half.report.percentile(99.0).as_secs_f64();
    floors.push(Floor::ratio(name("50 ms / p99 at half the highest rate"), 0.050, p99, 1.0));
    floors
}

fn median_rate(turns: &[Turn]) -> f64 {
    median(&turns.iter().map(Turn::accepted).collect::<Vec<_>>())
}
