//! The shop as its clients know it: the real program, over HTTP, on both databases.
//!
//! | module | tries |
//! |---|---|
//! | `journey` | from the stocked catalogue to the mail, and that a restart keeps everything |
//! | `catalogue` | lists, products, `ETag`s, and what the merchant writes |
//! | `placing` | placing an order once, and what payment makes of it |
//! | `lifecycle` | cancelling, changing, moving on, and who may |
//! | `refusals` | bad input of every kind, after which nothing has changed |
//! | `operating` | settings, keys, ports, health, metrics, dead letters |
//! | `figures` | that every metric is documented |
//! | `traces` | one id from the click to the mail, as a collector sees it |
//! | `encrypted` | servers that speak only encrypted, and those whose certificates are not to be trusted |
//! | `clients` | a public validator, and clients that public generators make of the API's document |
//! | `crowd` | two thousand buyers for a hundred units |
//! | `faults` | the program killed again and again under load |
//! | `browser` | the shop's pages in a real browser |
//!
//! # Another deployment
//!
//! Tests speak to [`api::Api`], which needs an address and the admin key, and nothing else. What starts, kills and
//! starts the program again is [`shop::Shop`]; a shop that is deployed otherwise is started there.
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
mod placing;
mod refusals;
mod shop;
mod traces;
