//! The countries that parcels go to, with the names that the checkout shows.

use std::str::FromStr;

use message::{Country, Invalid};
use serde::Serialize;
use shop_contract::ShopSettings;

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

/// The countries that the checkout offers: in the merchant's order, or all by name.
pub(crate) fn offered(shop: &ShopSettings) -> Vec<Destination> {
    if shop.countries.is_empty() {
        return Destination::all().collect();
    }
    shop.countries.iter().filter_map(|country| country.as_str().parse().ok()).collect()
}

/// The country that a new form has chosen: the shop's own if it is offered, else the first that the merchant chose.
pub(crate) fn usual(shop: &ShopSettings) -> Option<Destination> {
    let home = shop.home_country.as_ref().filter(|home| shop.ships_to(home));
    home.or(shop.countries.first()).and_then(|country| country.as_str().parse().ok())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shops_own_country_is_chosen_where_it_is_offered() {
        let shop = |countries: &[&str], home: Option<&str>| ShopSettings {
            countries: countries.iter().map(|code| code.parse().unwrap()).collect(),
            home_country: home.map(|code| code.parse().unwrap()),
            ..ShopSettings::default()
        };
        let codes =
            |shop: &ShopSettings| offered(shop).iter().map(|country| country.code).collect::<Vec<_>>();
        let usual = |shop: &ShopSettings| usual(shop).map(|country| country.code);
        let anywhere = shop(&[], None);
        assert_eq!((codes(&anywhere).len(), usual(&anywhere)), (Destination::all().count(), None));
        assert_eq!(usual(&shop(&[], Some("IN"))), Some("IN"));
        let some = shop(&["LK", "IN", "NP"], Some("IN"));
        assert_eq!((codes(&some), usual(&some)), (vec!["LK", "IN", "NP"], Some("IN")));
        assert_eq!(usual(&shop(&["LK", "NP"], Some("IN"))), Some("LK"));
    }
}
