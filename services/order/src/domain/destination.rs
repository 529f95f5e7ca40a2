//! The countries that the shop ships to.

use message::{Country, FieldError};

/// The countries that orders may go to, as they are stored: two letters each, between blanks; empty: all countries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destinations(String);

impl Destinations {
    /// These countries; none of them means all countries.
    pub fn new(countries: &[Country]) -> Self {
        Self(countries.iter().map(Country::as_str).collect::<Vec<_>>().join(" "))
    }

    /// As [`Destinations::as_str`] wrote them.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As they are stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Refuses a country that the shop does not ship to, with those that it does.
    pub fn check(&self, country: &Country, pointer: &str) -> Result<(), FieldError> {
        if self.0.is_empty() || self.0.split(' ').any(|code| code == country.as_str()) {
            return Ok(());
        }
        let detail = format!("expected a country that the shop ships to: {}", self.0.replace(' ', ", "));
        Err(FieldError::new(pointer, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_served_if_it_is_listed_or_nothing_is() {
        let country = |code: &str| code.parse::<Country>().unwrap();
        let some = Destinations::new(&[country("IN"), country("LK")]);
        assert_eq!(some, Destinations::from_stored(some.as_str().to_owned()));
        assert_eq!(some.check(&country("LK"), "/country"), Ok(()));
        let refused = some.check(&country("DE"), "/country").unwrap_err();
        assert_eq!(
            (refused.pointer.as_str(), refused.detail.as_str()),
            ("/country", "expected a country that the shop ships to: IN, LK")
        );
        assert_eq!(Destinations::new(&[]).check(&country("DE"), "/country"), Ok(()));
    }
}
