//! The checkout: what it costs, the buy form, and the order.
//!
//! The form holds an idempotency key. Whatever happens to an answer, sending the same form again is safe: it finds the
//! order that was placed, or places it.

use std::time::Duration;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, LOCATION, RETRY_AFTER},
};
use message::{Fault, IdempotencyKey, Kind, RequestError as _};
use order_contract::{
    Intake, OrderId, OrderRequested, PlaceError, PlaceOrder, PlacedOrder, Quantity, Quote, QuoteOrder,
    Shortage,
};
use product_contract::{Product, ProductKey};
use web::{
    form::{FormBody, Params},
    guard,
};

use crate::{
    Storefront,
    pages::{
        NO_STORE,
        browse::visible,
        form::{self, Choice, Chosen, Form},
        order, private_with,
    },
    refusal::Refusal,
    views::{self, CheckoutValues, FieldError, Link},
    words,
};

/// How long a second press waits for what the first one is doing.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSES: usize = 15;

/// How long the checkout waits for its picture: who wants to buy shall not wait for a service that is away.
const PICTURE_PATIENCE: Duration = Duration::from_secs(1);

/// How long a form that is shown again waits for its price: its sender has waited already.
const PRICE_PATIENCE: Duration = Duration::from_secs(2);

/// The form as it is shown: at first, or again with what has to be mended.
struct Shown {
    status: StatusCode,
    key: IdempotencyKey,
    values: CheckoutValues,
    errors: Vec<FieldError>,
}

pub(crate) async fn show(
    State(shop): State<Storefront>,
    Params(chosen): Params<Chosen>,
) -> Result<Response, Refusal> {
    let choice = chosen.read()?;
    let (quote, product) = tokio::join!(quote(&shop, &choice), product(&shop, &choice));
    let quote = quote.map_err(|error| refused(error, &choice))?;
    let shown = Shown {
        status: StatusCode::OK,
        key: fresh_key(&shop)?,
        values: form::fresh(&shop.0.settings.countries),
        errors: Vec::new(),
    };
    draw(&shop, &choice, shown, Some(&quote), product.as_ref())
}

pub(crate) async fn place(
    State(shop): State<Storefront>,
    FormBody(form): FormBody<Form>,
) -> Result<Response, Refusal> {
    let mut choice = form.chosen().read()?;
    let again = |status, key, errors| Shown { status, key, values: form.values(), errors };
    let Ok(key) = form.key.parse::<IdempotencyKey>() else {
        let errors = whole("The form had lost its number. Look it over and send it again.");
        let shown = again(StatusCode::UNPROCESSABLE_ENTITY, fresh_key(&shop)?, errors);
        return show_again(&shop, choice, shown).await;
    };
    let order = match form.order(key.clone(), choice.item, &shop.0.settings.countries) {
        Ok(order) => order,
        Err(errors) => {
            let shown = again(StatusCode::UNPROCESSABLE_ENTITY, key, errors);
            return show_again(&shop, choice, shown).await;
        }
    };
    let shown = match place_or_accept(&shop, &order).await {
        Ok((id, token)) => return Ok(to_order(id, &token)),
        Err(PlaceError::OutOfStock(shortages)) => {
            let errors = whole(&lower(&mut choice, &shortages)?);
            // What is ordered now is another order.
            again(StatusCode::CONFLICT, fresh_key(&shop)?, errors)
        }
        Err(PlaceError::Invalid(errors)) => {
            again(StatusCode::UNPROCESSABLE_ENTITY, key, form::refused(errors))
        }
        Err(PlaceError::KeyReused) => {
            let message = "You have ordered with this form before, and it says something else now. If you want a \
                           second order, send it again.";
            again(StatusCode::CONFLICT, fresh_key(&shop)?, whole(message))
        }
        Err(PlaceError::InProgress) => {
            let message = "Your order is still being placed. Wait a moment and send the form again: it finds the \
                           order, and nothing is ordered twice.";
            again(StatusCode::SERVICE_UNAVAILABLE, key, whole(message))
        }
        Err(PlaceError::Fault(fault)) => {
            let message = "The order could not be placed just now, and what you typed is kept. Wait a moment and send \
                           the form again: nothing is ordered twice.";
            again(Refusal::from(fault).status(), key, whole(message))
        }
    };
    show_again(&shop, choice, shown).await
}

/// Places the order, or accepts it to be placed later, as the shop is set; answers its id and what opens it.
async fn place_or_accept(shop: &Storefront, order: &PlaceOrder) -> Result<(OrderId, String), PlaceError> {
    let settings = &shop.0.settings;
    if settings.intake != Intake::Always {
        match patiently(shop, order).await {
            Err(PlaceError::Fault(fault))
                if settings.intake == Intake::UnderPressure && fault.is_transient() => {}
            answer => return answer.map(|placed| (placed.id, placed.token)),
        }
    }
    let bus = &shop.0.bus;
    let wish = OrderRequested { id: bus.ids().id(), order: order.clone() };
    bus.send(guard::headers(bus.ids()), &wish).await?;
    Ok((wish.id, settings.secret.receipt(wish.id)))
}

/// Places the order; if the same is being placed already, waits for what becomes of it.
async fn patiently(shop: &Storefront, order: &PlaceOrder) -> Result<PlacedOrder, PlaceError> {
    for _ in 0..PAUSES {
        let answer = shop.ask(order).await;
        if answer != Err(PlaceError::InProgress) {
            return answer;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(PlaceError::InProgress)
}

fn to_order(id: OrderId, token: &str) -> Response {
    let location = HeaderValue::try_from(order::href(id, token)).ok();
    let mut response = (StatusCode::SEE_OTHER, [(CACHE_CONTROL, NO_STORE)]).into_response();
    response.headers_mut().extend(location.map(|location| (LOCATION, location)));
    response
}

/// The form with what was typed, at the price of now. It is shown even if the price cannot be told.
async fn show_again(shop: &Storefront, mut choice: Choice, mut shown: Shown) -> Result<Response, Refusal> {
    let (first, product) = tokio::join!(quote_soon(shop, &choice), product(shop, &choice));
    let answer = match first {
        Err(PlaceError::OutOfStock(shortages)) => {
            shown.errors.insert(0, whole_error(&lower(&mut choice, &shortages)?));
            shown.key = fresh_key(shop)?;
            quote_soon(shop, &choice).await
        }
        answer => answer,
    };
    let quote = match answer {
        Ok(quote) => Some(quote),
        Err(error @ PlaceError::Invalid(_)) => return Err(refused(error, &choice)),
        Err(error) => {
            if let Some(fault) = error.fault() {
                tracing::warn!(%fault, "the checkout is shown without its price");
            }
            None
        }
    };
    draw(shop, &choice, shown, quote.as_ref(), product.as_ref())
}

fn draw(
    shop: &Storefront,
    choice: &Choice,
    shown: Shown,
    quote: Option<&Quote>,
    product: Option<&Product>,
) -> Result<Response, Refusal> {
    let settings = &shop.0.settings;
    let mut lines: Vec<_> = quote.iter().flat_map(|quote| &quote.lines).map(words::line).collect();
    if let (Some(product), [line]) = (product, lines.as_mut_slice()) {
        line.picture = Some(words::pictures(product, &shop.0.theme).swap_remove(0));
    }
    let amounts = quote.map(|quote| words::amounts(&quote.lines, &quote.totals, &settings.tax_name));
    let Shown { status, key, values, errors } = shown;
    let view = views::Checkout {
        action: "/checkout".into(),
        back: back(choice, product),
        product: choice.product.as_ref().map(ToString::to_string),
        variant: choice.item.variant_id.to_string(),
        quantity: u32::try_from(choice.item.quantity.get()).unwrap_or(1),
        key: key.to_string(),
        lines,
        amounts: amounts.unwrap_or_default(),
        total: quote.map(|quote| quote.totals.total.to_string()),
        values,
        countries: settings.countries.clone(),
        payments: form::payments(),
        errors,
    };
    let mut response = private_with(status, shop.draw("", &view)?);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(Fault::RETRY_AFTER.as_secs()));
    }
    Ok(response)
}

fn back(choice: &Choice, product: Option<&Product>) -> Link {
    match (product, &choice.product) {
        (Some(product), _) => Link::new(product.title.to_string(), words::product_href(product)),
        (None, Some(slug)) => Link::new("the product", format!("/products/{slug}")),
        (None, None) => Link::new("everything", "/products"),
    }
}

async fn quote(shop: &Storefront, choice: &Choice) -> Result<Quote, PlaceError> {
    shop.ask(&QuoteOrder { items: vec![choice.item] }).await
}

async fn quote_soon(shop: &Storefront, choice: &Choice) -> Result<Quote, PlaceError> {
    let late = |_| Err(Fault::new(Kind::Timeout, "the price did not come in time").into());
    tokio::time::timeout(PRICE_PATIENCE, quote(shop, choice)).await.unwrap_or_else(late)
}

/// The product that is bought, for its picture and the way back; the checkout does without if it must.
async fn product(shop: &Storefront, choice: &Choice) -> Option<Product> {
    let slug = choice.product.clone()?;
    let looking = visible(shop, ProductKey::Slug(slug));
    let product = tokio::time::timeout(PICTURE_PATIENCE, looking).await.ok()?.ok()?;
    product.variants.iter().any(|variant| variant.id == choice.item.variant_id).then_some(product)
}

/// Why there is nothing to check out, and the way on.
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
        PlaceError::KeyReused | PlaceError::InProgress => Fault::internal("a quote takes no key").into(),
    }
}

fn unavailable(fault: Fault, choice: &Choice) -> Refusal {
    let again = Link::new("Try again", choice.href(choice.item.quantity.get()));
    Refusal::from(fault)
        .retold(
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

/// Takes what is left instead and says so; if nothing is, there is nothing to order.
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

fn whole(message: &str) -> Vec<FieldError> {
    vec![whole_error(message)]
}

/// Something about the order as a whole.
fn whole_error(message: &str) -> FieldError {
    FieldError { field: String::new(), message: message.to_owned() }
}

/// Nobody can guess it: whoever sends the same key and form is shown the order.
fn fresh_key(shop: &Storefront) -> Result<IdempotencyKey, Fault> {
    message::hex(&shop.0.bus.ids().bytes::<16>()).parse().map_err(Fault::internal)
}
