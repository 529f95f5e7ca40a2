//! Deferred orders: accepted at once, placed later like any others.

use std::time::Duration;

use bus::{Cx, Incoming, Progress};
use message::{Failure, Fault, Kind};
use order_contract::{OrderRequested, PlaceError};
use store::Tx;

use super::place::{Placement, place_all};
use crate::{
    State,
    domain::decision::Decision,
    queries::deferred::{self, Outcome},
};

/// For how long the outcome of a deferred order can be read.
const MEMORY: Duration = Duration::from_hours(30 * 24);

/// Forgets outcomes that nobody asks for any more.
pub(crate) async fn forget(cx: Cx<State>) -> Result<Progress, Fault> {
    let forgotten = deferred::forget(cx.db(), cx.now().before(MEMORY)).await?;
    Ok(if forgotten > 0 { Progress::More } else { Progress::Done })
}

/// Places deferred orders. Of those that did not become the order of their id, it records the outcome.
pub(crate) async fn place_deferred(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<OrderRequested>>,
) -> Result<(), Failure> {
    let placements: Vec<_> = events
        .iter()
        .map(|Incoming { headers, body }| Placement { id: body.id, headers, request: &body.order })
        .collect();
    let decisions = place_all(&cx, tx, &placements).await?;
    let mut outcomes = Vec::new();
    for (placement, decision) in placements.iter().zip(decisions) {
        match decision {
            Decision::New(_) => {}
            Decision::Again(order) if order == placement.id => {}
            Decision::Again(order) => outcomes.push((placement.id, Outcome::PlacedAs(order))),
            // Its twin is in this very batch. Apart from it, in a transaction of its own, it finds the twin's order.
            Decision::Refused(PlaceError::InProgress) => {
                return Err(Fault::new(Kind::Busy, "the same deferred order came twice in one batch").into());
            }
            Decision::Refused(PlaceError::Fault(fault)) => return Err(fault.into()),
            Decision::Refused(refusal) => outcomes.push((placement.id, Outcome::Refused(refusal))),
        }
    }
    Ok(deferred::record(tx, &outcomes, cx.now()).await?)
}
