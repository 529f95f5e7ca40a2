//! The buyers of a shop: they place orders, and count the items that were sold to them.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    basket::{Demand, Orders},
    load::{Plan, Report, run},
    shop::Shop,
};

/// The stock of each variant: more than any run can sell.
const PLENTY: i64 = 1_000_000_000;

/// All buyers of one shop.
#[derive(Debug)]
pub struct Buyers<'a> {
    shop: &'a Shop,
    variants: Arc<[String]>,
    connections: usize,
    runs: u32,
    /// How many items were held or sold before they came.
    taken_before: i64,
    /// How many items they were promised.
    promised: Arc<AtomicU64>,
    /// The number of requests with an unknown result.
    unanswered: u64,
}

/// The result of one run.
#[derive(Debug)]
pub struct Turn {
    /// What the buyers measured.
    pub report: Report,
    /// The shop's processor time for it.
    pub server_cpu: Duration,
}

impl Turn {
    /// Accepted orders per second.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn accepted(&self) -> f64 {
        self.report.rate() * self.report.count(201) as f64 / self.report.answers_f64()
    }
}

impl<'a> Buyers<'a> {
    /// Fills the shop's stock for them.
    pub fn new(shop: &'a Shop, connections: usize) -> io::Result<Self> {
        let variants: Arc<[String]> = shop.stock_all(PLENTY)?.into();
        let taken_before = taken(shop, &variants)?;
        Ok(Self {
            shop,
            variants,
            connections,
            runs: 0,
            taken_before,
            promised: Arc::default(),
            unanswered: 0,
        })
    }

    /// A demand for the same product in every basket.
    pub fn one_hot_product(&self) -> Demand {
        Demand::Hot(self.variants.first().cloned().unwrap_or_default())
    }

    /// Places orders, each buyer's next one after the answer to the last.
    pub fn closed(&mut self, demand: &Demand, duration: Duration) -> io::Result<Turn> {
        self.run(demand, &Plan::closed(self.shop.socket(), self.connections, duration))
    }

    /// Places orders by schedule.
    pub fn open(&mut self, demand: &Demand, rate: f64, duration: Duration) -> io::Result<Turn> {
        self.run(demand, &Plan::open(self.shop.socket(), self.connections, rate, duration))
    }

    fn run(&mut self, demand: &Demand, plan: &Plan) -> io::Result<Turn> {
        self.runs += 1;
        let orders = Orders::new(Arc::clone(&self.variants), demand, self.runs, Arc::clone(&self.promised))?;
        let before = self.shop.cpu();
        let report = run(plan, |connection| orders.of(connection))?;
        let server_cpu = self.shop.cpu().saturating_sub(before);
        self.unanswered += report.errors();
        // 503 is "busy, retry after": a full queue, and no order.
        if report.answers() == 0 || report.answers() != report.count(201) + report.count(503) {
            return Err(io::Error::other(format!("the shop does not place these orders:\n{report}")));
        }
        Ok(Turn { report, server_cpu })
    }

    /// Compares the shop's held and sold stock with what the buyers were promised.
    pub fn check_books(&self) -> io::Result<()> {
        let taken = taken(self.shop, &self.variants)? - self.taken_before;
        let promised = i64::try_from(self.promised.load(Ordering::Relaxed)).map_err(io::Error::other)?;
        let right = if self.unanswered == 0 { taken == promised } else { taken >= promised };
        if right {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "the shop's stock is wrong: {promised} items were promised, {taken} taken"
        )))
    }
}

fn taken(shop: &Shop, variants: &[String]) -> io::Result<i64> {
    variants.iter().map(|variant| shop.taken(variant)).sum()
}
