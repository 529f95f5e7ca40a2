//! Processes that share only a broker: the guarantees, the wire, and the failures.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;
mod faults;
mod promises;
mod wire;
