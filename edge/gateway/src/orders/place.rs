//! Placing an order, and doing it once.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::extract::State;
use edge_common::deferred::OrderOutcome;
use message::{
    Address, Email, Example, Fault, FieldError, IdempotencyKey, Locale, LongText, Message, Metadata, Money,
    Request, ShortText,
};
use order_contract::{
    Item, PaymentMethod, PlaceError, PlaceOrder, PlacedOrder, PriceChange, Shortage, UnknownItem,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use web::problem::Problem;

use super::{
    Key,
    deferred::{self, Accepted, RespondAsync},
};
use crate::{
    Gateway,
    answer::{Created, Either},
    body::{Body, Sent},
    problems::{
        IDEMPOTENCY_KEY_IN_USE, IDEMPOTENCY_KEY_REUSED, NOT_KNOWN_YET, OUT_OF_STOCK, PRICE_CHANGED, Refusal,
    },
    query::{Nothing, Query},
};

/// The most items that one order can have.
const MOST_ITEMS: usize = 100;

/// An order to be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Where its mails go.
    pub email: Email,
    /// What is bought, each variant once.
    #[schemars(length(min = 1, max = MOST_ITEMS))]
    pub items: Vec<Item>,
    /// Where it goes.
    pub shipping_address: Address,
    /// How it is paid.
    pub payment: PaymentMethod,
    /// The total that the buyer was shown. If it is another now, higher or lower, nothing is ordered and both are in the
    /// answer (`price-changed`). Left out, the order is placed at the prices of now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Money>,
    /// The buyer's note to the merchant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<LongText>,
    /// The channel that it comes from: `app`, `till`, `marketplace-x`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ShortText>,
    /// The buyer's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// What your systems attach to it.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl Sent for NewOrder {
    fn check(&self) -> Vec<FieldError> {
        if !(1..=MOST_ITEMS).contains(&self.items.len()) {
            let expected = format!("expected 1 to {MOST_ITEMS} items, not {}", self.items.len());
            return vec![FieldError::new("/items", expected)];
        }
        let wrong = self.shipping_address.check("/shipping_address");
        if !wrong.is_empty() {
            return wrong;
        }
        // Orders are short: comparing each with those before it is quicker than remembering them.
        let repeats = |index: usize, item: &Item| {
            let first =
                self.items.iter().take(index).position(|other| other.variant_id == item.variant_id)?;
            let detail = format!("is in items/{first} already; add the quantities");
            Some(FieldError::new(format!("/items/{index}/variant_id"), detail))
        };
        self.items.iter().enumerate().filter_map(|(index, item)| repeats(index, item)).collect()
    }
}

impl NewOrder {
    /// What `order` is asked for.
    fn into_request(self, idempotency_key: IdempotencyKey) -> PlaceOrder {
        PlaceOrder {
            idempotency_key,
            email: self.email,
            items: self.items,
            shipping_address: self.shipping_address,
            payment: self.payment,
            expected_total: self.expected_total,
            note: self.note,
            source: self.source,
            locale: self.locale,
            metadata: self.metadata,
        }
    }
}

impl Example for NewOrder {
    fn example() -> Self {
        let order = PlaceOrder::example();
        Self {
            email: order.email,
            items: order.items,
            shipping_address: order.shipping_address,
            payment: order.payment,
            expected_total: order.expected_total,
            note: order.note,
            source: order.source,
            locale: order.locale,
            metadata: order.metadata,
        }
    }
}

/// [`PlaceOrder`], whose answer is passed on as it came: it is the JSON of a [`PlacedOrder`] already, and to
/// read it into types only to write it out again would be much of what an order costs here.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Place(PlaceOrder);

impl Message for Place {
    const NAME: &'static str = PlaceOrder::NAME;
}
impl Request for Place {
    type Reply = Box<RawValue>;
    type Error = PlaceError;
}

/// All that is looked at of it.
#[derive(Deserialize)]
struct Placed<'a> {
    id: &'a str,
}

pub(super) async fn place(
    State(gateway): State<Gateway>,
    _: Query<Nothing>,
    Key(idempotency_key): Key,
    RespondAsync(is_asked_for): RespondAsync,
    Body(order): Body<NewOrder>,
) -> Result<Either<Created<PlacedOrder>, Accepted>, Refusal> {
    let request = Place(order.into_request(idempotency_key));
    let claim = gateway.0.in_flight.claim(&request.0.idempotency_key)?;
    let placing = gateway.ask(&request);
    let outcome = gateway.0.intake.take(&request.0, is_asked_for, placing).await;
    drop(claim);
    match outcome.map_err(|error| refused(error, &request.0.items))? {
        OrderOutcome::Deferred(order) => Ok(Either::Other(deferred::accepted(order, is_asked_for)?)),
        OrderOutcome::Placed(placed) => {
            let Placed { id } = serde_json::from_str(placed.get()).map_err(Fault::internal)?;
            let path = deferred::path(id);
            Ok(Either::One(Created::written_at(&path, String::from(Box::<str>::from(placed)))?))
        }
    }
}

pub(crate) fn refused(error: PlaceError, items: &[Item]) -> Problem {
    match error {
        PlaceError::OutOfStock(shortages) => out_of_stock(&shortages, items),
        PlaceError::Invalid(errors) => Problem::invalid(errors),
        PlaceError::PriceChanged(change) => price_changed(&change),
        PlaceError::NotKnownYet(items) => not_known_yet(&items),
        PlaceError::KeyReused => Problem::new(&IDEMPOTENCY_KEY_REUSED),
        PlaceError::InProgress => in_use(),
        PlaceError::Fault(fault) => fault.into(),
    }
}

fn out_of_stock(shortages: &[Shortage], items: &[Item]) -> Problem {
    let problem =
        Problem::new(&OUT_OF_STOCK).with("shortages", serde_json::to_value(shortages).unwrap_or_default());
    shortages.iter().fold(problem, |problem, shortage| {
        let place = items.iter().position(|item| item.variant_id == shortage.variant_id);
        let pointer = place.map_or_else(|| "/items".to_owned(), |index| format!("/items/{index}/quantity"));
        problem.error(FieldError::new(
            pointer,
            match shortage.available {
                0 => "none is left".to_owned(),
                left => format!("only {left} left"),
            },
        ))
    })
}

fn price_changed(change: &PriceChange) -> Problem {
    let PriceChange { expected, current } = change;
    Problem::new(&PRICE_CHANGED)
        .detail(format!("The total is {} now, not {expected}.", current.totals.total))
        .with("expected", serde_json::to_value(expected).unwrap_or_default())
        .with("current", serde_json::to_value(current).unwrap_or_default())
        .error(FieldError::new("/expected_total", format!("the total is {} now", current.totals.total)))
}

fn not_known_yet(items: &[UnknownItem]) -> Problem {
    let problem = Problem::new(&NOT_KNOWN_YET).retry_after(Fault::RETRY_AFTER);
    items.iter().fold(problem, |problem, UnknownItem { item, .. }| {
        problem.error(FieldError::new(format!("/items/{item}/variant_id"), "is not known here yet"))
    })
}

fn in_use() -> Problem {
    Problem::new(&IDEMPOTENCY_KEY_IN_USE).retry_after(Fault::RETRY_AFTER)
}

/// The keys whose requests are being answered in this process.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashSet<IdempotencyKey>>);

/// Holds a key until it is dropped, be it with its request.
struct Claim<'a> {
    keys: &'a InFlight,
    key: &'a IdempotencyKey,
}

impl InFlight {
    fn claim<'a>(&'a self, key: &'a IdempotencyKey) -> Result<Claim<'a>, Problem> {
        if self.lock().insert(key.clone()) { Ok(Claim { keys: self, key }) } else { Err(in_use()) }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<IdempotencyKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.keys.lock().remove(self.key);
    }
}
