//! The fleet as its operator sees it: the real program with its workers, on PostgreSQL and RabbitMQ.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod client;
mod program;
mod running;
mod supervising;
