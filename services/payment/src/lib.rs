//! Payments: charges an order when it is placed, gives the money back when the order ends.
//!
//! The way of a payment: a reaction to `order.placed` writes it and wants its work (`handlers`); the worker lets it talk to
//! its provider (`worker`, `conversation`); the rules decide each step (`domain`); the outcome is committed with its event.
//! To add a provider, see [`provider`].

mod conversation;
mod domain;
mod handlers;
mod offer;
pub mod provider;
mod providers;
mod queries;
mod settings;
mod worker;

use std::{collections::HashMap, sync::Arc};

use bus::Router;
use payment_contract::PaymentProvider;
use store::Db;

use provider::Provider;
use providers::sandbox::Sandbox;
pub use settings::{Capture, Settings};

/// The service's name, and its database's.
pub const NAME: &str = "payment";

/// The names of the providers that come with the shop.
pub const PROVIDERS: &[&str] = &[providers::sandbox::NAME];

/// What a page shows of those of [`PROVIDERS`] that are `named`, in that order: what the service answers when it offers
/// them, for whoever must know it without the service.
pub fn offers<'a>(named: impl IntoIterator<Item = &'a str>) -> Vec<PaymentProvider> {
    let built_in = [providers::sandbox::offer()];
    let offer = |name| built_in.iter().find(|offer| offer.name == name).cloned();
    named.into_iter().filter_map(offer).collect()
}

/// The steps to its database's present tables.
pub const MIGRATIONS: store::Migrations =
    store::migrations!["0001_payments", "0002_sandbox", "0003_work", "0004_payments"];

/// What its handlers share.
pub struct State {
    settings: Settings,
    providers: HashMap<&'static str, Arc<dyn Provider>>,
}

/// The service, with the providers that come with the shop.
pub fn service(db: Db, settings: Settings) -> Router<State> {
    let sandbox = Arc::new(Sandbox::new(db.clone()));
    service_with(db, settings, vec![sandbox])
}

/// The service, with these providers.
pub fn service_with(db: Db, settings: Settings, providers: Vec<Arc<dyn Provider>>) -> Router<State> {
    let limits = worker::limits(&settings);
    let providers = providers.into_iter().map(|provider| (provider.name(), provider)).collect();
    let state = State { settings, providers };
    Router::new(NAME, state)
        .db(db)
        .on(handlers::get)
        .on(offer::list)
        .react_batch(handlers::begin)
        .react_batch(handlers::begin_again)
        .react_batch(handlers::give_back)
        .react_batch(handlers::give_back_cancelled)
        .react_batch(handlers::give_back_refunded)
        .react_batch(handlers::take_shipped)
        .work(limits, worker::Conversations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_of_the_shop_has_an_offer() {
        let offers = offers(PROVIDERS.iter().copied().chain(["none"]));
        assert_eq!(offers.iter().map(|offer| offer.name.as_str()).collect::<Vec<_>>(), PROVIDERS);
    }
}
