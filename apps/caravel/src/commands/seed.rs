//! `caravel seed`: sample products, as many as wanted.

use std::{
    cell::Cell,
    io::{self, IsTerminal as _, Write as _},
};

use bus::Relays;
use clap::Args;
use demo::Samples;
use runtime::BoxError;

use crate::{
    data_folder::DataFolder, parts::Parts, settings::Settings, shop::Shop, stdout::print, transport,
};

/// The arguments of `caravel seed`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How many products to make besides those of the demo shop.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    products: u64,

    /// The seed of chance: the same seed makes the same products.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Do nothing in a shop that has products.
    #[arg(long)]
    if_empty: bool,
}

pub(crate) async fn run(settings: Settings, arguments: &Arguments) -> Result<(), BoxError> {
    let mut log = settings.log.clone();
    if !arguments.if_empty {
        // Lines of the log would break the line of the progress.
        log.filter = "warn".parse()?;
    }
    runtime::logs::init(&log, None)?;
    if settings.rabbitmq.url.is_empty() {
        let _folder = DataFolder::take(&settings.data.folder)?;
        let transport = transport::with_queues(transport::within(), &settings, None).await?;
        let shop = Shop::open(settings, &Parts::services(), transport).await?;
        return fill(&shop, arguments).await;
    }
    // The services run elsewhere, and are asked.
    let transport = transport::between(&settings, "seed");
    let shop = Shop::open(settings, &Parts::none(), transport).await?;
    fill(&shop, arguments).await
}

async fn fill(shop: &Shop, arguments: &Arguments) -> Result<(), BoxError> {
    // Also while a sale's reactions wait: the products must be known before it begins.
    shop.host.start(&Relays::Run);
    if arguments.if_empty {
        shop.seed_if_empty().await?;
    } else {
        let samples = Samples { seed: arguments.seed, generated: arguments.products };
        let progress = Progress::new(samples.count());
        let outcome = demo::seed(&shop.bus, &samples, |done| progress.show(done)).await;
        progress.finish();
        let report = outcome?;
        print(format_args!(
            "{} products were added, {} were there already. Start the shop with `caravel`.",
            report.created, report.unchanged
        ));
    }
    shop.host.settle().await?;
    shop.host.shut_down().await;
    Ok(())
}

/// How many products are done: one line that changes on a terminal, a line per tenth elsewhere.
struct Progress {
    total: u64,
    is_terminal: bool,
    /// The steps that are shown already.
    steps: Cell<u64>,
}

impl Progress {
    fn new(total: u64) -> Self {
        Self { total, is_terminal: io::stderr().is_terminal(), steps: Cell::new(0) }
    }

    fn show(&self, done: u64) {
        let step = done * if self.is_terminal { 1000 } else { 10 } / self.total.max(1);
        if step == self.steps.replace(step) {
            return;
        }
        let line = format!("{done} of {} products", self.total);
        // That nobody reads it is no reason to stop the work.
        let _ = if self.is_terminal {
            write!(io::stderr(), "\r{line}")
        } else {
            writeln!(io::stderr(), "{line}")
        };
    }

    /// Clears the line on a terminal.
    fn finish(&self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
