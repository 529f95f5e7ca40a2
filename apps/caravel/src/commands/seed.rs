//! `caravel seed`: sample products, as many as wanted.

use std::io::IsTerminal as _;

use bus::Relays;
use demo::Samples;
use indicatif::{ProgressBar, ProgressStyle};
use runtime::{BoxError, settings::Settings};

use crate::{cli, data::DataFolder, roster::Roster, say::say, settings, shop::Shop, transport};

pub(super) async fn run(settings: Settings, seed: &cli::Seed) -> Result<(), BoxError> {
    let log: runtime::logs::Settings = settings.section("log")?;
    // Whoever looks at a bar wants no lines between.
    let filter = if seed.if_empty { log.filter.clone() } else { "warn".to_owned() };
    runtime::logs::init(&runtime::logs::Settings { filter, ..log }, None)?;
    if settings.section::<rabbitmq::Settings>("rabbitmq")?.url.is_empty() {
        let data: settings::Data = settings.section("data")?;
        let _folder = DataFolder::take(&data.folder)?;
        let transport = transport::with_queues(transport::within(), &settings, None).await?;
        let shop = Shop::open(settings, &Roster::services(), transport).await?;
        return fill(&shop, seed).await;
    }
    // The services run elsewhere, and are asked.
    let transport = transport::between(&settings, "seed")?;
    let shop = Shop::open(settings, &Roster::nobody(), transport).await?;
    fill(&shop, seed).await
}

async fn fill(shop: &Shop, seed: &cli::Seed) -> Result<(), BoxError> {
    // Also while a sale's reactions wait: what is sold must be known before it begins.
    shop.host.start(Relays::Run);
    if seed.if_empty {
        if_empty(shop).await?;
    } else {
        let samples = Samples { seed: seed.seed, generated: seed.products };
        let bar = progress_bar(samples.count());
        let outcome = demo::seed(&shop.bus, &samples, |done| bar.show(done)).await;
        bar.finish();
        let report = outcome?;
        say(format_args!(
            "{} products were added, {} were there already. Start the shop with `caravel`.",
            report.created, report.unchanged
        ));
    }
    shop.host.settle().await?;
    shop.host.shut_down().await;
    Ok(())
}

/// Gives a shop that has no products those of the demo.
pub(super) async fn if_empty(shop: &Shop) -> Result<(), BoxError> {
    if shop.is_empty().await? {
        let report = demo::seed(&shop.bus, &Samples::lateen(), |_| ()).await?;
        tracing::info!(products = report.created, "the shop was empty and has sample products now");
    }
    Ok(())
}

/// How far the work is: a bar on a terminal, plain lines elsewhere.
enum Progress {
    Bar(ProgressBar),
    Lines { total: u64, told: std::cell::Cell<u64> },
}

fn progress_bar(total: u64) -> Progress {
    if !std::io::stderr().is_terminal() {
        return Progress::Lines { total, told: std::cell::Cell::new(0) };
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
            Self::Lines { total, told } => {
                let tenth = done * 10 / (*total).max(1);
                if tenth > told.get() {
                    told.set(tenth);
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
