//! The checkout: what it costs, the buy form, and the order.
//!
//! The form holds an idempotency key. Sending the same form again is always safe: it finds the order that was placed, or
//! places it.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use edge_common::{deferred::OrderOutcome, paths};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, LOCATION, RETRY_AFTER},
};
use message::{Fault, IdempotencyKey, Kind, Money};
use order_contract::{
    OrderId, PlaceError, PlaceOrder, PlacedOrder, PriceChange, Quantity, Quote, QuoteOrder, Shortage,
};
use payment_contract::PaymentProvider;
use product_contract::{Product, ProductKey};
use web::form::{FormBody, Params};

use crate::{
    Storefront, destinations,
    pages::{
        NO_STORE,
        browse::visible,
        form::{self, Choice, ChoiceFields, Form, ShownTotal},
        payment, private_with,
    },
    refusal::Refusal,
    views::{self, CheckoutValues, FieldMessage, Link},
    words,
};

/// How long a second press waits for what the first one is doing.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSES: usize = 15;

/// How long the checkout waits for its picture, so that a missing service holds up no buyer.
const PICTURE_PATIENCE: Duration = Duration::from_secs(1);

/// How long a form that is shown again waits for its price: its buyer has waited already.
const PRICE_PATIENCE: Duration = Duration::from_secs(2);

/// The form on the page: fresh, or again with what has to be mended.
struct FormState {
    status: StatusCode,
    /// The form's key; none for a new one.
    key: Option<IdempotencyKey>,
    /// The total that goes with a key under which an order may have been placed; none for the total that is shown now.
    expected: Option<Money>,
    values: CheckoutValues,
    errors: Vec<FieldMessage>,
}

pub(crate) async fn show(
    State(storefront): State<Storefront>,
    Params(fields): Params<ChoiceFields>,
) -> Result<Response, Refusal> {
    let choice = fields.read()?;
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
    render(&storefront, &choice, state, &providers, Some(&quote), product.as_ref())
}

pub(crate) async fn place(
    State(storefront): State<Storefront>,
    FormBody(form): FormBody<Form>,
) -> Result<Response, Refusal> {
    let mut choice = form.choice().read()?;
    let again =
        |status, key, errors| FormState { status, key, expected: None, values: form.values(), errors };
    let Ok(key) = form.key.parse::<IdempotencyKey>() else {
        let errors = whole("The form had lost its number. Look it over and send it again.");
        let state = again(StatusCode::UNPROCESSABLE_ENTITY, None, errors);
        return show_again(&storefront, choice, state, None).await;
    };
    let expected = match form.shown() {
        ShownTotal::Total(total) => Some(total),
        ShownTotal::Unknown => None,
        ShownTotal::None => {
            let errors = whole("The price could not be shown before. Look it over and send the form again.");
            let state = again(StatusCode::CONFLICT, None, errors);
            return show_again(&storefront, choice, state, None).await;
        }
    };
    let providers = providers(&storefront).await;
    let destinations = destinations::offered(&storefront.shop());
    let order = match form.order(key.clone(), choice.item.clone(), expected, &destinations, &providers) {
        Ok(order) => order,
        Err(errors) => {
            let state = again(StatusCode::UNPROCESSABLE_ENTITY, Some(key), errors);
            return show_again(&storefront, choice, state, None).await;
        }
    };
    // What may have been ordered is found again only by the same key with the same total.
    let unsure = |status, message| FormState { expected, ..again(status, Some(key.clone()), whole(message)) };
    let placing = place_patiently(&storefront, &order);
    let mut quote = None;
    let state = match storefront.0.intake.take(&order, false, placing).await {
        Ok(OrderOutcome::Placed(placed)) => return Ok(to_order(placed.id, &placed.token)),
        Ok(OrderOutcome::Deferred(order)) => return Ok(to_order(order.id, &order.token)),
        Err(PlaceError::OutOfStock(shortages)) => {
            let errors = whole(&lower(&mut choice, &shortages)?);
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
    show_again(&storefront, choice, state, quote).await
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

pub(super) fn to_order(id: OrderId, token: &str) -> Response {
    let location = HeaderValue::try_from(paths::order(id, token)).ok();
    let mut response = (StatusCode::SEE_OTHER, [(CACHE_CONTROL, NO_STORE)]).into_response();
    response.headers_mut().extend(location.map(|location| (LOCATION, location)));
    response
}

/// The form with what was typed, and the price of now: `known`, or what `order` quotes if it does in time.
async fn show_again(
    storefront: &Storefront,
    mut choice: Choice,
    mut state: FormState,
    known: Option<Quote>,
) -> Result<Response, Refusal> {
    let quoting = async {
        match known {
            Some(quote) => Ok(quote),
            None => quote_soon(storefront, &choice).await,
        }
    };
    let (first, product, providers) =
        tokio::join!(quoting, product(storefront, &choice), providers(storefront));
    let answer = match first {
        Err(PlaceError::OutOfStock(shortages)) => {
            state.errors.insert(0, whole_error(&lower(&mut choice, &shortages)?));
            (state.key, state.expected) = (None, None);
            quote_soon(storefront, &choice).await
        }
        answer => answer,
    };
    let quote = match answer {
        Ok(quote) => Some(quote),
        Err(PlaceError::Invalid(_)) => {
            (state.status, state.key, state.expected) = (StatusCode::CONFLICT, None, None);
            state.errors = whole("This is no longer sold. Nothing was ordered and nothing was charged.");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "the checkout is shown without its price");
            None
        }
    };
    render(storefront, &choice, state, &providers, quote.as_ref(), product.as_ref())
}

/// The payment providers; empty if nobody has said yet which there are.
async fn providers(storefront: &Storefront) -> Arc<[PaymentProvider]> {
    storefront.0.providers.list().await.unwrap_or_default()
}

fn render(
    storefront: &Storefront,
    choice: &Choice,
    state: FormState,
    providers: &[PaymentProvider],
    quote: Option<&Quote>,
    product: Option<&Product>,
) -> Result<Response, Refusal> {
    let shop = storefront.shop();
    let mut lines: Vec<_> = quote.iter().flat_map(|quote| &quote.lines).map(words::line).collect();
    if let (Some(product), [line]) = (product, lines.as_mut_slice()) {
        line.picture = Some(words::pictures(product, &storefront.0.theme).swap_remove(0));
    }
    let tax_name = shop.tax_name.as_str();
    let amounts = quote.map(|quote| words::amounts(&quote.lines, &quote.totals, tax_name));
    let FormState { status, key, expected, values, errors } = state;
    let total = quote.map(|quote| quote.totals.total);
    let key = key.map_or_else(|| fresh_key(storefront, total), Ok)?;
    let view = views::CheckoutView {
        action: "/checkout".into(),
        back: back(choice, product),
        product: choice.product.as_ref().map(ToString::to_string),
        variant: choice.item.variant_id.to_string(),
        quantity: u32::try_from(choice.item.quantity.get()).unwrap_or(1),
        key: key.to_string(),
        expected_total: expected.or(total).map(form::write_total).unwrap_or_default(),
        lines,
        amounts: amounts.unwrap_or_default(),
        total: total.map(|total| total.to_string()),
        values,
        countries: destinations::offered(&shop),
        payments: payment::groups(providers),
        errors,
    };
    let mut response = private_with(status, storefront.render("", &view)?);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(Fault::RETRY_AFTER.as_secs()));
    }
    Ok(response)
}

fn back(choice: &Choice, product: Option<&Product>) -> Link {
    match (product, &choice.product) {
        (Some(product), _) => Link::new(product.title.to_string(), paths::product(&product.slug)),
        (None, Some(slug)) => Link::new("the product", paths::product(slug)),
        (None, None) => Link::new("everything", "/products"),
    }
}

async fn quote(storefront: &Storefront, choice: &Choice) -> Result<Quote, PlaceError> {
    storefront.ask(&QuoteOrder { items: vec![choice.item.clone()], country: None }).await
}

async fn quote_soon(storefront: &Storefront, choice: &Choice) -> Result<Quote, PlaceError> {
    let late = |_| Err(Fault::new(Kind::Timeout, "the price did not come in time").into());
    tokio::time::timeout(PRICE_PATIENCE, quote(storefront, choice)).await.unwrap_or_else(late)
}

/// The product, for its picture and the way back; the checkout works without.
async fn product(storefront: &Storefront, choice: &Choice) -> Option<Product> {
    let slug = choice.product.clone()?;
    let asking = visible(storefront, ProductKey::Slug(slug));
    let product = tokio::time::timeout(PICTURE_PATIENCE, asking).await.ok()?.ok()?;
    product.variants.iter().any(|variant| variant.id == choice.item.variant_id).then_some(product)
}

/// The error page of a choice that cannot be bought.
fn refused(error: PlaceError, choice: &Choice) -> Refusal {
    let away = back(choice, None);
    let away = Link::new(format!("Back to {}", away.label), away.href);
    match error {
        PlaceError::OutOfStock(shortages) => match left(&shortages) {
            0 => sold_out(choice),
            left => Refusal::new(
                StatusCode::CONFLICT,
                format!("Only {left} {} left", is_or_are(left)),
                format!("You asked for {}. Somebody may have been quicker.", choice.item.quantity),
                vec![Link::new(format!("Take {left}"), choice.href(left)), away],
            ),
        },
        PlaceError::Invalid(_) => Refusal::new(
            StatusCode::NOT_FOUND,
            "This is no longer sold",
            "It was taken off the shelf. Perhaps something near it will do.",
            vec![away, Link::new("See everything", "/products")],
        ),
        PlaceError::Fault(fault) => unavailable(fault, choice),
        PlaceError::NotKnownYet(_) => unavailable(Fault::new(Kind::Busy, "not known yet"), choice),
        PlaceError::KeyReused | PlaceError::InProgress | PlaceError::PriceChanged(_) => {
            Fault::internal("a quote takes no key and expects no total").into()
        }
    }
}

fn unavailable(fault: Fault, choice: &Choice) -> Refusal {
    let again = Link::new("Try again", choice.href(choice.item.quantity.get()));
    Refusal::from(fault)
        .reworded(
            "The checkout is away for a moment",
            "Nothing was ordered. You can look around meanwhile, or try again in a few seconds.",
        )
        .links(vec![again, Link::new("See everything", "/products")])
}

fn sold_out(choice: &Choice) -> Refusal {
    let away = back(choice, None);
    Refusal::new(
        StatusCode::CONFLICT,
        "Sold out",
        "The last one has just found a home. Nothing was ordered and nothing was charged.",
        vec![
            Link::new("See everything", "/products"),
            Link::new(format!("Back to {}", away.label), away.href),
        ],
    )
}

/// Lowers the quantity to what is left and returns the sentence that says so.
fn lower(choice: &mut Choice, shortages: &[Shortage]) -> Result<String, Refusal> {
    let left = left(shortages);
    choice.item.quantity = Quantity::try_from(left).map_err(|_| sold_out(choice))?;
    Ok(format!(
        "Only {left} {} left. The quantity is now {left}; send the form again if that will do.",
        is_or_are(left)
    ))
}

fn left(shortages: &[Shortage]) -> i64 {
    shortages.first().map_or(0, |shortage| shortage.available)
}

fn is_or_are(count: i64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn whole(message: &str) -> Vec<FieldMessage> {
    vec![whole_error(message)]
}

/// Something about the order as a whole.
fn whole_error(message: &str) -> FieldMessage {
    FieldMessage { field: String::new(), message: message.to_owned() }
}

/// A random key: a request with the same key and form is shown the order, so nobody may guess it. It ends with the total
/// that the form shows, so that whoever sends only the key agrees to that total and no other.
fn fresh_key(storefront: &Storefront, total: Option<Money>) -> Result<IdempotencyKey, Fault> {
    let random = message::hex(&storefront.0.bus.ids().bytes::<16>());
    let key = match total {
        Some(total) => format!("{random}.{}", form::write_total(total)),
        None => random,
    };
    key.parse().map_err(Fault::internal)
}
