//! Caravel, the one binary: a shop in one process, and the jobs around it.

mod cli;
mod commands;
mod data;
mod edges;
mod fleet;
mod greet;
mod keys;
mod process;
#[cfg(feature = "sqs")]
mod queues;
mod roster;
mod say;
mod services;
mod settings;
mod shared;
mod shop;
mod transport;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(error.as_ref()),
    }
}

/// Says what went wrong, in the words of whoever knows, without the type's name around them.
fn complain(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("caravel: {error}");
    ExitCode::FAILURE
}
