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
//! | `child` | one process: started with its sockets, told to end by its pipe |
//! | `pulse` | whether it answers |
//! | `worker` | one place in the fleet, whichever process has it |
//! | `supervisor` | all of them: launched, replaced, stopped in order |
//! | `logs` | their lines, under their names |
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

use std::{ffi::OsString, io, net::SocketAddr, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use runtime::{BoxError, settings::Settings};
use tokio::{
    process::Command,
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::plan::check;
use self::{
    child::Launcher,
    logs::Logs,
    supervisor::{Kind, Supervisor},
    worker::Limits,
};
use crate::{
    cli::{Common, FleetCommand},
    data::DataFolder,
    greet::greet,
    keys::Keys,
    process, settings, transport,
};

/// How long the edges wait for the services before they open without them.
const SERVICES_FIRST: Duration = Duration::from_secs(15);

pub(crate) async fn run(
    settings: Settings,
    common: &Common,
    command: Option<FleetCommand>,
) -> Result<(), BoxError> {
    let data: settings::Data = settings.section("data")?;
    match command {
        None => sail(&settings, common).await,
        Some(FleetCommand::Status(how)) => client::status(&data.folder, &how).await,
        Some(FleetCommand::Restart { names }) => client::restart(&data.folder, names).await,
        Some(FleetCommand::Stop) => client::stop(&data.folder).await,
    }
}

/// Runs a fleet until somebody stops it.
async fn sail(settings: &Settings, common: &Common) -> Result<(), BoxError> {
    settings::check(settings)?;
    transport::needs_servers(settings, &crate::roster::Roster::whole())?;
    let log: runtime::logs::Settings = settings.section("log")?;
    runtime::logs::init(&log, None)?;
    let stop = CancellationToken::new();
    let web: settings::Web = settings.section("web")?;
    // Taken first: a port that is in use is told before anything else happens.
    let listener = process::listen(web.listen.0, "--listen")?;
    let address = listener.local_addr()?;
    let data: settings::Data = settings.section("data")?;
    let _folder = DataFolder::take(&data.folder)?;
    let keys = Keys::new(settings)?;
    // Made here, so that the workers find them.
    let (admin, _) = (keys.admin()?, keys.secret()?);

    let own: settings::Fleet = settings.section("fleet")?;
    let crews = plan::crews(&own);
    let program = Program { path: std::env::current_exe()?, options: options(common) };
    let width = crews.iter().map(|crew| crew.name.len() + 1 + crew.workers.to_string().len()).max();
    let logs = Logs::new(log.format, width.unwrap_or_default());
    let limits = Limits {
        respawns: usize::try_from(own.respawns)?,
        window: own.respawn_window(),
        unresponsive: own.unresponsive(),
        ready_within: own.ready_within(),
    };
    let worker = program.clone();
    let launcher = Launcher {
        command: Box::new(move |crew| {
            let mut command = worker.command("run");
            command.arg("--supervised").args(&crew.runs);
            command
        }),
        web: listener.into_std()?,
        logs: logs.clone(),
    };
    let fleet = Arc::new(Supervisor::new(&crews, launcher, limits));
    hear_signals(&stop, fleet.hurry())?;
    tokio::spawn(control::serve(control::listen(&data.folder)?, Arc::clone(&fleet), stop.clone()));

    let demo = settings.section::<settings::Shop>("shop")?.demo;
    let opening = async {
        open(&fleet, demo.then_some((&program, &logs))).await?;
        greet(settings, address, &admin)
    };
    let outcome = stop.run_until_cancelled(opening).await.unwrap_or(Ok(()));
    if outcome.is_ok() {
        stop.cancelled().await;
    }
    fleet.stop().await;
    logs.flush().await;
    // Those who asked for the end see it by the end of their connection, and find no socket any more.
    let _ = std::fs::remove_file(control::path(&data.folder));
    if fleet.hurry().is_cancelled() {
        return Err("the fleet was ended at once; what it was at is taken up at the next start".into());
    }
    outcome
}

/// Services first, then the demo's products if there are none, then the edges.
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
            "the shop opens although not all services are ready; what needs them waits or is refused"
        );
        fleet.launch(Kind::Edges);
        stocking.await?;
    }
    Ok(fleet.settled(Kind::Edges).await?)
}

/// Fills an empty shop. A shop without the demo is a shop all the same.
async fn seed(program: &Program, logs: &Logs) {
    let mut command = program.command("seed");
    command.arg("--if-empty").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let outcome = async {
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        let said = logs.follow_process(&"seed".into(), 0, &mut child);
        let status = child.wait().await;
        let _ = said.await;
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

/// This program, to be started again with another command.
#[derive(Clone)]
struct Program {
    path: PathBuf,
    options: Vec<OsString>,
}

impl Program {
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.path);
        command.arg(name).args(&self.options);
        command
    }
}

/// The options that this process was given, for those that it starts.
fn options(common: &Common) -> Vec<OsString> {
    let listen = common.listen.map(|address: SocketAddr| address.to_string().into());
    let data = common.data.as_ref().map(|folder| folder.clone().into_os_string());
    let config = common.config.as_ref().map(|file| file.clone().into_os_string());
    let options = [("--listen", listen), ("--data", data), ("--config", config)];
    options
        .into_iter()
        .filter_map(|(option, value): (&str, Option<OsString>)| Some([option.into(), value?]))
        .flatten()
        .collect()
}

/// The first signal asks for the end, the second ends everybody at once.
fn hear_signals(stop: &CancellationToken, hurry: CancellationToken) -> io::Result<()> {
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
                    "the fleet ends when it has finished; a second signal ends it at once"
                );
                stop.cancel();
            }
        }
    });
    Ok(())
}
