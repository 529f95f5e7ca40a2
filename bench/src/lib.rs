//! Caravel's load generator and side-by-side benchmarks. `bench/README.md` explains the measurements and their results.

pub mod all;
pub mod basket;
pub mod buyers;
pub mod cli;
pub mod client;
pub mod cpu;
pub mod database;
pub mod fleet;
pub mod http;
pub mod journey;
pub mod load;
pub mod metrics;
pub mod nginx;
pub mod place;
pub mod postgres;
pub mod raw;
pub mod read;
pub mod shop;
pub mod start;
pub mod table;
