//! Caravel's load generator and side-by-side benchmarks. `bench/README.md` tells what is measured and how to read it.

pub mod basket;
pub mod cli;
pub mod client;
pub mod cpu;
pub mod http;
pub mod load;
pub mod metrics;
pub mod nginx;
pub mod postgres;
pub mod shop;
pub mod table;
