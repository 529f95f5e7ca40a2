//! What became of refunds, as `payment` reports it.

use std::collections::HashMap;

use bus::{Cx, Incoming};
use message::{Failure, Fault, Headers, Money};
use order_contract::{Order, OrderId, OrderRefund, OrderRefundCompleted, RefundId, RefundState};
use payment_contract::{PaymentRefundFailed, PaymentRefunded};
use store::Tx;

use super::refund::{by_id, is_restocked, new_refund, reason_of};
use crate::{
    State,
    domain::refunds::{self, Wish},
    queries::{
        self,
        refunds::{NewRefund, RefundSums},
    },
};

/// The words for money that went back although nobody here asked for it.
const ENDED_ELSEWHERE: &str = "The payment ended.";

/// What is written of the orders of a batch.
#[derive(Default)]
struct Outcomes {
    /// The version counts once, however many refunds of an order were settled.
    changed: HashMap<OrderId, Order>,
    settled: Vec<(OrderId, OrderRefund)>,
    new: Vec<(OrderId, usize, OrderRefund)>,
}

/// Notes refunds whose money went back.
pub(crate) async fn complete_refunds(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<PaymentRefunded>>,
) -> Result<(), Failure> {
    let ids: Vec<_> = events.iter().map(|event| event.body.order_id).collect();
    let live: HashMap<_, _> = queries::lifecycle::lock(tx, &ids)
        .await?
        .into_iter()
        .map(|order| (order.id, order.attempts))
        .collect();
    let mut orders = by_id(tx, &ids).await?;
    let mut outcomes = Outcomes::default();
    let mut completed: Vec<(OrderId, OrderRefund, Headers)> = Vec::new();
    for Incoming { body, headers } in events {
        let PaymentRefunded { order_id, attempt, refund_id, .. } = body;
        let Some(order) = orders.get_mut(&order_id) else { continue };
        // What goes back of a payment that failed was never counted.
        if refund_id.is_none() && !live.get(&order_id).is_some_and(|attempts| attempts.is_live(attempt)) {
            continue;
        }
        let id = refund_id.unwrap_or_else(|| queries::refunds::rest_id(order_id));
        let refund = match complete(&cx, order, id) {
            Some(refund) => {
                outcomes.settled.push((order_id, refund.clone()));
                refund
            }
            None if refund_id.is_none() => {
                let Some(refund) = book_rest(&cx, order)? else { continue };
                outcomes.new.push((order_id, order.refunds.len(), refund.clone()));
                refund
            }
            None => continue,
        };
        completed.push((order_id, refund, headers));
        outcomes.changed.insert(order_id, order.clone());
    }
    outcomes.write(&cx, tx).await?;
    let changed: Vec<_> = outcomes.changed.keys().copied().collect();
    let now = by_id(tx, &changed).await?;
    for (order_id, refund, headers) in completed {
        if let Some(order) = now.get(&order_id).cloned() {
            tx.publish_as(&OrderRefundCompleted { order, refund }, headers)?;
        }
    }
    Ok(())
}

/// Notes refunds that the provider refused: their money can be refunded again.
pub(crate) async fn fail_refunds(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<PaymentRefundFailed>>,
) -> Result<(), Failure> {
    let ids: Vec<_> = events.iter().map(|event| event.body.order_id).collect();
    queries::lifecycle::lock(tx, &ids).await?;
    let mut orders = by_id(tx, &ids).await?;
    let mut outcomes = Outcomes::default();
    for Incoming { body, .. } in events {
        let Some(order) = orders.get_mut(&body.order_id) else { continue };
        let Some(refund) = pending(order, body.refund_id) else { continue };
        refund.state = RefundState::Failed;
        refund.failure = Some(body.reason);
        refund.settled_at = Some(cx.now());
        let refund = refund.clone();
        tracing::warn!(order = %order.id, refund = %refund.id, reason = refund.failure, "a refund was refused");
        order.refunded =
            order.refunded.map(|all| Money::new(all.amount - refund.amount.amount, all.currency));
        outcomes.settled.push((order.id, refund));
        outcomes.changed.insert(order.id, order.clone());
    }
    Ok(outcomes.write(&cx, tx).await?)
}

fn pending(order: &mut Order, id: RefundId) -> Option<&mut OrderRefund> {
    order.refunds.iter_mut().find(|refund| refund.id == id && refund.state == RefundState::Pending)
}

/// Completes a refund that is pending.
fn complete(cx: &Cx<State>, order: &mut Order, id: RefundId) -> Option<OrderRefund> {
    let refund = pending(order, id)?;
    refund.state = RefundState::Refunded;
    refund.settled_at = Some(cx.now());
    Some(refund.clone())
}

/// Counts what is left of the order's money as refunded: `payment` has sent it back without being asked. Its news may
/// have overtaken the news of the capture.
fn book_rest(cx: &Cx<State>, order: &mut Order) -> Result<Option<OrderRefund>, Fault> {
    if order.paid.is_none_or(|paid| paid.amount == 0) {
        order.paid = Some(order.totals.total);
    }
    let Ok(share) = refunds::decide(order, Wish::All) else { return Ok(None) };
    let id = queries::refunds::rest_id(order.id);
    if order.refunds.iter().any(|refund| refund.id == id) {
        return Ok(None);
    }
    let refund = new_refund(cx, id, share, reason_of(ENDED_ELSEWHERE)?, is_restocked(order));
    let refund = OrderRefund { state: RefundState::Refunded, settled_at: Some(cx.now()), ..refund };
    order.refunded = order.refunded.map(|all| Money::new(all.amount + refund.amount.amount, all.currency));
    order.refunds.push(refund.clone());
    Ok(Some(refund))
}

impl Outcomes {
    /// One statement per table, however many refunds there are.
    async fn write(&self, cx: &Cx<State>, tx: &mut Tx) -> Result<(), Fault> {
        let new: Vec<_> = self
            .new
            .iter()
            .map(|(order_id, number, refund)| NewRefund {
                order_id: *order_id,
                number: *number,
                refund,
                key: None,
            })
            .collect();
        queries::refunds::insert_all(tx, &new).await?;
        let settled: Vec<_> = self.settled.iter().map(|(order_id, refund)| (*order_id, refund)).collect();
        queries::refunds::settle(tx, &settled).await?;
        if self.changed.is_empty() {
            return Ok(());
        }
        let amount = |money: Option<Money>| money.map_or(0, |money| money.amount);
        let sums: Vec<_> = self
            .changed
            .values()
            .map(|order| RefundSums {
                order_id: order.id,
                paid: amount(order.paid),
                refunded: amount(order.refunded),
                count: order.refunds.len(),
            })
            .collect();
        queries::refunds::set_sums(tx, &sums, 1, cx.now()).await
    }
}
