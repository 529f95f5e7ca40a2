//! What a batch of new orders writes: one statement per table, however many orders there are.

use message::{Fault, Headers, Metadata, Timestamp};
use order_contract::{OrderId, OrderStatus, PlaceOrder};
use product_contract::Sku;
use store::{Columns, Tx, columns, insert, json, query, record};
use uuid::Uuid;

use crate::domain::{
    decision::{Grant, KnownOrder},
    destination::Destinations,
};

/// An order that is about to be written.
pub(crate) struct NewOrder<'r> {
    pub(crate) id: OrderId,
    /// The number that people use.
    pub(crate) number: i64,
    /// Of the request.
    pub(crate) headers: &'r Headers,
    pub(crate) request: &'r PlaceOrder,
    pub(crate) grant: Grant,
    /// The same for all orders of a batch.
    pub(crate) placed_at: Timestamp,
    /// The same for all orders of a batch.
    pub(crate) held_until: Timestamp,
}

/// A known order, or the row of the shop, which has no fingerprint and its countries in the place of the key.
const KNOWN: Columns<(String, Option<Uuid>, Option<OrderId>)> =
    columns!(|idempotency_key, fingerprint, id| (idempotency_key, fingerprint, id));

/// The orders that were placed under these keys before, and where orders may go.
pub(crate) async fn known(
    tx: &mut Tx,
    keys: impl IntoIterator<Item = &str>,
) -> Result<(Vec<KnownOrder>, Destinations), Fault> {
    let rows = KNOWN
        .query(
            "SELECT columns(o) FROM rows(key text) AS r JOIN orders o ON o.idempotency_key = r.key
             UNION ALL SELECT countries, NULL, NULL FROM shop",
        )
        .rows(keys.into_iter().map(|key| (key,)))
        .fetch_all(tx)
        .await?;
    let (mut orders, mut destinations) = (Vec::with_capacity(rows.len()), Destinations::default());
    for (key, fingerprint, id) in rows {
        match (fingerprint, id) {
            (Some(fingerprint), Some(id)) => orders.push(KnownOrder { key, fingerprint, id }),
            _ => destinations = Destinations::from_stored(key),
        }
    }
    Ok((orders, destinations))
}

/// Order numbers that a transaction has taken.
pub(crate) struct Numbers(i64);

impl Numbers {
    /// The next of them.
    pub(crate) fn take(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }
}

/// Takes the next `count` order numbers.
pub(crate) async fn take_numbers(tx: &mut Tx, count: usize) -> Result<Numbers, Fault> {
    if count == 0 {
        return Ok(Numbers(0));
    }
    let count = i64::try_from(count).map_err(Fault::internal)?;
    let last: i64 = query("UPDATE order_number SET last = last + $1 RETURNING last")
        .bind(count)
        .fetch_one(tx, |row| row.get("last"))
        .await?;
    Ok(Numbers(last - count))
}

/// Writes the orders of a batch, their lines and their reservations.
pub(crate) async fn insert_orders(tx: &mut Tx, orders: &[&NewOrder<'_>]) -> Result<(), Fault> {
    let Some(NewOrder { placed_at, held_until, .. }) = orders.first() else { return Ok(()) };
    let mut rows = Vec::with_capacity(orders.len());
    for order in orders {
        let totals = &order.grant.bill.totals;
        rows.push(record! {
            id: order.id,
            number: order.number,
            email: &order.request.email,
            email_key: order.request.email.canonical(),
            currency: &totals.total.currency,
            subtotal: totals.subtotal.amount,
            tax: totals.tax.amount,
            shipping_address: json(&order.request.shipping_address)?,
            note: order.request.note.as_ref(),
            source: order.request.source.as_ref(),
            locale: order.request.locale.as_ref(),
            metadata: attached(&order.request.metadata)?,
            idempotency_key: &order.request.idempotency_key,
            fingerprint: order.grant.fingerprint,
            provider: &order.request.payment.provider,
        });
    }
    insert("orders", rows)
        .with("status", OrderStatus::Pending)
        .with("version", 1)
        .with("placed_at", *placed_at)
        .with("updated_at", *placed_at)
        .with("held_until", *held_until)
        .execute(tx)
        .await?;
    insert_lines(tx, orders).await?;
    insert_reservations(tx, orders).await
}

async fn insert_lines(tx: &mut Tx, orders: &[&NewOrder<'_>]) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(orders.len() * 3);
    for order in orders {
        for (position, line) in (0_i64..).zip(&order.grant.bill.lines) {
            rows.push(record! {
                order_id: order.id,
                position: position,
                variant_id: line.variant_id,
                // Empty if there is none.
                sku: line.sku.as_ref().map_or("", Sku::as_str),
                title: &line.title,
                options: json(&line.options)?,
                quantity: line.quantity,
                unit_price: line.unit_price.amount,
                tax_rate: line.tax_rate,
                subtotal: line.totals.subtotal.amount,
                tax: line.totals.tax.amount,
                metadata: attached(&line.metadata)?,
            });
        }
    }
    insert("order_line", rows).execute(tx).await.map(drop)
}

/// Metadata as their column holds them: null when there are none.
fn attached(metadata: &Metadata) -> Result<Option<String>, Fault> {
    if metadata.is_empty() { Ok(None) } else { json(metadata).map(Some) }
}

async fn insert_reservations(tx: &mut Tx, orders: &[&NewOrder<'_>]) -> Result<(), Fault> {
    let allocations =
        orders.iter().flat_map(|order| order.grant.allocations.iter().map(|part| (order.id, part)));
    let rows = allocations.map(|(order_id, part)| {
        record! {
            order_id: order_id,
            variant_id: part.variant_id,
            location: &part.location,
            quantity: part.quantity,
        }
    });
    insert("reservation", rows).execute(tx).await.map(drop)
}
