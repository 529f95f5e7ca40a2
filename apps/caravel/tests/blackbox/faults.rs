//! Something breaks while orders come in; at the end nothing that was promised is missing.
//!
//! | module | breaks |
//! |---|---|
//! | `killed` | the one process, again and again |
//!
//! What all of them have in common is the [`sale::Sale`].

mod killed;
mod sale;
