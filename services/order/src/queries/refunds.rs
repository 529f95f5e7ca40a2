//! Refunds of orders: rows beside the order, and their sum in its own row, which a check keeps below what was captured.

use message::{Fault, IdempotencyKey, Money, Timestamp};
use order_contract::{OrderId, OrderRefund, RefundId};
use store::{Columns, Db, Json, On, Tx, columns, insert, json, query, record};
use uuid::Uuid;

const REFUND: Columns<(OrderId, OrderRefund)> = columns!(
    |order_id, id, amount, tax, lines: Json<_>, state, reason, failure, restocked, requested_at, settled_at,
     currency in orders| {
        let refund = OrderRefund {
            id,
            amount: Money::new(amount, currency),
            tax: Money::new(tax, currency),
            lines: lines.0,
            state,
            reason,
            failure,
            restocked,
            requested_at,
            settled_at,
        };
        (order_id, refund)
    }
);

/// A refund that is about to be written.
pub(crate) struct NewRefund<'r> {
    pub(crate) order_id: OrderId,
    /// Which of the order's refunds it is, from 1.
    pub(crate) number: usize,
    pub(crate) refund: &'r OrderRefund,
    /// The caller's name for it, and what was asked for under it.
    pub(crate) key: Option<(&'r IdempotencyKey, Uuid)>,
}

/// What the row of a locked order says of its refunds.
pub(crate) struct RefundSums {
    pub(crate) order_id: OrderId,
    /// What was captured, in minor units.
    pub(crate) paid: i64,
    /// What of it goes back, in minor units.
    pub(crate) refunded: i64,
    /// How many refunds there are.
    pub(crate) count: usize,
}

/// The refunds of these orders, the first of each order first.
pub(crate) async fn of<'a>(
    on: impl Into<On<'a>>,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, OrderRefund)>, Fault> {
    REFUND
        .query(
            "SELECT columns(f) FROM rows(id uuid) AS r JOIN orders ON orders.id = r.id
             JOIN order_refund f ON f.order_id = orders.id
             ORDER BY f.order_id, f.number",
        )
        .rows(orders.iter().map(|id| (*id,)))
        .fetch_all(on)
        .await
}

/// The orders of at most `limit` refunds that were asked for until then and are still pending, first the oldest. The rest
/// of an ended order is not asked for ([`rest_id`]), and does not count.
pub(crate) async fn overdue(db: &Db, until: Timestamp, limit: i64) -> Result<Vec<OrderId>, Fault> {
    query(
        "SELECT order_id FROM order_refund WHERE state = 'pending' AND id <> order_id AND requested_at <= $1
         ORDER BY requested_at LIMIT $2",
    )
    .bind(until)
    .bind(limit)
    .fetch_all(db, |row| row.get("order_id"))
    .await
}

/// What was asked for under this key of a locked order, if it came before.
pub(crate) async fn known(tx: &mut Tx, order: OrderId, key: &IdempotencyKey) -> Result<Option<Uuid>, Fault> {
    query("SELECT fingerprint FROM order_refund WHERE order_id = $1 AND idempotency_key = $2")
        .bind(order)
        .bind(key.as_str())
        .fetch_optional(tx, |row| row.get("fingerprint"))
        .await
}

/// Writes refunds of locked orders.
pub(crate) async fn insert_all(tx: &mut Tx, refunds: &[NewRefund<'_>]) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(refunds.len());
    for NewRefund { order_id, number, refund, key } in refunds {
        rows.push(record! {
            order_id: *order_id,
            number: i64::try_from(*number).map_err(Fault::internal)?,
            id: refund.id,
            amount: refund.amount.amount,
            tax: refund.tax.amount,
            lines: json(&refund.lines)?,
            state: refund.state,
            reason: &refund.reason,
            restocked: refund.restocked,
            idempotency_key: key.map(|(key, _)| key.as_str()),
            fingerprint: key.map(|(_, fingerprint)| fingerprint),
            requested_at: refund.requested_at,
            settled_at: refund.settled_at,
        });
    }
    insert("order_refund", rows).execute(tx).await.map(drop)
}

/// Writes how refunds of locked orders ended.
pub(crate) async fn settle(tx: &mut Tx, refunds: &[(OrderId, &OrderRefund)]) -> Result<(), Fault> {
    if refunds.is_empty() {
        return Ok(());
    }
    query(
        "UPDATE order_refund SET state = r.state, failure = r.failure, settled_at = r.settled_at
         FROM rows(order_id uuid, id uuid, state text, failure text, settled_at time) AS r
         WHERE order_refund.order_id = r.order_id AND order_refund.id = r.id",
    )
    .rows(refunds.iter().map(|(order_id, refund)| {
        (*order_id, refund.id, refund.state, refund.failure.as_deref(), refund.settled_at)
    }))
    .execute(tx)
    .await
    .map(drop)
}

/// Writes the sums of locked orders. `changes` is 1 if that is a change of its own, 0 if it is part of a step.
pub(crate) async fn set_sums(
    tx: &mut Tx,
    orders: &[RefundSums],
    changes: i64,
    now: Timestamp,
) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(orders.len());
    for RefundSums { order_id, paid, refunded, count } in orders {
        rows.push((*order_id, *paid, *refunded, i64::try_from(*count).map_err(Fault::internal)?));
    }
    query(
        "UPDATE orders SET paid = r.paid, refunded = r.refunded, refunds = r.refunds, version = version + $1,
             updated_at = $2
         FROM rows(id uuid, paid int, refunded int, refunds int) AS r WHERE orders.id = r.id",
    )
    .bind(changes)
    .bind(now)
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

/// The id of the refund of all that is left when an order ends: an order has one of it.
pub(crate) fn rest_id(order: OrderId) -> RefundId {
    RefundId::from_uuid(order.uuid())
}
