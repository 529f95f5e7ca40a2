//! What a step of orders' lives writes: one statement per table, however many orders take it.

use message::{Address, Fault, Timestamp};
use order_contract::{CancelReason, OrderId, OrderStatus, Tracking};
use store::{Db, Tx, query};

use super::placement::address_json;

/// Where an order stands, under its lock.
pub(crate) struct Standing {
    pub(crate) id: OrderId,
    pub(crate) status: OrderStatus,
    pub(crate) version: i64,
}

/// Locks these orders, in the order in which everybody locks them, and tells where they stand.
pub(crate) async fn lock(tx: &mut Tx, ids: &[OrderId]) -> Result<Vec<Standing>, Fault> {
    query(
        "SELECT o.id, o.status, o.version FROM rows(id uuid) AS r JOIN orders o ON o.id = r.id
         ORDER BY o.id FOR UPDATE OF o",
    )
    .rows(ids.iter().map(|id| (*id,)))
    .fetch_all(tx, |row| {
        Ok(Standing { id: row.get("id")?, status: row.get("status")?, version: row.get("version")? })
    })
    .await
}

/// Moves locked orders to `to` and writes their histories.
pub(crate) async fn advance(
    tx: &mut Tx,
    orders: &[Standing],
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
    query(
        "INSERT INTO order_history (order_id, version, status, note, at)
         SELECT r.order_id, r.version, $1, $2, $3 FROM rows(order_id uuid, version int) AS r",
    )
    .bind(to)
    .bind(reason)
    .bind(now)
    .rows(orders.iter().map(|order| (order.id, order.version + 1)))
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
        .bind(address_json(address)?)
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
        .bind(serde_json::to_string(tracking).map_err(Fault::internal)?)
        .bind(changes)
        .bind(now)
        .execute(tx)
        .await
        .map(drop)
}

/// The parcel of a locked order, once it is known.
pub(crate) async fn tracking(tx: &mut Tx, id: OrderId) -> Result<Option<Tracking>, Fault> {
    let json = query("SELECT tracking FROM orders WHERE id = $1")
        .bind(id)
        .fetch_one(tx, |row| row.get::<Option<String>>("tracking"))
        .await?;
    json.map(|json| serde_json::from_str(&json)).transpose().map_err(Fault::internal)
}

/// Orders that are not paid although their hold has ended, the longest overdue first.
pub(crate) async fn expired(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<OrderId>, Fault> {
    query("SELECT id FROM orders WHERE status = 'pending' AND held_until <= $1 ORDER BY held_until LIMIT $2")
        .bind(now)
        .bind(limit)
        .fetch_all(db, |row| row.get("id"))
        .await
}
