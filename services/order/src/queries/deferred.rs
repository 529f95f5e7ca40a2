//! The outcomes of deferred orders that did not become the order of their id.

use message::{Fault, Timestamp};
use order_contract::{OrderId, PlaceError};
use store::{Columns, Db, Json, On, Tx, columns, insert, json, query, record};

/// What a deferred order became, if not the order of its id.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The same order had been placed before, under this id.
    PlacedAs(OrderId),
    Refused(PlaceError),
}

const OUTCOME: Columns<Outcome> = columns!(|order_id: Option<OrderId>, refusal: Option<Json<PlaceError>>| {
    match (order_id, refusal) {
        (Some(order), _) => Outcome::PlacedAs(order),
        (None, Some(refusal)) => Outcome::Refused(refusal.0),
        (None, None) => return Err(Fault::internal("a deferred order has no outcome")),
    }
});

/// Records outcomes. One that was recorded before stays.
pub(crate) async fn record(
    tx: &mut Tx,
    outcomes: &[(OrderId, Outcome)],
    decided_at: Timestamp,
) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(outcomes.len());
    for (id, outcome) in outcomes {
        let (order, refusal) = match outcome {
            Outcome::PlacedAs(order) => (Some(*order), None),
            Outcome::Refused(error) => (None, Some(json(error)?)),
        };
        rows.push(record! { id: *id, order_id: order, refusal: refusal });
    }
    insert("intake", rows)
        .with("decided_at", decided_at)
        .then("ON CONFLICT (id) DO NOTHING")
        .execute(tx)
        .await
        .map(drop)
}

/// The outcome of the deferred order with this id, if it is decided and did not become the order of this id.
pub(crate) async fn outcome<'a>(on: impl Into<On<'a>>, id: OrderId) -> Result<Option<Outcome>, Fault> {
    OUTCOME.query("SELECT columns() FROM intake WHERE id = $1").bind(id).fetch_optional(on).await
}

/// Forgets at most 5,000 outcomes from before `time`; returns how many there were.
pub(crate) async fn forget(db: &Db, time: Timestamp) -> Result<u64, Fault> {
    let mut tx = db.begin().await?;
    let forgotten = query(
        "DELETE FROM intake WHERE id IN (SELECT id FROM intake WHERE decided_at < $1 ORDER BY decided_at LIMIT 5000)",
    )
    .bind(time)
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(forgotten)
}
