//! The checkout: what it costs, the buy form, and the order.
//!
//! The form holds an idempotency key. Sending the same form again is always safe: it finds the order that was placed, or
//! places it.

mod ordered;
mod page;

use std::time::Duration;

use axum::{
    extract::{FromRequest as _, Request, State},
    response::{IntoResponse as _, Response},
};
use edge_common::{deferred::OrderOutcome, paths};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, LOCATION},
};
use message::IdempotencyKey;
use order_contract::{OrderId, PlaceError, PlaceOrder, PlacedOrder, PriceChange};
use product_contract::ProductKey;
use web::{
    form::{FormBody, Params},
    problem::Problem,
};

use self::page::{
    FormState, Price, SOLD_OUT, lower, product, providers, quote, refused, render, show_again, whole,
};
use crate::{
    Storefront, destinations,
    pages::{
        NO_STORE,
        form::{self, Choice, ChoiceFields, Form, ShownTotal},
        product::{VariantFields, named, visible},
    },
    refusal::Refusal,
};

/// How long a second press waits for what the first one is doing.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSES: usize = 15;

pub(crate) async fn show(
    State(storefront): State<Storefront>,
    headers: HeaderMap,
    Params(fields): Params<ChoiceFields>,
) -> Result<Response, Refusal> {
    let again = !fields.again.is_empty();
    let choice = with_id(&storefront, fields).await?.read()?;
    if !again && let Some(notice) = ordered::notice(&storefront, &headers, &choice).await {
        return Err(notice);
    }
    let (quote, product, providers) =
        tokio::join!(quote(&storefront, &choice), product(&storefront, &choice), providers(&storefront));
    let quote = quote.map_err(|error| refused(error, &choice))?;
    let state = FormState {
        status: StatusCode::OK,
        key: None,
        expected: None,
        values: form::fresh(destinations::usual(&storefront.shop()), &providers),
        errors: Vec::new(),
    };
    render(&storefront, &choice, state, &providers, &Price::Quoted(quote), product.as_ref())
}

/// Finds the variant that is named by its options.
async fn with_id(storefront: &Storefront, fields: ChoiceFields) -> Result<ChoiceFields, Refusal> {
    match fields.product.parse() {
        Ok(slug) if fields.variant.id().is_empty() && fields.variant.has_options() => {
            let product = visible(storefront, ProductKey::Slug(slug)).await?;
            let variant = VariantFields::of(named(&product, &fields.variant)?.id.to_string());
            Ok(ChoiceFields { variant, ..fields })
        }
        _ => Ok(fields),
    }
}

pub(crate) async fn place(
    State(storefront): State<Storefront>,
    request: Request,
) -> Result<Response, Refusal> {
    // Counted before anything is asked; the form is read even so, to be shown again.
    let admission = storefront.0.settings.orders.admit(&request).await;
    let FormBody(form) = FormBody::<Form>::from_request(request, &()).await?;
    let mut response = match admission.refusal {
        Some(problem) => too_often(&storefront, &form, problem).await?,
        None => take(&storefront, form).await?,
    };
    response.headers_mut().extend(admission.headers);
    Ok(response)
}

/// The form as it was sent, for a client that sends it too often: no service is asked for it.
async fn too_often(storefront: &Storefront, form: &Form, problem: Problem) -> Result<Response, Refusal> {
    let message = "More orders came from your connection than we take in a minute. Nothing was ordered, and what you \
                   typed is kept. Wait a minute and send the form again.";
    let expected = match form.shown() {
        ShownTotal::Total(total) => Some(total),
        ShownTotal::None | ShownTotal::Unknown => None,
    };
    let (status, key) = (problem.status(), form.key.parse().ok());
    let state = FormState { status, key, expected, values: form.values(), errors: whole(message) };
    let providers = providers(storefront).await;
    render(storefront, &form.choice().read()?, state, &providers, &Price::Unknown, None)
}

/// Takes the order that the form asks for, or shows the form again.
async fn take(storefront: &Storefront, form: Form) -> Result<Response, Refusal> {
    let mut choice = form.choice().read()?;
    let again =
        |status, key, errors| FormState { status, key, expected: None, values: form.values(), errors };
    if !form.take.is_empty() {
        // Another variant in place of one that is gone.
        return show_again(storefront, choice, again(StatusCode::OK, None, Vec::new()), None).await;
    }
    let Ok(key) = form.key.parse::<IdempotencyKey>() else {
        let errors = whole("The form had lost its number. Look it over and send it again.");
        let state = again(StatusCode::UNPROCESSABLE_ENTITY, None, errors);
        return show_again(storefront, choice, state, None).await;
    };
    let expected = match form.shown() {
        ShownTotal::Total(total) => Some(total),
        ShownTotal::Unknown => None,
        ShownTotal::None => {
            let errors = whole("The price could not be shown before. Look it over and send the form again.");
            let state = again(StatusCode::CONFLICT, None, errors);
            return show_again(storefront, choice, state, None).await;
        }
    };
    let providers = providers(storefront).await;
    let destinations = destinations::offered(&storefront.shop());
    let order = match form.order(key.clone(), choice.item.clone(), expected, &destinations, &providers) {
        Ok(order) => order,
        Err(errors) => {
            let state = again(StatusCode::UNPROCESSABLE_ENTITY, Some(key), errors);
            return show_again(storefront, choice, state, None).await;
        }
    };
    // What may have been ordered is found again only by the same key with the same total.
    let unsure = |status, message| FormState { expected, ..again(status, Some(key.clone()), whole(message)) };
    let placing = place_patiently(storefront, &order);
    let mut quote = None;
    let state = match storefront.0.intake.take(&order, false, placing).await {
        Ok(OrderOutcome::Placed(placed)) => return Ok(ordered(placed.id, &placed.token, &choice)),
        Ok(OrderOutcome::Deferred(order)) => return Ok(ordered(order.id, &order.token, &choice)),
        Err(PlaceError::OutOfStock(shortages)) => {
            let errors = whole(lower(&mut choice, &shortages).as_deref().unwrap_or(SOLD_OUT));
            // With another quantity it is another order.
            again(StatusCode::CONFLICT, None, errors)
        }
        Err(PlaceError::PriceChanged(change)) => {
            let errors = whole(&price_changed(&change));
            quote = Some(change.current);
            again(StatusCode::CONFLICT, None, errors)
        }
        Err(PlaceError::Invalid(errors)) => {
            again(StatusCode::UNPROCESSABLE_ENTITY, Some(key), form::refused(errors))
        }
        Err(PlaceError::KeyReused) => {
            let message = "You have ordered with this form before, and it says something else now. If you want a \
                           second order, send it again.";
            again(StatusCode::CONFLICT, None, whole(message))
        }
        Err(PlaceError::InProgress) => unsure(
            StatusCode::SERVICE_UNAVAILABLE,
            "Your order is still being placed. Wait a moment and send the form again: it finds the order, and nothing \
             is ordered twice.",
        ),
        Err(PlaceError::NotKnownYet(_)) => unsure(
            StatusCode::SERVICE_UNAVAILABLE,
            "This is so new that it cannot be ordered yet. Wait a moment and send the form again.",
        ),
        Err(PlaceError::Fault(fault)) => unsure(
            Refusal::from(fault).status(),
            "The order could not be placed just now, and what you typed is kept. Wait a moment and send the form \
             again: nothing is ordered twice.",
        ),
    };
    show_again(storefront, choice, state, quote).await
}

/// The sentence about another price.
fn price_changed(PriceChange { expected, current }: &PriceChange) -> String {
    let total = current.totals.total;
    format!(
        "The price has changed while you were here: the total was {expected} and is now {total}. Nothing was ordered. \
         If the new price will do, send the form again."
    )
}

/// Places the order; while another request places the same one, waits for its outcome.
async fn place_patiently(storefront: &Storefront, order: &PlaceOrder) -> Result<PlacedOrder, PlaceError> {
    for _ in 0..PAUSES {
        let answer = storefront.ask(order).await;
        if answer != Err(PlaceError::InProgress) {
            return answer;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(PlaceError::InProgress)
}

/// To the order's page, by a browser that remembers what it has ordered.
fn ordered(id: OrderId, token: &str, choice: &Choice) -> Response {
    let mut response = to_order(id, token);
    ordered::remember(&mut response, id, token, choice);
    response
}

pub(super) fn to_order(id: OrderId, token: &str) -> Response {
    let location = HeaderValue::try_from(paths::order(id, token)).ok();
    let mut response = (StatusCode::SEE_OTHER, [(CACHE_CONTROL, NO_STORE)]).into_response();
    response.headers_mut().extend(location.map(|location| (LOCATION, location)));
    response
}
