//! The services of one process, and the bus to all others.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bus::{
    Bus, Host, Relays, Transport,
    layers::{self, Callees},
};
use demo::Samples;
use futures::future::try_join_all;
use message::{Clock, IdSource, Limit};
use product_contract::ListProducts;
use runtime::BoxError;

use crate::{
    keys::Keys,
    parts::Parts,
    services::{self, Kit},
    settings::Settings,
};

/// Maps each request to the service whose contract has it.
fn directory() -> layers::Directory {
    let contracts = services::contracts();
    let answers = contracts
        .iter()
        .flat_map(|contract| contract.requests.iter().map(|entry| (entry.name, contract.service)));
    let services: HashMap<_, _> = answers.collect();
    layers::Directory::new(move |name| services.get(name).map(|service| (*service).to_owned()))
}

/// The events that are published also while reactions are paused, by the service that emits them.
fn never_paused() -> HashMap<&'static str, Vec<&'static str>> {
    let contracts = services::contracts();
    let names: HashSet<_> = contracts.iter().flat_map(|contract| contract.never_paused.iter()).collect();
    let of = |contract: &message::Contract| -> Vec<_> {
        contract.events.iter().map(|entry| entry.name).filter(|name| names.contains(name)).collect()
    };
    let by_service = contracts.iter().map(|contract| (contract.service, of(contract)));
    by_service.filter(|(_, events)| !events.is_empty()).collect()
}

/// The services of this process: their tables are up to date, and they answer.
pub(crate) struct Shop {
    pub(crate) bus: Bus,
    pub(crate) host: Arc<Host>,
    pub(crate) keys: Keys,
    /// Whether the services that this process asks answer at present.
    pub(crate) callees: Arc<Callees>,
    pub(crate) settings: Settings,
}

impl Shop {
    /// Opens the services of these parts on the data folder or the database server that the settings name.
    pub(crate) async fn open(
        settings: Settings,
        parts: &Parts,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, BoxError> {
        let clock = Clock::system();
        let ids = IdSource::random(clock.clone());

        let limits = settings.bus.limits();
        let callees = Arc::new(Callees::new(directory(), limits.in_flight_per_service));
        let caller = layers::watched(Arc::clone(&transport), clock, limits, Arc::clone(&callees));
        let bus = Bus::new(Arc::clone(&transport), caller, ids.clone(), settings.bus.patience());
        let kit = Kit { keys: Keys::new(&settings), settings, bus };
        let host = Arc::new(Host::new(transport));
        let databases = parts.services.iter().map(|entry| {
            let settings = &kit.settings;
            entry.open(&settings.database, &settings.data, &ids)
        });
        let databases = try_join_all(databases).await?;
        for (entry, db) in parts.services.iter().zip(databases) {
            host.mount((entry.make)(db, &kit)?);
        }
        Ok(Self { bus: kit.bus, host, keys: kit.keys, callees, settings: kit.settings })
    }

    /// Starts relays, reactions and jobs, after everything is mounted.
    pub(crate) fn start(&self) {
        if self.settings.bus.reactions_paused {
            tracing::warn!(
                "reactions are paused: orders are placed, and their events wait (bus.reactions_paused)"
            );
            self.host.start(&Relays::Only(never_paused()));
        } else {
            self.host.start(&Relays::Run);
        }
    }

    /// Adds the demo's products to a shop that has none.
    pub(crate) async fn seed_if_empty(&self) -> Result<(), BoxError> {
        let one = ListProducts { limit: Limit::try_from(1)?, ..ListProducts::default() };
        if self.bus.ask(&one).await?.data.is_empty() {
            let report = demo::seed(&self.bus, &Samples::lateen(), |_| ()).await?;
            tracing::info!(products = report.created, "the shop was empty and has sample products now");
        } else if demo::is_seeded(&self.bus).await? {
            // Seeded by a version that kept these words elsewhere.
            demo::shop::describe(&self.bus).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::never_paused;

    #[test]
    fn what_can_be_sold_is_published_while_reactions_are_paused_and_little_else() {
        let events = never_paused();
        assert_eq!(events.get("product").map(Vec::as_slice), Some(["product.changed"].as_slice()));
        // Its outbox fills in a sale: to look for a few among all of them would slow down every order.
        assert!(!events.contains_key("order"));
    }
}
