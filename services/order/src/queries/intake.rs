//! What became of orders that were accepted unseen.

use message::{Fault, Timestamp};
use order_contract::{OrderId, PlaceError};
use store::{Db, On, Tx, query};

/// What became of a wish that did not become the order of its own id.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The same wish had become this order before.
    PlacedAs(OrderId),
    Refused(PlaceError),
}

/// Notes outcomes. One that was noted before stays.
pub(crate) async fn note(tx: &mut Tx, outcomes: &[(OrderId, Outcome)], at: Timestamp) -> Result<(), Fault> {
    if outcomes.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(outcomes.len());
    for (id, outcome) in outcomes {
        rows.push(match outcome {
            Outcome::PlacedAs(order) => (*id, Some(*order), None),
            Outcome::Refused(error) => {
                (*id, None, Some(serde_json::to_string(error).map_err(Fault::internal)?))
            }
        });
    }
    query(
        "INSERT INTO intake (id, order_id, refusal, decided_at)
         SELECT r.id, r.order_id, r.refusal, $1 FROM rows(id uuid, order_id uuid, refusal text) AS r
         WHERE true ON CONFLICT (id) DO NOTHING",
    )
    .bind(at)
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

/// What became of the wish with this id, if it is decided and did not become the order of this id.
pub(crate) async fn outcome<'a>(on: impl Into<On<'a>>, id: OrderId) -> Result<Option<Outcome>, Fault> {
    query("SELECT order_id, refusal FROM intake WHERE id = $1")
        .bind(id)
        .fetch_optional(on, |row| {
            Ok(match row.get::<Option<OrderId>>("order_id")? {
                Some(order) => Outcome::PlacedAs(order),
                None => Outcome::Refused(row.json("refusal")?),
            })
        })
        .await
}

/// Forgets what was decided before `then`, a little at a time; answers how much it was.
pub(crate) async fn forget(db: &Db, then: Timestamp) -> Result<u64, Fault> {
    let mut tx = db.begin().await?;
    let forgotten = query(
        "DELETE FROM intake WHERE id IN (SELECT id FROM intake WHERE decided_at < $1 ORDER BY decided_at LIMIT 5000)",
    )
    .bind(then)
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(forgotten)
}
