//! An order as its buyer sees it, and the stream of status changes that its page follows.

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response, sse::Event},
};
use edge_common::paths;
use futures::{Stream, StreamExt as _, stream};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{REFERRER_POLICY, REFRESH},
};
use message::{Fault, Kind};
use order_contract::{
    Access, CancelReason, GetHistory, GetOrder, Order, OrderError, OrderId, OrderStatus, PlaceError,
};
use serde::Deserialize;
use web::form::Params;

use crate::{
    Storefront,
    order_feeds::{Follower, StatusChange},
    pages::secret,
    refusal::Refusal,
    views::{self, Link},
    words,
};

/// The id of the last event that a reconnecting browser received (WHATWG HTML, 9.2.4).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The query of an order's pages.
#[derive(Debug, Deserialize)]
pub(crate) struct OrderQuery {
    /// Opens the order.
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
                    PlaceError::PriceChanged(_) => {
                        "When its turn came, its price was another than the one that you were shown. Nothing was charged."
                    }
                    _ => {
                        "When its turn came, something about it was not right any more. Nothing was charged."
                    }
                };
                let links = vec![Link::new("See everything", "/products")];
                Self::new(StatusCode::OK, "Your order could not be placed", message, links)
            }
            // Without the token nobody learns even that there is such an order.
            _ => Self::new(
                StatusCode::NOT_FOUND,
                "There is no such order here",
                "The address must be exactly the one in your confirmation mail: its last part opens the order.",
                vec![Link::new("See everything", "/products")],
            ),
        }
    }
}

pub(crate) async fn show(
    State(storefront): State<Storefront>,
    Path(id): Path<String>,
    Params(OrderQuery { token }): Params<OrderQuery>,
) -> Result<Response, Refusal> {
    let id = parse(&id)?;
    let access = Access::Token(token.clone());
    let (get_order, get_history) =
        (GetOrder { id, access: access.clone() }, GetHistory { id, access: access.clone() });
    let intake = &storefront.0.intake;
    let answers =
        tokio::try_join!(intake.read(id, &access, &get_order), intake.read(id, &access, &get_history))?;
    let (Some(order), Some(history)) = answers else { return Ok(deferred(&paths::order(id, &token))) };

    let settings = &storefront.0.settings;
    let shop = storefront.shop();
    let standing = words::standing(order.status, order.cancel_reason);
    let events = format!("/orders/{id}/events?token={}", paths::encoded(&token));
    let has_mail = settings.mailbox && history.iter().any(|entry| entry.status == OrderStatus::Confirmed);
    let view = views::OrderView {
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
        amounts: words::amounts(&order.lines, &order.totals, shop.tax_name.as_str()),
        total: order.totals.total.to_string(),
        email: order.email.to_string(),
        address: order.shipping_address.lines(),
        history: words::history(&order, &history, &shop.time_zone),
        mailbox: has_mail.then(|| "/mailbox".into()),
    };
    Ok(secret(storefront.render("", &view)?))
}

/// The page of a deferred order. It reloads itself every two seconds.
fn deferred(here: &str) -> Response {
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
    // The URL holds the token, as that of the order's own page does.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A cancelled order of one variant can be placed again.
fn again(order: &Order) -> Option<Link> {
    let [line] = order.lines.as_slice() else { return None };
    let href = format!("/checkout?variant={}&quantity={}", line.variant_id, line.quantity);
    let words = match order.cancel_reason {
        Some(CancelReason::PaymentFailed) => "Try another card",
        _ => "Order it again",
    };
    (order.status == OrderStatus::Cancelled).then(|| Link::new(words, href))
}

/// The order's status now, then every change of it, until no more can follow.
pub(crate) async fn events(
    State(storefront): State<Storefront>,
    Path(id): Path<String>,
    Params(OrderQuery { token }): Params<OrderQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = parse(&id)?;
    // Followed before it is read, so that no change in between is missed.
    let follower = storefront.0.order_feeds.follow(id);
    let order = storefront.ask(&GetOrder { id, access: Access::Token(token) }).await?;
    let follower =
        follower.ok_or_else(|| Fault::new(Kind::Busy, "an order is followed by too many pages"))?;
    let now = StatusChange { version: order.version, status: order.status, reason: order.cancel_reason };
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    if now.is_last() && last == Some(now.version) {
        // Tells the browser to stop asking.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(storefront.0.streams.open(changes(follower, now).map(|change| event(&change)))?)
}

fn changes(follower: Follower, now: StatusChange) -> impl Stream<Item = StatusChange> + Send + 'static {
    let rest = stream::unfold((follower, now), |(mut follower, last)| async move {
        if last.is_last() {
            return None;
        }
        let change = follower.after(last.version).await?;
        Some((change, (follower, change)))
    });
    stream::iter([now]).chain(rest)
}

fn event(change: &StatusChange) -> Event {
    let standing = words::standing(change.status, change.reason);
    let event = Event::default().id(change.version.to_string());
    // Words of our own always serialise; a page without events reads the order again.
    event.clone().json_data(standing).unwrap_or(event)
}

fn parse(id: &str) -> Result<OrderId, Refusal> {
    id.parse().map_err(|_| OrderError::NotFound.into())
}
