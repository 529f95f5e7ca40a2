//! Paying an order again whose payment failed.

use std::{collections::HashMap, time::Duration};

use bus::{Cx, Incoming};
use message::{Failure, Fault};
use order_contract::{
    Order, OrderError, OrderId, OrderPaymentFailed, OrderPaymentRequested, OrderStatus, PayOrder,
    PaymentMethod, PlaceError,
};
use payment_contract::PaymentFailed;
use sha2::{Digest as _, Sha256};
use store::Tx;
use uuid::Uuid;

use super::change::{commit_and_load, lock_one};
use crate::{
    State,
    domain::{payments::StoredAttempt, placement},
    queries,
};

/// For how long the stock is held at least from when an order is paid again, so that the provider has time to answer. Never
/// longer than an order holds its stock at first.
const ASKING: Duration = Duration::from_mins(5);

/// Begins another payment of a pending order whose last payment failed. Whether it may is decided under the order's lock, so
/// of several callers one pays.
pub(crate) async fn pay(cx: Cx<State>, request: PayOrder) -> Result<Order, OrderError> {
    let PayOrder { id, access, idempotency_key, payment } = request;
    if !cx.secret.opens(id, &access) {
        return Err(OrderError::NotFound);
    }
    let fingerprint = fingerprint(&payment)?;
    let mut tx = cx.begin().await?;
    let mut order = lock_one(&mut tx, id).await?;
    let id = order.id;
    if let Some(before) = order.attempts.find(idempotency_key.as_str()) {
        let is_same = before.fingerprint == Some(fingerprint);
        tx.rollback().await?;
        return if is_same { super::read::load(&cx, id).await } else { Err(OrderError::KeyReused) };
    }
    check_provider(&payment, &cx)?;
    let now = cx.now();
    let known = queries::orders::load(&mut tx, &[id]).await?.pop().ok_or(OrderError::NotFound)?;
    if let Some(reason) = known.unpayable(now) {
        return Err(OrderError::Unpayable(reason));
    }
    order.attempts.push(StoredAttempt {
        provider: payment.provider.as_str().to_owned(),
        requested_at: now,
        key: Some(idempotency_key.as_str().to_owned()),
        fingerprint: Some(fingerprint),
        failure: None,
    });
    order.held_until = order.held_until.max(now.after(ASKING.min(cx.settings.hold())));
    let event = OrderPaymentRequested {
        id,
        version: order.version + 1,
        attempt: order.attempts.last_number(),
        amount: known.totals.total,
        payment,
    };
    queries::lifecycle::set_attempts(&mut tx, &[order], now).await?;
    tx.publish(&event)?;
    commit_and_load(&cx, tx, id).await
}

/// Notes payments that failed. The orders stay pending until their hold ends, and can be paid again.
pub(crate) async fn note_failed(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<PaymentFailed>>,
) -> Result<(), Failure> {
    let mut failed: HashMap<OrderId, Incoming<PaymentFailed>> = HashMap::with_capacity(events.len());
    for event in events {
        let order = event.body.order_id;
        if failed.get(&order).is_none_or(|known| known.body.attempt <= event.body.attempt) {
            failed.insert(order, event);
        }
    }
    let ids: Vec<_> = failed.keys().copied().collect();
    let mut orders = queries::lifecycle::lock(tx, &ids).await?;
    orders.retain_mut(|order| {
        let Some(PaymentFailed { attempt, reason, .. }) = failed.get_mut(&order.id).map(|event| &mut event.body)
        else {
            return false;
        };
        match order.status {
            OrderStatus::Cancelled => return false,
            OrderStatus::Pending => {}
            // The goods may be out already: only a person can decide what to do.
            status if order.attempts.is_live(*attempt) => {
                tracing::error!(order = %order.id, status = status.as_str(), "the money of a confirmed order did not come");
            }
            _ => {}
        }
        // What was captured stays shown as captured; where it went is a refund.
        order.paid == 0 && order.attempts.fail(*attempt, reason.take())
    });
    if orders.is_empty() {
        return Ok(());
    }
    queries::lifecycle::set_attempts(tx, &orders, cx.now()).await?;
    let pending: Vec<_> =
        orders.iter().filter(|order| order.status == OrderStatus::Pending).map(|order| order.id).collect();
    for order in queries::orders::load(&mut *tx, &pending).await? {
        let headers = failed.remove(&order.id).map_or_else(|| cx.headers().clone(), |event| event.headers);
        tx.publish_as(&OrderPaymentFailed { order }, headers)?;
    }
    Ok(())
}

fn check_provider(payment: &PaymentMethod, cx: &Cx<State>) -> Result<(), OrderError> {
    placement::check_provider(&payment.provider, &cx.settings.payment_providers).map_err(
        |error| match error {
            PlaceError::Invalid(errors) => OrderError::Invalid(errors),
            other => OrderError::Refused(other),
        },
    )
}

/// Says whether two requests ask for the same: the first half of SHA-256 over all that is asked for.
pub(super) fn fingerprint(request: &impl serde::Serialize) -> Result<Uuid, Fault> {
    let json = serde_json::to_vec(request).map_err(Fault::internal)?;
    Uuid::from_slice(Sha256::digest(&json).get(..16).unwrap_or_default()).map_err(Fault::internal)
}
