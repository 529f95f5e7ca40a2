//! Orders: placing them, reading them, moving them on.

mod deferred;
mod find;
mod money;
pub(crate) mod place;

use std::borrow::Cow;

use axum::extract::{FromRequestParts, State};
use http::{HeaderName, request::Parts};
use message::{Address, Example, FieldError, IdempotencyKey, Invalid, ListPage};
use order_contract::{
    AdvanceOrder, CancelOrder, ChangeAddress, GetHistory, GetOrder, ListOrders, Order, OrderId, OrderStatus,
    PlaceOrder, Tracking,
};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use web::problem::{BUSY, Problem, TOO_MANY_REQUESTS};

pub(crate) use self::place::InFlight;
pub use self::{
    deferred::{OrderAnswer, QueuedOrder, RefusedOrder},
    place::NewOrder,
};
use crate::{
    Gateway,
    access::{Admin, Asker},
    answer::{Either, Private},
    body::{Body, Sent},
    operation::{Input, Operation, Parameter, Signature, get, patch, post},
    path::Path,
    problems::{
        ADDRESS_FIXED, IDEMPOTENCY_KEY_IN_USE, IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_REUSED,
        IntoProblem as _, NOT_KNOWN_YET, ORDER_QUEUED, OUT_OF_STOCK, PRICE_CHANGED, Refusal, TRANSITION,
    },
    query::{Nothing, Query, of_parameters},
    resources::History,
};

pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = vec![
        post("place_order", "/api/v1/orders", place::place)
            .says(
                "Place an order",
                "All of it or nothing. It holds its stock until `held_until`; the payment decides what follows, and \
                 `status` and history report it. `token` opens the order to whoever has it: keep it for its buyer. \
                 Send the same request with the same `Idempotency-Key` as often as you must: there is one order, and \
                 you get the same answer. With `Prefer: respond-async` it is accepted at once and placed when its turn \
                 comes.",
            )
            .refuses(&[
                &OUT_OF_STOCK,
                &PRICE_CHANGED,
                &NOT_KNOWN_YET,
                &IDEMPOTENCY_KEY_IN_USE,
                &IDEMPOTENCY_KEY_REUSED,
                &TOO_MANY_REQUESTS,
                &BUSY,
            ]),
        get("list_orders", "/api/v1/orders", list).says("List orders", "Newest first."),
        get("get_order", "/api/v1/orders/{id}", read).says(
            "Read an order",
            "As it stands now. An order that is not yours does not exist for you.",
        ),
        patch("change_order", "/api/v1/orders/{id}", change)
            .says("Change an order's address", "Until it is shipped.")
            .refuses(&[&ADDRESS_FIXED, &ORDER_QUEUED]),
        get("get_order_history", "/api/v1/orders/{id}/history", history)
            .says("Read an order's history", "Every step that it took, the first one first.")
            .refuses(&[&ORDER_QUEUED]),
        post("cancel_order", "/api/v1/orders/{id}/cancel", cancel)
            .says(
                "Cancel an order",
                "Until it is shipped. Its stock goes back at once, its money after that. Cancelling twice is granted, \
                 and needs no idempotency key.",
            )
            .refuses(&[&TRANSITION, &ORDER_QUEUED]),
        post("advance_order", "/api/v1/orders/{id}/advance", advance)
            .says(
                "Move an order on",
                "To processing, shipped, delivered or refunded, one step after the other. A step taken twice is \
                 granted. Refunded gives all that is left of the money back.",
            )
            .refuses(&[&TRANSITION]),
    ];
    operations.push(find::operation());
    operations.extend(money::operations());
    operations
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The caller's name for what shall be done once; a request without one is refused before its body is read.
pub(crate) struct Key(pub(crate) IdempotencyKey);

impl FromRequestParts<Gateway> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Gateway) -> Result<Self, Problem> {
        let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) else {
            return Err(Problem::new(&IDEMPOTENCY_KEY_MISSING));
        };
        unquoted(key.to_str().unwrap_or_default()).parse().map(Self).map_err(|expected: Invalid| {
            Problem::new(&IDEMPOTENCY_KEY_MISSING)
                .detail(format!("Idempotency-Key: {expected}."))
                .error(expected.at("Idempotency-Key"))
        })
    }
}

/// The key as the draft standard of this header writes it, a quoted string with perhaps parameters (RFC 9651, 3.3.3), or
/// the key itself: both are the same key. A key is plain where its quotes do not close.
fn unquoted(header: &str) -> Cow<'_, str> {
    let Some(quoted) = header.strip_prefix('"') else { return header.into() };
    let (mut key, mut letters) = (String::with_capacity(quoted.len()), quoted.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if letters.as_str().is_empty() || letters.as_str().trim_start().starts_with(';') => {
                return key.into();
            }
            '"' => break,
            '\\' => key.extend(letters.next()),
            _ => key.push(letter),
        }
    }
    header.into()
}

impl Input for Key {
    fn describe(signature: &mut Signature) {
        signature.parameters.push(Parameter {
            name: Some("Idempotency-Key"),
            description: "Your name for this request, best a new UUID: the same request under the same name is done \
                          once.",
            is_required: true,
            schema: SchemaGenerator::subschema_for::<IdempotencyKey>,
            example: Some(|| PlaceOrder::example().idempotency_key.as_str().into()),
        });
        signature.refusals.push(&IDEMPOTENCY_KEY_MISSING);
    }
}

/// What can be changed of an order.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OrderChange {
    /// Where it goes now: the whole address.
    shipping_address: Address,
}

/// A step of an order.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// What it becomes.
    to: Step,
    /// The parcel; kept as it is when it is not given.
    tracking: Option<Tracking>,
}

message::words! {
    /// What the merchant can make of an order.
    enum Step {
        /// Being packed.
        Processing = "processing",
        /// On its way.
        Shipped = "shipped",
        /// Arrived.
        Delivered = "delivered",
        /// Arrived, and its money went back.
        Refunded = "refunded",
    }
}

impl From<Step> for OrderStatus {
    fn from(step: Step) -> Self {
        match step {
            Step::Processing => Self::Processing,
            Step::Shipped => Self::Shipped,
            Step::Delivered => Self::Delivered,
            Step::Refunded => Self::Refunded,
        }
    }
}

impl Sent for OrderChange {
    fn check(&self) -> Vec<FieldError> {
        self.shipping_address.check("/shipping_address")
    }
}

impl Sent for Advance {}

impl Example for OrderChange {
    fn example() -> Self {
        Self { shipping_address: Example::example() }
    }
}

impl Example for Advance {
    fn example() -> Self {
        Self { to: Step::Shipped, tracking: Example::example() }
    }
}

async fn list(
    State(gateway): State<Gateway>,
    _: Admin,
    Query(request): Query<ListOrders>,
) -> Result<Private<ListPage<Order>>, Refusal> {
    let page = gateway.ask(&request).await.map_err(|error| of_parameters(error.into_problem()))?;
    Ok(Private::of(&page)?)
}

async fn read(
    State(gateway): State<Gateway>,
    Asker(access): Asker,
    Path(id): Path<OrderId>,
) -> Result<Either<Private<OrderAnswer>, deferred::Accepted>, Refusal> {
    deferred::read(&gateway, GetOrder { id, access }).await
}

async fn history(
    State(gateway): State<Gateway>,
    Asker(access): Asker,
    Path(id): Path<OrderId>,
) -> Result<Private<History>, Refusal> {
    let request = GetHistory { id, access: access.clone() };
    let data = deferred::ask_placed(&gateway, id, &access, &request).await?;
    Ok(Private::of(&History { data })?)
}

async fn cancel(
    State(gateway): State<Gateway>,
    Asker(access): Asker,
    Path(id): Path<OrderId>,
) -> Result<Private<Order>, Refusal> {
    let request = CancelOrder { id, access: access.clone() };
    Ok(Private::of(&deferred::ask_placed(&gateway, id, &access, &request).await?)?)
}

async fn change(
    State(gateway): State<Gateway>,
    Asker(access): Asker,
    Path(id): Path<OrderId>,
    Body(OrderChange { shipping_address }): Body<OrderChange>,
) -> Result<Private<Order>, Refusal> {
    let request = ChangeAddress { id, access: access.clone(), shipping_address };
    Ok(Private::of(&deferred::ask_placed(&gateway, id, &access, &request).await?)?)
}

async fn advance(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Path(id): Path<OrderId>,
    Body(Advance { to, tracking }): Body<Advance>,
) -> Result<Private<Order>, Refusal> {
    Ok(Private::of(&gateway.ask(&AdvanceOrder { id, to: to.into(), tracking }).await?)?)
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    #[test]
    fn a_key_in_quotes_is_the_same_key() {
        for (header, key) in [
            ("retry-7", "retry-7"),
            ("\"retry-7\"", "retry-7"),
            ("\"retry-7\"; v=1", "retry-7"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            ("\"\"", ""),
            ("\"open", "\"open"),
            ("\"a\"b", "\"a\"b"),
            ("a\"b", "a\"b"),
        ] {
            assert_eq!(unquoted(header), key, "{header}");
        }
    }
}
