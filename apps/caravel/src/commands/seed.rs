//! `caravel seed`: sample products, as many as wanted.

use std::io::IsTerminal as _;

use bus::Relays;
use clap::Args;
use demo::Samples;
use indicatif::{ProgressBar, ProgressStyle};
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
        // A progress bar wants no lines between.
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
    shop.host.start(Relays::Run);
    if arguments.if_empty {
        shop.seed_if_empty().await?;
    } else {
        let samples = Samples { seed: arguments.seed, generated: arguments.products };
        let bar = progress_bar(samples.count());
        let outcome = demo::seed(&shop.bus, &samples, |done| bar.show(done)).await;
        bar.finish();
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

/// How far the work is: a bar on a terminal, plain lines elsewhere.
enum Progress {
    Bar(ProgressBar),
    Lines { total: u64, tenths: std::cell::Cell<u64> },
}

fn progress_bar(total: u64) -> Progress {
    if !std::io::stderr().is_terminal() {
        return Progress::Lines { total, tenths: std::cell::Cell::new(0) };
    }
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} products, {eta} to go") {
        bar.set_style(style);
    }
    Progress::Bar(bar)
}

impl Progress {
    fn show(&self, done: u64) {
        match self {
            Self::Bar(bar) => bar.set_position(done),
            Self::Lines { total, tenths } => {
                let tenth = done * 10 / (*total).max(1);
                if tenth > tenths.get() {
                    tenths.set(tenth);
                    eprintln!("{done} of {total} products");
                }
            }
        }
    }

    fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
