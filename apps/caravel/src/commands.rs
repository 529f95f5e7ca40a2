//! One module per command.

mod config;
pub(crate) mod dead_letters;
mod health;
pub(crate) mod messages;
mod run;
mod seed;
mod up;

use std::future::Future;

use runtime::BoxError;
use tokio::runtime::Builder;

use crate::{
    cli::{Cli, Command},
    fleet,
    roster::Roster,
    settings,
};

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> Result<(), BoxError> {
    let Cli { command, common } = cli;
    let settings = || settings::load(&common);
    match command.unwrap_or(Command::Up) {
        Command::Up => on_all_cores(up::run(settings()?)),
        Command::Run(run) => {
            without_huge_pages();
            let settings = settings()?;
            settings::check(&settings)?;
            let roster = Roster::named(&run.names)?;
            let sockets = run::Sockets::inherited(&run)?;
            let threads = settings.section::<settings::Run>("run")?.threads(roster.has_edges());
            on_threads(threads, run::run(settings, roster, &run, sockets))
        }
        Command::Fleet(fleet) => on_threads(FEW, fleet::run(settings()?, &common, fleet.command)),
        Command::Seed(seed) => on_all_cores(seed::run(settings()?, &seed)),
        Command::Config => config::run(&settings()?),
        Command::Messages(what) => messages::run(&what),
        Command::Health(asked) => health::run(&settings()?, &asked),
        Command::DeadLetters(command) => on_threads(FEW, dead_letters::run(&settings()?, command)),
    }
}

/// Lets memory be handed out in small pages. One of several processes has a few megabytes to do its work in; in huge
/// pages it would hold 18 MB more, most of them empty.
fn without_huge_pages() {
    // Where this cannot be asked for, the process is larger and otherwise the same.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// Threads for what mostly waits.
const FEW: usize = 2;

fn on_all_cores(work: impl Future<Output = Result<(), BoxError>>) -> Result<(), BoxError> {
    Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

fn on_threads(threads: usize, work: impl Future<Output = Result<(), BoxError>>) -> Result<(), BoxError> {
    Builder::new_multi_thread().worker_threads(threads).enable_all().build()?.block_on(work)
}
