//! All SQL. Every statement that works on many payments is one statement, however many there are.

use message::{Fault, Headers, Money, Timestamp};
use order_contract::OrderId;
use payment_contract::{Payment, PaymentId};
use store::{Db, Dialect, Row, Tx, query};

use crate::{
    domain::{Goal, Standing},
    provider::Charge,
};

/// A payment to be begun.
pub(crate) struct NewPayment {
    pub(crate) id: PaymentId,
    pub(crate) order_id: OrderId,
    pub(crate) amount: Money,
    pub(crate) provider: String,
    pub(crate) token: String,
    pub(crate) headers: Headers,
}

/// Begins payments, due at once. What was heard of their orders before stays: a cancelled order's payment keeps its goal.
pub(crate) async fn place(
    tx: &mut Tx,
    payments: &[NewPayment],
    goal: Goal,
    now: Timestamp,
) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(payments.len());
    for payment in payments {
        let headers = serde_json::to_string(&payment.headers).map_err(Fault::internal)?;
        let (amount, currency) = (payment.amount.amount, payment.amount.currency.code());
        let NewPayment { id, order_id, provider, token, .. } = payment;
        rows.push((*order_id, *id, amount, currency, provider, token, headers));
    }
    rows.sort_by_key(|row| row.0);
    query(
        "INSERT INTO payment (order_id, id, amount, currency, provider, token, headers, state, goal, doubt, tries,
             version, claim, due_at, created_at, updated_at)
         SELECT r.order_id, r.id, r.amount, r.currency, r.provider, r.token, r.headers, 'pending', $1, false, 0,
             1, 0, $2, $2, $2
         FROM rows(order_id uuid, id uuid, amount int, currency text, provider text, token text, headers text) AS r
         WHERE true ON CONFLICT (order_id) DO UPDATE SET
             amount = excluded.amount, currency = excluded.currency, provider = excluded.provider,
             token = excluded.token, headers = excluded.headers, due_at = excluded.due_at,
             goal = CASE WHEN payment.goal < excluded.goal THEN excluded.goal ELSE payment.goal END
         WHERE payment.amount IS NULL",
    )
    .bind(goal.to_number())
    .bind(now)
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

/// Raises the goal of orders' payments, whether they were placed yet or not, and makes those that it concerns due.
pub(crate) async fn raise(
    tx: &mut Tx,
    orders: impl IntoIterator<Item = (OrderId, PaymentId)>,
    goal: Goal,
    now: Timestamp,
) -> Result<(), Fault> {
    let mut rows: Vec<_> = orders.into_iter().collect();
    rows.sort_by_key(|row| row.0);
    rows.dedup_by_key(|row| row.0);
    query(
        "INSERT INTO payment (order_id, id, state, goal, doubt, tries, version, claim, created_at, updated_at)
         SELECT r.order_id, r.id, 'pending', $1, false, 0, 1, 0, $2, $2
         FROM rows(order_id uuid, id uuid) AS r
         WHERE true ON CONFLICT (order_id) DO UPDATE SET
             goal = excluded.goal,
             due_at = CASE WHEN payment.amount IS NULL OR payment.state IN ('voided', 'refunded', 'failed')
                 THEN payment.due_at ELSE excluded.updated_at END
         WHERE payment.goal < excluded.goal",
    )
    .bind(goal.to_number())
    .bind(now)
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
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
            amount: money(row)?,
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

/// A payment that a worker has taken up: nobody else touches it before the claim runs out.
pub(crate) struct Claimed {
    pub(crate) charge: Charge,
    pub(crate) provider: String,
    pub(crate) headers: Headers,
    pub(crate) standing: Standing,
    pub(crate) version: i64,
    pub(crate) claim: i64,
}

/// Takes up to `limit` due payments. From here on each counts as asked, whatever becomes of this process.
pub(crate) async fn claim(
    db: &Db,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Claimed>, Fault> {
    let mut tx = db.begin().await?;
    let claimed = query(
        "SELECT order_id, id, amount, currency, provider, token, headers, state, goal, doubt, tries, reference,
             failure, version, claim
         FROM payment
         WHERE due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
         ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(&mut tx, |row| {
        let standing = standing(row)?;
        Ok(Claimed {
            charge: Charge {
                id: row.get("id")?,
                order_id: row.get("order_id")?,
                amount: money(row)?,
                token: row.get("token")?,
                state: standing.state,
                reference: standing.reference.clone(),
            },
            provider: row.get("provider")?,
            headers: row.json("headers")?,
            standing,
            version: row.get("version")?,
            claim: row.get::<i64>("claim")? + 1,
        })
    })
    .await?;
    if claimed.is_empty() {
        return Ok(claimed);
    }
    query(
        "UPDATE payment SET claim = claim + 1, claimed_until = $1, doubt = true
         FROM rows(order_id uuid) AS r WHERE payment.order_id = r.order_id",
    )
    .bind(until)
    .rows(claimed.iter().map(|payment| (payment.charge.order_id,)))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Frees what a process before this one had taken up. A SQLite file belongs to one process, so nobody else can have it;
/// on PostgreSQL another may, and its claims run out by themselves.
pub(crate) async fn free_claims(db: &Db) -> Result<(), Fault> {
    if db.dialect() != Dialect::Sqlite {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    query("UPDATE payment SET claimed_until = NULL WHERE due_at IS NOT NULL AND claimed_until IS NOT NULL")
        .execute(&mut tx)
        .await?;
    tx.commit().await
}

/// What is heard of a claimed payment's order meanwhile, and whether the claim still holds.
pub(crate) struct Current {
    pub(crate) order_id: OrderId,
    pub(crate) goal: Goal,
    pub(crate) claim: i64,
}

/// Locks these orders' payments and tells how they stand.
pub(crate) async fn lock(
    tx: &mut Tx,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<Vec<Current>, Fault> {
    query(
        "SELECT payment.order_id, payment.goal, payment.claim
         FROM rows(order_id uuid) AS r JOIN payment ON payment.order_id = r.order_id
         ORDER BY payment.order_id FOR UPDATE OF payment",
    )
    .rows(orders.into_iter().map(|order| (order,)))
    .fetch_all(tx, |row| {
        Ok(Current { order_id: row.get("order_id")?, goal: goal(row)?, claim: row.get("claim")? })
    })
    .await
}

/// How a payment stands after a conversation.
pub(crate) struct Settled<'a> {
    pub(crate) order_id: OrderId,
    pub(crate) standing: &'a Standing,
    pub(crate) version: i64,
    pub(crate) due_at: Option<Timestamp>,
}

/// Writes down what became of locked payments, and lets go of them.
pub(crate) async fn settle(tx: &mut Tx, settled: &[Settled<'_>], now: Timestamp) -> Result<(), Fault> {
    query(
        "UPDATE payment SET state = r.state, goal = r.goal, doubt = r.doubt, tries = r.tries,
             reference = r.reference, failure = r.failure, version = r.version, due_at = r.due_at,
             claimed_until = NULL, updated_at = $1
         FROM rows(order_id uuid, state text, goal int, doubt bool, tries int, reference text, failure text,
             version int, due_at time) AS r
         WHERE payment.order_id = r.order_id",
    )
    .bind(now)
    .rows(settled.iter().map(|Settled { order_id, standing, version, due_at }| {
        (
            *order_id,
            standing.state,
            standing.goal.to_number(),
            standing.doubt,
            standing.tries,
            standing.reference.as_deref(),
            standing.failure.as_deref(),
            *version,
            *due_at,
        )
    }))
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
