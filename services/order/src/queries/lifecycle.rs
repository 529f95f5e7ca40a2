//! What a step of orders' lives writes: one statement per table, however many orders take it.

use message::{Address, Fault, Timestamp};
use order_contract::{CancelReason, OrderId, OrderStatus, Tracking};
use store::{Columns, Db, Json, Tx, columns, insert, json, query, record};

use crate::domain::payments::{Attempts, StoredAttempt};

/// An order that this transaction has locked.
pub(crate) struct LockedOrder {
    pub(crate) id: OrderId,
    pub(crate) status: OrderStatus,
    pub(crate) version: i64,
    pub(crate) attempts: Attempts,
    /// What was captured, in minor units.
    pub(crate) paid: i64,
    /// What of it goes back, in minor units.
    pub(crate) refunded: i64,
    pub(crate) held_until: Timestamp,
}

const LOCKED_ORDER: Columns<LockedOrder> =
    columns!(|id,
              status,
              version,
              provider,
              attempts: Option<Json<Vec<StoredAttempt>>>,
              placed_at,
              paid,
              refunded,
              held_until| {
        let attempts = Attempts::new(attempts.map(|attempts| attempts.0), provider, placed_at);
        LockedOrder { id, status, version, attempts, paid, refunded, held_until }
    });

impl LockedOrder {
    /// Whether all that was captured goes back.
    pub(crate) fn is_refunded(&self) -> bool {
        self.paid > 0 && self.refunded == self.paid
    }
}

/// Locks these orders, everywhere in the same order, and reads them.
pub(crate) async fn lock(tx: &mut Tx, ids: &[OrderId]) -> Result<Vec<LockedOrder>, Fault> {
    LOCKED_ORDER
        .query(
            "SELECT columns(o) FROM rows(id uuid) AS r JOIN orders o ON o.id = r.id ORDER BY o.id FOR UPDATE OF o",
        )
        .rows(ids.iter().map(|id| (*id,)))
        .fetch_all(tx)
        .await
}

/// Moves locked orders to `to` and writes their histories.
pub(crate) async fn advance(
    tx: &mut Tx,
    orders: &[LockedOrder],
    to: OrderStatus,
    reason: Option<CancelReason>,
    now: Timestamp,
) -> Result<(), Fault> {
    query(
        "UPDATE orders SET status = $1, cancel_reason = COALESCE($2, cancel_reason), version = version + 1,
             updated_at = $3
         FROM rows(id uuid) AS r WHERE orders.id = r.id",
    )
    .bind(to)
    .bind(reason)
    .bind(now)
    .rows(orders.iter().map(|order| (order.id,)))
    .execute(tx)
    .await?;
    record_steps(tx, orders, to, reason, now).await
}

/// Writes a step into the histories of locked orders.
async fn record_steps(
    tx: &mut Tx,
    orders: &[LockedOrder],
    to: OrderStatus,
    reason: Option<CancelReason>,
    now: Timestamp,
) -> Result<(), Fault> {
    let steps = orders.iter().map(|order| record! { order_id: order.id, version: order.version + 1 });
    insert("order_history", steps)
        .with("status", to)
        .with("note", reason)
        .with("at", now)
        .execute(tx)
        .await
        .map(drop)
}

/// Confirms locked orders, and notes whether their money is captured, which is all of it.
pub(crate) async fn confirm(
    tx: &mut Tx,
    orders: &[LockedOrder],
    is_captured: bool,
    now: Timestamp,
) -> Result<(), Fault> {
    query(
        "UPDATE orders SET status = $1, paid = CASE WHEN $2 THEN subtotal + tax ELSE paid END, version = version + 1,
             updated_at = $3
         FROM rows(id uuid) AS r WHERE orders.id = r.id",
    )
    .bind(OrderStatus::Confirmed)
    .bind(is_captured)
    .bind(now)
    .rows(orders.iter().map(|order| (order.id,)))
    .execute(tx)
    .await?;
    record_steps(tx, orders, OrderStatus::Confirmed, None, now).await
}

/// Notes that all of the money of locked orders is captured, which changes nothing else.
pub(crate) async fn set_paid(tx: &mut Tx, orders: &[OrderId], now: Timestamp) -> Result<(), Fault> {
    query(
        "UPDATE orders SET paid = subtotal + tax, version = version + 1, updated_at = $1
         FROM rows(id uuid) AS r WHERE orders.id = r.id",
    )
    .bind(now)
    .rows(orders.iter().map(|id| (*id,)))
    .execute(tx)
    .await
    .map(drop)
}

/// Writes the payments of locked orders, and until when these hold their stock.
pub(crate) async fn set_attempts(tx: &mut Tx, orders: &[LockedOrder], now: Timestamp) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(orders.len());
    for order in orders {
        rows.push((order.id, json(&order.attempts)?, order.held_until));
    }
    query(
        "UPDATE orders SET attempts = r.attempts, held_until = r.held_until, version = version + 1, updated_at = $1
         FROM rows(id uuid, attempts text, held_until time) AS r WHERE orders.id = r.id",
    )
    .bind(now)
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

/// Gives a locked order another address.
pub(crate) async fn set_address(
    tx: &mut Tx,
    id: OrderId,
    address: &Address,
    now: Timestamp,
) -> Result<(), Fault> {
    query("UPDATE orders SET shipping_address = $2, version = version + 1, updated_at = $3 WHERE id = $1")
        .bind(id)
        .bind(json(address)?)
        .bind(now)
        .execute(tx)
        .await
        .map(drop)
}

/// Gives a locked order its parcel. `changes` is 1 if that is a change of its own, 0 if it is part of a step.
pub(crate) async fn set_tracking(
    tx: &mut Tx,
    id: OrderId,
    tracking: &Tracking,
    changes: i64,
    now: Timestamp,
) -> Result<(), Fault> {
    query("UPDATE orders SET tracking = $2, version = version + $3, updated_at = $4 WHERE id = $1")
        .bind(id)
        .bind(json(tracking)?)
        .bind(changes)
        .bind(now)
        .execute(tx)
        .await
        .map(drop)
}

/// At most `limit` orders that are not paid although their hold has ended, the longest overdue first.
pub(crate) async fn expired(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<OrderId>, Fault> {
    query("SELECT id FROM orders WHERE status = 'pending' AND held_until <= $1 ORDER BY held_until LIMIT $2")
        .bind(now)
        .bind(limit)
        .fetch_all(db, |row| row.get("id"))
        .await
}
