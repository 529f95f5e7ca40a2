//! One module per command.

mod config;
mod dead_letters;
mod seed;
mod up;

use runtime::BoxError;

use crate::cli::{Cli, Command};

/// Does what the command line says.
pub(crate) async fn run(cli: Cli) -> Result<(), BoxError> {
    match cli.command {
        None => up::run(cli.up).await,
        Some(Command::Up(common)) => up::run(common).await,
        Some(Command::Seed(seed)) => seed::run(seed).await,
        Some(Command::Config(common)) => config::run(&common),
        Some(Command::DeadLetters(command)) => dead_letters::run(command).await,
    }
}
