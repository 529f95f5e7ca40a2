//! Reading orders: two statements, one for the orders and one for all their lines; a third one where there are refunds.

use std::{cmp::Reverse, collections::HashMap};

use message::{Currency, Fault, Limit, Money};
use order_contract::{HistoryEntry, ListOrders, Order, OrderId, OrderLine, OrderRefund, Totals};
use store::{Columns, Db, Json, On, columns, query};

use super::{refunds, search::Numbers};
use crate::domain::payments::{Attempts, Standing, StoredAttempt};

/// An order without its lines and refunds, and how many refunds it has.
const ORDER: Columns<(Order, i64)> = columns!(|id,
                                               number,
                                               status,
                                               email,
                                               currency,
                                               subtotal,
                                               tax,
                                               shipping_address: Json<_>,
                                               note,
                                               source,
                                               locale,
                                               metadata: Option<Json<_>>,
                                               tracking: Option<Json<_>>,
                                               cancel_reason,
                                               version,
                                               placed_at,
                                               updated_at,
                                               held_until,
                                               provider,
                                               attempts: Option<Json<Vec<StoredAttempt>>>,
                                               paid,
                                               refunded,
                                               refunds| {
    let totals = totals(subtotal, tax, currency);
    let standing = Standing {
        status,
        cancel_reason,
        total: totals.total,
        paid: Money::new(paid, currency),
        refunded: Money::new(refunded, currency),
    };
    let attempts = Attempts::new(attempts.map(|attempts| attempts.0), provider, placed_at);
    let order = Order {
        id,
        number,
        status,
        email,
        lines: Vec::new(),
        totals,
        shipping_address: shipping_address.0,
        note,
        source,
        locale,
        metadata: metadata.map(|metadata| metadata.0).unwrap_or_default(),
        tracking: tracking.map(|tracking| tracking.0),
        cancel_reason,
        version,
        placed_at,
        updated_at,
        held_until,
        payments: attempts.shown(&standing),
        refunds: Vec::new(),
        paid: Some(standing.paid),
        refunded: Some(standing.refunded),
    };
    (order, refunds)
});

/// A line, with the id of its order.
const LINE: Columns<(OrderId, OrderLine)> = columns!(
    |order_id, variant_id, sku: String, title, options: Json<_>, quantity, unit_price, tax_rate, subtotal, tax,
     metadata: Option<Json<_>>, currency in orders| {
        let line = OrderLine {
            variant_id,
            sku: sku.parse().ok(),
            title,
            options: options.0,
            quantity,
            unit_price: Money::new(unit_price, currency),
            tax_rate,
            totals: totals(subtotal, tax, currency),
            metadata: metadata.map(|metadata| metadata.0).unwrap_or_default(),
        };
        (order_id, line)
    }
);

const STEP: Columns<HistoryEntry> = columns!(|status, at, note| HistoryEntry { status, at, note });

/// An order, if there is one.
pub(crate) async fn find(db: &Db, id: OrderId) -> Result<Option<Order>, Fault> {
    Ok(load(db, &[id]).await?.pop())
}

/// These orders, in no particular order.
pub(crate) async fn load<'a>(on: impl Into<On<'a>>, ids: &[OrderId]) -> Result<Vec<Order>, Fault> {
    let mut on = on.into();
    let orders = ORDER
        .query("SELECT columns(orders) FROM rows(id uuid) AS r JOIN orders ON orders.id = r.id")
        .rows(ids.iter().map(|id| (*id,)))
        .fetch_all(on.reborrow())
        .await?;
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let are_refunds = orders.iter().any(|(_, refunds)| *refunds > 0);
    let mut orders: Vec<Order> = orders.into_iter().map(|(order, _)| order).collect();
    let lines = LINE
        .query(
            "SELECT columns(l) FROM rows(id uuid) AS r JOIN orders ON orders.id = r.id
             JOIN order_line l ON l.order_id = orders.id
             ORDER BY l.order_id, l.position",
        )
        .rows(ids.iter().map(|id| (*id,)))
        .fetch_all(on.reborrow())
        .await?;
    let mut lines_of: HashMap<OrderId, Vec<OrderLine>> = HashMap::with_capacity(orders.len());
    for (id, line) in lines {
        lines_of.entry(id).or_default().push(line);
    }
    for order in &mut orders {
        order.lines = lines_of.remove(&order.id).unwrap_or_default();
    }
    if are_refunds {
        let mut refunds_of: HashMap<OrderId, Vec<OrderRefund>> = HashMap::new();
        for (id, refund) in refunds::of(on, ids).await? {
            refunds_of.entry(id).or_default().push(refund);
        }
        for order in &mut orders {
            order.refunds = refunds_of.remove(&order.id).unwrap_or_default();
        }
    }
    Ok(orders)
}

/// The orders of a list page, newest first, and one more, by which the caller knows whether there is a next page.
pub(crate) async fn list(
    db: &Db,
    filter: &ListOrders,
    Numbers(first, end): Numbers,
) -> Result<Vec<Order>, Fault> {
    let ids: Vec<OrderId> = query(
        "SELECT id FROM orders
         WHERE number >= $1 AND number < $2 AND ($3 IS NULL OR status = $3)
           AND ($4 IS NULL OR placed_at >= $4) AND ($5 IS NULL OR placed_at < $5)
         ORDER BY number DESC LIMIT $6",
    )
    .bind(first)
    .bind(end)
    .bind(filter.status)
    .bind(filter.placed_from)
    .bind(filter.placed_before)
    .bind(Limit::overfull(filter.limit))
    .fetch_all(db, |row| row.get("id"))
    .await?;
    let mut orders = load(db, &ids).await?;
    orders.sort_unstable_by_key(|order| Reverse(order.number));
    Ok(orders)
}

/// The steps that an order took after it was placed.
pub(crate) async fn history(db: &Db, id: OrderId) -> Result<Vec<HistoryEntry>, Fault> {
    STEP.query("SELECT columns() FROM order_history WHERE order_id = $1 ORDER BY version")
        .bind(id)
        .fetch_all(db)
        .await
}

fn totals(subtotal: i64, tax: i64, currency: Currency) -> Totals {
    let money = |amount| Money::new(amount, currency);
    Totals { subtotal: money(subtotal), tax: money(tax), total: money(subtotal + tax) }
}
