//! The command `bench`.

use std::{io, process::ExitCode};

use bench::{
    all,
    cli::{Cli, Command},
    fleet, http, journey, place, raw, read, start,
    table::Floor,
};
use clap::Parser as _;

fn main() -> ExitCode {
    match measure(Cli::parse().command) {
        Ok(floors) if floors.iter().all(Floor::holds) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(command: Command) -> io::Result<Vec<Floor>> {
    match command {
        Command::Http(args) => http::bench(&args).map(|()| Vec::new()),
        Command::Raw(args) => raw::bench(&args).map(|()| Vec::new()),
        Command::Read(args) => read::bench(&args),
        Command::Place(args) => place::bench(&args),
        Command::Journey(args) => journey::bench(&args),
        Command::Fleet(args) => fleet::bench(&args),
        Command::Start(args) => start::bench(args.binary.as_deref()),
        Command::All(args) => all::bench(&args),
    }
}
