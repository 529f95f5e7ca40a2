//! The services of one process, and how the others are asked.

use std::{collections::HashMap, sync::Arc};

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

/// Which service answers what, as the contracts say.
fn directory() -> layers::Directory {
    let contracts = services::contracts();
    let answers = contracts
        .iter()
        .flat_map(|contract| contract.requests.iter().map(|entry| (entry.name, contract.service)));
    let services: HashMap<_, _> = answers.collect();
    layers::Directory::new(move |name| services.get(name).map(|service| (*service).to_owned()))
}

/// Services that are open: their databases are up to date, and they answer.
pub(crate) struct Shop {
    pub(crate) bus: Bus,
    pub(crate) host: Arc<Host>,
    pub(crate) keys: Keys,
    /// What is known of the services that this process asks.
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

    /// Lets the services work: relays, reactions, jobs. Everything must be mounted by now.
    pub(crate) fn start(&self) {
        if self.settings.bus.reactions_paused {
            tracing::warn!("reactions are paused: orders are taken and wait (bus.reactions_paused)");
            self.host.start(Relays::Pause);
        } else {
            self.host.start(Relays::Run);
        }
    }

    /// Gives a shop that has no products those of the demo.
    pub(crate) async fn seed_if_empty(&self) -> Result<(), BoxError> {
        let one = ListProducts { limit: Limit::try_from(1)?, ..ListProducts::default() };
        if self.bus.ask(&one).await?.data.is_empty() {
            let report = demo::seed(&self.bus, &Samples::lateen(), |_| ()).await?;
            tracing::info!(products = report.created, "the shop was empty and has sample products now");
        }
        Ok(())
    }
}
