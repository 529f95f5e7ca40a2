//! Placing orders: a group commit.
//!
//! All that has queued up is decided together, in the order of its arrival, in one transaction with a constant number
//! of statements; while it commits, the next batch gathers. Idle, a batch is one order.

use std::collections::{HashMap, HashSet};

use bus::{Batch, Cx, Incoming};
use message::{Fault, Headers};
use order_contract::{
    LocationStock, OrderId, OrderPlaced, OrderStatus, PlaceError, PlaceOrder, PlacedOrder, Quote, QuoteOrder,
    StockChanged,
};
use sha2::{Digest as _, Sha256};
use store::Tx;
use uuid::Uuid;

use crate::{
    State,
    domain::{
        placement::{self, Bill, Catalogue},
        stock::{Row, Shelf},
    },
    queries::{
        self,
        placement::{Known, NewOrder},
    },
};

type Placed = Result<PlacedOrder, PlaceError>;

/// What an order would come to, if there is enough of everything just now.
pub(crate) async fn quote(cx: Cx<State>, QuoteOrder { items }: QuoteOrder) -> Result<Quote, PlaceError> {
    let variants: HashSet<_> = items.iter().map(|item| item.variant_id).take(placement::MAX_ITEMS).collect();
    let catalogue = queries::sellable::catalogue(cx.db(), variants.iter().copied()).await?;
    let Bill { lines, totals } = placement::bill(&items, &catalogue, &cx.settings.tax)?;
    let stock = queries::stock::report(cx.db(), variants).await?;
    let rows = stock.into_iter().map(|(variant, LocationStock { location, available, .. })| {
        // Nothing is written back, so no version is needed.
        (variant, Row { location, available, version: 0 })
    });
    placement::take(&items, &mut Shelf::new(rows, &[]))?;
    Ok(Quote { lines, totals })
}

/// Places a batch of orders: one answer each, in their order.
pub(crate) async fn place(cx: Cx<State>, requests: Batch<PlaceOrder>) -> Result<Vec<Placed>, Fault> {
    let mut answers: Vec<Option<Placed>> = Vec::new();
    answers.resize_with(requests.len(), || None);
    let mut tx = cx.begin().await?;

    let keys = requests.iter().map(|request| request.body.idempotency_key.as_str());
    let known = queries::placement::known(&mut tx, keys).await?;
    let mut replays = Replays::new(&known);
    let variants: HashSet<_> =
        requests.iter().flat_map(|request| &request.body.items).map(|item| item.variant_id).collect();
    let catalogue = queries::sellable::catalogue(&mut tx, variants.iter().copied()).await?;
    let rows = queries::stock::lock(&mut tx, variants).await?;
    let mut shelf = Shelf::new(rows, &cx.settings.locations);

    let mut orders = Vec::with_capacity(requests.len());
    let mut headers = Vec::with_capacity(requests.len());
    for (at, (answer, Incoming { headers: header, body })) in
        answers.iter_mut().zip(requests.iter()).enumerate()
    {
        let fingerprint = fingerprint(body)?;
        match replays.find(body, fingerprint) {
            Some(Ok(id)) => replays.asked.push((at, id)),
            Some(Err(error)) => *answer = Some(Err(error)),
            None => match decide(&cx, body, &catalogue, &mut shelf, fingerprint) {
                Ok(order) => {
                    orders.push((at, order));
                    headers.push(header);
                }
                Err(error) => *answer = Some(Err(error)),
            },
        }
    }
    for (at, placed) in replay(&cx, &mut tx, &replays.asked).await? {
        set(&mut answers, at, Ok(placed));
    }
    if orders.is_empty() {
        tx.rollback().await?;
    } else {
        let (places, orders): (Vec<_>, Vec<_>) = orders.into_iter().unzip();
        let placed = commit(&cx, tx, orders, &headers, &shelf).await?;
        for (at, placed) in places.into_iter().zip(placed) {
            set(&mut answers, at, Ok(placed));
        }
    }
    let unanswered = || Err(Fault::internal("a placement was left without a decision").into());
    Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(unanswered)).collect())
}

fn set(answers: &mut [Option<Placed>], at: usize, placed: Placed) {
    if let Some(answer) = answers.get_mut(at) {
        *answer = Some(placed);
    }
}

/// Decides over one order, on what the orders before it have left.
fn decide<'r>(
    cx: &Cx<State>,
    request: &'r PlaceOrder,
    catalogue: &Catalogue,
    shelf: &mut Shelf,
    fingerprint: Uuid,
) -> Result<NewOrder<'r>, PlaceError> {
    placement::check_provider(&request.payment.provider, &cx.settings.payment_providers)?;
    let bill = placement::bill(&request.items, catalogue, &cx.settings.tax)?;
    let portions = placement::take(&request.items, shelf)?;
    Ok(NewOrder { id: cx.id(), number: 0, request, fingerprint, bill, portions })
}

/// Writes what was decided and commits it. The stock comes last, and what it takes must be there.
async fn commit(
    cx: &Cx<State>,
    mut tx: Tx,
    mut orders: Vec<NewOrder<'_>>,
    headers: &[&Headers],
    shelf: &Shelf,
) -> Result<Vec<PlacedOrder>, Fault> {
    let placed_at = cx.now();
    let held_until = placed_at.after(cx.settings.hold());
    let first = queries::placement::take_numbers(&mut tx, orders.len()).await?;
    for (order, number) in orders.iter_mut().zip(first..) {
        order.number = number;
    }
    queries::placement::insert(&mut tx, &orders, placed_at, held_until).await?;
    queries::stock::reserve(&mut tx, shelf.taken()).await?;
    for (order, headers) in orders.iter().zip(headers) {
        let event = OrderPlaced {
            id: order.id,
            version: 1,
            number: order.number,
            email: order.request.email.clone(),
            total: order.bill.totals.total,
            payment: order.request.payment.clone(),
            placed_at,
        };
        tx.publish_as(&event, (*headers).clone())?;
    }
    tx.publish(&StockChanged { id: cx.id(), levels: shelf.levels() })?;
    tx.commit().await?;
    metrics::counter!("order_transitions_total", "status" => "pending").increment(orders.len() as u64);
    Ok(orders
        .into_iter()
        .map(|order| PlacedOrder {
            id: order.id,
            number: order.number,
            status: OrderStatus::Pending,
            lines: order.bill.lines,
            totals: order.bill.totals,
            placed_at,
            held_until,
            token: cx.secret.token(order.id),
        })
        .collect())
}

/// What is known of the batch's idempotency keys, as it grows with the batch itself.
struct Replays<'k> {
    known: HashMap<&'k str, (Uuid, Option<OrderId>)>,
    asked: Vec<(usize, OrderId)>,
}

impl<'k> Replays<'k> {
    fn new(known: &'k [Known]) -> Self {
        let known =
            known.iter().map(|order| (order.key.as_str(), (order.fingerprint, Some(order.id)))).collect();
        Self { known, asked: Vec::new() }
    }

    /// What the key says: an order to answer with, a refusal, or nothing, and then the key is taken.
    fn find(&mut self, request: &'k PlaceOrder, fingerprint: Uuid) -> Option<Result<OrderId, PlaceError>> {
        match self.known.get(request.idempotency_key.as_str()) {
            Some((other, _)) if *other != fingerprint => Some(Err(PlaceError::KeyReused)),
            Some((_, Some(id))) => Some(Ok(*id)),
            Some((_, None)) => Some(Err(PlaceError::InProgress)),
            None => {
                self.known.insert(request.idempotency_key.as_str(), (fingerprint, None));
                None
            }
        }
    }
}

/// The answers that were given before, made again from what does not change in an order.
async fn replay(
    cx: &Cx<State>,
    tx: &mut Tx,
    asked: &[(usize, OrderId)],
) -> Result<Vec<(usize, PlacedOrder)>, Fault> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = asked.iter().map(|(_, id)| *id).collect::<HashSet<_>>().into_iter().collect();
    let orders: HashMap<_, _> =
        queries::orders::load(tx, &ids).await?.into_iter().map(|order| (order.id, order)).collect();
    let placed = |(at, id): &(usize, OrderId)| {
        let order = orders.get(id)?;
        let placed = PlacedOrder {
            id: *id,
            number: order.number,
            status: OrderStatus::Pending,
            lines: order.lines.clone(),
            totals: order.totals,
            placed_at: order.placed_at,
            held_until: order.held_until,
            token: cx.secret.token(*id),
        };
        Some((*at, placed))
    };
    Ok(asked.iter().filter_map(placed).collect())
}

/// Tells whether two requests ask for the same: the first half of SHA-256 over all that was asked for.
fn fingerprint(request: &PlaceOrder) -> Result<Uuid, Fault> {
    let json = serde_json::to_vec(request).map_err(Fault::internal)?;
    let digest = Sha256::digest(&json);
    Uuid::from_slice(digest.get(..16).unwrap_or_default()).map_err(Fault::internal)
}
