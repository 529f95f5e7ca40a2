//! The providers that come with the shop.

pub(crate) mod sandbox;
