//! The countries that parcels go to, with the names that the checkout shows.

use std::str::FromStr;

use message::{Country, Invalid};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// A country that the shop ships to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
}

impl Destination {
    /// All countries, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        Country::listed().map(|(code, name)| Self { code, name })
    }
}

impl FromStr for Destination {
    type Err = Invalid;

    fn from_str(code: &str) -> Result<Self, Invalid> {
        let country: Country = code.parse()?;
        Self::all()
            .find(|known| known.code == country.as_str())
            .ok_or_else(|| Invalid::new("expected a country"))
    }
}

impl<'de> Deserialize<'de> for Destination {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
