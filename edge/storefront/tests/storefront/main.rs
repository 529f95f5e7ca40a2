//! The storefront's pages over real sockets, on stand-ins for the services.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod browsing;
mod buying;
mod finding;
mod following;
mod form;
mod mailbox;
mod price;
mod returning;
mod spelling;
mod stand_in;
// new-service: mod {{name}};
