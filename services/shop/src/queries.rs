//! All SQL.

use message::Fault;
use serde_json::{Map, Value};
use shop_contract::{ShopSettings, ShopValues};
use store::{Columns, Json, On, Tx, columns, json, query};

use crate::domain::Shop;

/// The values of a layer as they were stored.
type Stored = Json<Map<String, Value>>;

const SHOP: Columns<Shop> = columns!(|version, merchant: Stored, sample: Stored, published: Stored| {
    let published = serde_json::from_value::<ShopSettings>(Value::Object(published.0));
    Shop {
        version,
        merchant: values(merchant),
        sample: values(sample),
        published: published.ok().filter(|published| published.version > 0),
    }
});

pub(crate) async fn read<'a>(on: impl Into<On<'a>>) -> Result<Shop, Fault> {
    only(SHOP.query("SELECT columns() FROM shop").fetch_optional(on).await?)
}

/// The same, and nobody else changes it before this transaction ends.
pub(crate) async fn lock(tx: &mut Tx) -> Result<Shop, Fault> {
    only(SHOP.query("SELECT columns() FROM shop FOR UPDATE").fetch_optional(tx).await?)
}

pub(crate) async fn update(tx: &mut Tx, shop: &Shop) -> Result<(), Fault> {
    query("UPDATE shop SET version = $1, merchant = $2, sample = $3, published = $4")
        .bind(shop.version)
        .bind(json(&shop.merchant)?)
        .bind(json(&shop.sample)?)
        .bind(json(&shop.published.clone().unwrap_or_default())?)
        .execute(tx)
        .await?;
    Ok(())
}

fn only(shop: Option<Shop>) -> Result<Shop, Fault> {
    shop.ok_or_else(|| Fault::internal("the row of the shop is gone"))
}

/// What can be read of a layer. A value that a newer rule does not allow any more counts as not set, and is reported: the
/// shop works on without it.
fn values(stored: Stored) -> ShopValues {
    let (values, dropped) = ShopValues::read_stored(stored.0);
    if !dropped.is_empty() {
        tracing::warn!(
            settings = dropped.join(", "),
            "stored settings are not allowed any more and are ignored"
        );
    }
    values
}
