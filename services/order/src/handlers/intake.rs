//! Orders that were accepted unseen: decided over as any others, when their turn comes.

use std::time::Duration;

use bus::{Cx, Incoming, Progress};
use message::{Failure, Fault, Kind};
use order_contract::{OrderRequested, PlaceError};
use store::Tx;

use super::place::{Wanted, decide_all};
use crate::{
    State,
    queries::{
        self,
        intake::{Outcome, note},
    },
};

/// For how long the outcomes of wishes can be read.
const MEMORY: Duration = Duration::from_hours(30 * 24);

/// Forgets the outcomes of wishes that nobody asks for any more.
pub(crate) async fn forget(cx: Cx<State>) -> Result<Progress, Fault> {
    let forgotten = queries::intake::forget(cx.db(), cx.now().before(MEMORY)).await?;
    Ok(if forgotten > 0 { Progress::More } else { Progress::Done })
}

/// Places what can be placed, and notes for each of the others what became of it.
pub(crate) async fn take_in(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<OrderRequested>>,
) -> Result<(), Failure> {
    let wanted: Vec<_> = events
        .iter()
        .map(|Incoming { headers, body }| Wanted { id: body.id, headers, request: &body.order })
        .collect();
    let decided = decide_all(&cx, tx, &wanted).await?;
    let mut outcomes = Vec::new();
    for (Wanted { id, .. }, decision) in wanted.iter().zip(decided) {
        match decision {
            Ok(placed) if placed.id == *id => {}
            Ok(placed) => outcomes.push((*id, Outcome::PlacedAs(placed.id))),
            // Its twin is in this very batch. Apart from it, in a transaction of its own, it finds the twin's order.
            Err(PlaceError::InProgress) => {
                return Err(Fault::new(Kind::Busy, "the same wish came twice in one batch").into());
            }
            Err(PlaceError::Fault(fault)) => return Err(fault.into()),
            Err(refusal) => outcomes.push((*id, Outcome::Refused(refusal))),
        }
    }
    Ok(note(tx, &outcomes, cx.now()).await?)
}
