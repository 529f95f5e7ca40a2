//! The refunds that orders asked for.

use std::collections::HashMap;

use message::{Fault, Timestamp};
use order_contract::{OrderId, RefundId};
use payment_contract::{PaymentId, PaymentState};
use store::{Db, Tx, query};

use super::{Due, Key, StoredPayment};
use crate::domain::{Goal, Refund, RefundOutcome};

/// A refund that an order asks for.
pub(crate) struct NewRefund {
    pub(crate) id: RefundId,
    pub(crate) order_id: OrderId,
    pub(crate) attempt: i64,
    /// In minor units.
    pub(crate) amount: i64,
}

/// A payment of which refunds are asked for.
struct Target {
    id: PaymentId,
    goal: Goal,
    /// How many refunds it has.
    count: i64,
}

/// Writes refunds and returns whose payments have something to do. A refund that is known stays as it is; one whose payment
/// is not known is returned to the caller.
pub(crate) async fn insert(
    tx: &mut Tx,
    refunds: Vec<NewRefund>,
    now: Timestamp,
) -> Result<(Vec<Due>, Vec<NewRefund>), Fault> {
    let mut targets = lock(tx, &refunds).await?;
    let known: Vec<RefundId> = query("SELECT f.id FROM rows(id uuid) AS r JOIN refund f ON f.id = r.id")
        .rows(refunds.iter().map(|refund| (refund.id,)))
        .fetch_all(&mut *tx, |row| row.get("id"))
        .await?;
    let (mut rows, mut due, mut strays) = (Vec::new(), Vec::new(), Vec::new());
    for refund in refunds {
        let NewRefund { id, order_id, attempt, amount } = refund;
        if known.contains(&id) || rows.iter().any(|row: &(_, _, _, RefundId, _, _)| row.3 == id) {
            continue;
        }
        let Some(target) = targets.get_mut(&(order_id, attempt)) else {
            strays.push(refund);
            continue;
        };
        target.count += 1;
        // All that is left may be on its way back: then this is a part of it.
        let is_late = target.goal == Goal::Return;
        rows.push((order_id, attempt, target.count, id, amount, is_late));
        due.push(Due { id: target.id, order_id, attempt });
    }
    if !rows.is_empty() {
        query(
            "INSERT INTO refund (order_id, attempt, number, id, amount, state, is_late, created_at, updated_at)
             SELECT r.order_id, r.attempt, r.number, r.id, r.amount, 'pending', r.is_late, $1, $1
             FROM rows(order_id uuid, attempt int, number int, id uuid, amount int, is_late bool) AS r",
        )
        .bind(now)
        .rows(rows)
        .execute(tx)
        .await?;
    }
    Ok((due, strays))
}

/// Locks the payments of these refunds, and counts the refunds that they have.
async fn lock(tx: &mut Tx, refunds: &[NewRefund]) -> Result<HashMap<Key, Target>, Fault> {
    let mut keys: Vec<Key> = refunds.iter().map(|refund| (refund.order_id, refund.attempt)).collect();
    keys.sort_unstable();
    keys.dedup();
    let goals = super::lock_goals(tx, keys.iter().copied()).await?;
    let targets = query(
        "SELECT p.order_id, p.attempt, p.id,
             (SELECT COUNT(*) FROM refund f WHERE f.order_id = p.order_id AND f.attempt = p.attempt) AS refunds
         FROM rows(order_id uuid, attempt int) AS r
         JOIN payment_attempt p ON p.order_id = r.order_id AND p.attempt = r.attempt WHERE p.amount IS NOT NULL",
    )
    .rows(keys)
    .fetch_all(tx, |row| {
        let key = (row.get("order_id")?, row.get("attempt")?);
        let goal = goals.get(&key).copied().unwrap_or(Goal::Hold);
        Ok((key, Target { id: row.get("id")?, goal, count: row.get("refunds")? }))
    })
    .await?;
    Ok(targets.into_iter().collect())
}

/// Reads the pending refunds of payments. A payment whose provider has not answered yet has none: nothing is refunded before
/// it is captured, or held until it ships.
pub(super) async fn read_pending(db: &Db, payments: &mut [StoredPayment]) -> Result<(), Fault> {
    let may_have_refunds = |payment: &&mut StoredPayment| payment.standing.state != PaymentState::Pending;
    let mut owners: HashMap<Key, &mut StoredPayment> =
        payments.iter_mut().filter(may_have_refunds).map(|payment| (payment.key(), payment)).collect();
    if owners.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = owners.keys().copied().collect();
    let refunds: Vec<(Key, Refund)> = query(
        "SELECT f.order_id, f.attempt, f.id, f.amount, f.is_late FROM rows(order_id uuid, attempt int) AS r
         JOIN refund f ON f.order_id = r.order_id AND f.attempt = r.attempt
         WHERE f.state = 'pending' ORDER BY f.order_id, f.attempt, f.number",
    )
    .rows(keys)
    .fetch_all(db, |row| {
        let key = (row.get("order_id")?, row.get("attempt")?);
        let (id, amount, is_late) = (row.get("id")?, row.get("amount")?, row.get("is_late")?);
        Ok((key, Refund { id, amount, is_late, outcome: None }))
    })
    .await?;
    for (key, refund) in refunds {
        if let Some(payment) = owners.get_mut(&key) {
            payment.standing.refunds.push(refund);
        }
    }
    Ok(())
}

/// Writes what came of refunds of locked payments.
pub(crate) async fn settle<'r>(
    tx: &mut Tx,
    refunds: impl IntoIterator<Item = &'r Refund>,
    now: Timestamp,
) -> Result<(), Fault> {
    let row = |refund: &'r Refund| match refund.outcome.as_ref()? {
        RefundOutcome::Refunded => Some((refund.id, "refunded", None)),
        RefundOutcome::Failed(reason) => Some((refund.id, "failed", Some(reason.as_str()))),
    };
    let rows: Vec<_> = refunds.into_iter().filter_map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    query(
        "UPDATE refund SET state = r.state, failure = r.failure, updated_at = $1
         FROM rows(id uuid, state text, failure text) AS r WHERE refund.id = r.id",
    )
    .bind(now)
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}
