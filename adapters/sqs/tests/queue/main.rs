//! Events over SQS: what is promised, and what may fail.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;
mod faults;
mod promises;
mod proxy;
