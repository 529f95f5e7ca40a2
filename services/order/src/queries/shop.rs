//! The copy of the shop's settings. What is read of it with every batch rides in [`super::placement::known`].

use message::Fault;
use shop_contract::ShopSettings;
use store::{On, Tx, query};

use crate::domain::destination::Destinations;

/// Where orders may go.
pub(crate) async fn destinations<'a>(on: impl Into<On<'a>>) -> Result<Destinations, Fault> {
    query("SELECT countries FROM shop")
        .fetch_one(on, |row| row.get("countries").map(Destinations::from_stored))
        .await
}

/// From how many pieces down a stock is low.
pub(crate) async fn low_stock_threshold<'a>(on: impl Into<On<'a>>) -> Result<i64, Fault> {
    query("SELECT low_stock_threshold FROM shop").fetch_one(on, |row| row.get("low_stock_threshold")).await
}

/// Keeps what is needed of these settings, unless newer ones are kept.
pub(crate) async fn keep(tx: &mut Tx, shop: &ShopSettings) -> Result<(), Fault> {
    let destinations = Destinations::new(&shop.countries);
    query("UPDATE shop SET version = $1, countries = $2, low_stock_threshold = $3 WHERE version < $1")
        .bind(shop.version)
        .bind(destinations.as_str())
        .bind(shop.low_stock_threshold.get())
        .execute(tx)
        .await?;
    Ok(())
}
