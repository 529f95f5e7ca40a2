//! The buy form: what was chosen and typed, read into what can be ordered, or else what has to be mended.

use std::str::FromStr;

use http::StatusCode;
use message::{Address, Country, IdempotencyKey, Invalid, ShortText};
use order_contract::{Item, PaymentMethod, PlaceOrder, Quantity};
use product_contract::Slug;
use serde::Deserialize;

use crate::{
    refusal::Refusal,
    views::{self, CheckoutValues, FieldError, Link, PaymentChoice},
};

/// The provider that takes the form's payments, and what it can be told to answer.
const PROVIDER: &str = "test";
const PAYMENTS: [(&str, &str, &str); 5] = [
    ("tok_ok", "A card that works", "Paid at once."),
    (
        "tok_declined",
        "A card that is declined",
        "The order is cancelled and the stock goes back on the shelf.",
    ),
    ("tok_slow", "A slow bank", "It answers after three seconds."),
    ("tok_timeout", "A bank that does not answer", "The shop asks again until it knows."),
    (
        "tok_lost",
        "A lost answer",
        "The bank has charged, but nobody heard it; it is found out, not charged twice.",
    ),
];

/// What is to be bought.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// The product's name in addresses, for the way back.
    pub(crate) product: Option<Slug>,
    /// Which variant, and how many.
    pub(crate) item: Item,
}

/// What an address or a form says is to be bought.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Chosen {
    product: String,
    variant: String,
    quantity: String,
}

/// The posted form, as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    pub(crate) key: String,
    product: String,
    variant: String,
    quantity: String,
    email: String,
    name: String,
    line1: String,
    line2: String,
    city: String,
    region: String,
    postal_code: String,
    country: String,
    payment: String,
}

impl Chosen {
    /// What it means, or a page that leads back to something that can be chosen.
    pub(crate) fn read(&self) -> Result<Choice, Refusal> {
        let product: Option<Slug> = self.product.parse().ok();
        let back = match &product {
            Some(product) => Link::new("Back to the product", format!("/products/{product}")),
            None => Link::new("See everything", "/products"),
        };
        let Ok(variant_id) = self.variant.trim().parse() else {
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "Nothing is chosen yet",
                "Choose what you would like on its product’s page and press “Buy now” there.",
                vec![back],
            ));
        };
        let quantity = if self.quantity.is_empty() { "1" } else { self.quantity.trim() };
        let quantity = quantity.parse::<i64>().ok().and_then(|number| Quantity::try_from(number).ok());
        let Some(quantity) = quantity else {
            return Err(Refusal::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "How many would you like?",
                format!("The quantity must be a whole number from 1 to {}.", Quantity::MAX),
                vec![back],
            ));
        };
        Ok(Choice { product, item: Item { variant_id, quantity } })
    }
}

impl Choice {
    /// The checkout of so many of the same.
    pub(crate) fn href(&self, quantity: i64) -> String {
        let product = self.product.as_ref().map(|slug| format!("product={slug}&")).unwrap_or_default();
        format!("/checkout?{product}variant={}&quantity={quantity}", self.item.variant_id)
    }
}

impl Form {
    /// What the form says is to be bought.
    pub(crate) fn chosen(&self) -> Chosen {
        let Self { product, variant, quantity, .. } = self.clone();
        Chosen { product, variant, quantity }
    }

    /// What was typed, to be shown again.
    pub(crate) fn values(&self) -> CheckoutValues {
        let Self { email, name, line1, line2, city, region, postal_code, country, payment, .. } =
            self.clone();
        CheckoutValues { email, name, line1, line2, city, region, postal_code, country, payment }
    }

    /// The order that the form asks for, or everything that has to be mended, in the order of the fields.
    pub(crate) fn order(
        &self,
        idempotency_key: IdempotencyKey,
        item: Item,
        countries: &[views::Country],
    ) -> Result<PlaceOrder, Vec<FieldError>> {
        let mut reader = Reader::default();
        let email = reader.read(
            "email",
            &self.email,
            "Add your e-mail address.",
            "This is not an e-mail address. Write it like mira@example.org.",
        );
        let name = reader.line("name", &self.name, "Add the name that the parcel goes to.");
        let line1 = reader.line("line1", &self.line1, "Add the street and the number.");
        let line2 = reader.optional("line2", &self.line2);
        let city = reader.line("city", &self.city, "Add the city.");
        let postal_code = reader.line("postal_code", &self.postal_code, "Add the postal code.");
        let region = reader.optional("region", &self.region);
        let country = countries.iter().find(|known| known.code == self.country);
        let country = country.and_then(|known| Country::from_str(&known.code).ok());
        let country = reader.found("country", country, "Choose a country from the list.");
        let token = PAYMENTS.iter().find(|(token, ..)| *token == self.payment);
        let token = token.and_then(|(token, ..)| ShortText::from_str(token).ok());
        let token = reader.found("payment", token, "Choose how to pay.");
        let provider = ShortText::from_str(PROVIDER).ok();
        match (email, name, line1, line2, city, postal_code, region, country, token, provider) {
            (
                Some(email),
                Some(name),
                Some(line1),
                Some(line2),
                Some(city),
                Some(postal_code),
                Some(region),
                Some(country),
                Some(token),
                Some(provider),
            ) => Ok(PlaceOrder {
                idempotency_key,
                email,
                items: vec![item],
                shipping_address: Address { name, line1, line2, city, region, postal_code, country },
                payment: PaymentMethod { provider, token },
            }),
            _ => Err(reader.errors),
        }
    }
}

/// Reads fields and gathers what has to be mended.
#[derive(Default)]
struct Reader {
    errors: Vec<FieldError>,
}

impl Reader {
    fn read<T: FromStr<Err = Invalid>>(
        &mut self,
        field: &str,
        text: &str,
        missing: &str,
        wrong: &str,
    ) -> Option<T> {
        // Blanks at the ends come from pasting.
        let text = text.trim();
        let message = if text.is_empty() { missing } else { wrong };
        self.found(field, text.parse().ok(), message)
    }

    fn line(&mut self, field: &str, text: &str, missing: &str) -> Option<ShortText> {
        self.read(
            field,
            text,
            missing,
            "This is longer than the 200 characters that fit, or more than one line.",
        )
    }

    /// An empty field is right, and holds nothing.
    #[expect(
        clippy::option_option,
        reason = "outside whether it could be read, inside whether there is something"
    )]
    fn optional(&mut self, field: &str, text: &str) -> Option<Option<ShortText>> {
        if text.trim().is_empty() { Some(None) } else { self.line(field, text, "").map(Some) }
    }

    fn found<T>(&mut self, field: &str, value: Option<T>, message: &str) -> Option<T> {
        if value.is_none() {
            self.errors.push(FieldError { field: field.to_owned(), message: message.to_owned() });
        }
        value
    }
}

/// The form's words for what `order` found wrong; its pointers are into [`PlaceOrder`].
pub(crate) fn refused(errors: Vec<message::FieldError>) -> Vec<FieldError> {
    let told = |error: message::FieldError| {
        let field = match error.pointer.as_str() {
            "/email" => "email",
            pointer if pointer.starts_with("/payment") => "payment",
            pointer => pointer.strip_prefix("/shipping_address/").unwrap_or_default(),
        };
        FieldError { field: field.to_owned(), message: format!("Not accepted: {}.", error.detail) }
    };
    errors.into_iter().map(told).collect()
}

/// The ways to pay.
pub(crate) fn payments() -> Vec<PaymentChoice> {
    let choice = |(token, label, hint): (&str, &str, &str)| PaymentChoice {
        token: token.into(),
        label: label.into(),
        hint: hint.into(),
    };
    PAYMENTS.map(choice).into()
}

/// What the form says before anything is typed.
pub(crate) fn fresh(countries: &[views::Country]) -> CheckoutValues {
    let country = countries.first().map(|country| country.code.clone()).unwrap_or_default();
    let payment = PAYMENTS.first().map(|(token, ..)| (*token).to_owned()).unwrap_or_default();
    CheckoutValues { country, payment, ..CheckoutValues::default() }
}
