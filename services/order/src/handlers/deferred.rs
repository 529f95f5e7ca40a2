//! Deferred orders: accepted at once, placed later like any others.

use std::time::Duration;

use bus::{Attempt, Cx, Incoming, Outcome, Progress, Work};
use message::{Failure, Fault, Kind};
use order_contract::{Order, OrderRequested, PlaceError, PlaceOrder, UnknownItem};
use serde::{Deserialize, Serialize};
use store::Tx;

use super::{
    place::{Placement, place_all},
    sellable::{look_up, not_for_sale},
};
use crate::{
    State,
    domain::decision::Decision,
    queries::{
        self,
        deferred::{self, Outcome as Became},
    },
};

/// For how long the outcome of a deferred order can be read.
const MEMORY: Duration = Duration::from_hours(30 * 24);

/// Forgets outcomes that nobody asks for any more.
pub(crate) async fn forget(cx: Cx<State>) -> Result<Progress, Fault> {
    let forgotten = deferred::forget(cx.db(), cx.now().before(MEMORY)).await?;
    Ok(if forgotten > 0 { Progress::More } else { Progress::Done })
}

/// A deferred order with variants that were not known when its turn came: `product` is asked about them first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PlaceUnknown {
    order: PlaceOrder,
}

impl Work for PlaceUnknown {
    const KIND: &'static str = "place order of unknown variants";
    type Subject = Order;
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
    for (placement, _) in decide(&cx, tx, &placements).await? {
        let order = placement.request.clone();
        tx.want(placement.id, &PlaceUnknown { order }, placement.headers.clone())?;
    }
    Ok(())
}

/// Places such an order once its variants are known; those that do not exist are not for sale.
pub(crate) async fn place_unknown(cx: Cx<State>, attempt: Attempt<PlaceUnknown>) -> Outcome {
    match try_unknown(&cx, &attempt).await {
        Ok(()) => Outcome::Done,
        Err(fault) => Outcome::Retry(fault.to_string()),
    }
}

async fn try_unknown(cx: &Cx<State>, attempt: &Attempt<PlaceUnknown>) -> Result<(), Fault> {
    let order = &attempt.work.order;
    let variants = order.items.iter().map(|item| item.variant_id);
    let missing = look_up(cx, queries::sellable::unknown(cx.db(), variants).await?).await?;
    let placement = Placement { id: attempt.subject, headers: &attempt.headers, request: order };
    let mut tx = cx.begin().await?;
    for (placement, unknown) in decide(cx, &mut tx, &[placement]).await? {
        if unknown.iter().any(|unknown| !missing.contains(&unknown.variant_id)) {
            return Err(Fault::unavailable("a variant was not known although it was looked up"));
        }
        let refused = Became::Refused(not_for_sale(&unknown, &missing));
        deferred::record(&mut tx, &[(placement.id, refused)], cx.now()).await?;
    }
    tx.commit().await
}

/// Decides about deferred orders and records what did not become the order of its id. Returns those that have unknown
/// variants: nothing is decided about them.
async fn decide<'p, 'r>(
    cx: &Cx<State>,
    tx: &mut Tx,
    placements: &'p [Placement<'r>],
) -> Result<Vec<(&'p Placement<'r>, Vec<UnknownItem>)>, Fault> {
    let decisions = place_all(cx, tx, placements).await?;
    let (mut outcomes, mut undecided) = (Vec::new(), Vec::new());
    for (placement, decision) in placements.iter().zip(decisions) {
        match decision {
            Decision::New(_) => {}
            Decision::Again(order) if order == placement.id => {}
            Decision::Again(order) => outcomes.push((placement.id, Became::PlacedAs(order))),
            // Its twin is in this very batch. Apart from it, in a transaction of its own, it finds the twin's order.
            Decision::Refused(PlaceError::InProgress) => {
                return Err(Fault::new(Kind::Busy, "the same deferred order came twice in one batch"));
            }
            Decision::Refused(PlaceError::Fault(fault)) => return Err(fault),
            Decision::Refused(PlaceError::NotKnownYet(unknown)) => undecided.push((placement, unknown)),
            Decision::Refused(refusal) => outcomes.push((placement.id, Became::Refused(refusal))),
        }
    }
    deferred::record(tx, &outcomes, cx.now()).await?;
    Ok(undecided)
}
