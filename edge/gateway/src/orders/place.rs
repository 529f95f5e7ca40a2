//! Placing an order, and doing it once.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION},
};
use message::{Address, Email, Fault, FieldError, IdempotencyKey, Message, Request};
use order_contract::{Intake, Item, PaymentMethod, PlaceError, PlaceOrder, Shortage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use utoipa::ToSchema;
use web::problem::Problem;

use crate::{
    Gateway,
    body::{Body, Sent},
    examples,
    orders::{Key, intake},
    problems::{IDEMPOTENCY_KEY_IN_USE, IDEMPOTENCY_KEY_REUSED, OUT_OF_STOCK},
    query::NoParams,
    schema,
};

/// The most items that one order can have.
const MOST_ITEMS: usize = 100;

/// An order to be placed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrder {
    /// Where its mails go.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Email,
    /// What is bought, each variant once.
    #[schema(value_type = Vec<schema::Item>, min_items = 1, max_items = 100)]
    items: Vec<Item>,
    /// Where it goes.
    #[schema(value_type = schema::Address)]
    shipping_address: Address,
    /// How it is paid.
    #[schema(value_type = schema::PaymentMethod)]
    payment: PaymentMethod,
}

impl Sent for NewOrder {
    fn example() -> Value {
        examples::new_order()
    }

    fn check(&self) -> Vec<FieldError> {
        if !(1..=MOST_ITEMS).contains(&self.items.len()) {
            let expected = format!("expected 1 to {MOST_ITEMS} items, not {}", self.items.len());
            return vec![FieldError::new("/items", expected)];
        }
        // Orders are short: comparing each with those before it is quicker than remembering them.
        let repeats = |index: usize, item: &Item| {
            let place =
                self.items.iter().take(index).position(|other| other.variant_id == item.variant_id)?;
            let detail = format!("is in items/{place} already; add the quantities");
            Some(FieldError::new(format!("/items/{index}/variant_id"), detail))
        };
        self.items.iter().enumerate().filter_map(|(index, item)| repeats(index, item)).collect()
    }
}

/// [`PlaceOrder`], whose answer is passed on as it came: it is in the documented shape already, and to read it into
/// types only to write it out again would be much of what an order costs here.
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

/// All that is looked at of a [`order_contract::PlacedOrder`].
#[derive(Deserialize)]
struct Placed<'a> {
    id: &'a str,
}

/// Place an order
///
/// All of it or nothing. It holds its stock until `held_until`; the payment decides what follows, and `status` and
/// history tell. `token` opens the order to whoever has it: keep it for its buyer. Send the same request with the
/// same `Idempotency-Key` as often as you must: there is one order, and you get the same answer. With
/// `Prefer: respond-async` it is accepted at once and placed when its turn comes.
#[utoipa::path(post, path = "/api/v1/orders", tag = "orders", operation_id = "place_order",
    params(
        ("Idempotency-Key" = String, Header,
            description = "Your name for this order, 1 to 255 printable characters, best a new UUID.",
            example = json!("0192f3a4-5b6c-7d8e-9f01-23456789abcd")),
        ("Prefer" = Option<String>, Header,
            description = "`respond-async`: do not wait until the order is placed (RFC 7240)."),
    ),
    request_body(content = NewOrder, example = json!(examples::new_order())),
    responses(
        (status = 201, description = "The order is placed.", body = schema::PlacedOrder,
            headers(("Location" = String, description = "Where the order is read.")),
            example = json!(examples::placed())),
        (status = 202, description = "The order is accepted, durably, and is placed or refused soon: read it where \
            `Location` says, with the `token`.", body = schema::QueuedOrder,
            headers(("Location" = String, description = "Where the order is read, from now on.")),
            example = json!(examples::queued())),
        (status = 400, description = "`idempotency-key-missing`, `malformed-json`."),
        (status = 409, description = "`out-of-stock`: `shortages` lists `variant_id`, `requested` and `available`; \
            `idempotency-key-in-use`: the same request is still under way."),
        (status = 413, description = "`body-too-large`: more than 64 KiB."),
        (status = 422, description = "`invalid-body`: `errors` points at each field; `idempotency-key-reused`."),
        (status = 429, description = "`too-many-requests`, where the shop limits how often one address may order: come \
            back after `Retry-After` seconds, with the same key."),
        (status = 503, description = "`busy`: come back after `Retry-After` seconds, with the same key."),
    ),
    security(()))]
pub(crate) async fn place(
    State(gateway): State<Gateway>,
    _: NoParams,
    Key(idempotency_key): Key,
    headers: HeaderMap,
    Body(order): Body<NewOrder>,
) -> Result<Response, Problem> {
    let NewOrder { email, items, shipping_address, payment } = order;
    let request = Place(PlaceOrder { idempotency_key, email, items, shipping_address, payment });
    let is_asked_for = intake::is_asked_for(&headers);
    let claim = gateway.0.in_flight.claim(&request.0.idempotency_key)?;
    if is_asked_for || gateway.0.intake == Intake::Always {
        return intake::accept(&gateway, request.0.clone(), is_asked_for).await;
    }
    let answer = match gateway.ask(&request).await {
        Err(PlaceError::Fault(fault)) if is_pressure(&gateway, &fault) => {
            return intake::accept(&gateway, request.0.clone(), false).await;
        }
        answer => answer,
    };
    drop(claim);
    let placed = answer.map_err(|error| refused(error, &request.0.items))?;
    let Placed { id } = serde_json::from_str(placed.get()).map_err(Fault::internal)?;
    let location = HeaderValue::try_from(format!("/api/v1/orders/{id}")).map_err(Fault::internal)?;
    let headers = [
        (LOCATION, location),
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::CREATED, headers, String::from(Box::<str>::from(placed))).into_response())
}

/// Whether an order that met `fault` is accepted all the same, to be placed later.
fn is_pressure(gateway: &Gateway, fault: &Fault) -> bool {
    gateway.0.intake == Intake::UnderPressure && fault.is_transient()
}

pub(crate) fn refused(error: PlaceError, items: &[Item]) -> Problem {
    match error {
        PlaceError::OutOfStock(shortages) => out_of_stock(&shortages, items),
        PlaceError::Invalid(errors) => Problem::invalid(errors),
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
