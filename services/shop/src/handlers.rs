//! One function for each message.

use bus::{Cx, Progress};
use message::{Fault, FieldError};
use product_contract::{GetFile, ProductError};
use shop_contract::{ChangeShop, GetShop, ShopChange, ShopChanged, ShopError, ShopSettings};
use store::Tx;

use crate::{
    Settings,
    domain::{self, Shop},
    queries,
};

pub(crate) async fn get(cx: Cx<Settings>, GetShop {}: GetShop) -> Result<ShopSettings, ShopError> {
    Ok(queries::read(cx.db()).await?.effective(&cx))
}

pub(crate) async fn change(
    cx: Cx<Settings>,
    ChangeShop { change, layer }: ChangeShop,
) -> Result<ShopSettings, ShopError> {
    let mut mistakes = domain::mistakes(&change);
    mistakes.extend(missing_logo(&cx, &change).await?);
    if !mistakes.is_empty() {
        return Err(ShopError::Invalid(mistakes));
    }
    let mut tx = cx.begin().await?;
    let shop = queries::lock(&mut tx).await?;
    if change.expected_version.is_some_and(|expected| expected != shop.version) {
        return Err(ShopError::VersionConflict { current: shop.version });
    }
    let Some(changed) = shop.changed(change, layer, &cx) else { return Ok(shop.effective(&cx)) };
    save(&mut tx, &shop, &changed).await?;
    tx.commit().await?;
    Ok(changed.effective(&cx))
}

/// Publishes the effective values if they are not those that were published last: at the first start, and after a start
/// with another file.
pub(crate) async fn publish(cx: Cx<Settings>) -> Result<Progress, Fault> {
    if queries::read(cx.db()).await?.republished(&cx).is_some() {
        let mut tx = cx.begin().await?;
        let shop = queries::lock(&mut tx).await?;
        if let Some(republished) = shop.clone().republished(&cx) {
            save(&mut tx, &shop, &republished).await?;
            tx.commit().await?;
        }
    }
    Ok(Progress::Done)
}

/// Writes a changed shop; a new version is published.
async fn save(tx: &mut Tx, before: &Shop, after: &Shop) -> Result<(), Fault> {
    queries::update(tx, after).await?;
    if let Some(shop) = after.published.clone().filter(|_| after.version > before.version) {
        tx.publish(&ShopChanged { shop })?;
    }
    Ok(())
}

/// The mistake of a logo that is not a file of the shop.
async fn missing_logo(cx: &Cx<Settings>, change: &ShopChange) -> Result<Option<FieldError>, Fault> {
    let Some(key) = change.logo.value() else { return Ok(None) };
    match cx.ask(&GetFile { key: key.clone() }).await {
        Ok(Some(_)) => Ok(None),
        Ok(None) => Ok(Some(FieldError::new("/logo", "expected the key of a file that was uploaded before"))),
        Err(ProductError::Fault(fault)) => Err(fault),
        Err(error) => Err(Fault::internal(error)),
    }
}
