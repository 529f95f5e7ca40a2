//! Reading orders: always two statements, one for the orders and one for all their lines.

use std::collections::HashMap;

use message::{Currency, Fault, Limit, Money, Timestamp};
use order_contract::{HistoryEntry, ListOrders, Order, OrderId, OrderLine, Totals};
use store::{Db, On, Row, query};

/// An order, if there is one.
pub(crate) async fn find(db: &Db, id: OrderId) -> Result<Option<Order>, Fault> {
    let order = query(
        "SELECT id, number, status, email, currency, subtotal, tax, shipping_address, tracking, cancel_reason, version,
             placed_at, updated_at, held_until
         FROM orders WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(db, order)
    .await?;
    let Some(mut order) = order else { return Ok(None) };
    let currency = order.totals.total.currency;
    order.lines = query(
        "SELECT order_id, variant_id, sku, title, options, quantity, unit_price, tax_rate, subtotal, tax
         FROM order_line WHERE order_id = $1 ORDER BY position",
    )
    .bind(id)
    .fetch_all(db, |row| line(row, currency))
    .await?;
    Ok(Some(order))
}

/// These orders, in no particular order.
pub(crate) async fn load<'a>(on: impl Into<On<'a>>, ids: &[OrderId]) -> Result<Vec<Order>, Fault> {
    let mut on = on.into();
    let mut orders = query(
        "SELECT o.id, o.number, o.status, o.email, o.currency, o.subtotal, o.tax, o.shipping_address, o.tracking,
             o.cancel_reason, o.version, o.placed_at, o.updated_at, o.held_until
         FROM rows(id uuid) AS r JOIN orders o ON o.id = r.id",
    )
    .rows(ids.iter().map(|id| (*id,)))
    .fetch_all(on.reborrow(), order)
    .await?;
    let places: HashMap<OrderId, usize> =
        orders.iter().enumerate().map(|(at, order)| (order.id, at)).collect();
    let lines = query(
        "SELECT l.order_id, l.variant_id, l.sku, l.title, l.options, l.quantity, l.unit_price, l.tax_rate, l.subtotal,
             l.tax, o.currency
         FROM rows(id uuid) AS r JOIN orders o ON o.id = r.id JOIN order_line l ON l.order_id = o.id
         ORDER BY l.order_id, l.position",
    )
    .rows(ids.iter().map(|id| (*id,)))
    .fetch_all(on, |row| Ok((row.get::<OrderId>("order_id")?, line(row, row.parse("currency")?)?)))
    .await?;
    for (id, line) in lines {
        if let Some(order) = places.get(&id).and_then(|at| orders.get_mut(*at)) {
            order.lines.push(line);
        }
    }
    Ok(orders)
}

/// A page of orders, newest first, with one more than the page holds.
pub(crate) async fn list(db: &Db, wanted: &ListOrders, before: Option<OrderId>) -> Result<Vec<Order>, Fault> {
    let ids: Vec<OrderId> = query(
        "SELECT id FROM orders
         WHERE ($1 IS NULL OR status = $1) AND ($2 IS NULL OR email = $2) AND ($3 IS NULL OR id < $3)
         ORDER BY id DESC LIMIT $4",
    )
    .bind(wanted.status)
    .bind(wanted.email.as_ref())
    .bind(before)
    .bind(Limit::overfull(wanted.limit))
    .fetch_all(db, |row| row.get("id"))
    .await?;
    let mut orders = load(db, &ids).await?;
    orders.sort_unstable_by_key(|order| std::cmp::Reverse(order.id));
    Ok(orders)
}

/// The steps that an order took after it was placed.
pub(crate) async fn history(db: &Db, id: OrderId) -> Result<Vec<HistoryEntry>, Fault> {
    query("SELECT status, at, note FROM order_history WHERE order_id = $1 ORDER BY version")
        .bind(id)
        .fetch_all(db, |row| {
            Ok(HistoryEntry { status: row.get("status")?, at: row.get("at")?, note: row.get("note")? })
        })
        .await
}

fn order(row: &Row) -> Result<Order, Fault> {
    let currency: Currency = row.parse("currency")?;
    let tracking: Option<String> = row.get("tracking")?;
    Ok(Order {
        id: row.get("id")?,
        number: row.get("number")?,
        status: row.get("status")?,
        email: row.parse("email")?,
        lines: Vec::new(),
        totals: totals(row, currency)?,
        shipping_address: row.json("shipping_address")?,
        tracking: tracking.map(|json| serde_json::from_str(&json)).transpose().map_err(Fault::internal)?,
        cancel_reason: row.get("cancel_reason")?,
        version: row.get("version")?,
        placed_at: row.get("placed_at")?,
        updated_at: row.get("updated_at")?,
        held_until: row.get::<Timestamp>("held_until")?,
    })
}

fn line(row: &Row, currency: Currency) -> Result<OrderLine, Fault> {
    Ok(OrderLine {
        variant_id: row.get("variant_id")?,
        sku: row.parse("sku")?,
        title: row.get("title")?,
        options: row.json("options")?,
        quantity: row.get("quantity")?,
        unit_price: Money::new(row.get("unit_price")?, currency),
        tax_rate: row.get("tax_rate")?,
        totals: totals(row, currency)?,
    })
}

fn totals(row: &Row, currency: Currency) -> Result<Totals, Fault> {
    let (subtotal, tax): (i64, i64) = (row.get("subtotal")?, row.get("tax")?);
    let money = |amount| Money::new(amount, currency);
    Ok(Totals { subtotal: money(subtotal), tax: money(tax), total: money(subtotal + tax) })
}
