//! What the edges share that knows the shop. What knows no shop is in [`web`].
//!
//! | module | for |
//! |---|---|
//! | [`ask`](mod@ask) | asking a service on behalf of an HTTP request |
//! | [`tags`] | the tags of cached pages, and the events that purge them |
//! | [`paths`] | the paths of pages and media |
//! | [`decided`] | waiting until orders are decided by a change |
//! | [`deferred`] | orders that are accepted now and placed later |
//! | [`payments`] | the payment providers that the shop offers |
//! | [`shop`] | what the merchant says of the shop |
//!
//! An edge depends on this crate; this crate depends on no edge. What only one edge uses stays in that edge.

pub mod ask;
pub mod decided;
pub mod deferred;
pub mod paths;
pub mod payments;
pub mod shop;
pub mod tags;

pub use ask::{ask, ask_briefly};
