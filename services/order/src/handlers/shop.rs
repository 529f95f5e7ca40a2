//! The copy of the shop's settings.

use bus::Cx;
use message::{Failure, Fault};
use order_contract::{CopyError, CopyShop};
use shop_contract::{GetShop, ShopChanged, ShopError};
use store::Tx;

use crate::{State, queries};

/// Keeps the copy of the shop's settings.
pub(crate) async fn follow(
    _: Cx<State>,
    tx: &mut Tx,
    ShopChanged { shop }: ShopChanged,
) -> Result<(), Failure> {
    Ok(queries::shop::keep(tx, &shop).await?)
}

/// Brings the copy up to date at once; answers its version.
pub(crate) async fn copy(cx: Cx<State>, CopyShop {}: CopyShop) -> Result<i64, CopyError> {
    let shop = cx.ask(&GetShop {}).await.map_err(|error| match error {
        ShopError::Fault(fault) => fault,
        error => Fault::internal(error),
    })?;
    let mut tx = cx.begin().await?;
    queries::shop::keep(&mut tx, &shop).await?;
    tx.commit().await?;
    Ok(shop.version)
}
