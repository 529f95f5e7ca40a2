//! The checkout's page: the form, fresh or again with what has to be corrected. Nothing that was typed is lost.

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use edge_common::paths;
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use message::{Fault, IdempotencyKey, Kind, Money};
use order_contract::{PlaceError, Quantity, Quote, QuoteOrder, Shortage};
use payment_contract::PaymentProvider;
use product_contract::{Product, ProductKey, Variant};

use crate::{
    Storefront, destinations,
    pages::{
        form::{self, Choice},
        payment, private_with,
        product::visible,
    },
    refusal::Refusal,
    views::{self, CheckoutValues, FieldMessage, Link},
    words,
};

/// How long the checkout waits for its picture, so that a missing service holds up no buyer.
const PICTURE_PATIENCE: Duration = Duration::from_secs(1);

/// How long a form that is shown again waits for its price: its buyer has waited already.
const PRICE_PATIENCE: Duration = Duration::from_secs(2);

/// The largest number of other variants that are offered in place of one that is sold out.
const MOST_OFFERS: usize = 24;

/// What the buyer reads when the last one went to somebody else.
pub(super) const SOLD_OUT: &str = "This is sold out. Nothing was ordered and nothing was charged.";

/// The form on the page: fresh, or again with what has to be mended.
pub(super) struct FormState {
    pub(super) status: StatusCode,
    /// The form's key; none for a new one.
    pub(super) key: Option<IdempotencyKey>,
    /// The total that goes with a key under which an order may have been placed; none for the total that is shown now.
    pub(super) expected: Option<Money>,
    pub(super) values: CheckoutValues,
    pub(super) errors: Vec<FieldMessage>,
}

/// What the form can say about the price.
pub(super) enum Price {
    /// What is bought, and its price now.
    Quoted(Quote),
    /// The price is not known just now.
    Unknown,
    /// There is nothing left to buy.
    Gone,
}

/// The form with what was typed, and the price of now: `known`, or what `order` quotes if it does in time.
pub(super) async fn show_again(
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
    let (mut answer, product, providers) =
        tokio::join!(quoting, product(storefront, &choice), providers(storefront));
    if let Err(PlaceError::OutOfStock(shortages)) = &answer
        && let Some(sentence) = lower(&mut choice, shortages)
    {
        state.errors.insert(0, whole_error(&sentence));
        (state.key, state.expected) = (None, None);
        answer = quote_soon(storefront, &choice).await;
    }
    let price = match answer {
        Ok(quote) => Price::Quoted(quote),
        Err(error @ (PlaceError::OutOfStock(_) | PlaceError::Invalid(_))) => {
            (state.status, state.key, state.expected) = (StatusCode::CONFLICT, None, None);
            let sold_out = matches!(error, PlaceError::OutOfStock(_));
            let gone = "This is no longer sold. Nothing was ordered and nothing was charged.";
            state.errors = whole(if sold_out { SOLD_OUT } else { gone });
            Price::Gone
        }
        Err(error) => {
            tracing::warn!(%error, "the checkout is shown without its price");
            Price::Unknown
        }
    };
    render(storefront, &choice, state, &providers, &price, product.as_ref())
}

/// The payment providers; empty if nobody has said yet which there are.
pub(super) async fn providers(storefront: &Storefront) -> Arc<[PaymentProvider]> {
    storefront.0.providers.list().await.unwrap_or_default()
}

pub(super) fn render(
    storefront: &Storefront,
    choice: &Choice,
    state: FormState,
    providers: &[PaymentProvider],
    price: &Price,
    product: Option<&Product>,
) -> Result<Response, Refusal> {
    let shop = storefront.shop();
    let quote = match price {
        Price::Quoted(quote) => Some(quote),
        Price::Unknown | Price::Gone => None,
    };
    let chosen = product.and_then(|product| {
        let mut variants = product.variants.iter();
        variants.find(|variant| variant.id == choice.item.variant_id).map(|variant| (product, variant))
    });
    let mut lines: Vec<_> = quote.iter().flat_map(|quote| &quote.lines).map(words::line).collect();
    if let (Some((product, variant)), [line]) = (chosen, lines.as_mut_slice()) {
        let place = words::picture_of(product, variant).unwrap_or_default();
        line.picture = words::pictures(product, &storefront.0.theme).into_iter().nth(place);
    }
    let gone = matches!(price, Price::Gone);
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
        total: total.or(expected).map(|total| total.to_string()),
        is_gone: gone,
        offers: product.filter(|_| gone).map(|product| offers(product, choice)).unwrap_or_default(),
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

pub(super) async fn quote(storefront: &Storefront, choice: &Choice) -> Result<Quote, PlaceError> {
    storefront.ask(&QuoteOrder { items: vec![choice.item.clone()], country: None }).await
}

async fn quote_soon(storefront: &Storefront, choice: &Choice) -> Result<Quote, PlaceError> {
    let late = |_| Err(Fault::new(Kind::Timeout, "the price did not come in time").into());
    tokio::time::timeout(PRICE_PATIENCE, quote(storefront, choice)).await.unwrap_or_else(late)
}

/// The other variants of a product of which one is gone.
fn offers(product: &Product, choice: &Choice) -> Vec<views::Offer> {
    let others =
        product.variants.iter().filter(|other| other.available > 0 && other.id != choice.item.variant_id);
    let offer = |variant: &Variant| views::Offer {
        variant: variant.id.to_string(),
        words: words::variant(variant),
        price: variant.price.to_string(),
    };
    others.take(MOST_OFFERS).map(offer).collect()
}

/// The product, for its picture, its other variants and the way back; the checkout works without.
pub(super) async fn product(storefront: &Storefront, choice: &Choice) -> Option<Product> {
    let slug = choice.product.clone()?;
    let asking = visible(storefront, ProductKey::Slug(slug));
    tokio::time::timeout(PICTURE_PATIENCE, asking).await.ok()?.ok()
}

/// The error page of a choice that cannot be bought.
pub(super) fn refused(error: PlaceError, choice: &Choice) -> Refusal {
    let away = back(choice, None);
    let away = Link::new(format!("Back to {}", away.label), away.href);
    match error {
        PlaceError::OutOfStock(shortages) => match left(&shortages) {
            0 => sold_out(choice),
            left => Refusal::new(
                StatusCode::CONFLICT,
                format!("Only {left} {} left", is_or_are(left)),
                format!("You asked for {}. Somebody may have been quicker.", choice.item.quantity),
                vec![Link::new(format!("Order {left} instead"), choice.href(left)), away],
            ),
        },
        PlaceError::Invalid(_) => Refusal::new(
            StatusCode::NOT_FOUND,
            "This is no longer sold",
            "Perhaps something like it will do.",
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
        SOLD_OUT,
        vec![
            Link::new(format!("Back to {}", away.label), away.href),
            Link::new("See everything", "/products"),
        ],
    )
}

/// Lowers the quantity to what is left and returns the sentence that says so; `None` if nothing is left.
pub(super) fn lower(choice: &mut Choice, shortages: &[Shortage]) -> Option<String> {
    let left = left(shortages);
    choice.item.quantity = Quantity::try_from(left).ok()?;
    let are = is_or_are(left);
    Some(format!("Only {left} {are} left. The quantity is now {left}; send the form again if that will do."))
}

fn left(shortages: &[Shortage]) -> i64 {
    shortages.first().map_or(0, |shortage| shortage.available)
}

fn is_or_are(count: i64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

pub(super) fn whole(message: &str) -> Vec<FieldMessage> {
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
