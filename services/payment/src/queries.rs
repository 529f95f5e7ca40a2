//! All SQL. Every statement that works on many payments is one statement, however many there are.

use std::collections::HashMap;

use message::{Fault, Money, Timestamp};
use order_contract::OrderId;
use payment_contract::{Payment, PaymentId};
use store::{Db, Row, Tx, query};

use crate::{
    domain::{self, Goal, Standing},
    provider::Charge,
};

/// A payment to be begun.
pub(crate) struct NewPayment {
    pub(crate) id: PaymentId,
    pub(crate) order_id: OrderId,
    pub(crate) amount: Money,
    pub(crate) provider: String,
    pub(crate) token: String,
}

/// Begins payments and returns whose are new. What was known of their orders before stays: a cancelled order's payment
/// keeps its goal.
pub(crate) async fn insert(
    tx: &mut Tx,
    payments: &[NewPayment],
    goal: Goal,
    now: Timestamp,
) -> Result<Vec<OrderId>, Fault> {
    let mut rows = Vec::with_capacity(payments.len());
    for NewPayment { id, order_id, amount, provider, token } in payments {
        rows.push((*order_id, *id, amount.amount, amount.currency.code(), provider, token));
    }
    rows.sort_by_key(|row| row.0);
    query(
        "INSERT INTO payment (order_id, id, amount, currency, provider, token, state, goal, doubt, tries, version,
             created_at, updated_at)
         SELECT r.order_id, r.id, r.amount, r.currency, r.provider, r.token, 'pending', $1, false, 0, 1, $2, $2
         FROM rows(order_id uuid, id uuid, amount int, currency text, provider text, token text) AS r
         WHERE true ON CONFLICT (order_id) DO UPDATE SET
             amount = excluded.amount, currency = excluded.currency, provider = excluded.provider,
             token = excluded.token,
             goal = CASE WHEN payment.goal < excluded.goal THEN excluded.goal ELSE payment.goal END
         WHERE payment.amount IS NULL
         RETURNING order_id",
    )
    .bind(goal.to_number())
    .bind(now)
    .rows(rows)
    .fetch_all(tx, |row| row.get("order_id"))
    .await
}

/// Raises the goal of orders' payments, whether they were placed yet or not, and returns for which there is something to do.
pub(crate) async fn raise(
    tx: &mut Tx,
    mut orders: Vec<(OrderId, PaymentId)>,
    goal: Goal,
    now: Timestamp,
) -> Result<Vec<OrderId>, Fault> {
    orders.sort_by_key(|row| row.0);
    let raised = query(
        "INSERT INTO payment (order_id, id, state, goal, doubt, tries, version, created_at, updated_at)
         SELECT r.order_id, r.id, 'pending', $1, false, 0, 1, $2, $2
         FROM rows(order_id uuid, id uuid) AS r
         WHERE true ON CONFLICT (order_id) DO UPDATE SET goal = excluded.goal
         WHERE payment.goal < excluded.goal
         RETURNING order_id, amount, state",
    )
    .bind(goal.to_number())
    .bind(now)
    .rows(orders)
    .fetch_all(tx, |row| {
        let is_placed = row.get::<Option<i64>>("amount")?.is_some();
        let is_final = domain::is_final(row.get("state")?);
        Ok((row.get("order_id")?, is_placed && !is_final))
    })
    .await?;
    Ok(raised.into_iter().filter_map(|(order, has_work)| has_work.then_some(order)).collect())
}

/// The payment of an order.
pub(crate) async fn get(db: &Db, order_id: OrderId) -> Result<Option<Payment>, Fault> {
    query(
        "SELECT order_id, id, amount, currency, provider, state, goal, doubt, tries, reference, failure, version,
             created_at, updated_at
         FROM payment WHERE order_id = $1 AND amount IS NOT NULL",
    )
    .bind(order_id)
    .fetch_optional(db, |row| {
        let Standing { reference, failure, .. } = standing(row)?;
        Ok(Payment {
            id: row.get("id")?,
            order_id: row.get("order_id")?,
            attempt: 1,
            amount: money(row)?,
            refunded: Money::new(0, money(row)?.currency),
            state: standing(row)?.shown_state(),
            provider: row.get("provider")?,
            reference,
            failure,
            version: row.get("version")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    })
    .await
}

/// A payment as it is stored.
pub(crate) struct StoredPayment {
    pub(crate) charge: Charge,
    pub(crate) provider: String,
    pub(crate) standing: Standing,
    pub(crate) version: i64,
}

/// Reads the payments of orders, as far as they were placed.
pub(crate) async fn load(
    db: &Db,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<Vec<StoredPayment>, Fault> {
    query(
        "SELECT p.order_id, p.id, p.amount, p.currency, p.provider, p.token, p.state, p.goal, p.doubt, p.tries,
             p.reference, p.failure, p.version
         FROM rows(order_id uuid) AS r JOIN payment AS p ON p.order_id = r.order_id WHERE p.amount IS NOT NULL",
    )
    .rows(orders.into_iter().map(|order| (order,)))
    .fetch_all(db, |row| {
        let standing = standing(row)?;
        Ok(StoredPayment {
            charge: Charge {
                id: row.get("id")?,
                order_id: row.get("order_id")?,
                amount: money(row)?,
                token: row.get("token")?,
                state: standing.state,
                reference: standing.reference.clone(),
            },
            provider: row.get("provider")?,
            standing,
            version: row.get("version")?,
        })
    })
    .await
}

/// Locks these orders' payments and returns their goals: they may have been raised meanwhile.
pub(crate) async fn lock_goals(
    tx: &mut Tx,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<HashMap<OrderId, Goal>, Fault> {
    let goals = query(
        "SELECT payment.order_id, payment.goal
         FROM rows(order_id uuid) AS r JOIN payment ON payment.order_id = r.order_id
         ORDER BY payment.order_id FOR UPDATE OF payment",
    )
    .rows(orders.into_iter().map(|order| (order,)))
    .fetch_all(tx, |row| Ok((row.get("order_id")?, goal(row)?)))
    .await?;
    Ok(goals.into_iter().collect())
}

/// Writes how locked payments stand, and their versions.
pub(crate) async fn update(
    tx: &mut Tx,
    payments: &[(OrderId, Standing, i64)],
    now: Timestamp,
) -> Result<(), Fault> {
    query(
        "UPDATE payment SET state = r.state, goal = r.goal, doubt = r.doubt, tries = r.tries,
             reference = r.reference, failure = r.failure, version = r.version, updated_at = $1
         FROM rows(order_id uuid, state text, goal int, doubt bool, tries int, reference text, failure text,
             version int) AS r
         WHERE payment.order_id = r.order_id",
    )
    .bind(now)
    .rows(payments.iter().map(|(order_id, standing, version)| {
        (
            *order_id,
            standing.state,
            standing.goal.to_number(),
            standing.doubt,
            standing.tries,
            standing.reference.as_deref(),
            standing.failure.as_deref(),
            *version,
        )
    }))
    .execute(tx)
    .await
    .map(drop)
}

/// Remembers of locked payments that their providers may have been asked something whose answer nobody has.
pub(crate) async fn doubt(tx: &mut Tx, orders: Vec<OrderId>) -> Result<(), Fault> {
    if orders.is_empty() {
        return Ok(());
    }
    query("UPDATE payment SET doubt = true FROM rows(order_id uuid) AS r WHERE payment.order_id = r.order_id")
        .rows(orders.into_iter().map(|order| (order,)))
        .execute(tx)
        .await
        .map(drop)
}

fn standing(row: &Row) -> Result<Standing, Fault> {
    Ok(Standing {
        state: row.get("state")?,
        goal: goal(row)?,
        doubt: row.get("doubt")?,
        tries: row.get("tries")?,
        reference: row.get("reference")?,
        failure: row.get("failure")?,
        looked_up: false,
    })
}

fn goal(row: &Row) -> Result<Goal, Fault> {
    Goal::from_number(row.get("goal")?).ok_or_else(|| Fault::internal("a payment has no known goal"))
}

fn money(row: &Row) -> Result<Money, Fault> {
    Ok(Money::new(row.get("amount")?, row.parse("currency")?))
}
