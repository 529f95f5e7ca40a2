//! One module per command.

mod config;
mod dead_letters;
mod health;
pub(crate) mod messages;
mod seed;
mod up;

use runtime::BoxError;

use crate::{
    cli::{Cli, Command},
    settings,
};

/// Does what the command line says.
pub(crate) async fn run(cli: Cli) -> Result<(), BoxError> {
    match cli.command {
        None | Some(Command::Up) => up::run(&cli.common).await,
        Some(Command::Seed(seed)) => seed::run(&cli.common, &seed).await,
        Some(Command::Config) => config::run(&cli.common),
        Some(Command::Messages(what)) => messages::run(&what),
        Some(Command::Health(asked)) => health::run(&settings::load(&cli.common)?, &asked),
        Some(Command::DeadLetters(command)) => dead_letters::run(&cli.common, command).await,
    }
}
