//! What `payment` answers and reacts to. Reactions only write what should become of the money; the worker acts.

use std::collections::HashMap;

use bus::{Cx, Incoming};
use message::{Failure, Headers};
use order_contract::{OrderCancelled, OrderId, OrderPlaced, OrderRefunded, OrderShipped};
use payment_contract::{GetPayments, Payment, PaymentError};
use store::Tx;

use crate::{
    State,
    domain::Goal,
    queries::{self, NewPayment},
    settings::Capture,
    worker::MoveMoney,
};

pub(crate) async fn get(
    cx: Cx<State>,
    GetPayments { order_id }: GetPayments,
) -> Result<Vec<Payment>, PaymentError> {
    Ok(queries::get(cx.db(), order_id).await?.into_iter().collect())
}

pub(crate) async fn begin(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderPlaced>>,
) -> Result<(), Failure> {
    let goal = match cx.settings.capture {
        Capture::Automatic => Goal::Take,
        Capture::OnShipment => Goal::Hold,
    };
    let headers: HashMap<_, _> = orders.iter().map(|order| (order.body.id, order.headers.clone())).collect();
    let payments: Vec<_> = orders
        .into_iter()
        .map(|Incoming { body: order, .. }| NewPayment {
            id: cx.id(),
            order_id: order.id,
            amount: order.total,
            provider: order.payment.provider.into(),
            token: order.payment.token.into(),
        })
        .collect();
    let begun = queries::insert(tx, &payments, goal, cx.now()).await?;
    want(tx, begun, &headers)
}

pub(crate) async fn give_back_cancelled(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderCancelled>>,
) -> Result<(), Failure> {
    raise(&cx, tx, orders.into_iter().map(|order| (order.body.id, order.headers)), Goal::Return).await
}

pub(crate) async fn give_back_refunded(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderRefunded>>,
) -> Result<(), Failure> {
    raise(&cx, tx, orders.into_iter().map(|order| (order.body.id, order.headers)), Goal::Return).await
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

/// Wants the work of these orders' payments.
fn want(tx: &mut Tx, orders: Vec<OrderId>, headers: &HashMap<OrderId, Headers>) -> Result<(), Failure> {
    for order in orders {
        if let Some(headers) = headers.get(&order) {
            tx.want(order, &MoveMoney {}, headers.clone())?;
        }
    }
    Ok(())
}
