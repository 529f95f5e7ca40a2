//! Reactions to events of products and payments.

use std::collections::HashMap;

use bus::{Cx, Incoming};
use message::{Failure, Fault, Headers};
use order_contract::{OrderConfirmed, OrderId, OrderStatus};
use payment_contract::{PaymentAuthorised, PaymentCaptured};
use product_contract::{Product, ProductChanged, ProductId};
use store::Tx;

use super::{
    change::count,
    refund::{give_rest_back, is_restocked, reason_of},
};
use crate::{
    State,
    queries::{self, lifecycle::LockedOrder, sellable::Offers},
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

/// Confirms orders whose money is ours, and notes it of those that were confirmed before.
pub(crate) async fn confirm_captured(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<PaymentCaptured>>,
) -> Result<(), Failure> {
    let paid = events.into_iter().map(|event| (event.body.order_id, event.body.attempt, event.headers));
    let paid = latest(paid);
    let locked = lock_live(tx, &paid).await?;
    let (pending, others): (Vec<_>, Vec<_>) =
        locked.into_iter().partition(|order| order.status == OrderStatus::Pending);
    confirm(&cx, tx, pending, &paid, true).await?;
    let late: Vec<_> = others.into_iter().filter(|order| order.paid == 0).collect();
    let ids: Vec<_> = late.iter().map(|order| order.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    queries::lifecycle::set_paid(tx, &ids, cx.now()).await?;
    // What is captured of an order that ended goes back: `payment` has heard of the end, or will.
    let is_over =
        |order: &&LockedOrder| matches!(order.status, OrderStatus::Cancelled | OrderStatus::Refunded);
    let ended: Vec<_> = late.iter().filter(is_over).map(|order| order.id).collect();
    let ended = queries::orders::load(&mut *tx, &ended).await?;
    let reason = reason_of("The order had ended before it was paid.")?;
    Ok(give_rest_back(&cx, tx, &ended, &reason, is_restocked).await?)
}

/// Confirms orders whose money is held for us.
pub(crate) async fn confirm_authorised(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<PaymentAuthorised>>,
) -> Result<(), Failure> {
    let paid = events.into_iter().map(|event| (event.body.order_id, event.body.attempt, event.headers));
    let paid = latest(paid);
    let mut pending = lock_live(tx, &paid).await?;
    pending.retain(|order| order.status == OrderStatus::Pending);
    Ok(confirm(&cx, tx, pending, &paid, false).await?)
}

/// Payments that brought money, by order: which of the order's payments, and where the news belongs.
type Paid = HashMap<OrderId, (i64, Headers)>;

/// Of several payments of an order, the last one.
fn latest(events: impl Iterator<Item = (OrderId, i64, Headers)>) -> Paid {
    let mut paid = Paid::new();
    for (order, attempt, headers) in events {
        if paid.get(&order).is_none_or(|(known, _)| *known <= attempt) {
            paid.insert(order, (attempt, headers));
        }
    }
    paid
}

/// Locks the orders whose live payments these are.
async fn lock_live(tx: &mut Tx, paid: &Paid) -> Result<Vec<LockedOrder>, Fault> {
    let ids: Vec<_> = paid.keys().copied().collect();
    let mut orders = queries::lifecycle::lock(tx, &ids).await?;
    orders.retain(|order| {
        let attempt = paid.get(&order.id).map(|(attempt, _)| *attempt);
        let is_live = attempt.is_some_and(|attempt| order.attempts.is_live(attempt));
        if !is_live {
            tracing::error!(order = %order.id, attempt, "a payment brought money after it had failed");
        }
        is_live
    });
    Ok(orders)
}

/// Confirms pending orders. One that was cancelled meanwhile stays so: `payment` reacts to that and sends the money back.
async fn confirm(
    cx: &Cx<State>,
    tx: &mut Tx,
    pending: Vec<LockedOrder>,
    paid: &Paid,
    is_captured: bool,
) -> Result<(), Fault> {
    if pending.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = pending.iter().map(|order| order.id).collect();
    let variants = queries::stock::held_variants(tx, &ids).await?;
    queries::stock::lock(tx, variants).await?;
    queries::stock::sell(tx, &ids).await?;
    queries::lifecycle::confirm(tx, &pending, is_captured, cx.now()).await?;
    for order in queries::orders::load(&mut *tx, &ids).await? {
        let headers = paid.get(&order.id).map_or(cx.headers(), |(_, headers)| headers).clone();
        tx.publish_as(&OrderConfirmed { order }, headers)?;
    }
    count(OrderStatus::Confirmed, ids.len());
    Ok(())
}
