//! Payments: charges an order when it is placed, gives the money back when the order ends.
//!
//! The way of a payment: a reaction to `order.placed` writes it down (`handlers`); the worker takes it up and lets
//! it talk to its provider (`worker`, `conversation`); the rules decide each step (`domain`); the
//! outcome is committed with its event. To add a provider, see [`provider`].

mod conversation;
mod domain;
mod handlers;
mod offer;
pub mod provider;
mod providers;
mod queries;
mod settings;
mod worker;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bus::{Router, Schedule};
use store::Db;
use tokio::sync::{Mutex, Notify};

use provider::Provider;
use providers::sandbox::Sandbox;
pub use settings::{Capture, Settings};

/// The service's name, and its database's.
pub const NAME: &str = "payment";

/// The names of the providers that come with the shop.
pub const PROVIDERS: &[&str] = &[providers::sandbox::NAME];

/// The steps to its database's present tables.
pub const MIGRATIONS: store::Migrations = store::migrations!["0001_payments", "0002_sandbox"];

/// What its handlers share.
pub struct State {
    settings: Settings,
    providers: HashMap<&'static str, Arc<dyn Provider>>,
    wake: Arc<Notify>,
    desk: Mutex<worker::Desk>,
}

/// The service, with the providers that come with the shop.
pub fn service(db: Db, settings: Settings) -> Router<State> {
    let sandbox = Arc::new(Sandbox::new(db.clone()));
    service_with(db, settings, vec![sandbox])
}

/// The service, with these providers.
pub fn service_with(db: Db, settings: Settings, providers: Vec<Arc<dyn Provider>>) -> Router<State> {
    let wake = Arc::new(Notify::new());
    let state = State {
        desk: Mutex::new(worker::Desk::new(settings.in_flight)),
        settings,
        providers: providers.into_iter().map(|provider| (provider.name(), provider)).collect(),
        wake: Arc::clone(&wake),
    };
    Router::new(NAME, state)
        .db(db)
        .on(handlers::get)
        .on(offer::list)
        .react_batch(handlers::begin)
        .react_batch(handlers::give_back_cancelled)
        .react_batch(handlers::give_back_refunded)
        .react_batch(handlers::take_shipped)
        .every("settle", Schedule::every(Duration::from_millis(200)).or_when(&wake), worker::run)
}
