//! An order as its buyer sees it, the forms on its page, and the stream of status changes that the page follows.

use axum::{
    extract::{FromRequest as _, Request, State},
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
    Access, CancelOrder, CancelReason, GetHistory, GetOrder, HistoryEntry, Order, OrderError, OrderId,
    OrderStatus, PayOrder, PlaceError, Unpayable,
};
use serde::Deserialize;
use web::form::{FormBody, Params};

use crate::{
    Storefront,
    order_feeds::{Follower, StatusChange},
    pages::{Segment, checkout::to_order, payment, secret},
    refusal::Refusal,
    standing,
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
    pub(super) token: String,
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
                vec![Link::new("Find my order", "/orders/find"), Link::new("See everything", "/products")],
            ),
        }
    }
}

pub(crate) async fn show(
    State(storefront): State<Storefront>,
    Segment(id): Segment,
    Params(OrderQuery { token }): Params<OrderQuery>,
) -> Result<Response, Refusal> {
    page(&storefront, parse(&id)?, &token, None).await
}

/// What was wrong with a form that pays an order again.
struct PayError {
    status: StatusCode,
    message: &'static str,
    /// What was chosen.
    chosen: String,
}

/// The order's page; with `error`, the answer to the form on it.
async fn page(
    storefront: &Storefront,
    id: OrderId,
    token: &str,
    error: Option<PayError>,
) -> Result<Response, Refusal> {
    let access = Access::Token(token.to_owned());
    let (get_order, get_history) =
        (GetOrder { id, access: access.clone() }, GetHistory { id, access: access.clone() });
    let intake = &storefront.0.intake;
    let answers =
        tokio::try_join!(intake.read(id, &access, &get_order), intake.read(id, &access, &get_history))?;
    let (Some(order), Some(history)) = answers else { return Ok(deferred(&paths::order(id, token))) };

    let status = error.as_ref().map_or(StatusCode::OK, |error| error.status);
    let mut view = view(storefront, &order, &history, token);
    if order.unpayable(storefront.0.bus.now()).is_none() {
        view.pay = Some(pay_form(storefront, &order, token, error).await?);
    }
    let mut response = secret(storefront.render("", &view)?);
    *response.status_mut() = status;
    Ok(response)
}

fn view(storefront: &Storefront, order: &Order, history: &[HistoryEntry], token: &str) -> views::OrderView {
    let shop = storefront.shop();
    let zone = &shop.time_zone;
    let standing = standing::of(order);
    // Later the page asks again when it is shown again: a browser has few connections, and open pages are many.
    let is_paying = order.status == OrderStatus::Pending && !standing::payment_failed(order);
    views::OrderView {
        number: order.number.to_string(),
        status: standing.status.into(),
        headline: standing.headline.into(),
        detail: standing::detail(order, storefront.0.bus.now(), zone),
        tone: standing.tone,
        next: again(order),
        pay: None,
        cancel: standing::can_be_cancelled(order).then(|| action(order.id, "cancel", token)),
        steps: standing::steps(order, history),
        events: is_paying.then(|| action(order.id, "events", token)),
        open: standing::is_open(order),
        reload: is_paying,
        lines: order.lines.iter().map(words::line).collect(),
        amounts: words::amounts(&order.lines, &order.totals, shop.tax_name.as_str()),
        total: order.totals.total.to_string(),
        money: standing::money(order, zone),
        parcel: order.tracking.as_ref().map(standing::parcel),
        email: order.email.to_string(),
        address: order.shipping_address.lines(),
        note: order.note.iter().flat_map(|note| note.as_str().lines()).map(ToOwned::to_owned).collect(),
        history: standing::history(order, history, zone),
        placed: words::moment(order.placed_at, zone),
        seller: words::seller(&shop),
        mails: storefront.0.settings.mailbox.then(|| action(order.id, "mails", token)),
    }
}

/// The path of something that belongs to the order.
fn action(id: OrderId, name: &str, token: &str) -> String {
    format!("/orders/{id}/{name}?token={}", paths::encoded(token))
}

async fn pay_form(
    storefront: &Storefront,
    order: &Order,
    token: &str,
    error: Option<PayError>,
) -> Result<views::PayForm, Refusal> {
    let providers = storefront.0.providers.list().await.unwrap_or_default();
    let (message, chosen) = error.map(|error| (error.message.to_owned(), error.chosen)).unzip();
    Ok(views::PayForm {
        action: action(order.id, "payments", token),
        key: message::hex(&storefront.0.bus.ids().bytes::<16>()),
        total: order.totals.total.to_string(),
        payments: payment::groups(&providers),
        chosen: chosen
            .filter(|chosen| !chosen.is_empty())
            .or_else(|| payment::first(&providers))
            .unwrap_or_default(),
        error: message,
    })
}

/// The form that pays an order again.
#[derive(Debug, Deserialize)]
pub(crate) struct PayFields {
    #[serde(default)]
    key: String,
    #[serde(default)]
    payment: String,
}

/// Pays an order again whose last payment failed. Sending the same form again is safe: it has a key. Each counts as an order
/// does, for it tries a card.
pub(crate) async fn pay(
    State(storefront): State<Storefront>,
    Segment(id): Segment,
    Params(OrderQuery { token }): Params<OrderQuery>,
    request: Request,
) -> Result<Response, Refusal> {
    let id = parse(&id)?;
    let admission = storefront.0.settings.orders.admit(&request).await;
    let FormBody(form) = FormBody::<PayFields>::from_request(request, &()).await?;
    let mut response = match admission.refusal {
        Some(problem) => {
            let message = "That was tried too often. Wait a moment, then send the form again.";
            let error = PayError { status: problem.status(), message, chosen: form.payment };
            page(&storefront, id, &token, Some(error)).await?
        }
        None => take_payment(&storefront, id, token, form).await?,
    };
    response.headers_mut().extend(admission.headers);
    Ok(response)
}

async fn take_payment(
    storefront: &Storefront,
    id: OrderId,
    token: String,
    form: PayFields,
) -> Result<Response, Refusal> {
    let wrong = |status, message| Some(PayError { status, message, chosen: form.payment.clone() });
    let providers = storefront.0.providers.list().await.unwrap_or_default();
    let Some(payment) = payment::read(&form.payment, &providers) else {
        let error = wrong(StatusCode::UNPROCESSABLE_ENTITY, "Choose how to pay.");
        return page(storefront, id, &token, error).await;
    };
    let Ok(idempotency_key) = form.key.parse() else {
        let error = wrong(StatusCode::UNPROCESSABLE_ENTITY, "The form had lost its number. Send it again.");
        return page(storefront, id, &token, error).await;
    };
    let access = Access::Token(token.clone());
    let request = PayOrder { id, access: access.clone(), idempotency_key, payment };
    match storefront.0.intake.change(id, &access, &request).await {
        // Paid meanwhile, or ended: the page says which.
        Ok(_) | Err(OrderError::Unpayable(_)) => Ok(to_order(id, &token)),
        Err(OrderError::KeyReused | OrderError::Invalid(_)) => {
            let message = "The form was sent before with another choice. Look it over and send it again.";
            page(storefront, id, &token, wrong(StatusCode::CONFLICT, message)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Cancels an order for its buyer. Sending the same form again is safe.
pub(crate) async fn cancel(
    State(storefront): State<Storefront>,
    Segment(id): Segment,
    Params(OrderQuery { token }): Params<OrderQuery>,
) -> Result<Response, Refusal> {
    let id = parse(&id)?;
    let access = Access::Token(token.clone());
    let request = CancelOrder { id, access: access.clone() };
    match storefront.0.intake.change(id, &access, &request).await {
        // It has left meanwhile, or ended otherwise: the page says so.
        Ok(_) | Err(OrderError::Transition { .. }) => Ok(to_order(id, &token)),
        Err(error) => Err(error.into()),
    }
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
    let too_often = order.unpayable(order.placed_at) == Some(Unpayable::TooOften);
    (order.status == OrderStatus::Cancelled || too_often).then(|| Link::new(words, href))
}

/// The order's status now, then every change of it, until no more can follow.
pub(crate) async fn events(
    State(storefront): State<Storefront>,
    Segment(id): Segment,
    Params(OrderQuery { token }): Params<OrderQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = parse(&id)?;
    // Followed before it is read, so that no change in between is missed.
    let follower = storefront.0.order_feeds.follow(id);
    let order = storefront.ask(&GetOrder { id, access: Access::Token(token) }).await?;
    let follower =
        follower.ok_or_else(|| Fault::new(Kind::Busy, "an order is followed by too many pages"))?;
    let now = StatusChange {
        reason: order.cancel_reason,
        payment_failed: standing::payment_failed(&order),
        ..StatusChange::new(order.version, order.status)
    };
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
    let standing = standing::standing(change.status, change.reason, change.payment_failed);
    let event = Event::default().id(change.version.to_string());
    // Words of our own always serialise; a page without events reads the order again.
    event.clone().json_data(standing).unwrap_or(event)
}

pub(super) fn parse(id: &str) -> Result<OrderId, Refusal> {
    id.parse().map_err(|_| OrderError::NotFound.into())
}
