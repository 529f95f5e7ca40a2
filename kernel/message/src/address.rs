//! Postal addresses.

mod layout;
mod rules;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{Country, Example, FieldError, Invalid, ShortText, example::valid};

crate::checked_text! {
    /// A telephone number: 3 to 20 digits, perhaps with a plus, blanks, hyphens, dots, brackets or an extension.
    pub struct Phone {
        check: check_phone,
        schema: { "pattern": r"^[+(]?[0-9][0-9 ().x/#*-]*$", "maxLength": 40 },
    }
}

/// Where a parcel goes. A name is given as `name`, or as `first_name` and `last_name`.
///
/// What a country needs and how its postal codes look is checked where an address is given ([`Address::check`]), never
/// where a stored one is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
#[schemars(transform = without_default_name)]
pub struct Address {
    /// To whom; unless given, the first and the last name.
    #[serde(default = "no_name")]
    pub name: ShortText,
    /// First name, where names have two parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<ShortText>,
    /// Last name, where names have two parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<ShortText>,
    /// Company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<ShortText>,
    /// Street and number.
    pub line1: ShortText,
    /// Flat, floor, landmark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<ShortText>,
    /// City; some countries need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<ShortText>,
    /// State, province, prefecture, emirate; some countries need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<ShortText>,
    /// PIN or ZIP code; some countries have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<ShortText>,
    /// ISO 3166-1 alpha-2: `IN`.
    pub country: Country,
    /// For the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// VAT number, GSTIN or the like, for the invoice and for customs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_number: Option<ShortText>,
}

impl Address {
    /// What is wrong with it, with pointers that begin with `at`: texts that no longer keep to the rules, and what the
    /// country has rules for (fields that it needs, the form of its postal codes, its regions).
    pub fn check(&self, at: &str) -> Vec<FieldError> {
        let mut errors: Vec<_> = [
            ("name", Some(self.name.recheck())),
            ("first_name", self.first_name.as_ref().map(ShortText::recheck)),
            ("last_name", self.last_name.as_ref().map(ShortText::recheck)),
            ("company", self.company.as_ref().map(ShortText::recheck)),
            ("line1", Some(self.line1.recheck())),
            ("line2", self.line2.as_ref().map(ShortText::recheck)),
            ("city", self.city.as_ref().map(ShortText::recheck)),
            ("region", self.region.as_ref().map(ShortText::recheck)),
            ("postal_code", self.postal_code.as_ref().map(ShortText::recheck)),
            ("country", Some(self.country.recheck())),
            ("phone", self.phone.as_ref().map(Phone::recheck)),
            ("tax_number", self.tax_number.as_ref().map(ShortText::recheck)),
        ]
        .into_iter()
        .filter_map(|(field, checked)| Some(checked?.err()?.at(format!("{at}/{field}"))))
        .collect();
        if errors.is_empty() {
            let broken = rules::broken(self).into_iter();
            errors.extend(broken.map(|(field, detail)| FieldError::new(format!("{at}/{field}"), detail)));
        }
        errors
    }

    /// The lines of it as the country writes them, from the name to the country's name in English. The same on page, mail
    /// and label.
    pub fn lines(&self) -> Vec<String> {
        layout::lines(self)
    }

    /// The fields that addresses of a country need, besides name and country: `line1`, `city`, `region`, `postal_code`.
    pub fn required_in(country: &Country) -> Vec<&'static str> {
        rules::required(country).collect()
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut address = Self::deserialize(deserializer)?;
        if address.name.as_str().is_empty() {
            let parts = [&address.first_name, &address.last_name].into_iter().flatten();
            let name = parts.map(ShortText::as_str).collect::<Vec<_>>().join(" ");
            if name.is_empty() {
                return Err(D::Error::missing_field("name"));
            }
            address.name = name
                .parse()
                .map_err(|error| D::Error::custom(format!("first and last name together: {error}")))?;
        }
        Ok(address)
    }
}

/// Stands in until the name is put together.
fn no_name() -> ShortText {
    ShortText::missing()
}

fn without_default_name(schema: &mut Schema) {
    let name = schema.pointer_mut("/properties/name").and_then(|name| name.as_object_mut());
    if let Some(name) = name {
        name.remove("default");
    }
}

fn check_phone(text: &str) -> Result<(), Invalid> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_allowed = |(at, byte): (usize, u8)| {
        byte.is_ascii_digit() || b" ().-/x#*".contains(&byte) || (byte == b'+' && at == 0)
    };
    let starts = text.trim_start_matches(['+', '(']).starts_with(|letter: char| letter.is_ascii_digit());
    if (3..=20).contains(&digits) && text.len() <= 40 && starts && text.bytes().enumerate().all(is_allowed) {
        return Ok(());
    }
    Err(Invalid::new("expected a telephone number such as +91 484 221 0000"))
}

impl Example for Address {
    fn example() -> Self {
        Self {
            name: valid("Mira Nair".parse()),
            first_name: None,
            last_name: None,
            company: None,
            line1: valid("14 Lake Road".parse()),
            line2: Some(valid("Flat 3".parse())),
            city: Some(valid("Kochi".parse())),
            region: Some(valid("Kerala".parse())),
            postal_code: Some(valid("682001".parse())),
            country: valid("IN".parse()),
            phone: None,
            tax_number: None,
        }
    }
}

#[cfg(test)]
mod tests;
