//! The countries of ISO 3166-1.

use std::{collections::HashMap, sync::LazyLock};

use crate::Invalid;

/// Every country, one a line: its two letters and its usual English name, sorted by name.
const COUNTRIES: &str = include_str!("country/countries.txt");

/// Every country's name by its code.
static NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| Country::listed().collect());

crate::checked_text! {
    /// The two capital letters of a country (ISO 3166-1 alpha-2): `IN`.
    pub struct Country {
        check: check,
        schema: { "pattern": pattern() },
    }
}

impl Country {
    /// All countries, sorted by their English names.
    pub fn all() -> impl Iterator<Item = Self> {
        Country::listed().map(|(code, _)| Self(code.to_owned()))
    }

    /// Codes and English names of all countries, sorted by name.
    pub fn listed() -> impl Iterator<Item = (&'static str, &'static str)> {
        COUNTRIES.lines().filter_map(|line| line.split_once(' '))
    }

    /// The usual English name; the code, if it is on the list no more.
    pub fn name(&self) -> &str {
        NAMES.get(self.as_str()).copied().unwrap_or(self.as_str())
    }
}

fn check(text: &str) -> Result<(), Invalid> {
    if NAMES.contains_key(text) {
        return Ok(());
    }
    let expected = "a country's two capital letters (ISO 3166-1)";
    Err(Invalid::new(match hint(text) {
        Some(hint) => format!("expected {expected}: {hint}"),
        None => format!("expected {expected}, such as IN"),
    }))
}

/// What was probably meant.
fn hint(text: &str) -> Option<String> {
    let capitals = text.to_uppercase();
    Some(match capitals.as_str() {
        "UK" => "GB for the United Kingdom".to_owned(),
        "EL" => "GR for Greece".to_owned(),
        "EU" => "EU is a union of countries; DE, FR or another of them".to_owned(),
        _ if NAMES.contains_key(capitals.as_str()) => capitals,
        _ => {
            let (code, name) = Country::listed().find(|(_, name)| name.eq_ignore_ascii_case(text))?;
            format!("{code} for {name}")
        }
    })
}

/// The pattern of the codes; an `enum` would make a type of 249 constants of it in generated clients.
fn pattern() -> String {
    let mut codes: Vec<_> = Country::listed().map(|(code, _)| code).collect();
    codes.sort_unstable();
    format!("^({})$", codes.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> String {
        code.parse::<Country>().unwrap_err().to_string()
    }

    #[test]
    fn the_list_is_that_of_iso_3166() {
        assert_eq!(Country::all().count(), 249);
        assert_eq!(NAMES.len(), 249);
        for country in Country::all() {
            assert_eq!(country.as_str().parse(), Ok(country));
        }
        assert_eq!("IN".parse::<Country>().unwrap().name(), "India");
        assert!(pattern().starts_with("^(AD|AE|AF|"));
    }

    #[test]
    fn what_is_no_country_is_refused_with_what_was_meant() {
        assert_eq!(
            refused("UK"),
            "expected a country's two capital letters (ISO 3166-1): GB for the United Kingdom"
        );
        assert!(refused("uk").ends_with(": GB for the United Kingdom"));
        assert!(refused("EU").ends_with(": EU is a union of countries; DE, FR or another of them"));
        assert!(refused("in").ends_with(": IN"));
        assert!(refused("india").ends_with(": IN for India"));
        for code in ["XX", "ZZ", "", "IND", "I", "日本"] {
            assert!(refused(code).ends_with(", such as IN"), "{code}");
        }
    }
}
