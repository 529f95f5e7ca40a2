//! Tests of `deploy/`, without starting a container: each part is tested outside of one.
//!
//! | module | tests |
//! |---|---|
//! | `compose` | that `compose.yaml` is consistent, and that the program accepts its commands and settings |
//! | `image` | the same for the Dockerfile, and the health check of each role |
//! | `cache` | what nginx caches, how long, and what never; in front of a stand-in with the test's headers |
//! | `door` | everything else in nginx: retries, limits, IP addresses, what is closed |
//! | `shop` | nginx in front of the real program |
//! | `page` | that the commands, settings and metrics in `docs/operations.md` exist |
//! | `workflows` | that the scripts that `.github/workflows` calls exist |
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
