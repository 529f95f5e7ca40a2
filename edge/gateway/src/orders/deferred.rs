//! Orders that are accepted now and placed later, by whoever keeps the durable queue in between.
//!
//! The order has its id and its page from the first moment. Its token, a receipt, says that it was accepted: a client
//! that shows it while there is no order yet, or nobody to ask, is told to come back, not that there is none.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{LOCATION, RETRY_AFTER},
    request::Parts,
};
use message::{Example, Fault, Request, RequestError as _};
use order_contract::{Access, GetOrder, Order, OrderError, OrderId, OrderRequested, PlaceOrder, Secret};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use web::{guard, problem::Problem};

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
    Refused(RefusedOrder),
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

/// Accepts an order: on return it is durably queued, or decided already.
pub(super) async fn accept(
    gateway: &Gateway,
    order: PlaceOrder,
    is_asked_for: bool,
) -> Result<Accepted, Fault> {
    let bus = &gateway.0.bus;
    let id: OrderId = bus.ids().id();
    bus.send(guard::headers(bus.ids()), &OrderRequested { id, order }).await?;
    let Accepted(response) = queued(gateway, id)?;
    Ok(Accepted(if is_asked_for {
        with(response, PREFERENCE_APPLIED, HeaderValue::from_static(RESPOND_ASYNC))
    } else {
        response
    }))
}

/// Says that the order is accepted and waits for its turn.
fn queued(gateway: &Gateway, id: OrderId) -> Result<Accepted, Fault> {
    let body = QueuedOrder { id, status: "queued".to_owned(), token: gateway.0.secret.receipt(id) };
    let response = private(StatusCode::ACCEPTED, &body)?;
    let response = with(response, RETRY_AFTER, HeaderValue::from(Fault::RETRY_AFTER.as_secs()));
    let location = HeaderValue::try_from(path(id)).map_err(Fault::internal)?;
    Ok(Accepted(with(response, LOCATION, location)))
}

/// Where an order is read.
pub(super) fn path(id: impl std::fmt::Display) -> String {
    format!("/api/v1/orders/{id}")
}

/// Reads an order that may have been accepted only, or refused after that.
pub(super) async fn read(
    gateway: &Gateway,
    request: GetOrder,
) -> Result<Either<Private<OrderAnswer>, Accepted>, Refusal> {
    let id = request.id;
    let is_accepted = gateway.0.secret.is_receipt(id, &request.access);
    let answer = if is_accepted { ask_briefly(gateway, &request).await } else { gateway.ask(&request).await };
    let order = match answer {
        Ok(order) => OrderAnswer::Placed(Box::new(order)),
        Err(OrderError::Refused(error)) => OrderAnswer::Refused(RefusedOrder::new(id, &refused(error, &[]))),
        Err(error) if is_accepted && is_to_come(&error) => return Ok(Either::Other(queued(gateway, id)?)),
        Err(error) => return Err(error.into()),
    };
    Ok(Either::One(Private::of(&order)?))
}

/// Whether an accepted order may still be there later.
fn is_to_come(error: &OrderError) -> bool {
    *error == OrderError::NotFound || error.fault().is_some_and(Fault::is_transient)
}

/// How long an order that is known to be accepted is asked for: it may be that nobody is there to place it.
const BRIEFLY: Duration = Duration::from_secs(1);

/// Asks like [`Gateway::ask`], where there is an answer for the client also without one of the service.
async fn ask_briefly<R: Request>(gateway: &Gateway, request: &R) -> Result<R::Reply, R::Error> {
    let bus = &gateway.0.bus;
    let mut headers = guard::headers(bus.ids());
    headers.deadline = Some(bus.now().after(BRIEFLY));
    bus.ask_with(headers, request).await
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
    match gateway.ask(request).await {
        Err(OrderError::NotFound) if gateway.0.secret.is_receipt(id, access) => {
            Err(Problem::new(&ORDER_QUEUED).retry_after(Fault::RETRY_AFTER).into())
        }
        answer => Ok(answer?),
    }
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
        Self { id, status: "queued".to_owned(), token: Secret::example().receipt(id) }
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
