//! Every service of the shop: the table of contents.

use bus::Service;
use runtime::{BoxError, settings::Settings};
use store::{Db, Migrations};

use crate::keys::Keys;

/// A service, and how it is made from its database and the settings.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) migrations: Migrations,
    pub(crate) make: fn(Db, &Kit) -> Result<Service, BoxError>,
}

/// What services are made with.
pub(crate) struct Kit {
    pub(crate) settings: Settings,
    pub(crate) bus: bus::Bus,
    pub(crate) keys: Keys,
}

pub(crate) const SERVICES: &[Entry] = &[
    Entry {
        name: product::NAME,
        migrations: product::MIGRATIONS,
        make: |db, kit| Ok(product::service(db).into_service(kit.bus.clone())),
    },
    Entry {
        name: order::NAME,
        migrations: order::MIGRATIONS,
        make: |db, kit| {
            let secret = kit.keys.secret()?;
            Ok(order::service(db, kit.settings.section("order")?, secret).into_service(kit.bus.clone()))
        },
    },
    Entry {
        name: payment::NAME,
        migrations: payment::MIGRATIONS,
        make: |db, kit| {
            Ok(payment::service(db, kit.settings.section("payment")?).into_service(kit.bus.clone()))
        },
    },
    Entry {
        name: notification::NAME,
        migrations: notification::MIGRATIONS,
        make: |db, kit| {
            let settings = notification::Settings {
                shop_name: kit.settings.get("shop.name")?,
                ..kit.settings.section("notification")?
            };
            Ok(notification::service(db, settings).into_service(kit.bus.clone()))
        },
    },
    // new-service: Entry { name: {{name}}::NAME, migrations: {{name}}::MIGRATIONS, make: |db, kit| Ok({{name}}::service(db).into_service(kit.bus.clone())) },
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use bus::layers;
    use message::{Clock, IdSource};
    use store::PoolSizes;

    use super::*;
    use crate::{commands::messages, settings, transport};

    /// Others rely on what the contracts say: the topology of a broker is declared from them.
    #[tokio::test]
    async fn every_service_does_what_its_contract_says() {
        let folder = tempfile::tempdir().unwrap();
        let ids = IdSource::random(Clock::system());
        let overrides =
            [("data.folder".to_owned(), folder.path().display().to_string(), "--data".to_owned())];
        let settings = Settings::builder(settings::DEFAULTS).overrides(overrides).load().unwrap();
        let transport = transport::within();
        let limits = settings.section::<settings::Bus>("bus").unwrap().limits();
        let directory = layers::Directory::new(|_| None);
        let caller = layers::standard(Arc::clone(&transport), Clock::system(), limits, directory);
        let kit = Kit {
            bus: bus::Bus::new(transport, caller, ids.clone(), std::time::Duration::from_secs(1)),
            keys: Keys::new(&settings).unwrap(),
            settings,
        };
        let place = store::Backend::Sqlite(folder.path().to_owned());
        for (entry, contract) in SERVICES.iter().zip(messages::contracts()) {
            assert_eq!(entry.name, contract.service);
            let db = Db::open(&place, entry.name, entry.migrations, ids.clone(), PoolSizes::default())
                .await
                .unwrap();
            let service = (entry.make)(db, &kit).unwrap();
            let answers = transport::answers(&contract);
            let answers: BTreeSet<_> = answers.iter().map(String::as_str).collect();
            assert_eq!(service.answers().collect::<BTreeSet<_>>(), answers, "{}", entry.name);
            let reactions: BTreeSet<_> = contract.reactions.iter().copied().collect();
            assert_eq!(service.reactions().collect::<BTreeSet<_>>(), reactions, "{}", entry.name);
        }
    }
}
