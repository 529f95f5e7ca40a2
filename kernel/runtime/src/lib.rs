//! The base of every Caravel process, whichever services it runs: settings, logs, metrics, traces, health, and a
//! shutdown that drains. It knows nothing about shops and services.
//!
//! A process starts in this order; each step can rely on the ones before it:
//!
//! 1. [`settings`]: read and checked. A mistake is reported with its file and line before anything runs.
//! 2. [`traces`], [`logs`] and [`metrics`]: from here on everything is observable.
//! 3. [`shutdown`] and [`health`]: signals are handled, checks can be registered.

pub mod health;
pub mod logs;
pub mod metrics;
pub mod settings;
pub mod shutdown;
pub mod traces;

/// Any error, for code that only reports it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
