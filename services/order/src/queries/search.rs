//! Finding orders: by number, and by the words that a job writes after the orders.
//!
//! Words are in a table of their own, so that placing an order writes no more than before. Numbers are given in the order of
//! commits, so "up to this number" is complete.

use std::{collections::HashMap, time::Duration};

use message::{Fault, Timestamp};
use order_contract::{Order, OrderId};
use store::{Db, On, Tx, insert, query, record};

use super::orders;
use crate::domain::search;

/// How many orders get their words at once.
const BATCH: u8 = 100;

/// How many of the orders that have a word beginning so are looked at.
const BEGINNINGS: i64 = 20_000;

/// By how much the clocks of processes may differ, for the bounds of a search by date.
const SKEW: Duration = Duration::from_hours(1);

const HOUR: i64 = 3_600_000_000;

/// Numbers of orders from the first, which is included, to the second, which is not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers(pub(crate) i64, pub(crate) i64);

/// Writes the words of the next orders that have none. Returns whether there may be more.
pub(crate) async fn add_words(db: &Db) -> Result<bool, Fault> {
    let ids: Vec<OrderId> = query(
        "SELECT id FROM orders WHERE number > (SELECT upto FROM order_search) ORDER BY number LIMIT $1",
    )
    .bind(i64::from(BATCH))
    .fetch_all(db, |row| row.get("id"))
    .await?;
    let orders = orders::load(db, &ids).await?;
    let Some(upto) = orders.iter().map(|order| order.number).max() else { return Ok(false) };
    let mut terms: Vec<_> = orders
        .iter()
        .flat_map(|order| search::terms(order).into_iter().map(|term| (term, order.number)))
        .collect();
    // In one order for everybody: two processes that do the same cannot lock each other out.
    terms.sort_unstable();
    let mut hours: HashMap<i64, i64> = HashMap::new();
    for order in &orders {
        let first = hours.entry(order.placed_at.as_micros().div_euclid(HOUR)).or_insert(order.number);
        *first = order.number.min(*first);
    }
    let mut tx = db.begin().await?;
    insert("order_term", terms.iter().map(|(term, number)| record! { term: term.as_str(), number: *number }))
        .then("ON CONFLICT (term, number) DO NOTHING")
        .execute(&mut tx)
        .await?;
    let hours = hours.into_iter().map(|(hour, first)| {
        record! { hour: Timestamp::from_micros(hour * HOUR), first: first }
    });
    insert("order_hour", hours)
        .then(
            "ON CONFLICT (hour) DO UPDATE SET first = excluded.first WHERE excluded.first < order_hour.first",
        )
        .execute(&mut tx)
        .await?;
    query("UPDATE order_search SET upto = $1 WHERE upto < $1").bind(upto).execute(&mut tx).await?;
    tx.commit().await?;
    Ok(ids.len() >= usize::from(BATCH))
}

/// Adds the words that a locked order has gained by a change.
pub(crate) async fn refresh_words(tx: &mut Tx, id: OrderId) -> Result<(), Fault> {
    let Some(order) = orders::load(&mut *tx, &[id]).await?.pop() else { return Ok(()) };
    let terms = search::terms(&order);
    insert("order_term", terms.iter().map(|term| record! { term: term.as_str(), number: order.number }))
        .then("ON CONFLICT (term, number) DO NOTHING")
        .execute(tx)
        .await
        .map(drop)
}

/// The numbers between which the orders of a time are.
pub(crate) async fn numbers(
    db: &Db,
    from: Option<Timestamp>,
    before: Option<Timestamp>,
) -> Result<Numbers, Fault> {
    let bound = async |sql, time: Timestamp| -> Result<Option<i64>, Fault> {
        query(sql).bind(time).fetch_optional(db, |row| row.get("first")).await
    };
    let first = match from {
        Some(from) => {
            let sql = "SELECT first FROM order_hour WHERE hour <= $1 ORDER BY hour DESC LIMIT 1";
            bound(sql, from.before(SKEW)).await?
        }
        None => None,
    };
    let end = match before {
        Some(before) => {
            let sql = "SELECT first FROM order_hour WHERE hour > $1 ORDER BY hour LIMIT 1";
            bound(sql, before.after(SKEW)).await?
        }
        None => None,
    };
    Ok(Numbers(first.unwrap_or(0), end.unwrap_or(i64::MAX)))
}

/// Those of these words that orders have, exactly so.
pub(crate) async fn known(db: &Db, words: &[String]) -> Result<Vec<String>, Fault> {
    query(
        "SELECT r.term FROM rows(term text) AS r
         WHERE EXISTS (SELECT 1 FROM order_term t WHERE t.term = r.term)",
    )
    .rows(words.iter().map(|word| (word.as_str(),)))
    .fetch_all(db, |row| row.get("term"))
    .await
}

/// The newest orders that have this word.
pub(crate) async fn with_word(
    db: &Db,
    word: &str,
    Numbers(first, end): Numbers,
    limit: i64,
) -> Result<Vec<i64>, Fault> {
    query(
        "SELECT number FROM order_term WHERE term = $1 AND number >= $2 AND number < $3
         ORDER BY number DESC LIMIT $4",
    )
    .bind(word)
    .bind(first)
    .bind(end)
    .bind(limit)
    .fetch_all(db, |row| row.get("number"))
    .await
}

/// The newest orders that have a word that begins so, among some of them if there are very many.
pub(crate) async fn with_beginning(
    db: &Db,
    beginning: &str,
    Numbers(first, end): Numbers,
    limit: i64,
) -> Result<Vec<i64>, Fault> {
    query(
        "SELECT DISTINCT number FROM (
             SELECT number FROM order_term WHERE term >= $1 AND term < $2 AND number >= $3 AND number < $4 LIMIT $5
         ) AS part ORDER BY number DESC LIMIT $6",
    )
    .bind(beginning)
    // No letter comes after this one.
    .bind(format!("{beginning}\u{10ffff}"))
    .bind(first)
    .bind(end)
    .bind(BEGINNINGS)
    .bind(limit)
    .fetch_all(db, |row| row.get("number"))
    .await
}

/// The orders with these numbers, newest first.
pub(crate) async fn load<'a>(on: impl Into<On<'a>>, numbers: &[i64]) -> Result<Vec<Order>, Fault> {
    let mut on = on.into();
    let ids: Vec<OrderId> =
        query("SELECT orders.id FROM rows(number int) AS r CROSS JOIN orders WHERE orders.number = r.number")
            .rows(numbers.iter().map(|number| (*number,)))
            .fetch_all(on.reborrow(), |row| row.get("id"))
            .await?;
    let mut orders = orders::load(on, &ids).await?;
    orders.sort_unstable_by_key(|order| std::cmp::Reverse(order.number));
    Ok(orders)
}
