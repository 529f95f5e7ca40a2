//! The demo shop: "Lateen, goods for a small life", and as many more products as a load test wants.
//!
//! [`catalogue`] says what is sold, [`art`] draws it. Both are pure: the same input gives the same products
//! and the same bytes on every machine. [`seed`] brings them into the shop, through the bus only; everything has an id
//! that follows from what it is, so seeding twice changes nothing.

pub mod art;
pub mod catalogue;
mod ids;
mod seed;

pub use seed::{Catalogue, Report, seed};
