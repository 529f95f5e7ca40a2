//! Processes that know each other through a broker only: what is promised, what is on the wire, and what may fail.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;
mod faults;
mod promises;
mod wire;
