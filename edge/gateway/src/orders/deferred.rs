//! Deferred orders in HTTP: 202 until they are placed. [`edge_common::deferred`] says how they are taken.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use edge_common::deferred::DeferredOrder;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{LOCATION, RETRY_AFTER},
    request::Parts,
};
use message::{Example, Fault, Request};
use order_contract::{Access, GetOrder, Order, OrderError, OrderId, OrderSecret};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use web::problem::Problem;

use super::place::refused;
use crate::{
    Gateway,
    answer::{Either, Private, private, with},
    operation::{Input, Output, Parameter, ResponseDoc, Signature},
    problems::{ORDER_QUEUED, ProblemResource, Refusal},
};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const RESPOND_ASYNC: &str = "respond-async";

/// An order that is accepted and not placed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueuedOrder {
    /// The id that it has when it is placed.
    pub id: OrderId,
    /// Always `queued`.
    pub status: String,
    /// Opens the order to whoever has it, now and when it is placed; for its buyer alone.
    pub token: String,
}

/// An order that was accepted and then could not be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedOrder {
    /// The id that it would have had.
    pub id: OrderId,
    /// Always `refused`.
    pub status: String,
    /// Why it could not be placed.
    pub problem: ProblemResource,
}

/// An order, or what became of one that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OrderAnswer {
    /// As it stands.
    Placed(Box<Order>),
    /// It was accepted and then could not be placed.
    Refused(Box<RefusedOrder>),
}

/// 202: the order is accepted, and is placed or refused soon.
pub(crate) struct Accepted(Response);

/// Whether the client would rather not wait (RFC 7240).
pub(super) struct RespondAsync(pub(super) bool);

impl FromRequestParts<Gateway> for RespondAsync {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Gateway) -> Result<Self, Infallible> {
        Ok(Self(is_asked_for(&parts.headers)))
    }
}

fn is_asked_for(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all(PREFER).into_iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|value| value.split(',')).any(|preference| {
        preference.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(RESPOND_ASYNC)
    })
}

/// Says that the order is accepted and placed later.
pub(super) fn accepted(order: DeferredOrder, is_asked_for: bool) -> Result<Accepted, Fault> {
    let DeferredOrder { id, token } = order;
    let response = private(StatusCode::ACCEPTED, &QueuedOrder { id, status: "queued".to_owned(), token })?;
    let response = with(response, RETRY_AFTER, HeaderValue::from(Fault::RETRY_AFTER.as_secs()));
    let location = HeaderValue::try_from(path(id)).map_err(Fault::internal)?;
    let response = with(response, LOCATION, location);
    Ok(Accepted(if is_asked_for {
        with(response, PREFERENCE_APPLIED, HeaderValue::from_static(RESPOND_ASYNC))
    } else {
        response
    }))
}

/// Where an order is read.
pub(super) fn path(id: impl std::fmt::Display) -> String {
    format!("/api/v1/orders/{id}")
}

/// Reads an order that may be deferred, or have been refused after that.
pub(super) async fn read(
    gateway: &Gateway,
    request: GetOrder,
) -> Result<Either<Private<OrderAnswer>, Accepted>, Refusal> {
    let (id, intake) = (request.id, &gateway.0.intake);
    let order = match intake.read(id, &request.access, &request).await {
        Ok(Some(order)) => OrderAnswer::Placed(Box::new(order)),
        Ok(None) => return Ok(Either::Other(accepted(intake.deferred(id), false)?)),
        Err(OrderError::Refused(error)) => {
            OrderAnswer::Refused(Box::new(RefusedOrder::new(id, &refused(error, &[]))))
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Either::One(Private::of(&order)?))
}

/// Asks for something of an order that must be placed by now.
pub(super) async fn ask_placed<R>(
    gateway: &Gateway,
    id: OrderId,
    access: &Access,
    request: &R,
) -> Result<R::Reply, Refusal>
where
    R: Request<Error = OrderError>,
{
    let reply = gateway.0.intake.change(id, access, request).await?;
    reply.ok_or_else(|| Problem::new(&ORDER_QUEUED).retry_after(Fault::RETRY_AFTER).into())
}

impl Input for RespondAsync {
    fn describe(signature: &mut Signature) {
        signature.parameters.push(Parameter {
            name: Some("Prefer"),
            description: "`respond-async`: do not wait until the order is placed (RFC 7240).",
            is_required: false,
            schema: SchemaGenerator::subschema_for::<String>,
            example: None,
        });
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for Accepted {
    fn describe(signature: &mut Signature) {
        signature.answers.push(ResponseDoc {
            headers: &[
                ("Location", "Where it is read from now on."),
                ("Retry-After", "After how many seconds to look again."),
            ],
            ..ResponseDoc::of::<QueuedOrder>(StatusCode::ACCEPTED)
        });
    }
}

impl RefusedOrder {
    fn new(id: OrderId, problem: &Problem) -> Self {
        Self { id, status: "refused".to_owned(), problem: problem.into() }
    }
}

impl Example for QueuedOrder {
    fn example() -> Self {
        let id = Example::example();
        Self { id, status: "queued".to_owned(), token: OrderSecret::example().deferred_token(id) }
    }
}

impl Example for OrderAnswer {
    fn example() -> Self {
        Self::Placed(Box::new(Order::example()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_as_the_standard_writes_them() {
        let asks = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PREFER, HeaderValue::from_static(value));
            }
            is_asked_for(&headers)
        };
        assert!(asks(&["respond-async"]) && asks(&["return=minimal, Respond-Async; foo=1"]));
        assert!(asks(&["wait=10", "respond-async, wait=10"]));
        assert!(!asks(&[]) && !asks(&["respond-sync"]) && !asks(&["wait=respond-async"]));
    }
}
