//! What `payment` answers and reacts to. Reactions only write what should become of the money; the worker acts.

use std::collections::HashMap;

use bus::{Cx, Incoming};
use message::{Failure, Fault, Headers};
use order_contract::{
    OrderCancelled, OrderId, OrderPaymentRequested, OrderPlaced, OrderRefundRequested, OrderRefunded,
    OrderShipped,
};
use payment_contract::{GetPayments, Payment, PaymentError};
use store::Tx;

use crate::{
    State,
    domain::Goal,
    queries::{self, Due, NewPayment, refunds::NewRefund},
    settings::Capture,
    worker::MoveMoney,
};

pub(crate) async fn get(
    cx: Cx<State>,
    GetPayments { order_id }: GetPayments,
) -> Result<Vec<Payment>, PaymentError> {
    Ok(queries::of_order(cx.db(), order_id).await?)
}

pub(crate) async fn begin(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderPlaced>>,
) -> Result<(), Failure> {
    let headers: HashMap<_, _> = orders.iter().map(|order| (order.body.id, order.headers.clone())).collect();
    let payments: Vec<_> = orders
        .into_iter()
        .map(|Incoming { body: order, .. }| NewPayment {
            id: cx.id(),
            order_id: order.id,
            attempt: 1,
            amount: order.total,
            provider: order.payment.provider.into(),
            token: order.payment.token.into(),
        })
        .collect();
    let begun = queries::insert(tx, &payments, own_goal(&cx), cx.now()).await?;
    want(tx, begun, &headers)
}

/// Begins further payments of orders. If the order has ended meanwhile, nothing is asked for.
pub(crate) async fn begin_again(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderPaymentRequested>>,
) -> Result<(), Failure> {
    let headers: HashMap<_, _> = orders.iter().map(|order| (order.body.id, order.headers.clone())).collect();
    let ids = headers.keys().map(|order| (*order, cx.id())).collect();
    let goals = queries::lock_orders(tx, ids, cx.now()).await?;
    let own_goal = own_goal(&cx);
    let mut by_goal: HashMap<Goal, Vec<NewPayment>> = HashMap::new();
    for Incoming { body: order, .. } in orders {
        let goal = goals.get(&order.id).copied().flatten().map_or(own_goal, |goal| goal.max(own_goal));
        by_goal.entry(goal).or_default().push(NewPayment {
            id: cx.id(),
            order_id: order.id,
            attempt: order.attempt,
            amount: order.amount,
            provider: order.payment.provider.into(),
            token: order.payment.token.into(),
        });
    }
    // There are three goals at most.
    for (goal, payments) in by_goal {
        let begun = queries::insert(tx, &payments, goal, cx.now()).await?;
        want(tx, begun, &headers)?;
    }
    Ok(())
}

/// Gives parts of captured money back.
pub(crate) async fn give_back(
    cx: Cx<State>,
    tx: &mut Tx,
    refunds: Vec<Incoming<OrderRefundRequested>>,
) -> Result<(), Failure> {
    let headers: HashMap<_, _> =
        refunds.iter().map(|refund| (refund.body.id, refund.headers.clone())).collect();
    let refunds = refunds
        .into_iter()
        .map(|Incoming { body, .. }| NewRefund {
            id: body.refund_id,
            order_id: body.id,
            attempt: body.attempt,
            amount: body.amount.amount,
        })
        .collect();
    let (due, strays) = queries::refunds::insert(tx, refunds, cx.now()).await?;
    if let Some(stray) = strays.first() {
        let NewRefund { id, order_id, .. } = stray;
        let words = format!("the refund {id} is of a payment of {order_id} that is not known yet");
        return Err(Fault::internal(words).into());
    }
    want(tx, due, &headers)
}

pub(crate) async fn give_back_cancelled(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderCancelled>>,
) -> Result<(), Failure> {
    raise(&cx, tx, orders.into_iter().map(|order| (order.body.id, order.headers)), Goal::Return).await
}

/// Gives all of an order's money back where the order did not ask for it refund by refund.
pub(crate) async fn give_back_refunded(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderRefunded>>,
) -> Result<(), Failure> {
    let unasked = orders.into_iter().filter(|order| order.body.order.is_none());
    raise(&cx, tx, unasked.map(|order| (order.body.id, order.headers)), Goal::Return).await
}

pub(crate) async fn take_shipped(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderShipped>>,
) -> Result<(), Failure> {
    raise(&cx, tx, orders.into_iter().map(|order| (order.body.id, order.headers)), Goal::Take).await
}

async fn raise(
    cx: &Cx<State>,
    tx: &mut Tx,
    orders: impl Iterator<Item = (OrderId, Headers)>,
    goal: Goal,
) -> Result<(), Failure> {
    let headers: HashMap<_, _> = orders.collect();
    // The new ids are for orders whose placement is still to come.
    let ids: Vec<_> = headers.keys().map(|order| (*order, cx.id())).collect();
    let raised = queries::raise(tx, ids, goal, cx.now()).await?;
    want(tx, raised, &headers)
}

fn own_goal(cx: &Cx<State>) -> Goal {
    match cx.settings.capture {
        Capture::Automatic => Goal::Take,
        Capture::OnShipment => Goal::Hold,
    }
}

/// Wants the work of these payments.
fn want(tx: &mut Tx, payments: Vec<Due>, headers: &HashMap<OrderId, Headers>) -> Result<(), Failure> {
    for Due { id, order_id, attempt } in payments {
        if let Some(headers) = headers.get(&order_id) {
            tx.want(id, &MoveMoney { order: order_id.uuid(), attempt }, headers.clone())?;
        }
    }
    Ok(())
}
