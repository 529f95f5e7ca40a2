//! The countries that parcels go to, with the names that the checkout shows.

use std::str::FromStr;

use message::Invalid;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// Every country of ISO 3166-1, one a line: its two letters and its usual English name, sorted by name.
const COUNTRIES: &str = include_str!("../assets/countries.txt");

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
        COUNTRIES.lines().filter_map(|line| line.split_once(' ')).map(|(code, name)| Self { code, name })
    }
}

impl FromStr for Destination {
    type Err = Invalid;

    fn from_str(code: &str) -> Result<Self, Invalid> {
        Self::all()
            .find(|known| known.code == code)
            .ok_or_else(|| Invalid::new("expected the two capitals of a country (ISO 3166-1), such as IN"))
    }
}

impl<'de> Deserialize<'de> for Destination {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use message::Country;

    use super::*;

    #[test]
    fn every_country_can_be_ordered_to_and_stands_once() {
        let all: Vec<_> = Destination::all().collect();
        assert_eq!(all.len(), COUNTRIES.lines().count());
        for country in &all {
            assert!(Country::from_str(country.code).is_ok(), "{}", country.code);
            assert_eq!(country.code.parse::<Destination>().unwrap(), *country);
        }
        assert!("XX".parse::<Destination>().is_err() && "in".parse::<Destination>().is_err());
    }
}
