//! Reactions to events of products and payments.

use std::collections::HashMap;

use bus::{Cx, Incoming};
use message::Failure;
use order_contract::{CancelReason, OrderConfirmed, OrderId, OrderStatus};
use payment_contract::{PaymentAuthorised, PaymentCaptured, PaymentFailed};
use product_contract::{Product, ProductChanged, ProductId};
use store::Tx;

use super::change::{cancel_locked, count};
use crate::{
    State,
    queries::{self, sellable::Offers},
};

/// Keeps the copy of what can be sold. Of several versions of a product the newest counts.
pub(crate) async fn copy_products(
    _: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<ProductChanged>>,
) -> Result<(), Failure> {
    let mut newest: HashMap<ProductId, Product> = HashMap::with_capacity(events.len());
    for Incoming { body: ProductChanged { product }, .. } in events {
        if newest.get(&product.id).is_none_or(|known| known.version < product.version) {
            newest.insert(product.id, product);
        }
    }
    let products: Vec<_> = newest.into_values().collect();
    Ok(queries::sellable::copy(tx, Offers::of(&products)).await?)
}

/// Confirms orders whose money is ours.
pub(crate) async fn confirm_captured(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<PaymentCaptured>>,
) -> Result<(), Failure> {
    let paid = events.into_iter().map(|event| (event.body.order_id, event.headers)).collect();
    confirm(&cx, tx, paid).await
}

/// Confirms orders whose money is held for us.
pub(crate) async fn confirm_authorised(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<PaymentAuthorised>>,
) -> Result<(), Failure> {
    let paid = events.into_iter().map(|event| (event.body.order_id, event.headers)).collect();
    confirm(&cx, tx, paid).await
}

/// Cancels orders whose payment was declined.
pub(crate) async fn cancel_unpaid(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<PaymentFailed>>,
) -> Result<(), Failure> {
    let ids: Vec<_> = events.iter().map(|event| event.body.order_id).collect();
    let orders = queries::lifecycle::lock(tx, &ids).await?;
    let (pending, others): (Vec<_>, Vec<_>) =
        orders.into_iter().partition(|order| order.status == OrderStatus::Pending);
    for order in others.iter().filter(|order| order.status != OrderStatus::Cancelled) {
        // The goods may be out already: only a person can decide what to do.
        tracing::error!(order = %order.id, status = order.status.as_str(), "the money of a confirmed order did not come");
    }
    Ok(cancel_locked(&cx, tx, pending, CancelReason::PaymentFailed).await?)
}

/// Confirms those orders that are pending. One that was cancelled meanwhile stays so: `payment` reacts to that and sends
/// the money back.
async fn confirm(
    cx: &Cx<State>,
    tx: &mut Tx,
    paid: HashMap<OrderId, message::Headers>,
) -> Result<(), Failure> {
    let ids: Vec<_> = paid.keys().copied().collect();
    let mut pending = queries::lifecycle::lock(tx, &ids).await?;
    pending.retain(|order| order.status == OrderStatus::Pending);
    if pending.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = pending.iter().map(|order| order.id).collect();
    let variants = queries::stock::held_variants(tx, &ids).await?;
    queries::stock::lock(tx, variants).await?;
    queries::stock::sell(tx, &ids).await?;
    queries::lifecycle::advance(tx, &pending, OrderStatus::Confirmed, None, cx.now()).await?;
    for order in queries::orders::load(&mut *tx, &ids).await? {
        let headers = paid.get(&order.id).unwrap_or(cx.headers()).clone();
        tx.publish_as(&OrderConfirmed { order }, headers)?;
    }
    count(OrderStatus::Confirmed, ids.len());
    Ok(())
}
