//! The demo shop: "Lateen, goods for a small life", and as many more products as a load test wants.
//!
//! [`catalogue`] says what is sold, [`art`] draws it. Both are pure: the same input gives the same products
//! and the same bytes on every machine, so that pictures can be stored by their content and seeding twice
//! changes nothing.

pub mod art;
pub mod catalogue;
