//! The shop as its clients see it: the real program, over HTTP, on both databases.
//!
//! | module | tests |
//! |---|---|
//! | `journey` | from the stocked catalogue to the mail, and that a restart keeps everything |
//! | `catalogue` | lists, products, `ETag`s, and what the merchant writes |
//! | `placing` | placing an order once, and the effects of its payment |
//! | `lifecycle` | cancelling, changing, shipping, and who may do that |
//! | `refusals` | bad input of every kind, after which nothing has changed |
//! | `operating` | settings, keys, ports, health, metrics, dead letters |
//! | `figures` | that every metric is documented |
//! | `traces` | one trace from the click to the mail, as a collector sees it |
//! | `encrypted` | servers with encrypted connections only, and servers whose certificates are not trusted |
//! | `clients` | a public validator, and clients that public generators make of the API's document |
//! | `crowd` | two thousand buyers for a hundred units |
//! | `faults` | the program killed repeatedly under load |
//! | `browser` | the shop's pages in a real browser |
//!
//! # Another deployment
//!
//! Tests use [`api::Api`], which needs a URL and the admin key, and nothing else. [`shop::Shop`] starts, kills and
//! restarts the program; a shop that is deployed in another way would be started there.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod api;
mod browser;
mod catalogue;
mod clients;
mod collector;
mod crowd;
mod encrypted;
mod faults;
mod figures;
mod journey;
mod lifecycle;
mod operating;
mod paying;
mod placing;
mod refusals;
mod shop;
mod traces;
