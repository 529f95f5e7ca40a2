//! What is in `deploy/`: no container is started here, so what can be tried of it is tried outside of one.
//!
//! | module | tries |
//! |---|---|
//! | `compose` | that `compose.yaml` is sane, and that the program takes its commands and settings |
//! | `image` | the same of the Dockerfile, and the health check of each role |
//! | `cache` | what nginx keeps, how long, and what never; before a stand-in whose headers are the test's |
//! | `door` | everything else that nginx sees to: retries, limits, addresses, what is closed |
//! | `shop` | nginx before the real program |
//! | `page` | that `docs/operations.md` names commands, settings and figures that there are |
//! | `workflows` | that `.github/workflows` calls scripts that are there |
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod cache;
mod compose;
mod door;
mod image;
mod page;
mod program;
mod shop;
mod stand_in;
mod workflows;

use std::{fs, path::PathBuf};

/// A file of the repository, by its path from the root.
fn file(path: &str) -> String {
    fs::read_to_string(self::path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Where a file of the repository is, by its path from the root.
fn path(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
