//! Events over SQS: the guarantees, and the failures.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;
mod faults;
mod promises;
mod proxy;
