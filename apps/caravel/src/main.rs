//! Caravel, the one binary: a shop in one process, and the jobs around it.

mod cli;
mod commands;
mod data;
mod say;
mod services;
mod settings;
mod shared;
mod shop;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(error.as_ref()),
    }
}

/// Says what went wrong, in the words of whoever knows, without the type's name around them.
fn complain(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("caravel: {error}");
    ExitCode::FAILURE
}
