//! Money that goes back because the merchant says so, or because the order ends.

use std::{collections::HashMap, time::Duration};

use bus::{Cx, Progress};
use message::{Fault, FieldError, IdempotencyKey, ShortText};
use order_contract::{
    CancelReason, MOST_REFUNDS, Order, OrderError, OrderId, OrderRefund, OrderRefundRequested, OrderRefunded,
    OrderStatus, RefundId, RefundOrder, RefundState, RefundedLine, ReportLost,
};
use product_contract::VariantId;
use store::Tx;
use uuid::Uuid;

use super::{
    change::{Cancellation, cancel_locked, commit_and_load, count, lock_one},
    pay::fingerprint,
    stock::publish_levels,
};
use crate::{
    State,
    domain::{
        refunds::{self, RefundShare, Wish},
        stock,
    },
    queries::{
        self,
        lifecycle::LockedOrder,
        refunds::{NewRefund, RefundSums},
    },
};

/// After this a refund without an outcome is asked for again.
const PATIENCE: Duration = Duration::from_mins(10);

/// How many refunds are asked for again in one transaction.
const OVERDUE: i64 = 500;

/// Refunds what was captured of an order. What is left is decided under the order's lock.
pub(crate) async fn refund(cx: Cx<State>, request: RefundOrder) -> Result<Order, OrderError> {
    if request.amount.is_some() && !request.lines.is_empty() {
        let detail = "expected either amount or lines";
        return Err(OrderError::Invalid(vec![FieldError::new("/lines", detail)]));
    }
    let RefundOrder { id, idempotency_key, amount, lines, reason, restock } = request;
    let fingerprint = fingerprint(&(amount, &lines, &reason, restock))?;
    let mut tx = cx.begin().await?;
    let locked = lock_one(&mut tx, id).await?;
    let id = locked.id;
    if let Some(before) = queries::refunds::known(&mut tx, id, &idempotency_key).await? {
        tx.rollback().await?;
        let is_same = before == fingerprint;
        return if is_same { super::read::load(&cx, id).await } else { Err(OrderError::KeyReused) };
    }
    let order = queries::orders::load(&mut tx, &[id]).await?.pop().ok_or(OrderError::NotFound)?;
    if order.refunds.len() >= MOST_REFUNDS {
        let detail = format!("expected at most {MOST_REFUNDS} refunds of an order");
        return Err(OrderError::Invalid(vec![FieldError::new("", detail)]));
    }
    let wish = match (amount, lines.as_slice()) {
        (Some(amount), _) => Wish::Amount(amount),
        (None, []) => Wish::All,
        (None, lines) => Wish::Lines(lines),
    };
    let share = refunds::decide(&order, wish)?;
    if restock {
        put_back(&cx, &mut tx, &order, &share.lines).await?;
    }
    let new = new_refund(&cx, cx.id(), share, reason, restock);
    request_refund(&cx, &mut tx, &order, &new, Some((&idempotency_key, fingerprint))).await?;
    let is_all = refunds::refundable(&order) == new.amount;
    if is_all && matches!(order.status, OrderStatus::Shipped | OrderStatus::Delivered) {
        let locked = LockedOrder { version: locked.version + 1, ..locked };
        end_as_refunded(&cx, &mut tx, locked).await?;
    }
    commit_and_load(&cx, tx, id).await
}

/// Asks again for refunds whose outcome is not known for long: a `payment` of the version before does not hear of them. One
/// that it knows is not carried out twice.
pub(crate) async fn ask_again(cx: Cx<State>) -> Result<Progress, Fault> {
    let until = cx.now().before(PATIENCE);
    let mut overdue = queries::refunds::overdue(cx.db(), until, OVERDUE).await?;
    overdue.dedup();
    if overdue.is_empty() {
        return Ok(Progress::Done);
    }
    let mut tx = cx.begin().await?;
    for order in by_id(&mut tx, &overdue).await?.into_values() {
        let is_overdue = |refund: &&OrderRefund| {
            // The rest of an ended order goes back by itself.
            let is_asked_for = refund.id != queries::refunds::rest_id(order.id);
            refund.state == RefundState::Pending && refund.requested_at <= until && is_asked_for
        };
        for refund in order.refunds.iter().filter(is_overdue) {
            tx.publish(&requested(&order, refund, order.version))?;
        }
    }
    tx.commit().await?;
    Ok(Progress::Done)
}

/// Cancels a shipped order whose parcel was lost.
pub(crate) async fn report_lost(
    cx: Cx<State>,
    ReportLost { id, reason, restock }: ReportLost,
) -> Result<Order, OrderError> {
    let mut tx = cx.begin().await?;
    let order = lock_one(&mut tx, id).await?;
    let id = order.id;
    match order.status {
        OrderStatus::Shipped => {
            let lost = Cancellation { reason: CancelReason::Lost, words: Some(reason), restock };
            cancel_locked(&cx, &mut tx, vec![order], lost).await?;
        }
        OrderStatus::Cancelled => {
            let known = queries::orders::load(&mut tx, &[id]).await?.pop().ok_or(OrderError::NotFound)?;
            if known.cancel_reason != Some(CancelReason::Lost) {
                return Err(OrderError::Transition { from: order.status, to: OrderStatus::Cancelled });
            }
        }
        from => return Err(OrderError::Transition { from, to: OrderStatus::Cancelled }),
    }
    commit_and_load(&cx, tx, id).await
}

/// Refunds all that is left of a locked order and ends it as refunded. Money that is not captured yet goes back, too.
pub(super) async fn refund_all(cx: &Cx<State>, tx: &mut Tx, locked: LockedOrder) -> Result<(), OrderError> {
    let order = queries::orders::load(&mut *tx, &[locked.id]).await?.pop().ok_or(OrderError::NotFound)?;
    if refunds::refundable(&order).amount == 0 {
        return Ok(end_as_refunded(cx, tx, locked).await?);
    }
    let share = refunds::decide(&order, Wish::All)?;
    let new = new_refund(cx, cx.id(), share, reason_of("The order is refunded.")?, false);
    request_refund(cx, tx, &order, &new, None).await?;
    let locked = LockedOrder { version: locked.version + 1, ..locked };
    Ok(end_as_refunded(cx, tx, locked).await?)
}

/// Gives back what is left of ended orders' money: `payment` returns it by itself, since the order ended; here it is
/// counted, so that nobody refunds it again. `restocked` is whether their units went back on sale. It is part of a step that `version` counts.
pub(super) async fn give_rest_back(
    cx: &Cx<State>,
    tx: &mut Tx,
    orders: &[Order],
    reason: &ShortText,
    restocked: impl Fn(&Order) -> bool,
) -> Result<(), Fault> {
    let mut rests = Vec::new();
    for order in orders {
        if let Ok(share) = refunds::decide(order, Wish::All) {
            let id = queries::refunds::rest_id(order.id);
            rests.push((order, new_refund(cx, id, share, reason.clone(), restocked(order))));
        }
    }
    if rests.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = rests
        .iter()
        .map(|(order, refund)| NewRefund {
            order_id: order.id,
            number: order.refunds.len() + 1,
            refund,
            key: None,
        })
        .collect();
    queries::refunds::insert_all(tx, &rows).await?;
    let sums: Vec<_> = rests.iter().map(|(order, refund)| sums(order, refund.amount.amount)).collect();
    queries::refunds::set_sums(tx, &sums, 0, cx.now()).await
}

/// The sums of an order of which `more` goes back besides.
pub(super) fn sums(order: &Order, more: i64) -> RefundSums {
    let amount = |money: Option<message::Money>| money.map_or(0, |money| money.amount);
    RefundSums {
        order_id: order.id,
        paid: amount(order.paid),
        refunded: amount(order.refunded) + more,
        count: order.refunds.len() + 1,
    }
}

pub(super) fn reason_of(words: &str) -> Result<ShortText, Fault> {
    words.parse().map_err(Fault::internal)
}

pub(super) fn new_refund(
    cx: &Cx<State>,
    id: RefundId,
    share: RefundShare,
    reason: ShortText,
    restocked: bool,
) -> OrderRefund {
    let RefundShare { amount, tax, lines } = share;
    OrderRefund {
        id,
        amount,
        tax,
        lines,
        state: RefundState::Pending,
        reason,
        failure: None,
        restocked,
        requested_at: cx.now(),
        settled_at: None,
    }
}

/// Writes the refund and asks `payment` for it.
async fn request_refund(
    cx: &Cx<State>,
    tx: &mut Tx,
    order: &Order,
    refund: &OrderRefund,
    key: Option<(&IdempotencyKey, Uuid)>,
) -> Result<(), Fault> {
    let row = NewRefund { order_id: order.id, number: order.refunds.len() + 1, refund, key };
    queries::refunds::insert_all(tx, &[row]).await?;
    queries::refunds::set_sums(tx, &[sums(order, refund.amount.amount)], 1, cx.now()).await?;
    tx.publish(&requested(order, refund, order.version + 1))
}

fn requested(order: &Order, refund: &OrderRefund, version: i64) -> OrderRefundRequested {
    OrderRefundRequested {
        id: order.id,
        version,
        attempt: order.payments.last().map_or(1, |payment| payment.attempt),
        refund_id: refund.id,
        amount: refund.amount,
    }
}

/// Ends a locked order as refunded. Its money was asked for refund by refund; where none was captured, the event without
/// the order asks for whatever still is.
async fn end_as_refunded(cx: &Cx<State>, tx: &mut Tx, locked: LockedOrder) -> Result<(), Fault> {
    let (id, version) = (locked.id, locked.version + 1);
    queries::lifecycle::advance(tx, &[locked], OrderStatus::Refunded, None, cx.now()).await?;
    let order = queries::orders::load(&mut *tx, &[id]).await?.pop();
    let order = order.filter(|order| order.paid.is_some_and(|paid| paid.amount > 0));
    tx.publish(&OrderRefunded { id, version, order })?;
    count(OrderStatus::Refunded, 1);
    Ok(())
}

/// Whether all units of an order went back on sale because it was cancelled.
pub(super) fn is_restocked(order: &Order) -> bool {
    order.status == OrderStatus::Cancelled && order.cancel_reason != Some(CancelReason::Lost)
}

/// Puts the units of these lines back on sale, where they came from.
async fn put_back(
    cx: &Cx<State>,
    tx: &mut Tx,
    order: &Order,
    lines: &[RefundedLine],
) -> Result<(), OrderError> {
    let mut wanted: HashMap<VariantId, i64> =
        lines.iter().filter(|line| line.quantity > 0).map(|line| (line.variant_id, line.quantity)).collect();
    let refused = |detail: &str| OrderError::Invalid(vec![FieldError::new("/restock", detail)]);
    if wanted.is_empty() {
        return Err(refused("expected false: only units of lines go back on sale"));
    }
    if is_restocked(order) {
        return Err(refused("expected false: the units of a cancelled order are on sale already"));
    }
    let variants: Vec<_> = wanted.keys().copied().collect();
    queries::stock::lock(tx, variants.iter().copied()).await?;
    let mut units = Vec::new();
    for (variant, location, held) in queries::stock::reservations(tx, order.id).await? {
        let Some(left) = wanted.get_mut(&variant) else { continue };
        let taken = held.min(*left);
        if taken > 0 {
            *left -= taken;
            units.push((variant, location, taken));
        }
    }
    if wanted.values().any(|left| *left > 0) {
        return Err(refused("expected false: units of these lines are on sale again already"));
    }
    queries::stock::restock(tx, order.id, &units).await?;
    let levels = stock::levels(queries::stock::lock(tx, variants).await?);
    Ok(publish_levels(cx, tx, &levels)?)
}

/// The orders, read again under their locks, by id.
pub(super) async fn by_id(tx: &mut Tx, ids: &[OrderId]) -> Result<HashMap<OrderId, Order>, Fault> {
    Ok(queries::orders::load(tx, ids).await?.into_iter().map(|order| (order.id, order)).collect())
}
