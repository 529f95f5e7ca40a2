//! Chores of the house: `cargo xtask tidy` and `cargo xtask new-service NAME`.

mod new_service;
mod tidy;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use cargo_metadata::MetadataCommand;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the house")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks that the code keeps to the map: who may depend on whom, and where things lie.
    Tidy,
    /// Makes a service that builds, is mounted and passes a test.
    NewService {
        /// One word in lower case, such as `wishlist`.
        name: String,
        #[command(flatten)]
        edges: new_service::Edges,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Tidy => tidy::run(),
        Chore::NewService { name, edges } => new_service::run(&name, edges),
    };
    match outcome {
        Ok(message) => {
            // Whoever reads may have read enough.
            let _ = writeln!(io::stdout(), "{message}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            let _ = writeln!(io::stderr(), "{message}");
            ExitCode::FAILURE
        }
    }
}

/// What cargo knows about the workspace that the command runs in, without its external dependencies' own.
fn metadata() -> Result<cargo_metadata::Metadata, String> {
    MetadataCommand::new().no_deps().exec().map_err(|error| format!("cargo metadata failed: {error}"))
}

fn root(metadata: &cargo_metadata::Metadata) -> PathBuf {
    metadata.workspace_root.clone().into_std_path_buf()
}
