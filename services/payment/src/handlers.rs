//! What `payment` answers and reacts to. Reactions only write down what should become of the money; the worker acts.

use bus::{Cx, Incoming};
use message::Failure;
use order_contract::{OrderCancelled, OrderId, OrderPlaced, OrderRefunded, OrderShipped};
use payment_contract::{GetPayment, Payment, PaymentError};
use store::Tx;

use crate::{
    State,
    domain::Goal,
    queries::{self, NewPayment},
    settings::Capture,
};

pub(crate) async fn get(
    cx: Cx<State>,
    GetPayment { order_id }: GetPayment,
) -> Result<Option<Payment>, PaymentError> {
    Ok(queries::get(cx.db(), order_id).await?)
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
    let payments: Vec<_> = orders
        .into_iter()
        .map(|Incoming { headers, body: order }| NewPayment {
            id: cx.id(),
            order_id: order.id,
            amount: order.total,
            provider: order.payment.provider.into(),
            token: order.payment.token.into(),
            headers,
        })
        .collect();
    queries::place(tx, &payments, goal, cx.now()).await?;
    tx.wake_on_commit(&cx.wake);
    Ok(())
}

pub(crate) async fn give_back_cancelled(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderCancelled>>,
) -> Result<(), Failure> {
    raise(&cx, tx, orders.iter().map(|order| order.body.id), Goal::Return).await
}

pub(crate) async fn give_back_refunded(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderRefunded>>,
) -> Result<(), Failure> {
    raise(&cx, tx, orders.iter().map(|order| order.body.id), Goal::Return).await
}

pub(crate) async fn take_shipped(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderShipped>>,
) -> Result<(), Failure> {
    raise(&cx, tx, orders.iter().map(|order| order.body.id), Goal::Take).await
}

async fn raise(
    cx: &Cx<State>,
    tx: &mut Tx,
    orders: impl Iterator<Item = OrderId>,
    goal: Goal,
) -> Result<(), Failure> {
    // The new ids are for orders whose placement is still to come.
    queries::raise(tx, orders.map(|order| (order, cx.id())), goal, cx.now()).await?;
    tx.wake_on_commit(&cx.wake);
    Ok(())
}
