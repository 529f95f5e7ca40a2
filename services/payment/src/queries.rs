//! All SQL. Every statement that works on many payments is one statement, however many there are.

pub(crate) mod refunds;

use std::collections::HashMap;

use message::{Fault, Id, Money, Timestamp};
use order_contract::OrderId;
use payment_contract::{Payment, PaymentId};
use store::{Db, Row, Tx, query};

use crate::{
    domain::{self, DueRefund, Goal, Standing},
    provider::{Charge, ChargeRefund},
};

/// Which payment: its order, and its number there.
pub(crate) type Key = (OrderId, i64);

/// A payment to be begun.
pub(crate) struct NewPayment {
    pub(crate) id: PaymentId,
    pub(crate) order_id: OrderId,
    pub(crate) attempt: i64,
    pub(crate) amount: Money,
    pub(crate) provider: String,
    pub(crate) token: String,
}

/// A payment that has something to do.
pub(crate) struct Due {
    pub(crate) id: PaymentId,
    pub(crate) order_id: OrderId,
    pub(crate) attempt: i64,
}

fn due(row: &Row) -> Result<Due, Fault> {
    Ok(Due { id: row.get("id")?, order_id: row.get("order_id")?, attempt: row.get("attempt")? })
}

/// Begins payments and returns which are new. What was known of their orders before stays: a cancelled order's payment
/// keeps its goal.
pub(crate) async fn insert(
    tx: &mut Tx,
    payments: &[NewPayment],
    goal: Goal,
    now: Timestamp,
) -> Result<Vec<Due>, Fault> {
    let mut rows = Vec::with_capacity(payments.len());
    for NewPayment { id, order_id, attempt, amount, provider, token } in payments {
        rows.push((*order_id, *attempt, *id, amount.amount, amount.currency.code(), provider, token));
    }
    rows.sort_by_key(|row| (row.0, row.1));
    query(
        "INSERT INTO payment_attempt (order_id, attempt, id, amount, currency, provider, token, state, goal, order_goal,
             doubt, tries, refunded, version, created_at, updated_at)
         SELECT r.order_id, r.attempt, r.id, r.amount, r.currency, r.provider, r.token, 'pending', $1, 0, false, 0, 0, 1,
             $2, $2
         FROM rows(order_id uuid, attempt int, id uuid, amount int, currency text, provider text, token text) AS r
         WHERE true ON CONFLICT (order_id, attempt) DO UPDATE SET
             amount = excluded.amount, currency = excluded.currency, provider = excluded.provider,
             token = excluded.token,
             goal = CASE WHEN payment_attempt.goal < excluded.goal THEN excluded.goal ELSE payment_attempt.goal END
         WHERE payment_attempt.amount IS NULL
         RETURNING order_id, attempt, id",
    )
    .bind(goal.to_number())
    .bind(now)
    .rows(rows)
    .fetch_all(tx, due)
    .await
}

/// Locks the first payments of orders, which are begun without an amount where they are not known, and returns what news of
/// the orders said of all their payments.
pub(crate) async fn lock_orders(
    tx: &mut Tx,
    mut orders: Vec<(OrderId, PaymentId)>,
    now: Timestamp,
) -> Result<HashMap<OrderId, Option<Goal>>, Fault> {
    orders.sort_by_key(|row| row.0);
    let goals = query(
        "INSERT INTO payment_attempt (order_id, attempt, id, state, goal, order_goal, doubt, tries, refunded, version,
             created_at, updated_at)
         SELECT r.order_id, 1, r.id, 'pending', 1, 0, false, 0, 0, 1, $1, $1
         FROM rows(order_id uuid, id uuid) AS r
         WHERE true ON CONFLICT (order_id, attempt) DO UPDATE SET order_goal = payment_attempt.order_goal
         RETURNING order_id, order_goal",
    )
    .bind(now)
    .rows(orders)
    .fetch_all(tx, |row| Ok((row.get("order_id")?, Goal::from_number(row.get("order_goal")?))))
    .await?;
    Ok(goals.into_iter().collect())
}

/// Raises the goal of all payments of orders, whether they were placed yet or not, and returns which have something to do.
/// Payments that are begun later follow it as well.
pub(crate) async fn raise(
    tx: &mut Tx,
    mut orders: Vec<(OrderId, PaymentId)>,
    goal: Goal,
    now: Timestamp,
) -> Result<Vec<Due>, Fault> {
    orders.sort_by_key(|row| row.0);
    let ids: Vec<_> = orders.iter().map(|row| row.0).collect();
    let raised = query(
        "INSERT INTO payment_attempt (order_id, attempt, id, state, goal, order_goal, doubt, tries, refunded, version,
             created_at, updated_at)
         SELECT r.order_id, 1, r.id, 'pending', $1, $1, false, 0, 0, 1, $2, $2
         FROM rows(order_id uuid, id uuid) AS r
         WHERE true ON CONFLICT (order_id, attempt) DO UPDATE SET order_goal = excluded.order_goal,
             goal = CASE WHEN payment_attempt.goal < excluded.goal THEN excluded.goal ELSE payment_attempt.goal END
         WHERE payment_attempt.order_goal < excluded.order_goal
         RETURNING order_id, attempt, id, amount, state",
    )
    .bind(goal.to_number())
    .bind(now)
    .rows(orders)
    .fetch_all(&mut *tx, |row| {
        let is_placed = row.get::<Option<i64>>("amount")?.is_some();
        let is_final = domain::is_final(row.get("state")?);
        Ok((due(row)?, is_placed && !is_final))
    })
    .await?;
    let mut raised: Vec<_> =
        raised.into_iter().filter_map(|(due, has_work)| has_work.then_some(due)).collect();
    raised.extend(raise_further(tx, &ids, goal).await?);
    Ok(raised)
}

/// The same of the payments after the first ones, which are locked. Few orders have any.
async fn raise_further(tx: &mut Tx, orders: &[OrderId], goal: Goal) -> Result<Vec<Due>, Fault> {
    let further = query(
        "SELECT p.order_id, p.attempt, p.id FROM rows(order_id uuid) AS r
         JOIN payment_attempt p ON p.order_id = r.order_id
         WHERE p.attempt > 1 AND p.goal < $1 AND p.state NOT IN ('voided', 'refunded', 'failed')
         ORDER BY p.order_id, p.attempt FOR UPDATE OF p",
    )
    .bind(goal.to_number())
    .rows(orders.iter().map(|order| (*order,)))
    .fetch_all(&mut *tx, due)
    .await?;
    if !further.is_empty() {
        query(
            "UPDATE payment_attempt SET goal = $1 FROM rows(order_id uuid, attempt int) AS r
             WHERE payment_attempt.order_id = r.order_id AND payment_attempt.attempt = r.attempt",
        )
        .bind(goal.to_number())
        .rows(further.iter().map(|due| (due.order_id, due.attempt)))
        .execute(tx)
        .await?;
    }
    Ok(further)
}

/// The payments of an order, the first one first.
pub(crate) async fn of_order(db: &Db, order_id: OrderId) -> Result<Vec<Payment>, Fault> {
    query(
        "SELECT order_id, attempt, id, amount, currency, provider, state, goal, doubt, tries, reference, failure, refunded,
             version, created_at, updated_at
         FROM payment_attempt WHERE order_id = $1 AND amount IS NOT NULL ORDER BY attempt",
    )
    .bind(order_id)
    .fetch_all(db, |row| {
        let standing = standing(row)?;
        let amount = money(row)?;
        Ok(Payment {
            id: row.get("id")?,
            order_id: row.get("order_id")?,
            attempt: row.get("attempt")?,
            amount,
            refunded: Money::new(standing.refunded, amount.currency),
            state: standing.shown_state(),
            provider: row.get("provider")?,
            reference: standing.reference,
            failure: standing.failure,
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
    pub(crate) attempt: i64,
    pub(crate) provider: String,
    pub(crate) standing: Standing,
    pub(crate) version: i64,
}

impl StoredPayment {
    pub(crate) fn key(&self) -> Key {
        (self.charge.order_id, self.attempt)
    }

    /// The refund that is due, as a provider is asked for it. What is left when the order ended has the payment's own key.
    pub(crate) fn due_refund(&self) -> Option<ChargeRefund> {
        let DueRefund { id, amount } = self.standing.due_refund()?;
        let key = id.map_or(self.charge.id.uuid(), Id::uuid);
        Some(ChargeRefund { key, amount: Money::new(amount, self.charge.amount.currency) })
    }
}

/// Reads payments, as far as they were placed, with the refunds that are pending.
pub(crate) async fn load(db: &Db, keys: &[Key]) -> Result<Vec<StoredPayment>, Fault> {
    let mut payments = query(
        "SELECT p.order_id, p.attempt, p.id, p.amount, p.currency, p.provider, p.token, p.state, p.goal, p.doubt, p.tries,
             p.reference, p.failure, p.refunded, p.version
         FROM rows(order_id uuid, attempt int) AS r
         JOIN payment_attempt AS p ON p.order_id = r.order_id AND p.attempt = r.attempt WHERE p.amount IS NOT NULL",
    )
    .rows(keys.iter().copied())
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
            attempt: row.get("attempt")?,
            provider: row.get("provider")?,
            standing,
            version: row.get("version")?,
        })
    })
    .await?;
    refunds::read_pending(db, &mut payments).await?;
    Ok(payments)
}

/// Locks these payments and returns their goals: they may have been raised meanwhile.
pub(crate) async fn lock_goals(
    tx: &mut Tx,
    keys: impl IntoIterator<Item = Key>,
) -> Result<HashMap<Key, Goal>, Fault> {
    let goals = query(
        "SELECT p.order_id, p.attempt, p.goal
         FROM rows(order_id uuid, attempt int) AS r
         JOIN payment_attempt AS p ON p.order_id = r.order_id AND p.attempt = r.attempt
         ORDER BY p.order_id, p.attempt FOR UPDATE OF p",
    )
    .rows(keys)
    .fetch_all(tx, |row| Ok(((row.get("order_id")?, row.get("attempt")?), goal(row)?)))
    .await?;
    Ok(goals.into_iter().collect())
}

/// Writes how locked payments stand, and their versions.
pub(crate) async fn update(
    tx: &mut Tx,
    payments: &[(Key, Standing, i64)],
    now: Timestamp,
) -> Result<(), Fault> {
    query(
        "UPDATE payment_attempt SET state = r.state, goal = r.goal, doubt = r.doubt, tries = r.tries,
             reference = r.reference, failure = r.failure, refunded = r.refunded, version = r.version, updated_at = $1
         FROM rows(order_id uuid, attempt int, state text, goal int, doubt bool, tries int, reference text, failure text,
             refunded int, version int) AS r
         WHERE payment_attempt.order_id = r.order_id AND payment_attempt.attempt = r.attempt",
    )
    .bind(now)
    .rows(payments.iter().map(|((order_id, attempt), standing, version)| {
        (
            *order_id,
            *attempt,
            standing.state,
            standing.goal.to_number(),
            standing.doubt,
            standing.tries,
            standing.reference.as_deref(),
            standing.failure.as_deref(),
            standing.refunded,
            *version,
        )
    }))
    .execute(tx)
    .await
    .map(drop)
}

/// Remembers of locked payments that their providers may have been asked something whose answer nobody has.
pub(crate) async fn doubt(tx: &mut Tx, keys: Vec<Key>) -> Result<(), Fault> {
    if keys.is_empty() {
        return Ok(());
    }
    query(
        "UPDATE payment_attempt SET doubt = true FROM rows(order_id uuid, attempt int) AS r
         WHERE payment_attempt.order_id = r.order_id AND payment_attempt.attempt = r.attempt",
    )
    .rows(keys)
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
        amount: row.get("amount")?,
        refunded: row.get("refunded")?,
        refunds: Vec::new(),
        refusal: None,
    })
}

fn goal(row: &Row) -> Result<Goal, Fault> {
    Goal::from_number(row.get("goal")?).ok_or_else(|| Fault::internal("a payment has no known goal"))
}

fn money(row: &Row) -> Result<Money, Fault> {
    Ok(Money::new(row.get("amount")?, row.parse("currency")?))
}
