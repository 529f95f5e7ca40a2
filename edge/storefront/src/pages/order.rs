//! An order, as the one who placed it sees it, and the stream that its page follows.

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response, sse::Event},
};
use futures::{Stream, StreamExt as _, stream};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{REFERRER_POLICY, REFRESH},
};
use message::{Fault, Kind, RequestError as _};
use order_contract::{
    Access, CancelReason, GetHistory, GetOrder, Order, OrderError, OrderId, OrderStatus, PlaceError,
};
use serde::Deserialize;
use web::form::Params;

use crate::{
    Storefront,
    live::{Change, Follower},
    pages::secret,
    refusal::Refusal,
    views::{self, Link},
    words,
};

/// What a browser that reconnects has heard last (WHATWG HTML, 9.2.4).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What opens an order.
#[derive(Debug, Deserialize)]
pub(crate) struct Key {
    #[serde(default)]
    token: String,
}

impl From<OrderError> for Refusal {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Fault(fault) => fault.into(),
            OrderError::Refused(refusal) => {
                let message = match refusal {
                    PlaceError::OutOfStock(_) => {
                        "When its turn came, the last of what you wanted had found a home. Nothing was charged."
                    }
                    _ => {
                        "When its turn came, something about it was not right any more. Nothing was charged."
                    }
                };
                let links = vec![Link::new("See everything", "/products")];
                Self::new(StatusCode::OK, "Your order could not be placed", message, links)
            }
            // Whoever has not the token learns nothing, not even that there is such an order.
            _ => Self::new(
                StatusCode::NOT_FOUND,
                "There is no such order here",
                "The address must be exactly the one in your confirmation mail: its last part opens the order.",
                vec![Link::new("See everything", "/products")],
            ),
        }
    }
}

/// The page of an order.
pub(crate) fn href(id: OrderId, token: &str) -> String {
    format!("/orders/{id}?token={}", words::encoded(token))
}

pub(crate) async fn show(
    State(shop): State<Storefront>,
    Path(id): Path<String>,
    Params(Key { token }): Params<Key>,
) -> Result<Response, Refusal> {
    let id = known(&id)?;
    let access = Access::Token(token.clone());
    let (get_order, get_history) = (GetOrder { id, access: access.clone() }, GetHistory { id, access });
    let is_accepted = shop.0.settings.secret.is_receipt(id, &get_order.access);
    let answers = if is_accepted {
        tokio::join!(shop.ask_briefly(&get_order), shop.ask_briefly(&get_history))
    } else {
        tokio::join!(shop.ask(&get_order), shop.ask(&get_history))
    };
    let (order, history) = match answers {
        (Err(OrderError::NotFound), _) if is_accepted => return Ok(waiting(&href(id, &token))),
        (Err(error), _) | (_, Err(error))
            if is_accepted && error.fault().is_some_and(Fault::is_transient) =>
        {
            return Ok(waiting(&href(id, &token)));
        }
        (order, history) => (order?, history?),
    };

    let settings = &shop.0.settings;
    let standing = words::standing(order.status, order.cancel_reason);
    let events = format!("/orders/{id}/events?token={}", words::encoded(&token));
    let has_mail = settings.mailbox && history.iter().any(|entry| entry.status == OrderStatus::Confirmed);
    let view = views::Order {
        number: order.number.to_string(),
        status: standing.status.into(),
        headline: standing.headline.into(),
        detail: words::detail(&order),
        tone: standing.tone,
        next: again(&order),
        steps: words::steps(order.status, &history),
        events: words::is_open(&order).then_some(events),
        reload: order.status == OrderStatus::Pending,
        lines: order.lines.iter().map(words::line).collect(),
        amounts: words::amounts(&order.lines, &order.totals, &settings.tax_name),
        total: order.totals.total.to_string(),
        email: order.email.to_string(),
        address: words::address(&order.shipping_address, &settings.countries),
        history: words::history(&order, &history),
        mailbox: has_mail.then(|| "/mailbox".into()),
    };
    Ok(secret(shop.draw("", &view)?))
}

/// The page of an order that is accepted and not placed yet. It looks again by itself.
fn waiting(here: &str) -> Response {
    let refusal = Refusal::new(
        StatusCode::ACCEPTED,
        "Your order is in line",
        "We have it, and it is placed as soon as its turn comes: nothing more is for you to do. This page looks again \
         by itself.",
        vec![Link::new("Look now", here), Link::new("See everything", "/products")],
    );
    let mut response = refusal.into_response();
    let headers = response.headers_mut();
    headers.insert(REFRESH, HeaderValue::from_static("2"));
    // The address opens the order: as of the order's page, nobody hears of it.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A cancelled order of one thing can be placed anew.
fn again(order: &Order) -> Option<Link> {
    let [line] = order.lines.as_slice() else { return None };
    let href = format!("/checkout?variant={}&quantity={}", line.variant_id, line.quantity);
    let words = match order.cancel_reason {
        Some(CancelReason::PaymentFailed) => "Try another card",
        _ => "Order it again",
    };
    (order.status == OrderStatus::Cancelled).then(|| Link::new(words, href))
}

/// The order's status now, then every change of it, until nothing more can come.
pub(crate) async fn events(
    State(shop): State<Storefront>,
    Path(id): Path<String>,
    Params(Key { token }): Params<Key>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = known(&id)?;
    // Followed before it is read: else what happens in between would be missed.
    let follower = shop.0.live.follow(id);
    let order = shop.ask(&GetOrder { id, access: Access::Token(token) }).await?;
    let follower =
        follower.ok_or_else(|| Fault::new(Kind::Busy, "an order is followed by too many pages"))?;
    let now = Change { version: order.version, status: order.status, reason: order.cancel_reason };
    let heard = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    if now.is_last() && heard == Some(now.version) {
        // Tells the browser to stop asking.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(shop.0.streams.open(changes(follower, now).map(|change| event(&change)))?)
}

fn changes(follower: Follower, now: Change) -> impl Stream<Item = Change> + Send + 'static {
    let rest = stream::unfold((follower, now), |(mut follower, last)| async move {
        if last.is_last() {
            return None;
        }
        let change = follower.after(last.version).await?;
        Some((change, (follower, change)))
    });
    stream::iter([now]).chain(rest)
}

fn event(change: &Change) -> Event {
    let standing = words::standing(change.status, change.reason);
    let event = Event::default().id(change.version.to_string());
    // Words of our own always serialise; a page that hears nothing asks again.
    event.clone().json_data(standing).unwrap_or(event)
}

fn known(id: &str) -> Result<OrderId, Refusal> {
    id.parse().map_err(|_| OrderError::NotFound.into())
}
