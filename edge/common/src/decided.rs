//! After a merchant's change: until orders are decided by it.
//!
//! `order` decides by a copy of what can be sold, which follows `product` by events, a moment later. An edge that
//! acknowledges a change asks `order` to copy it first, so that the change holds for every order after the answer.

use std::time::Duration;

use bus::Bus;
use order_contract::{CopyProducts, CopyShop};
use product_contract::{ListOffers, ProductId};
use web::guard;

/// How long the answer to a change waits until orders follow it.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Lets orders be decided by what `product` has of these products now; on `true` they are, all later ones. On `false` they
/// are as soon as the change's event has come round.
pub async fn orders_follow(bus: &Bus, products: &[ProductId]) -> bool {
    let mut headers = guard::headers(bus.ids());
    let latest = bus.now().after(PATIENCE);
    headers.deadline = Some(headers.deadline.map_or(latest, |deadline| deadline.min(latest)));
    let copying = async {
        for products in products.chunks(ListOffers::MAX_PRODUCTS) {
            let request = CopyProducts { products: products.to_vec(), variants: Vec::new() };
            bus.ask_with(headers.clone(), &request).await?;
        }
        Ok::<_, order_contract::CopyError>(())
    };
    match tokio::time::timeout(PATIENCE, copying).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "a change of products is stored, and orders do not follow it yet");
            false
        }
        Err(_) => {
            tracing::warn!("a change of products is stored, and orders did not follow it in time");
            false
        }
    }
}

/// The same for the shop's settings: the countries that orders may go to.
pub async fn orders_follow_the_shop(bus: &Bus) -> bool {
    let mut headers = guard::headers(bus.ids());
    let latest = bus.now().after(PATIENCE);
    headers.deadline = Some(headers.deadline.map_or(latest, |deadline| deadline.min(latest)));
    match tokio::time::timeout(PATIENCE, bus.ask_with(headers, &CopyShop {})).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "a change of the shop is stored, and orders do not follow it yet");
            false
        }
        Err(_) => {
            tracing::warn!("a change of the shop is stored, and orders did not follow it in time");
            false
        }
    }
}
