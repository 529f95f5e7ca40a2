//! `caravel fleet`: the whole shop as one process per service on this machine.
//!
//! ```text
//! caravel fleet                 holds the data folder, the shop's port, and a pipe to each worker
//!   caravel run product         product.1
//!   caravel run order           order.1, order.2, …
//!   caravel run gateway storefront   edge.1, edge.2, …: one port, one queue of connections
//! ```
//!
//! | module | for |
//! |---|---|
//! | `plan` | which workers there are |
//! | `policy` | how often one is started again: a state machine without a clock |
//! | `child` | one process: started with its sockets, ended by its pipe |
//! | `pulse` | whether it answers |
//! | `worker` | one slot of the fleet, whichever process is in it |
//! | `supervisor` | all of them: launched, replaced, stopped in order |
//! | `logs` | their lines, behind their names |
//! | `control`, `client`, `table` | `caravel fleet status`, `restart` and `stop`, over a socket in the data folder |
//!
//! A worker reads the settings itself when it starts, so a rolling restart brings changed ones into effect, and one
//! that cannot start with them leaves its predecessor in place.

mod child;
mod client;
mod control;
mod logs;
mod plan;
mod policy;
mod pulse;
mod supervisor;
mod table;
#[cfg(test)]
mod tests;
mod worker;

use std::{ffi::OsString, io, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use runtime::BoxError;
use serde::Deserialize;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use self::{
    child::Launcher,
    logs::Logs,
    plan::Crew,
    supervisor::{Kind, Supervisor},
    worker::Limits,
};
use crate::{
    data_folder::DataFolder,
    greeting::greet,
    keys::Keys,
    process, services,
    settings::{self, Options, Settings},
};

/// The arguments of `caravel fleet`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What to do with the fleet that runs on the data folder; without a command one is started.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the state of each worker; on a terminal again and again.
    Status(client::StatusArguments),
    /// Replace workers one by one, without a failed request; also revive those that have failed.
    Restart {
        /// The services or workers to replace [default: the whole fleet].
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Let the fleet finish its work and end.
    Stop,
}

/// How long the edges wait for the services before they open without them.
const SERVICES_FIRST: Duration = Duration::from_secs(15);

/// The settings that say where a fleet is.
#[derive(Deserialize)]
struct Sections {
    data: settings::Data,
}

pub(crate) async fn run(options: &Options, arguments: Arguments) -> Result<(), BoxError> {
    let Some(command) = arguments.command else {
        return supervise(&settings::load(options, &services::names())?, options).await;
    };
    let Sections { data } = settings::load_sections(options)?;
    match command {
        Command::Status(arguments) => client::status(&data.folder, &arguments).await,
        Command::Restart { names } => client::restart(&data.folder, names).await,
        Command::Stop => client::stop(&data.folder).await,
    }
}

/// Runs a fleet until somebody stops it.
async fn supervise(settings: &Settings, options: &Options) -> Result<(), BoxError> {
    settings.check_for_several_processes(&services::names())?;
    runtime::logs::init(&settings.log, None)?;
    let stop = CancellationToken::new();
    // First of all: nothing has happened yet when a port turns out to be in use.
    let listener = process::listen(settings.web.listen, "--listen")?;
    let listen_address = listener.local_addr()?;
    let folder = &settings.data.folder;
    let _folder = DataFolder::take(folder)?;
    let keys = Keys::new(settings);
    // Made here, so that the workers find them.
    let (admin, _) = (keys.admin()?, keys.secret()?);

    let crews = plan::crews(&settings.fleet);
    let program = Program { path: std::env::current_exe()?, options: options.to_arguments() };
    let width = crews.iter().map(|crew| crew.name.len() + 1 + crew.workers.to_string().len()).max();
    let logs = Logs::new(settings.log.format, width.unwrap_or_default());
    let launcher = Launcher { command: program.worker(), web: listener.into_std()?, logs: logs.clone() };
    let fleet = Arc::new(Supervisor::new(&crews, launcher, limits(settings)?));
    handle_signals(&stop, fleet.hurry())?;
    tokio::spawn(control::serve(control::listen(folder)?, Arc::clone(&fleet), stop.clone()));

    let opening = async {
        open(&fleet, settings.shop.demo.then_some((&program, &logs))).await?;
        greet(settings, listen_address, &admin);
        Ok(())
    };
    let outcome = stop.run_until_cancelled(opening).await.unwrap_or(Ok(()));
    if outcome.is_ok() {
        stop.cancelled().await;
    }
    fleet.stop().await;
    logs.flush().await;
    // Those who asked for the end see it by the end of their connection, and find no socket any more.
    let _ = std::fs::remove_file(control::path(folder));
    if fleet.hurry().is_cancelled() {
        return Err("the fleet was ended at once; the next start resumes its unfinished work".into());
    }
    outcome
}

fn limits(settings: &Settings) -> Result<Limits, BoxError> {
    let fleet = &settings.fleet;
    Ok(Limits {
        respawns: usize::try_from(fleet.respawns)?,
        window: fleet.respawn_window(),
        unresponsive: fleet.unresponsive(),
        ready_within: fleet.ready_within(),
    })
}

/// Launches the services, then seeds an empty shop, then launches the edges.
async fn open(fleet: &Supervisor, demo: Option<(&Program, &Logs)>) -> Result<(), BoxError> {
    fleet.launch(Kind::Services);
    let stocking = async {
        fleet.settled(Kind::Services).await?;
        if let Some((program, logs)) = demo {
            seed(program, logs).await;
        }
        Ok::<(), String>(())
    };
    tokio::pin!(stocking);
    if let Ok(stocked) = timeout(SERVICES_FIRST, &mut stocking).await {
        stocked?;
        fleet.launch(Kind::Edges);
    } else {
        tracing::warn!(
            "the shop opens although not all services are ready; requests to the others wait or are refused"
        );
        fleet.launch(Kind::Edges);
        stocking.await?;
    }
    Ok(fleet.settled(Kind::Edges).await?)
}

/// Seeds an empty shop. The shop opens also if that fails.
async fn seed(program: &Program, logs: &Logs) {
    let mut command = program.command("seed");
    command.arg("--if-empty").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let outcome = async {
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        let output = logs.follow_process(&"seed".into(), 0, &mut child);
        let status = child.wait().await;
        let _ = output.await;
        status
    };
    match outcome.await {
        Ok(status) if status.success() => {}
        Ok(status) => {
            tracing::warn!(%status, "the demo's products are not all there; `caravel seed` adds them");
        }
        Err(error) => tracing::warn!(%error, "the demo's products are not there; `caravel seed` adds them"),
    }
}

/// This program, for starting it again with another command.
#[derive(Clone)]
struct Program {
    path: PathBuf,
    options: Vec<OsString>,
}

impl Program {
    fn command(&self, name: &str) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.path);
        command.arg(name).args(&self.options);
        command
    }

    /// The command of a crew's workers.
    fn worker(&self) -> Box<dyn Fn(&Crew) -> tokio::process::Command + Send + Sync> {
        let program = self.clone();
        Box::new(move |crew| {
            let mut command = program.command("run");
            command.arg("--supervised").args(&crew.runs);
            command
        })
    }
}

/// The first signal stops the fleet, the second ends every process at once.
fn handle_signals(stop: &CancellationToken, hurry: CancellationToken) -> io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = stop.clone();
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
            };
            if stop.is_cancelled() {
                tracing::warn!(signal = name, "second signal, ending at once");
                hurry.cancel();
            } else {
                tracing::info!(
                    signal = name,
                    "the fleet finishes its work and ends; a second signal ends it at once"
                );
                stop.cancel();
            }
        }
    });
    Ok(())
}
