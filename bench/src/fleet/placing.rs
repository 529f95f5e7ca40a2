//! Orders and reads through a fleet and through one process, in turn, on the same PostgreSQL.

use std::{io, time::Duration};

use serde_json::Value;

use super::Harbour;
use crate::{
    basket::Demand,
    buyers::{Buyers, Turn},
    cli, cpu,
    load::{Plan, report::millis, request::Repeated, run},
    shop::{Setup, Shop},
    table::{Floor, Table, median, rate},
};

/// The warm-up before the first turn, which does not count.
const WARM_UP: Duration = Duration::from_secs(2);

/// The number of connections that read orders.
const READERS: usize = 64;

/// One way to run the shop.
struct Contender<'a> {
    name: &'static str,
    shop: &'a Shop,
    buyers: Buyers<'a>,
    turns: Vec<(Turn, Used)>,
    /// Answers per second, of reading an order.
    reads: Vec<f64>,
}

/// Processor time by part.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    shop: Duration,
    /// The share of the fleet's HTTP processes.
    edge: Duration,
    /// The share of the fleet's order service.
    order: Duration,
    broker: Duration,
    postgres: Duration,
}

impl Used {
    fn read(harbour: &Harbour, shop: &Shop) -> io::Result<Self> {
        let workers = shop.workers()?;
        let crew = |name: &str| {
            let pids = workers.iter().filter(|worker| worker.name == name).filter_map(|worker| worker.pid);
            pids.map(cpu::process).sum()
        };
        Ok(Self {
            shop: shop.cpu(),
            edge: crew("edge"),
            order: crew("order"),
            broker: cpu::process(harbour.broker.pid()),
            postgres: harbour.postgres.cpu(),
        })
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            shop: self.shop.saturating_sub(earlier.shop),
            edge: self.edge.saturating_sub(earlier.edge),
            order: self.order.saturating_sub(earlier.order),
            broker: self.broker.saturating_sub(earlier.broker),
            postgres: self.postgres.saturating_sub(earlier.postgres),
        }
    }
}

/// Measures and prints; returns the floor.
pub(super) fn bench(harbour: &Harbour, args: &cli::FleetArgs) -> io::Result<Vec<Floor>> {
    let start = |setup: Setup| Shop::start(&Setup { reactions_paused: !args.reactions, ..setup });
    let one = start(harbour.one_process("one")?)?;
    let packed = start(harbour.fleet("packed", None)?)?;
    let loose = start(harbour.fleet("loose", Some(1))?)?;
    let mut contenders = [
        Contender::new("one process", &one, args)?,
        Contender::new("fleet, with packets", &packed, args)?,
        Contender::new("fleet, each message by itself", &loose, args)?,
    ];
    for _ in 0..args.rounds {
        for contender in &mut contenders {
            contender.turn(harbour, args)?;
        }
    }
    for contender in &mut contenders {
        contender.buyers.check_books()?;
    }
    for _ in 0..args.rounds {
        for contender in &mut contenders {
            contender.read(args.duration)?;
        }
    }
    print!("{}", table(args, &contenders));
    let [one, packed, _] = &contenders;
    Ok(vec![
        Floor::ratio("orders: fleet / one process", packed.rate(), one.rate(), 0.6),
        // A shared system gives many processes more of itself than one; the ratio of processor time does not depend on
        // that.
        Floor::ratio("the same by processor time of an order", one.cost(), packed.cost(), 0.6),
    ])
}

impl<'a> Contender<'a> {
    fn new(name: &'static str, shop: &'a Shop, args: &cli::FleetArgs) -> io::Result<Self> {
        let mut buyers = Buyers::new(shop, args.connections)?;
        buyers.closed(&Demand::Spread, WARM_UP)?;
        Ok(Self { name, shop, buyers, turns: Vec::new(), reads: Vec::new() })
    }

    fn turn(&mut self, harbour: &Harbour, args: &cli::FleetArgs) -> io::Result<()> {
        let before = Used::read(harbour, self.shop)?;
        let turn = self.buyers.closed(&Demand::Spread, args.duration)?;
        let used = Used::read(harbour, self.shop)?.since(before);
        self.turns.push((turn, used));
        Ok(())
    }

    /// Reads the same order repeatedly: no cache keeps it, so each read is a request to the order service.
    fn read(&mut self, duration: Duration) -> io::Result<()> {
        let path = format!("/api/v1/orders/{}", self.order()?);
        let bytes = self.shop.client().repeated_get(&path);
        let report = run(&Plan::closed(self.shop.socket(), READERS, duration), |_| Repeated(bytes.clone()))?;
        if report.errors() > 0 || report.count(200) != report.answers() {
            return Err(io::Error::other(format!(
                "{}: the order was not shown each time:\n{report}",
                self.name
            )));
        }
        self.reads.push(report.rate());
        Ok(())
    }

    /// The id of its newest order.
    fn order(&self) -> io::Result<String> {
        let list = self.shop.client().get("/api/v1/orders?limit=1", &[])?.json()?;
        let id = list.pointer("/data/0/id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| io::Error::other(format!("no order in {list}")))
    }

    fn median(&self, figure: impl Fn(&(Turn, Used)) -> f64) -> f64 {
        median(&self.turns.iter().map(figure).collect::<Vec<_>>())
    }

    fn rate(&self) -> f64 {
        self.median(|(turn, _)| turn.accepted())
    }

    /// Microseconds of processor time of an order in all parts, including its buyer.
    fn cost(&self) -> f64 {
        self.median(|(turn, used)| {
            let servers = used.shop + used.broker + used.postgres;
            let client = turn.report.client_cpu_per_answer().as_secs_f64();
            (servers.as_secs_f64() / turn.report.answers_f64() + client) * 1e6
        })
    }

    fn cells(&self) -> Vec<String> {
        let latency = |percent: f64| {
            let seconds = self.median(|(turn, _)| turn.report.percentile(percent).as_secs_f64());
            millis(Duration::from_secs_f64(seconds))
        };
        let busy: u64 = self.turns.iter().map(|(turn, _)| turn.report.count(503)).sum();
        let cost = |part: fn(&Used) -> Duration| {
            let micros =
                self.median(|(turn, used)| part(used).as_secs_f64() * 1e6 / turn.report.answers_f64());
            format!("{micros:.1}")
        };
        let client = self.median(|(turn, _)| turn.report.client_cpu_per_answer().as_secs_f64() * 1e6);
        vec![
            self.name.to_owned(),
            rate(self.rate()),
            latency(50.0),
            latency(99.0),
            busy.to_string(),
            cost(|used| used.shop),
            cost(|used| used.edge),
            cost(|used| used.order),
            cost(|used| used.broker),
            cost(|used| used.postgres),
            format!("{client:.1}"),
            format!("{:.1}", self.cost()),
            rate(median(&self.reads)),
        ]
    }
}

fn table(args: &cli::FleetArgs, contenders: &[Contender<'_>]) -> Table {
    let reactions = if args.reactions { "run" } else { "wait" };
    let mut table = Table::new(
        format!(
            "Placing on PostgreSQL while the reactions {reactions}: {} connections, medians of {} turns of {:.1} s; \
             us of each order by part; reading an order, {READERS} connections",
            args.connections,
            args.rounds,
            args.duration.as_secs_f64()
        ),
        &[
            "",
            "orders",
            "p50 ms",
            "p99 ms",
            "busy",
            "shop us",
            "edge us",
            "order us",
            "broker us",
            "db us",
            "client us",
            "reads",
        ],
    );
    for contender in contenders {
        table.row(contender.cells());
    }
    table
}
