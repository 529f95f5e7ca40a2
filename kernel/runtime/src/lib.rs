//! What a process of Caravel stands on, whichever services it runs: settings, logs, metrics, health and a
//! shutdown that drains. It knows no shop and no service.
//!
//! A process starts in this order, and each step may rely on the ones before it:
//!
//! 1. [`settings`]: read and checked; whoever made a mistake is told where, before anything runs.
//! 2. [`traces`], [`logs`] and [`metrics`]: from here on everything that happens can be seen.
//! 3. [`shutdown`] and [`health`]: signals are listened to, checks can be registered.

pub mod health;
pub mod logs;
pub mod metrics;
pub mod settings;
pub mod shutdown;
pub mod traces;

/// Any error, for the places that only report it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
