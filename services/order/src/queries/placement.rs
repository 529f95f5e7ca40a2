//! What a batch of new orders writes: one statement per table, however many orders there are.

use message::{Address, Fault, Timestamp};
use order_contract::{OrderId, PlaceOrder};
use store::{Tx, query};
use uuid::Uuid;

use crate::domain::{placement::Bill, stock::Portion};

/// An order that was decided for.
pub(crate) struct NewOrder<'r> {
    pub(crate) id: OrderId,
    pub(crate) number: i64,
    pub(crate) request: &'r PlaceOrder,
    pub(crate) fingerprint: Uuid,
    pub(crate) bill: Bill,
    pub(crate) portions: Vec<Portion>,
}

/// An order that has one of these keys already.
pub(crate) struct Known {
    pub(crate) key: String,
    pub(crate) fingerprint: Uuid,
    pub(crate) id: OrderId,
}

/// The orders that were placed under these keys before.
pub(crate) async fn known(tx: &mut Tx, keys: impl IntoIterator<Item = &str>) -> Result<Vec<Known>, Fault> {
    query(
        "SELECT o.idempotency_key, o.fingerprint, o.id
         FROM rows(key text) AS r JOIN orders o ON o.idempotency_key = r.key",
    )
    .rows(keys.into_iter().map(|key| (key,)))
    .fetch_all(tx, |row| {
        Ok(Known {
            key: row.get("idempotency_key")?,
            fingerprint: row.get("fingerprint")?,
            id: row.get("id")?,
        })
    })
    .await
}

/// Takes the next `count` numbers and answers the first of them.
pub(crate) async fn take_numbers(tx: &mut Tx, count: usize) -> Result<i64, Fault> {
    let count = i64::try_from(count).map_err(Fault::internal)?;
    let last: i64 = query("UPDATE order_number SET last = last + $1 RETURNING last")
        .bind(count)
        .fetch_one(tx, |row| row.get("last"))
        .await?;
    Ok(last - count + 1)
}

/// Writes the orders, their lines and their reservations.
pub(crate) async fn insert(
    tx: &mut Tx,
    orders: &[NewOrder<'_>],
    placed_at: Timestamp,
    held_until: Timestamp,
) -> Result<(), Fault> {
    insert_orders(tx, orders, placed_at, held_until).await?;
    insert_lines(tx, orders).await?;
    insert_reservations(tx, orders).await
}

async fn insert_orders(
    tx: &mut Tx,
    orders: &[NewOrder<'_>],
    placed_at: Timestamp,
    held_until: Timestamp,
) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(orders.len());
    for order in orders {
        let totals = &order.bill.totals;
        rows.push((
            order.id,
            order.number,
            order.request.email.as_str(),
            totals.total.currency.code(),
            totals.subtotal.amount,
            totals.tax.amount,
            address_json(&order.request.shipping_address)?,
            order.request.idempotency_key.as_str(),
            order.fingerprint,
        ));
    }
    query(
        "INSERT INTO orders (id, number, status, email, currency, subtotal, tax, shipping_address, version,
             idempotency_key, fingerprint, placed_at, updated_at, held_until)
         SELECT r.id, r.number, 'pending', r.email, r.currency, r.subtotal, r.tax, r.shipping_address, 1,
             r.idempotency_key, r.fingerprint, $1, $1, $2
         FROM rows(id uuid, number int, email text, currency text, subtotal int, tax int, shipping_address text,
                   idempotency_key text, fingerprint uuid) AS r",
    )
    .bind(placed_at)
    .bind(held_until)
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

async fn insert_lines(tx: &mut Tx, orders: &[NewOrder<'_>]) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(orders.len() * 3);
    for order in orders {
        for (position, line) in (0_i64..).zip(&order.bill.lines) {
            rows.push((
                order.id,
                position,
                line.variant_id,
                line.sku.as_str(),
                line.title.as_str(),
                serde_json::to_string(&line.options).map_err(Fault::internal)?,
                line.quantity.get(),
                line.unit_price.amount,
                line.tax_rate,
                line.totals.subtotal.amount,
                line.totals.tax.amount,
            ));
        }
    }
    query(
        "INSERT INTO order_line (order_id, position, variant_id, sku, title, options, quantity, unit_price, tax_rate,
             subtotal, tax)
         SELECT r.order_id, r.position, r.variant_id, r.sku, r.title, r.options, r.quantity, r.unit_price, r.tax_rate,
             r.subtotal, r.tax
         FROM rows(order_id uuid, position int, variant_id uuid, sku text, title text, options text, quantity int,
                   unit_price int, tax_rate int, subtotal int, tax int) AS r",
    )
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

async fn insert_reservations(tx: &mut Tx, orders: &[NewOrder<'_>]) -> Result<(), Fault> {
    let portions =
        orders.iter().flat_map(|order| order.portions.iter().map(move |portion| (order.id, portion)));
    query(
        "INSERT INTO reservation (order_id, variant_id, location, quantity)
         SELECT r.order_id, r.variant_id, r.location, r.quantity
         FROM rows(order_id uuid, variant_id uuid, location text, quantity int) AS r",
    )
    .rows(portions.map(|(id, portion)| (id, portion.variant_id, portion.location.as_str(), portion.quantity)))
    .execute(tx)
    .await
    .map(drop)
}

/// An address as it is stored.
pub(crate) fn address_json(address: &Address) -> Result<String, Fault> {
    serde_json::to_string(address).map_err(Fault::internal)
}
