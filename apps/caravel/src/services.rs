//! Every service of the shop: the table of contents.

use bus::Service;
use runtime::{BoxError, settings::Settings};
use store::{Db, Migrations};

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
    /// What order tokens are made from.
    pub(crate) secret: order_contract::Secret,
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
            Ok(order::service(db, kit.settings.section("order")?, kit.secret.clone())
                .into_service(kit.bus.clone()))
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
