//! Orders: placing them, reading them, moving them on.

mod intake;
pub(crate) mod place;

use axum::{
    extract::{FromRequestParts, Path, State},
    response::Response,
};
use http::{HeaderName, StatusCode, Uri, request::Parts};
use message::{Address, Email, FieldError, IdempotencyKey};
use order_contract::{
    AdvanceOrder, CancelOrder, ChangeAddress, GetHistory, GetOrder, ListOrders, OrderId, OrderStatus,
    Tracking,
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use web::problem::Problem;

// utoipa finds what documents a handler beside the handler.
pub(crate) use place::{__path_place, InFlight, place};

use crate::{
    Gateway,
    access::{Admin, Asker},
    body::{Body, Sent},
    examples, private,
    problems::{IDEMPOTENCY_KEY_MISSING, Refusal, no_order},
    query::{NoParams, Params, Segment, of_parameters},
    schema,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The caller's name for what shall be done once; who sends none is told so before the body is read.
pub(crate) struct Key(pub(crate) IdempotencyKey);

impl FromRequestParts<Gateway> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Gateway) -> Result<Self, Problem> {
        let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) else {
            return Err(Problem::new(&IDEMPOTENCY_KEY_MISSING));
        };
        key.to_str().unwrap_or_default().parse().map(Self).map_err(|expected: message::Invalid| {
            Problem::new(&IDEMPOTENCY_KEY_MISSING)
                .detail(format!("Idempotency-Key: {expected}."))
                .error(expected.at("Idempotency-Key"))
        })
    }
}

/// What can be changed of an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderChange {
    /// Where it goes now: the whole address.
    #[schema(value_type = schema::Address)]
    shipping_address: Address,
}

impl Sent for OrderChange {
    fn example() -> Value {
        json!({"shipping_address": examples::address()})
    }
}

/// A step of an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advance {
    /// `processing`, `shipped`, `delivered` or `refunded`.
    #[schema(value_type = schema::OrderStatus)]
    to: OrderStatus,
    /// The parcel; kept as it is when it is not given.
    #[schema(value_type = Option<schema::Tracking>)]
    tracking: Option<Tracking>,
}

impl Sent for Advance {
    fn example() -> Value {
        examples::advance()
    }

    fn check(&self) -> Vec<FieldError> {
        use OrderStatus::{Delivered, Processing, Refunded, Shipped};
        if matches!(self.to, Processing | Shipped | Delivered | Refunded) {
            return Vec::new();
        }
        vec![FieldError::new("/to", "expected processing, shipped, delivered or refunded")]
    }
}

/// List orders
///
/// Newest first.
#[utoipa::path(get, path = "/api/v1/orders", tag = "orders", operation_id = "list_orders",
    params(
        ("status" = Option<schema::OrderStatus>, Query, description = "Only those in this state."),
        ("email" = Option<String>, Query, description = "Only those of this buyer."),
        ("limit" = Option<i64>, Query, description = "How many: 1 to 100, 20 unless said.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "Where to go on: the `next_cursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of orders.", body = schema::OrderList,
            example = json!({"data": [examples::order()], "next_cursor": null})),
        (status = 401, description = "`unauthorized`: without the admin key."),
        (status = 422, description = "`invalid-parameter`."),
    ),
    security(("admin" = [])))]
pub(crate) async fn list(State(gateway): State<Gateway>, _: Admin, uri: Uri) -> Result<Response, Problem> {
    let mut params = Params::of(&uri, &["status", "email", "cursor", "limit"]);
    let request = ListOrders {
        status: params.take_with("status", status),
        email: params.take::<Email>("email"),
        cursor: params.cursor(),
        limit: params.limit(),
    };
    params.end()?;
    private(StatusCode::OK, &gateway.ask(&request).await.map_err(Refusal::problem).map_err(of_parameters)?)
}

fn status(name: &str) -> Result<OrderStatus, String> {
    OrderStatus::ALL
        .into_iter()
        .find(|status| status.as_str() == name)
        .ok_or_else(|| format!("expected one of {}", OrderStatus::ALL.map(OrderStatus::as_str).join(", ")))
}

/// Read an order
///
/// As it stands now. An order that is not yours does not exist for you.
#[utoipa::path(get, path = "/api/v1/orders/{id}", tag = "orders", operation_id = "get_order",
    params(
        ("id" = String, Path, description = "The order.", example = json!(examples::ORDER)),
        ("token" = Option<String>, Query, description = "The order's token, for links; better sent as a header."),
    ),
    responses(
        (status = 200, description = "The order; or, of one that was accepted and then could not be placed, its `id`, \
            `status` `refused` and the `problem`.", body = schema::Order, example = json!(examples::order())),
        (status = 202, description = "It is accepted and not placed yet: ask again after `Retry-After` seconds.",
            body = schema::QueuedOrder, example = json!(examples::queued())),
        (status = 401, description = "`unauthorized`: neither token nor key was sent."),
        (status = 404, description = "`not-found`: there is no such order, or it is not yours."),
    ),
    security(("order_token" = []), ("admin" = [])))]
pub(crate) async fn read(
    State(gateway): State<Gateway>,
    Asker(access): Asker,
    id: Segment,
) -> Result<Response, Problem> {
    let id = order(id)?;
    intake::read(&gateway, id, &access, &GetOrder { id, access: access.clone() }).await
}

/// Read an order's history
///
/// Every step that it took, the first one first.
#[utoipa::path(get, path = "/api/v1/orders/{id}/history", tag = "orders", operation_id = "get_order_history",
    params(
        ("id" = String, Path, description = "The order.", example = json!(examples::ORDER)),
        ("token" = Option<String>, Query, description = "The order's token."),
    ),
    responses(
        (status = 200, description = "The steps.", body = schema::History, example = json!(examples::history())),
        (status = 401, description = "`unauthorized`: neither token nor key was sent."),
        (status = 404, description = "`not-found`: there is no such order, or it is not yours."),
        (status = 409, description = "`order-queued`: it is not placed yet."),
    ),
    security(("order_token" = []), ("admin" = [])))]
pub(crate) async fn history(
    State(gateway): State<Gateway>,
    Asker(access): Asker,
    id: Segment,
) -> Result<Response, Problem> {
    let id = order(id)?;
    let request = GetHistory { id, access: access.clone() };
    let steps = intake::change(&gateway, id, &access, &request).await?;
    private(StatusCode::OK, &json!({ "data": steps }))
}

/// Cancel an order
///
/// Until it is shipped. Its stock goes back at once, its money after that. Cancelling twice is granted, and needs no
/// idempotency key.
#[utoipa::path(post, path = "/api/v1/orders/{id}/cancel", tag = "orders", operation_id = "cancel_order",
    params(
        ("id" = String, Path, description = "The order.", example = json!(examples::ORDER)),
        ("token" = Option<String>, Query, description = "The order's token."),
    ),
    responses(
        (status = 200, description = "The order, cancelled.", body = schema::Order),
        (status = 401, description = "`unauthorized`: neither token nor key was sent."),
        (status = 404, description = "`not-found`: there is no such order, or it is not yours."),
        (status = 409, description = "`invalid-transition`: it is shipped already; `order-queued`: it is not placed yet."),
    ),
    security(("order_token" = []), ("admin" = [])))]
pub(crate) async fn cancel(
    State(gateway): State<Gateway>,
    Asker(access): Asker,
    id: Segment,
) -> Result<Response, Problem> {
    let id = order(id)?;
    let request = CancelOrder { id, access: access.clone() };
    private(StatusCode::OK, &intake::change(&gateway, id, &access, &request).await?)
}

/// Change an order's address
///
/// Until it is shipped.
#[utoipa::path(patch, path = "/api/v1/orders/{id}", tag = "orders", operation_id = "change_order",
    params(
        ("id" = String, Path, description = "The order.", example = json!(examples::ORDER)),
        ("token" = Option<String>, Query, description = "The order's token."),
    ),
    request_body(content = OrderChange, example = json!({"shipping_address": examples::address()})),
    responses(
        (status = 200, description = "The order as it is now.", body = schema::Order),
        (status = 400, description = "`malformed-json`."),
        (status = 401, description = "`unauthorized`: neither token nor key was sent."),
        (status = 404, description = "`not-found`: there is no such order, or it is not yours."),
        (status = 409, description = "`address-fixed`: the parcel is on its way, or the order has ended; `order-queued`: \
            it is not placed yet."),
        (status = 422, description = "`invalid-body`: `errors` points at each field."),
    ),
    security(("order_token" = []), ("admin" = [])))]
pub(crate) async fn change(
    State(gateway): State<Gateway>,
    Asker(access): Asker,
    id: Segment,
    Body(OrderChange { shipping_address }): Body<OrderChange>,
) -> Result<Response, Problem> {
    let id = order(id)?;
    let request = ChangeAddress { id, access: access.clone(), shipping_address };
    private(StatusCode::OK, &intake::change(&gateway, id, &access, &request).await?)
}

/// Move an order on
///
/// To processing, shipped, delivered or refunded, one step after the other. A step taken twice is granted.
#[utoipa::path(post, path = "/api/v1/orders/{id}/advance", tag = "orders", operation_id = "advance_order",
    params(("id" = String, Path, description = "The order.", example = json!(examples::ORDER))),
    request_body(content = Advance, example = json!(examples::advance())),
    responses(
        (status = 200, description = "The order as it is now.", body = schema::Order),
        (status = 400, description = "`malformed-json`."),
        (status = 401, description = "`unauthorized`: without the admin key."),
        (status = 404, description = "`not-found`: there is no such order."),
        (status = 409, description = "`invalid-transition`: there is no such step from where it stands."),
        (status = 422, description = "`invalid-body`: `errors` points at each field."),
    ),
    security(("admin" = [])))]
pub(crate) async fn advance(
    State(gateway): State<Gateway>,
    _: Admin,
    _: NoParams,
    id: Segment,
    Body(Advance { to, tracking }): Body<Advance>,
) -> Result<Response, Problem> {
    private(
        StatusCode::OK,
        &gateway.ask(&AdvanceOrder { id: order(id)?, to, tracking }).await.map_err(Refusal::problem)?,
    )
}

/// What is no id of an order names no order.
fn order(id: Segment) -> Result<OrderId, Problem> {
    id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(no_order)
}
