//! Tests of the adapter against real servers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod basics;
mod faults;
mod stress;
mod support;
