//! The buy form: reads what was chosen and typed into an order, or says what has to be mended.

use std::str::FromStr;

use edge_common::paths;
use http::StatusCode;
use message::{Address, Country, Currency, IdempotencyKey, Invalid, LongText, Metadata, Money, text};
use order_contract::{Item, PlaceOrder, Quantity};
use payment_contract::PaymentProvider;
use product_contract::Slug;
use serde::Deserialize;

use crate::{
    destinations::Destination,
    pages::{payment, product::VariantFields},
    refusal::Refusal,
    views::{CheckoutValues, FieldMessage, Link},
};

/// What the shopper wants to buy.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// The product's slug, for the way back.
    pub(crate) product: Option<Slug>,
    /// The variant, and how many.
    pub(crate) item: Item,
}

/// The choice as a URL or a form writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ChoiceFields {
    pub(crate) product: String,
    /// The variant; a product's page names it by its options.
    #[serde(flatten)]
    pub(crate) variant: VariantFields,
    pub(crate) quantity: String,
    /// Whether the shopper wants the same once more.
    pub(crate) again: String,
}

/// The posted form, as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    pub(crate) key: String,
    /// The variant that the shopper takes in place of one that is gone.
    pub(crate) take: String,
    expected_total: Option<String>,
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
    company: String,
    phone: String,
    tax_number: String,
    note: String,
    payment: String,
}

/// The total that the buyer saw, as far as the posted form says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShownTotal {
    /// This one.
    Total(Money),
    /// The form could not show any.
    None,
    /// The post is not of a form that says it.
    Unknown,
}

/// A total as the form's hidden fields write it: `499800INR`.
pub(crate) fn write_total(total: Money) -> String {
    format!("{}{}", total.amount, total.currency)
}

fn read_total(text: &str) -> Option<Money> {
    let (amount, currency) = text.split_at_checked(text.len().checked_sub(3)?)?;
    Some(Money::new(amount.parse().ok()?, currency.parse::<Currency>().ok()?))
}

impl ChoiceFields {
    /// The choice, or an error page that links back to the product.
    pub(crate) fn read(&self) -> Result<Choice, Refusal> {
        let product: Option<Slug> = self.product.parse().ok();
        let back = match &product {
            Some(product) => Link::new("Back to the product", paths::product(product)),
            None => Link::new("See everything", "/products"),
        };
        let Ok(variant_id) = self.variant.id().parse() else {
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
        Ok(Choice { product, item: Item::new(variant_id, quantity) })
    }
}

impl Choice {
    /// The checkout of `quantity` of the same variant.
    pub(crate) fn href(&self, quantity: i64) -> String {
        let product = self.product.as_ref().map(|slug| format!("product={slug}&")).unwrap_or_default();
        format!("/checkout?{product}variant={}&quantity={quantity}", self.item.variant_id)
    }
}

impl Form {
    /// The choice as the form writes it.
    pub(crate) fn choice(&self) -> ChoiceFields {
        let Self { product, variant, quantity, take, .. } = self.clone();
        let variant = VariantFields::of(if take.is_empty() { variant } else { take });
        ChoiceFields { product, variant, quantity, again: String::new() }
    }

    /// The total that the buyer saw on the form.
    pub(crate) fn shown(&self) -> ShownTotal {
        match self.expected_total.as_deref().map(str::trim) {
            Some("") => ShownTotal::None,
            Some(text) => read_total(text).map_or(ShownTotal::None, ShownTotal::Total),
            None => {
                let total = self.key.rsplit_once('.').and_then(|(_, total)| read_total(total));
                total.map_or(ShownTotal::Unknown, ShownTotal::Total)
            }
        }
    }

    /// What was typed, to be shown again.
    pub(crate) fn values(&self) -> CheckoutValues {
        let typed = self.clone();
        CheckoutValues {
            email: typed.email,
            name: typed.name,
            line1: typed.line1,
            line2: typed.line2,
            city: typed.city,
            region: typed.region,
            postal_code: typed.postal_code,
            country: typed.country,
            company: typed.company,
            phone: typed.phone,
            tax_number: typed.tax_number,
            note: typed.note,
            payment: typed.payment,
        }
    }

    /// The order that the form asks for, or all that has to be mended, in the order of the fields.
    pub(crate) fn order(
        &self,
        idempotency_key: IdempotencyKey,
        item: Item,
        expected_total: Option<Money>,
        destinations: &[Destination],
        providers: &[PaymentProvider],
    ) -> Result<PlaceOrder, Vec<FieldMessage>> {
        let mut reader = Reader::default();
        let email = reader.required("email", &self.email, "Add your e-mail address.");
        let shipping_address = self.address(&mut reader, destinations);
        let note = reader.note(&self.note);
        let payment = payment::read(&self.payment, providers);
        let payment = reader.found("payment", payment, "Choose how to pay.");
        match (email, shipping_address, note, payment) {
            (Some(email), Some(shipping_address), Some(note), Some(payment)) => Ok(PlaceOrder {
                idempotency_key,
                email,
                items: vec![item],
                shipping_address,
                payment,
                expected_total,
                note,
                source: SOURCE.parse().ok(),
                locale: None,
                metadata: Metadata::default(),
            }),
            _ => Err(reader.errors),
        }
    }

    /// The address, if everything in it is right, also by its country's rules.
    fn address(&self, reader: &mut Reader, destinations: &[Destination]) -> Option<Address> {
        let name = reader.required("name", &self.name, "Add the name that the parcel goes to.");
        let company = reader.optional("company", &self.company);
        let line1 = reader.required("line1", &self.line1, "Add the street and the number.");
        let line2 = reader.optional("line2", &self.line2);
        let city = reader.optional("city", &self.city);
        let postal_code = reader.optional("postal_code", &self.postal_code);
        let region = reader.optional("region", &self.region);
        let country = destinations.iter().find(|known| known.code == self.country);
        let country = country.and_then(|known| Country::from_str(known.code).ok());
        let country = reader.found("country", country, "Choose a country from the list.");
        let phone = reader.optional("phone", &self.phone);
        let tax_number = reader.optional("tax_number", &self.tax_number);
        if let Some(country) = &country {
            // What the country needs is said at once, also when something else is wrong.
            reader.missing(
                country,
                &[("city", &self.city), ("region", &self.region), ("postal_code", &self.postal_code)],
            );
        }
        let address = Address {
            name: name?,
            first_name: None,
            last_name: None,
            company: company?,
            line1: line1?,
            line2: line2?,
            city: city?,
            region: region?,
            postal_code: postal_code?,
            country: country?,
            phone: phone?,
            tax_number: tax_number?,
        };
        let broken = address.check("");
        let is_right = broken.is_empty();
        for error in broken {
            let field = error.pointer.trim_start_matches('/');
            // A right PIN code says which state of India it is.
            let follows = field == "region" && self.region.is_empty() && self.country == "IN";
            if !follows && !reader.errors.iter().any(|known| known.field == field) {
                reader.wrong(field, &error.detail);
            }
        }
        is_right.then_some(address)
    }
}

/// The channel of orders that are placed here.
const SOURCE: &str = "storefront";

/// Reads fields and collects what has to be mended.
#[derive(Default)]
struct Reader {
    errors: Vec<FieldMessage>,
}

impl Reader {
    fn required<T: FromStr<Err = Invalid>>(&mut self, field: &str, text: &str, missing: &str) -> Option<T> {
        let value = self.optional(field, text)?;
        self.found(field, value, missing)
    }

    /// An empty field is right. What pasting brings along is mended: tabs, blanks, marks that nobody sees.
    #[expect(
        clippy::option_option,
        reason = "outside whether it could be read, inside whether there is something"
    )]
    fn optional<T: FromStr<Err = Invalid>>(&mut self, field: &str, text: &str) -> Option<Option<T>> {
        let text = text::mended(text);
        if text.is_empty() {
            return Some(None);
        }
        match text.parse() {
            Ok(value) => Some(Some(value)),
            Err(expected) => {
                self.wrong(field, &expected.to_string());
                None
            }
        }
    }

    /// Several lines, ended as browsers end them.
    #[expect(
        clippy::option_option,
        reason = "outside whether it could be read, inside whether there is something"
    )]
    fn note(&mut self, text: &str) -> Option<Option<LongText>> {
        let lines: Vec<_> = text.lines().map(text::mended).collect();
        let text = lines.join("\n");
        if text.trim().is_empty() {
            return Some(None);
        }
        match text.trim().parse() {
            Ok(note) => Some(Some(note)),
            Err(expected) => {
                self.wrong("note", &Invalid::to_string(&expected));
                None
            }
        }
    }

    /// Reports the fields that addresses of the country need and that are empty.
    fn missing(&mut self, country: &Country, fields: &[(&str, &str)]) {
        let needed = Address::required_in(country);
        for (field, text) in fields {
            // Whether India's state may be left out depends on the PIN code, see `Address::check`.
            let is_open = *field == "region" && country.as_str() == "IN";
            if needed.contains(field) && !is_open && text::mended(text).is_empty() {
                self.found::<()>(field, None, &missing(field));
            }
        }
    }

    /// What is wrong with a field, as an instruction: "expected one line" is "Write one line."
    fn wrong(&mut self, field: &str, detail: &str) {
        let message = match detail.strip_prefix("expected ") {
            Some(expected) if field == "email" => format!("This is not an e-mail address. Write {expected}."),
            Some(expected) => format!("Write {expected}."),
            None => missing(field),
        };
        self.found::<()>(field, None, &message);
    }

    fn found<T>(&mut self, field: &str, value: Option<T>, message: &str) -> Option<T> {
        if value.is_none() {
            self.errors.push(FieldMessage { field: field.to_owned(), message: message.to_owned() });
        }
        value
    }
}

/// What is said of an empty field that the country needs.
fn missing(field: &str) -> String {
    format!(
        "Add the {}.",
        if field == "region" { "state or region".to_owned() } else { field.replace('_', " ") }
    )
}

/// The form's words for what `order` found wrong; its pointers are into [`PlaceOrder`].
pub(crate) fn refused(errors: Vec<message::FieldError>) -> Vec<FieldMessage> {
    let reworded = |error: message::FieldError| {
        let field = match error.pointer.as_str() {
            "/email" => "email",
            pointer if pointer.starts_with("/payment") => "payment",
            pointer => pointer.strip_prefix("/shipping_address/").unwrap_or_default(),
        };
        FieldMessage { field: field.to_owned(), message: format!("Not accepted: {}.", error.detail) }
    };
    errors.into_iter().map(reworded).collect()
}

/// The form before anything is typed.
pub(crate) fn fresh(destination: Option<Destination>, providers: &[PaymentProvider]) -> CheckoutValues {
    CheckoutValues {
        country: destination.map(|country| country.code.to_owned()).unwrap_or_default(),
        payment: payment::first(providers).unwrap_or_default(),
        ..CheckoutValues::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_that_was_shown_is_read_from_the_field_or_else_from_the_key() {
        let form = |key: &str, expected_total: Option<&str>| Form {
            key: key.to_owned(),
            expected_total: expected_total.map(str::to_owned),
            ..Form::default()
        };
        let total = Money::new(499_800, Currency::INR);
        assert_eq!(write_total(total), "499800INR");
        assert_eq!(form("k", Some("499800INR")).shown(), ShownTotal::Total(total));
        assert_eq!(form("k.1INR", Some("499800INR")).shown(), ShownTotal::Total(total));
        assert_eq!(form("k.499800INR", None).shown(), ShownTotal::Total(total));
        for nothing in ["", " ", "INR", "x", "499800", "1.5INR", "é€INR"] {
            assert_eq!(form("k.499800INR", Some(nothing)).shown(), ShownTotal::None, "{nothing}");
        }
        for key in ["k", "", "k.", "k.INR", "9b2e.77"] {
            assert_eq!(form(key, None).shown(), ShownTotal::Unknown, "{key}");
        }
    }
}
