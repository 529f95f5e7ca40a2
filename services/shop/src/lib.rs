//! What the merchant says of the shop, as data: its name and texts, where it ships, its currency, time zone and tax.
//!
//! The values of the file `caravel.toml` lie under the merchant's ([`Settings`]). Other parts of the shop keep a copy of the
//! effective values and follow `shop.changed`; a job publishes it as well when the file has other values than before.

mod domain;
mod handlers;
mod queries;

use std::time::Duration;

use bus::{Router, Schedule};
use shop_contract::ShopValues;
use store::{Db, Migrations};

/// The service's name: of its database and its queue.
pub const NAME: &str = "shop";

/// The service's tables.
pub const MIGRATIONS: Migrations = store::migrations!["0001_shop"];

/// How often the published values are compared with the effective ones. They differ only after a start with another file.
const COMPARISON: Duration = Duration::from_mins(10);

/// The values under the merchant's.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The values of the file `caravel.toml`.
    pub file: ShopValues,
    /// Whether the sample shop's values count.
    pub demo: bool,
}

/// The service at one glance.
pub fn service(db: Db, settings: Settings) -> Router<Settings> {
    Router::new(NAME, settings).db(db).on(handlers::get).on(handlers::change).every(
        "publish settings",
        Schedule::every(COMPARISON),
        handlers::publish,
    )
}
