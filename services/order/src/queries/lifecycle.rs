//! What a step of orders' lives writes: one statement per table, however many orders take it.

use message::{Address, Fault, Timestamp};
use order_contract::{CancelReason, OrderId, OrderStatus, Tracking};
use store::{Columns, Db, Json, Tx, columns, insert, json, query, record};

/// An order that this transaction has locked.
pub(crate) struct LockedOrder {
    pub(crate) id: OrderId,
    pub(crate) status: OrderStatus,
    pub(crate) version: i64,
}

const LOCKED_ORDER: Columns<LockedOrder> =
    columns!(|id, status, version| LockedOrder { id, status, version });

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
    let steps = orders.iter().map(|order| record! { order_id: order.id, version: order.version + 1 });
    insert("order_history", steps)
        .with("status", to)
        .with("note", reason)
        .with("at", now)
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

/// The parcel of a locked order, once it is known.
pub(crate) async fn tracking(tx: &mut Tx, id: OrderId) -> Result<Option<Tracking>, Fault> {
    let tracking: Option<Json<Tracking>> = query("SELECT tracking FROM orders WHERE id = $1")
        .bind(id)
        .fetch_one(tx, |row| row.get("tracking"))
        .await?;
    Ok(tracking.map(|tracking| tracking.0))
}

/// At most `limit` orders that are not paid although their hold has ended, the longest overdue first.
pub(crate) async fn expired(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<OrderId>, Fault> {
    query("SELECT id FROM orders WHERE status = 'pending' AND held_until <= $1 ORDER BY held_until LIMIT $2")
        .bind(now)
        .bind(limit)
        .fetch_all(db, |row| row.get("id"))
        .await
}
