//! Something breaks while orders come in; at the end nothing that was promised is missing.
//!
//! | module | breaks |
//! |---|---|
//! | `killed` | the one process, again and again |
//! | `fleet` | each process of a fleet, its broker, its database and its cache |
//!
//! What all of them have in common is the [`sale::Sale`].

mod fleet;
mod killed;
mod sale;
