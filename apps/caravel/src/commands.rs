//! One module per command that does one job and ends; each has its arguments beside it.

pub(crate) mod config;
pub(crate) mod dead_letters;
pub(crate) mod health;
pub(crate) mod messages;
pub(crate) mod seed;
