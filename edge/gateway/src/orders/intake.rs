//! Orders that are accepted now and placed later, by whoever keeps the durable queue in between.
//!
//! The order has its id and its page from the first moment. Its token, a receipt, says that it was accepted: whoever
//! shows it and finds no order, or nobody to ask, is told to come back, not that there is none.

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, LOCATION, RETRY_AFTER},
};
use message::{Fault, Request, RequestError as _};
use order_contract::{Access, OrderError, OrderId, OrderRequested, PlaceOrder};
use serde_json::json;
use web::{guard, problem::Problem};

use super::place::refused;
use crate::{
    Gateway, private,
    problems::{ORDER_QUEUED, Refusal as _},
};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const RESPOND_ASYNC: &str = "respond-async";

/// Whether the client would rather not wait (RFC 7240).
pub(super) fn is_asked_for(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all(PREFER).into_iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|value| value.split(',')).any(|preference| {
        preference.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(RESPOND_ASYNC)
    })
}

/// Accepts an order: on return it is durably queued, or decided over already.
pub(super) async fn accept(
    gateway: &Gateway,
    order: PlaceOrder,
    is_asked_for: bool,
) -> Result<Response, Problem> {
    let bus = &gateway.0.bus;
    let id: OrderId = bus.ids().id();
    bus.send(guard::headers(bus.ids()), &OrderRequested { id, order }).await?;
    let mut response = queued(gateway, id);
    let location = HeaderValue::try_from(format!("/api/v1/orders/{id}")).map_err(Fault::internal)?;
    response.headers_mut().insert(LOCATION, location);
    if is_asked_for {
        response.headers_mut().insert(PREFERENCE_APPLIED, HeaderValue::from_static(RESPOND_ASYNC));
    }
    Ok(response)
}

/// That the order is accepted and waits for its turn.
fn queued(gateway: &Gateway, id: OrderId) -> Response {
    let body = json!({ "id": id, "status": "queued", "token": gateway.0.secret.receipt(id) });
    let headers = [
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (RETRY_AFTER, HeaderValue::from(Fault::RETRY_AFTER.as_secs())),
    ];
    (StatusCode::ACCEPTED, headers, axum::Json(body)).into_response()
}

/// Reads an order that may have been accepted only, or refused after that.
pub(super) async fn read<R>(
    gateway: &Gateway,
    id: OrderId,
    access: &Access,
    request: &R,
) -> Result<Response, Problem>
where
    R: Request<Error = OrderError>,
{
    let is_accepted = gateway.0.secret.is_receipt(id, access);
    let answer = if is_accepted { ask_briefly(gateway, request).await } else { gateway.ask(request).await };
    match answer {
        Ok(reply) => private(StatusCode::OK, &reply),
        Err(OrderError::NotFound) if is_accepted => Ok(queued(gateway, id)),
        Err(OrderError::Refused(refusal)) => private(
            StatusCode::OK,
            &json!({ "id": id, "status": "refused", "problem": refused(refusal, &[]) }),
        ),
        Err(error) if is_accepted && error.fault().is_some_and(Fault::is_transient) => {
            Ok(queued(gateway, id))
        }
        Err(error) => Err(error.problem()),
    }
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

/// Asks for a change of an order; one that is only accepted cannot be changed yet.
pub(super) async fn change<R>(
    gateway: &Gateway,
    id: OrderId,
    access: &Access,
    request: &R,
) -> Result<R::Reply, Problem>
where
    R: Request<Error = OrderError>,
{
    match gateway.ask(request).await {
        Ok(reply) => Ok(reply),
        Err(OrderError::NotFound) if gateway.0.secret.is_receipt(id, access) => {
            Err(Problem::new(&ORDER_QUEUED).retry_after(Fault::RETRY_AFTER))
        }
        Err(error) => Err(error.problem()),
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
