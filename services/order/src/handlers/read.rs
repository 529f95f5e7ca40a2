//! Reading orders.

use bus::Cx;
use order_contract::{Access, GetHistory, GetOrder, HistoryEntry, Order, OrderError, OrderId, OrderStatus};
use store::On;

use crate::{
    State,
    queries::{self, deferred::Outcome},
};

/// Reads an order.
pub(crate) async fn get(cx: Cx<State>, GetOrder { id, access }: GetOrder) -> Result<Order, OrderError> {
    find(&cx, id, &access).await
}

/// Reads an order's history. Its first step is the order itself.
pub(crate) async fn history(
    cx: Cx<State>,
    GetHistory { id, access }: GetHistory,
) -> Result<Vec<HistoryEntry>, OrderError> {
    let order = find(&cx, id, &access).await?;
    let mut history = vec![HistoryEntry { status: OrderStatus::Pending, at: order.placed_at, note: None }];
    history.extend(queries::orders::history(cx.db(), order.id).await?);
    Ok(history)
}

/// The order, if the caller may see it.
async fn find(cx: &Cx<State>, id: OrderId, access: &Access) -> Result<Order, OrderError> {
    if !cx.secret.opens(id, access) {
        return Err(OrderError::NotFound);
    }
    if let Some(order) = queries::orders::find(cx.db(), id).await? {
        return Ok(order);
    }
    let id = placed_as(cx.db(), id).await?;
    queries::orders::find(cx.db(), id).await?.ok_or(OrderError::NotFound)
}

/// The order of this id.
pub(super) async fn load(cx: &Cx<State>, id: OrderId) -> Result<Order, OrderError> {
    queries::orders::find(cx.db(), id).await?.ok_or(OrderError::NotFound)
}

/// The order that the deferred order of this id was placed as, if that was another.
pub(super) async fn placed_as<'a>(on: impl Into<On<'a>>, id: OrderId) -> Result<OrderId, OrderError> {
    match queries::deferred::outcome(on, id).await? {
        Some(Outcome::PlacedAs(order)) => Ok(order),
        Some(Outcome::Refused(refusal)) => Err(OrderError::Refused(refusal)),
        None => Err(OrderError::NotFound),
    }
}
