//! Caravel, the one binary: a shop in one process, and the jobs around it.
//!
//! The modules are a tree; each uses only those above it:
//!
//! | modules | for |
//! |---|---|
//! | `settings`, `stdout`, `data_folder` | what the merchant sets; lines for people; the folder's one owner |
//! | `keys`, `services`, `parts` | the table of contents: every service, and which of them a process runs |
//! | `transport`, `queues`, `shared` | how messages travel, and what processes share |
//! | `shop`, `process`, `edges`, `greeting` | the services of a process, its health and its HTTP |
//! | `up`, `run`, `fleet` | the ways to run |
//! | `commands` | jobs that end |
//! | `cli` | the command line |

#[cfg(test)]
mod agreement;
mod cli;
mod commands;
mod data_folder;
mod edges;
mod fleet;
mod greeting;
mod keys;
mod parts;
mod process;
#[cfg(feature = "sqs")]
mod queues;
mod run;
mod services;
mod settings;
mod shared;
mod shop;
mod stdout;
mod transport;
#[cfg(test)]
mod tree;
mod up;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("caravel: {error}");
            ExitCode::FAILURE
        }
    }
}
