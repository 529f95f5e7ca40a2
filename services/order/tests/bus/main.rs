//! The service through the bus, on both databases.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod agreed;
mod common;
mod counts;
mod deferred;
mod ledger;
mod lifecycle;
mod notes;
mod paying;
mod placing;
mod refunding;
mod search;
mod shop;
mod upgrade;
