//! Placing orders: a group commit.
//!
//! All that has queued up is decided together, in the order of its arrival, in one transaction with a constant number
//! of statements; while it commits, the next batch gathers. Idle, a batch is one order.

use std::collections::{HashMap, HashSet};

use bus::{Batch, Cx, Incoming};
use message::{Fault, Headers};
use order_contract::{
    LocationStock, OrderId, OrderPlaced, OrderStatus, PlaceError, PlaceOrder, PlacedOrder, Quote, QuoteOrder,
};
use sha2::{Digest as _, Sha256};
use store::Tx;
use uuid::Uuid;

use super::stock::publish_levels;
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

/// An order that somebody wants.
pub(crate) struct Wanted<'r> {
    /// The id that it gets if it is placed.
    pub(crate) id: OrderId,
    pub(crate) headers: &'r Headers,
    pub(crate) request: &'r PlaceOrder,
}

/// Places a batch of orders: one answer each, in their order.
pub(crate) async fn place(cx: Cx<State>, requests: Batch<PlaceOrder>) -> Result<Vec<Placed>, Fault> {
    match place_once(&cx, &requests).await {
        // Another process placed under the same key after we had looked: now it is there to be found.
        Err(fault) if requests.len() == 1 && fault.constraint().is_some() => place_once(&cx, &requests).await,
        placed => placed,
    }
}

async fn place_once(cx: &Cx<State>, requests: &[Incoming<PlaceOrder>]) -> Result<Vec<Placed>, Fault> {
    let wanted: Vec<_> = requests
        .iter()
        .map(|Incoming { headers, body }| Wanted { id: cx.id(), headers, request: body })
        .collect();
    let mut tx = cx.begin().await?;
    let decided = decide_all(cx, &mut tx, &wanted).await?;
    let is_new =
        |(wanted, placed): (&Wanted<'_>, &Placed)| placed.as_ref().is_ok_and(|placed| placed.id == wanted.id);
    if wanted.iter().zip(&decided).any(is_new) {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(decided)
}

/// Decides over what is wanted, first come first served, and writes what is granted: one answer each, in their order.
pub(crate) async fn decide_all(
    cx: &Cx<State>,
    tx: &mut Tx,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Placed>, Fault> {
    let mut answers: Vec<Option<Placed>> = Vec::new();
    answers.resize_with(wanted.len(), || None);

    let keys = wanted.iter().map(|wanted| wanted.request.idempotency_key.as_str());
    let known = queries::placement::known(tx, keys).await?;
    let mut replays = Replays::new(&known);
    let variants: HashSet<_> =
        wanted.iter().flat_map(|wanted| &wanted.request.items).map(|item| item.variant_id).collect();
    let catalogue = queries::sellable::catalogue(&mut *tx, variants.iter().copied()).await?;
    let rows = queries::stock::lock(tx, variants).await?;
    let mut shelf = Shelf::new(rows, &cx.settings.locations);

    let mut orders = Vec::with_capacity(wanted.len());
    let mut headers = Vec::with_capacity(wanted.len());
    for (at, (answer, wanted)) in answers.iter_mut().zip(wanted).enumerate() {
        let fingerprint = fingerprint(wanted.request)?;
        match replays.find(wanted.request, fingerprint) {
            Some(Ok(id)) => replays.asked.push((at, id)),
            Some(Err(error)) => *answer = Some(Err(error)),
            None => match decide(cx, wanted, &catalogue, &mut shelf, fingerprint) {
                Ok(order) => {
                    orders.push((at, order));
                    headers.push(wanted.headers);
                }
                Err(error) => *answer = Some(Err(error)),
            },
        }
    }
    for (at, placed) in replay(cx, tx, &replays.asked).await? {
        set(&mut answers, at, Ok(placed));
    }
    if !orders.is_empty() {
        let (places, orders): (Vec<_>, Vec<_>) = orders.into_iter().unzip();
        let placed = write(cx, tx, orders, &headers, &shelf).await?;
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
    wanted: &Wanted<'r>,
    catalogue: &Catalogue,
    shelf: &mut Shelf,
    fingerprint: Uuid,
) -> Result<NewOrder<'r>, PlaceError> {
    let Wanted { id, request, .. } = *wanted;
    placement::check_provider(&request.payment.provider, &cx.settings.payment_providers)?;
    let bill = placement::bill(&request.items, catalogue, &cx.settings.tax)?;
    let portions = placement::take(&request.items, shelf)?;
    Ok(NewOrder { id, number: 0, request, fingerprint, bill, portions })
}

/// Writes what was decided. The stock comes last, and what it takes must be there.
async fn write(
    cx: &Cx<State>,
    tx: &mut Tx,
    mut orders: Vec<NewOrder<'_>>,
    headers: &[&Headers],
    shelf: &Shelf,
) -> Result<Vec<PlacedOrder>, Fault> {
    let placed_at = cx.now();
    let held_until = placed_at.after(cx.settings.hold());
    let first = queries::placement::take_numbers(tx, orders.len()).await?;
    for (order, number) in orders.iter_mut().zip(first..) {
        order.number = number;
    }
    queries::placement::insert(tx, &orders, placed_at, held_until).await?;
    queries::stock::reserve(tx, shelf.taken()).await?;
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
    publish_levels(cx, tx, &shelf.levels())?;
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
