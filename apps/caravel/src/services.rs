//! Every service of the shop: the table of contents.

use bus::Service;
use message::{Contract, Fault, IdSource};
use runtime::BoxError;
use shop_contract::ShopSettings;
use store::{Db, Migrations};

use crate::{
    keys::Keys,
    settings::{Data, Database, Settings},
};

/// A service: its database's migrations, the messages that it promises, and how it is made.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) migrations: Migrations,
    pub(crate) contract: fn() -> Contract,
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
        contract: product_contract::contract,
        make: |db, kit| Ok(product::service(db).into_service(kit.bus.clone())),
    },
    Entry {
        name: order::NAME,
        migrations: order::MIGRATIONS,
        contract: order_contract::contract,
        make: |db, kit| {
            let settings = kit.settings.order.clone();
            Ok(order::service(db, settings, kit.keys.secret()?).into_service(kit.bus.clone()))
        },
    },
    Entry {
        name: payment::NAME,
        migrations: payment::MIGRATIONS,
        contract: payment_contract::contract,
        make: |db, kit| {
            let offered = kit.settings.order.payment_providers.iter().map(ToString::to_string);
            let settings = payment::Settings { offered: offered.collect(), ..kit.settings.payment.clone() };
            Ok(payment::service(db, settings).into_service(kit.bus.clone()))
        },
    },
    Entry {
        name: notification::NAME,
        migrations: notification::MIGRATIONS,
        contract: notification_contract::contract,
        make: |db, kit| {
            let settings = kit.settings.notification.clone();
            let shop_url = settings.shop_url.clone().or_else(|| kit.settings.web.own_url());
            let settings = notification::Settings { shop_url, ..settings };
            let shop = ShopSettings::unset(&[&kit.settings.shop_values()]);
            Ok(notification::service(db, settings, shop, kit.keys.secret()?).into_service(kit.bus.clone()))
        },
    },
    Entry {
        name: shop::NAME,
        migrations: shop::MIGRATIONS,
        contract: shop_contract::contract,
        make: |db, kit| {
            let settings = shop::Settings { file: kit.settings.shop_values(), demo: kit.settings.shop.demo };
            Ok(shop::service(db, settings).into_service(kit.bus.clone()))
        },
    },
    // new-service: Entry { name: {{name}}::NAME, migrations: {{name}}::MIGRATIONS, contract: {{name}}_contract::contract, make: |db, kit| Ok({{name}}::service(db).into_service(kit.bus.clone())) },
];

/// The names of all services.
pub(crate) fn names() -> Vec<&'static str> {
    SERVICES.iter().map(|entry| entry.name).collect()
}

/// The contracts of all services.
pub(crate) fn contracts() -> Vec<Contract> {
    SERVICES.iter().map(|entry| (entry.contract)()).collect()
}

impl Entry {
    /// Opens the service's database where the settings say, with its tables up to date.
    pub(crate) async fn open(&self, database: &Database, data: &Data, ids: &IdSource) -> Result<Db, Fault> {
        let backend = database.of(self.name, data);
        Db::open(&backend, self.name, self.migrations, ids.clone(), database.pool_sizes()).await
    }
}
