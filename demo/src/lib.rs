//! The demo shop: "Lateen, goods for a small life", and as many more products as a load test wants.
//!
//! [`catalogue`] lists the products, [`art`] draws their pictures. Both are pure: the same input gives the same products
//! and the same bytes on every machine. [`seed`] imports them through the bus. Each id is derived from what it names, so
//! seeding twice changes nothing. [`shop`] holds what the sample shop says of itself.

pub mod art;
pub mod catalogue;
mod ids;
mod seed;
pub mod shop;

pub use seed::{Samples, SeedReport, is_seeded, seed};
