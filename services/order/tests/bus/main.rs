//! The service through the bus, on both databases.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;
mod deferred;
mod lifecycle;
mod placing;
