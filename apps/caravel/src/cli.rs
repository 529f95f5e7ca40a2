//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::{commands::dead_letters::LetterId, settings};

/// A shop that sails alone, or in a fleet.
///
/// Without a command, `caravel` opens the shop: storefront, API, mails and everything behind them in one process, with
/// demo data at the first start.
#[derive(Debug, Parser)]
#[command(name = "caravel", version, about)]
pub(crate) struct Cli {
    /// What to do; `up` unless said.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// Where the shop's settings and data are.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// The address that the shop is served on [default: 127.0.0.1:8080].
    #[arg(long, global = true, value_name = "ADDRESS", value_parser = settings::address)]
    pub(crate) listen: Option<SocketAddr>,

    /// The folder that holds databases and keys [default: ./caravel-data].
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,

    /// The settings file [default: ./caravel.toml, if there is one].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Opens the shop: everything in one process.
    Up,
    /// Runs some services or edges in this process, reached over the broker.
    Run(Run),
    /// Runs the whole shop as one process per service, watched over.
    Fleet(Fleet),
    /// Fills the shop with sample products; those that are there already are left as they are.
    Seed(Seed),
    /// Prints every setting: its value, where it comes from and what it means.
    Config,
    /// Prints what the services say to each other, for people who write one in another language.
    Messages(Messages),
    /// Asks a running process whether it can serve, and fails if it cannot.
    Health(Health),
    /// Messages that were given up: look at them, replay or drop them. The shop may be running.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The services, as `caravel run` without a name lists them.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// The sockets and the pipe of a supervisor are there: see `fleet::child`.
    #[arg(long, hide = true)]
    pub(crate) supervised: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Fleet {
    /// What to do with the fleet that runs on the data folder; starts one unless said.
    #[command(subcommand)]
    pub(crate) command: Option<FleetCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FleetCommand {
    /// Shows how each worker is, again and again on a terminal.
    Status(Status),
    /// Replaces workers one by one, without a failed request; also revives those that have failed.
    Restart {
        /// Whose workers; those of the whole fleet unless said.
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Lets the fleet finish what it is at and end.
    Stop,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Shows it once.
    #[arg(long)]
    pub(crate) once: bool,

    /// Shows it once, as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "that is what chance begins with")]
pub(crate) struct Seed {
    /// How many products there shall be besides the demo shop's.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    pub(crate) products: u64,

    /// Another seed makes other products; the same makes the same.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// Leaves a shop that has products alone.
    #[arg(long)]
    pub(crate) if_empty: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Messages {
    /// As one JSON document with every schema, for programs; as Markdown unless said.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Health {
    /// Where it answers [default: where the settings say].
    pub(crate) address: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// Lists them, newest first.
    List,
    /// Shows one whole: its body, its headers and why it was given up.
    Show(OneLetter),
    /// Lets one be handled again, with all its tries before it.
    Replay(OneLetter),
    /// Forgets one for good.
    Drop(OneLetter),
}

#[derive(Debug, Args)]
pub(crate) struct OneLetter {
    /// Its id, as `list` shows it: `order.msg_…`. Without the service if only one gave the message up.
    pub(crate) id: LetterId,
}
