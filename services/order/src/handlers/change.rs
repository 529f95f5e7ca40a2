//! Changing orders.

use bus::{Cx, Progress};
use message::{Address, Fault, FieldError, ShortText};
use order_contract::{
    AdvanceOrder, CancelOrder, CancelReason, ChangeAddress, Order, OrderCancelled, OrderDelivered,
    OrderError, OrderId, OrderProcessing, OrderShipped, OrderStatus,
};
use store::Tx;

use super::{
    read::placed_as,
    refund::{by_id, give_rest_back, reason_of, refund_all},
    stock::publish_levels,
};
use crate::{
    State,
    domain::{
        status::{self, Holding},
        stock,
    },
    queries::{self, lifecycle::LockedOrder},
};

/// How many expired orders are cancelled in one transaction.
const EXPIRED: i64 = 500;

/// Cancels an order. One that is cancelled already stays so.
pub(crate) async fn cancel(
    cx: Cx<State>,
    CancelOrder { id, access }: CancelOrder,
) -> Result<Order, OrderError> {
    if !cx.secret.opens(id, &access) {
        return Err(OrderError::NotFound);
    }
    let mut tx = cx.begin().await?;
    let order = lock_one(&mut tx, id).await?;
    let id = order.id;
    if order.status != OrderStatus::Cancelled {
        status::check(order.status, OrderStatus::Cancelled)?;
        cancel_locked(&cx, &mut tx, vec![order], CancelReason::Requested.into()).await?;
    }
    commit_and_load(&cx, tx, id).await
}

/// Changes where an order goes.
pub(crate) async fn change_address(
    cx: Cx<State>,
    ChangeAddress { id, access, shipping_address }: ChangeAddress,
) -> Result<Order, OrderError> {
    if !cx.secret.opens(id, &access) {
        return Err(OrderError::NotFound);
    }
    let wrong = shipping_address.check("/shipping_address");
    if !wrong.is_empty() {
        return Err(OrderError::Invalid(wrong));
    }
    let mut tx = cx.begin().await?;
    queries::shop::destinations(&mut tx)
        .await?
        .check(&shipping_address.country, "/shipping_address/country")
        .map_err(|wrong| OrderError::Invalid(vec![wrong]))?;
    let order = lock_one(&mut tx, id).await?;
    let id = order.id;
    if !status::can_change_address(order.status) {
        return Err(OrderError::AddressFixed(order.status));
    }
    let before = queries::orders::load(&mut tx, &[id]).await?.pop().ok_or(OrderError::NotFound)?;
    let is_export = |address: &Address| cx.settings.tax.is_export(Some(&address.country));
    if is_export(&before.shipping_address) != is_export(&shipping_address) {
        let detail = format!(
            "expected {} or a country with the same tax: the price follows the country; cancel the order and order again",
            before.shipping_address.country
        );
        return Err(OrderError::Invalid(vec![FieldError::new("/shipping_address/country", detail)]));
    }
    queries::lifecycle::set_address(&mut tx, id, &shipping_address, cx.now()).await?;
    queries::search::refresh_words(&mut tx, id).await?;
    commit_and_load(&cx, tx, id).await
}

/// Moves an order on, for the merchant.
pub(crate) async fn advance(
    cx: Cx<State>,
    AdvanceOrder { id, to, tracking }: AdvanceOrder,
) -> Result<Order, OrderError> {
    let mut tx = cx.begin().await?;
    let order = lock_one(&mut tx, id).await?;
    let id = order.id;
    // Only a payment confirms, and cancelling gives stock back: both have ways of their own.
    if matches!(to, OrderStatus::Confirmed | OrderStatus::Cancelled | OrderStatus::Pending) {
        return Err(OrderError::Transition { from: order.status, to });
    }
    if order.status == to {
        // Taken before: only the parcel may still become known, while it is on its way.
        if let Some(tracking) = tracking.filter(|_| to == OrderStatus::Shipped) {
            queries::lifecycle::set_tracking(&mut tx, id, &tracking, 1, cx.now()).await?;
        }
        return commit_and_load(&cx, tx, id).await;
    }
    status::check(order.status, to)?;
    if to == OrderStatus::Refunded {
        refund_all(&cx, &mut tx, order).await?;
        return commit_and_load(&cx, tx, id).await;
    }
    if to == OrderStatus::Shipped && order.is_refunded() {
        let detail = "expected an order that is paid: all of its money goes back; cancel it";
        return Err(OrderError::Invalid(vec![FieldError::new("/to", detail)]));
    }
    if let Some(tracking) = &tracking {
        queries::lifecycle::set_tracking(&mut tx, id, tracking, 0, cx.now()).await?;
    }
    let version = order.version + 1;
    queries::lifecycle::advance(&mut tx, &[order], to, None, cx.now()).await?;
    match to {
        OrderStatus::Processing => tx.publish(&OrderProcessing { id, version })?,
        OrderStatus::Shipped => {
            let order = queries::orders::load(&mut tx, &[id]).await?.pop();
            let tracking = order.as_ref().and_then(|order| order.tracking.clone());
            tx.publish(&OrderShipped { id, version, tracking, order })?;
        }
        OrderStatus::Delivered => tx.publish(&OrderDelivered { id, version })?,
        OrderStatus::Pending | OrderStatus::Confirmed | OrderStatus::Cancelled | OrderStatus::Refunded => {}
    }
    count(to, 1);
    commit_and_load(&cx, tx, id).await
}

/// Cancels orders that were not paid while their stock was held.
pub(crate) async fn expire(cx: Cx<State>) -> Result<Progress, Fault> {
    let expired = queries::lifecycle::expired(cx.db(), cx.now(), EXPIRED).await?;
    if expired.is_empty() {
        return Ok(Progress::Done);
    }
    match cancel_expired(&cx, &expired).await {
        Ok(()) => return Ok(Progress::More),
        Err(fault) if fault.is_transient() => return Err(fault),
        Err(error) => {
            tracing::warn!(%error, "expired orders cannot be cancelled together; trying one by one");
        }
    }
    // One damaged order must not hold the stock of all others for ever.
    for id in expired {
        if let Err(error) = cancel_expired(&cx, &[id]).await {
            tracing::error!(order = %id, %error, "an expired order cannot be cancelled");
        }
    }
    Ok(Progress::Done)
}

async fn cancel_expired(cx: &Cx<State>, expired: &[OrderId]) -> Result<(), Fault> {
    let mut tx = cx.begin().await?;
    let orders = queries::lifecycle::lock(&mut tx, expired).await?;
    // Between the look and the lock a payment may have come, or another one may have begun.
    let now = cx.now();
    let is_over = |order: &LockedOrder| order.status == OrderStatus::Pending && order.held_until <= now;
    let orders = orders.into_iter().filter(is_over).collect();
    cancel_locked(cx, &mut tx, orders, CancelReason::Expired.into()).await?;
    tx.commit().await
}

/// Why orders are cancelled, and what becomes of their units.
pub(crate) struct Cancellation {
    pub(crate) reason: CancelReason,
    /// The reason in words, for the refund of what was paid; ours if there are none.
    pub(crate) words: Option<ShortText>,
    /// Whether their units go back on sale.
    pub(crate) restock: bool,
}

impl From<CancelReason> for Cancellation {
    fn from(reason: CancelReason) -> Self {
        Self { reason, words: None, restock: true }
    }
}

/// Cancels locked orders that may be cancelled, gives their stock and their money back, and publishes it.
pub(crate) async fn cancel_locked(
    cx: &Cx<State>,
    tx: &mut Tx,
    orders: Vec<LockedOrder>,
    Cancellation { reason, words, restock }: Cancellation,
) -> Result<(), Fault> {
    if orders.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = orders.iter().map(|order| order.id).collect();
    if restock {
        give_stock_back(cx, tx, &orders, &ids).await?;
    }
    if orders.iter().any(|order| order.paid > 0) {
        let words = words.map_or_else(|| reason_of("The order was cancelled."), Ok)?;
        let paid = queries::orders::load(&mut *tx, &ids).await?;
        give_rest_back(cx, tx, &paid, &words, |_| restock).await?;
    }
    queries::lifecycle::advance(tx, &orders, OrderStatus::Cancelled, Some(reason), cx.now()).await?;
    count(OrderStatus::Cancelled, orders.len());
    let mut now = by_id(tx, &ids).await?;
    for LockedOrder { id, status: from, version, .. } in orders {
        let order = now.remove(&id);
        tx.publish(&OrderCancelled { id, version: version + 1, from, reason, order })?;
    }
    Ok(())
}

/// Puts the units of locked orders back on sale and publishes the new levels.
async fn give_stock_back(
    cx: &Cx<State>,
    tx: &mut Tx,
    orders: &[LockedOrder],
    ids: &[OrderId],
) -> Result<(), Fault> {
    let variants = queries::stock::held_variants(tx, ids).await?;
    queries::stock::lock(tx, variants.iter().copied()).await?;
    for holding in [Holding::Reserved, Holding::Sold] {
        let holders = orders.iter().filter(|order| status::holding(order.status) == holding);
        let holders: Vec<_> = holders.map(|order| order.id).collect();
        if !holders.is_empty() {
            queries::stock::give_back(tx, &holders, holding).await?;
        }
    }
    let levels = stock::levels(queries::stock::lock(tx, variants).await?);
    publish_levels(cx, tx, &levels)
}

/// Counts steps for the metrics.
pub(crate) fn count(to: OrderStatus, orders: usize) {
    metrics::counter!("order_transitions_total", "status" => to.as_str()).increment(orders as u64);
}

/// The order of this id, or the order that the deferred order of this id was placed as.
pub(super) async fn lock_one(tx: &mut Tx, id: OrderId) -> Result<LockedOrder, OrderError> {
    if let Some(order) = queries::lifecycle::lock(tx, &[id]).await?.pop() {
        return Ok(order);
    }
    let id = placed_as(&mut *tx, id).await?;
    queries::lifecycle::lock(tx, &[id]).await?.pop().ok_or(OrderError::NotFound)
}

pub(super) async fn commit_and_load(cx: &Cx<State>, tx: Tx, id: OrderId) -> Result<Order, OrderError> {
    tx.commit().await?;
    queries::orders::find(cx.db(), id).await?.ok_or(OrderError::NotFound)
}
