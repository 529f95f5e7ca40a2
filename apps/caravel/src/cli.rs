//! The command line: which command runs, and on how many threads.

use std::future::Future;

use clap::{Parser, Subcommand};
use runtime::BoxError;
use tokio::runtime::Builder;

use crate::{
    commands::{config, dead_letters, health, messages, seed},
    fleet,
    parts::Parts,
    run, services,
    settings::{self, Options},
    up,
};

/// A shop that sails alone, or in a fleet.
///
/// Without a command, `caravel` opens the shop: storefront, API, mails and everything behind them in one process, with
/// demo data at the first start.
#[derive(Debug, Parser)]
#[command(name = "caravel", version, about)]
pub(crate) struct Cli {
    /// What to do; `up` by default.
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the shop: everything in one process.
    Up,
    /// Run some services or edges in this process, reached over the broker.
    Run(run::Arguments),
    /// Run the whole shop as one process per service, and supervise them.
    Fleet(fleet::Arguments),
    /// Fill the shop with sample products; existing ones stay as they are.
    Seed(seed::Arguments),
    /// Print every setting: its value, its origin and its meaning.
    Config,
    /// Print the messages of the services, for people who write a service in another language.
    Messages(messages::Arguments),
    /// Ask a running process whether it can serve, and fail if it cannot.
    Health(health::Arguments),
    /// Show, replay or delete messages that were given up. The shop may be running.
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
}

/// Threads for what mostly waits.
const FEW: usize = 2;

impl Cli {
    /// Runs the command.
    pub(crate) fn run(self) -> Result<(), BoxError> {
        let Self { command, options } = self;
        let settings = || settings::load(&options, &services::names());
        match command.unwrap_or(Command::Up) {
            Command::Up => on_all_cores(up::run(settings()?)),
            Command::Run(arguments) => {
                use_small_pages();
                let settings = settings()?;
                let parts = Parts::named(&arguments.names)?;
                let sockets = run::Sockets::inherited(&arguments)?;
                let threads = settings.run.threads(parts.has_edges());
                on_threads(threads, run::run(settings, parts, &arguments, sockets))
            }
            Command::Fleet(arguments) => {
                use_small_pages();
                on_threads(FEW, fleet::run(&options, arguments))
            }
            Command::Seed(arguments) => on_all_cores(seed::run(settings()?, &arguments)),
            Command::Config => {
                config::run(&settings()?);
                Ok(())
            }
            Command::Messages(arguments) => messages::run(&arguments),
            Command::Health(arguments) => health::run(&options, &arguments),
            Command::DeadLetters(command) => on_threads(FEW, dead_letters::run(&options, command)),
        }
    }
}

/// Keeps this process, and those that it starts, from pages of 2 MB (`PR_SET_THP_DISABLE`, which children inherit). One of
/// several processes needs a few megabytes; in huge pages it would hold 18 MB more, most of them empty.
fn use_small_pages() {
    // Where the system does not offer this, the processes are larger and otherwise the same.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn on_all_cores(work: impl Future<Output = Result<(), BoxError>>) -> Result<(), BoxError> {
    Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

fn on_threads(threads: usize, work: impl Future<Output = Result<(), BoxError>>) -> Result<(), BoxError> {
    Builder::new_multi_thread().worker_threads(threads).enable_all().build()?.block_on(work)
}
