//! The copy of the shop's settings.

use message::Fault;
use shop_contract::ShopSettings;
use store::{Db, Tx, json, query};

/// The settings as they were last published, if they were and can be read.
pub(crate) async fn read(db: &Db) -> Result<Option<ShopSettings>, Fault> {
    let stored: Option<String> =
        query("SELECT settings FROM shop").fetch_optional(db, |row| row.get("settings")).await?;
    Ok(stored.and_then(|settings| serde_json::from_str(&settings).ok()))
}

/// Keeps these settings, unless newer ones are kept.
pub(crate) async fn keep(tx: &mut Tx, shop: &ShopSettings) -> Result<(), Fault> {
    query(
        "INSERT INTO shop (id, version, settings) VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, settings = excluded.settings
         WHERE excluded.version > shop.version",
    )
    .bind(shop.version)
    .bind(json(shop)?)
    .execute(tx)
    .await?;
    Ok(())
}
