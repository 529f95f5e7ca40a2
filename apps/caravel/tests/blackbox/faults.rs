//! Parts of the shop fail while orders come in; at the end nothing that was promised is missing.
//!
//! | module | fails |
//! |---|---|
//! | `killed` | the one process, repeatedly |
//! | `fleet` | each process of a fleet, its broker, its database and its cache |
//!
//! All of them share the [`sale::Sale`].

mod fleet;
mod killed;
mod sale;
