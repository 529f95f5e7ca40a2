//! The command `bench`.

use std::process::ExitCode;

use bench::{
    cli::{Cli, Command},
    http,
};
use clap::Parser as _;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Http(args) => http::bench(&args),
        _ => Ok(()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
