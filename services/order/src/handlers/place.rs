//! Placing orders: a group commit.
//!
//! All that has queued up is decided together, in the order of its arrival, in one transaction with a constant number
//! of statements; while it commits, the next batch gathers. Idle, a batch is one order.

use std::collections::{HashMap, HashSet};

use bus::{Batch, Cx, Incoming, Review};
use message::{Country, Fault, Headers};
use order_contract::{
    Item, LocationStock, Order, OrderId, OrderPlaced, OrderSecret, OrderStatus, PlaceError, PlaceOrder,
    PlacedOrder, Quote, QuoteOrder,
};
use store::Tx;

use super::{change::count, sellable::review, stock::publish_levels};
use crate::{
    State,
    domain::{
        decision::{self, Decision, Grant},
        placement::{self, Bill},
        stock::{Inventory, StockRow},
    },
    queries::{self, placement::NewOrder},
};

/// What an order would cost, if there is enough of everything just now.
pub(crate) async fn quote(
    cx: Cx<State>,
    QuoteOrder { items, country }: QuoteOrder,
) -> Result<Quote, PlaceError> {
    match quote_known(&cx, &items, country.as_ref()).await {
        Err(error) => match review(cx.clone(), error).await {
            Review::Stands(error) => Err(error),
            Review::Again => quote_known(&cx, &items, country.as_ref()).await,
        },
        quote => quote,
    }
}

async fn quote_known(
    cx: &Cx<State>,
    items: &[Item],
    destination: Option<&Country>,
) -> Result<Quote, PlaceError> {
    let variants: HashSet<_> = items.iter().map(|item| item.variant_id).take(placement::MAX_ITEMS).collect();
    let catalogue = queries::sellable::catalogue(cx.db(), variants.iter().copied()).await?;
    let Bill { lines, totals } = placement::bill(items, &catalogue, &cx.settings.tax, destination)?;
    let stock = queries::stock::report(cx.db(), variants).await?;
    let rows = stock.into_iter().map(|(variant, LocationStock { location, available, .. })| {
        // Nothing is written back, so no version is needed.
        (variant, StockRow { location, available, version: 0 })
    });
    placement::allocate(items, &mut Inventory::new(rows, &[]))?;
    Ok(Quote { lines, totals })
}

/// Places a batch of orders: one answer each, in their order.
pub(crate) async fn place(
    cx: Cx<State>,
    requests: Batch<PlaceOrder>,
) -> Result<Vec<Result<PlacedOrder, PlaceError>>, Fault> {
    match place_once(&cx, &requests).await {
        // Another process placed under the same key after we had looked: now it is there to be found.
        Err(fault) if requests.len() == 1 && fault.constraint().is_some() => place_once(&cx, &requests).await,
        answers => answers,
    }
}

async fn place_once(
    cx: &Cx<State>,
    requests: &[Incoming<PlaceOrder>],
) -> Result<Vec<Result<PlacedOrder, PlaceError>>, Fault> {
    let placements: Vec<_> = requests
        .iter()
        .map(|Incoming { headers, body }| Placement { id: cx.id(), headers, request: body })
        .collect();
    let mut tx = cx.begin().await?;
    let decisions = place_all(cx, &mut tx, &placements).await?;
    let before = placed_before(&mut tx, &decisions).await?;
    if decisions.iter().any(|decision| decision.as_new().is_some()) {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    let answer = |decision| match decision {
        Decision::New(order) => Ok(placed(order, &cx.secret)),
        Decision::Again(id) => before
            .get(&id)
            .map(|order| placed_again(order, &cx.secret))
            .ok_or_else(|| Fault::internal(format!("the order {id} is gone")).into()),
        Decision::Refused(error) => Err(error),
    };
    Ok(decisions.into_iter().map(answer).collect())
}

/// An order to be placed.
pub(crate) struct Placement<'r> {
    /// The id that it gets if it is placed.
    pub(crate) id: OrderId,
    pub(crate) headers: &'r Headers,
    pub(crate) request: &'r PlaceOrder,
}

/// Decides about orders, first come, first served, and writes those that are new: one decision each, in their order.
pub(crate) async fn place_all<'r>(
    cx: &Cx<State>,
    tx: &mut Tx,
    placements: &[Placement<'r>],
) -> Result<Vec<Decision<NewOrder<'r>>>, Fault> {
    let keys = placements.iter().map(|placement| placement.request.idempotency_key.as_str());
    let (known, destinations) = queries::placement::known(tx, keys).await?;
    let items = placements.iter().flat_map(|placement| &placement.request.items);
    let variants: HashSet<_> = items.map(|item| item.variant_id).collect();
    let catalogue = queries::sellable::catalogue(&mut *tx, variants.iter().copied()).await?;
    let inventory = Inventory::new(queries::stock::lock(tx, variants).await?, &cx.settings.locations);

    let mut decider = decision::Decider::new(&cx.settings, destinations, catalogue, inventory, known);
    let decisions: Vec<_> = placements
        .iter()
        .map(|placement| Ok(decider.decide(placement.request)?.map_new(|grant| (placement, grant))))
        .collect::<Result<_, Fault>>()?;

    let placed_at = cx.now();
    let held_until = placed_at.after(cx.settings.hold());
    let new = decisions.iter().filter_map(Decision::as_new).count();
    let mut numbers = queries::placement::take_numbers(tx, new).await?;
    let mut new_order = |(placement, grant): (&Placement<'r>, Grant)| {
        let Placement { id, headers, request } = *placement;
        NewOrder { id, number: numbers.take(), headers, request, grant, placed_at, held_until }
    };
    let decisions: Vec<_> = decisions.into_iter().map(|decision| decision.map_new(&mut new_order)).collect();
    let orders: Vec<_> = decisions.iter().filter_map(Decision::as_new).collect();
    if !orders.is_empty() {
        write(cx, tx, &orders, decider.inventory()).await?;
    }
    Ok(decisions)
}

/// Writes new orders and publishes them. The stock comes last, and what it takes must be there.
async fn write(
    cx: &Cx<State>,
    tx: &mut Tx,
    orders: &[&NewOrder<'_>],
    inventory: &Inventory,
) -> Result<(), Fault> {
    queries::placement::insert_orders(tx, orders).await?;
    queries::stock::reserve(tx, inventory.taken()).await?;
    for order in orders {
        let event = OrderPlaced {
            id: order.id,
            version: 1,
            number: order.number,
            email: order.request.email.clone(),
            total: order.grant.bill.totals.total,
            payment: order.request.payment.clone(),
            placed_at: order.placed_at,
        };
        tx.publish_as(&event, order.headers.clone())?;
    }
    publish_levels(cx, tx, &inventory.levels())?;
    count(OrderStatus::Pending, orders.len());
    Ok(())
}

/// The orders that were placed in earlier batches, by id.
async fn placed_before(
    tx: &mut Tx,
    decisions: &[Decision<NewOrder<'_>>],
) -> Result<HashMap<OrderId, Order>, Fault> {
    let ids: HashSet<_> = decisions.iter().filter_map(Decision::as_again).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<_> = ids.into_iter().collect();
    Ok(queries::orders::load(tx, &ids).await?.into_iter().map(|order| (order.id, order)).collect())
}

/// The answer for a new order.
fn placed(order: NewOrder<'_>, secret: &OrderSecret) -> PlacedOrder {
    let Bill { lines, totals } = order.grant.bill;
    PlacedOrder {
        id: order.id,
        number: order.number,
        status: OrderStatus::Pending,
        lines,
        totals,
        placed_at: order.placed_at,
        held_until: order.held_until,
        token: secret.token(order.id),
    }
}

/// The answer that was given before, made again from what does not change in an order.
fn placed_again(order: &Order, secret: &OrderSecret) -> PlacedOrder {
    PlacedOrder {
        id: order.id,
        number: order.number,
        status: OrderStatus::Pending,
        lines: order.lines.clone(),
        totals: order.totals,
        placed_at: order.placed_at,
        held_until: order.held_until,
        token: secret.token(order.id),
    }
}
