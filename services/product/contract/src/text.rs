//! Names that cannot hold a wrong value.

use std::str::FromStr;

use message::Invalid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A word or words for addresses: lower-case letters, digits and single hyphens, at most 120.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength" = 120))]
pub struct Slug(String);

/// A merchant's code for a variant: 1 to 64 letters, digits, `-`, `_`, `.` or `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9_./-]+$", "maxLength" = 64))]
pub struct Sku(String);

/// A product's name: 1 to 200 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = r"^\S(.*\S)?$", "maxLength" = 200))]
pub struct Title(String);

/// The shelf that a product stands on: at most 80 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = r"^(\S(.*\S)?)?$", "maxLength" = 80))]
pub struct Collection(String);

/// Names a tax rate of the settings: `standard` unless said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength" = 120))]
pub struct TaxClass(String);

impl Default for TaxClass {
    fn default() -> Self {
        Self("standard".to_owned())
    }
}

fn is_slug(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 120 && text.split('-').all(|word| !word.is_empty() && word.bytes().all(letters))
}

fn is_sku(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
}

fn is_line(text: &str, max: usize) -> bool {
    text.chars().count() <= max && text.trim() == text && !text.chars().any(char::is_control)
}

impl FromStr for Slug {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let expected =
            "expected lower-case letters, digits and single hyphens, at most 120, such as copper-kettle";
        if is_slug(text) { Ok(Self(text.to_owned())) } else { Err(Invalid::new(expected)) }
    }
}

impl FromStr for Sku {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let expected = "expected 1 to 64 letters, digits, hyphens, underscores, dots or slashes";
        if is_sku(text) { Ok(Self(text.to_owned())) } else { Err(Invalid::new(expected)) }
    }
}

impl FromStr for Title {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let expected = "expected 1 to 200 characters on one line, without blanks at the ends";
        if !text.is_empty() && is_line(text, 200) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(expected))
        }
    }
}

impl FromStr for Collection {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let expected = "expected at most 80 characters on one line, without blanks at the ends";
        if is_line(text, 80) { Ok(Self(text.to_owned())) } else { Err(Invalid::new(expected)) }
    }
}

impl FromStr for TaxClass {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let expected = "expected the name of a tax class, such as standard";
        if is_slug(text) { Ok(Self(text.to_owned())) } else { Err(Invalid::new(expected)) }
    }
}

message::checked_text!(Slug, Sku, Title, Collection, TaxClass);

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testing::check_schema;

    use super::*;

    #[test]
    fn slugs_are_words_with_single_hyphens() {
        for good in ["a", "copper-kettle", "k2-4", "10"] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        let long = "a".repeat(121);
        for bad in ["", "-", "a-", "-a", "a--b", "A", "ä", "a b", "a/b", long.as_str()] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn titles_are_one_clean_line_in_any_script() {
        for good in ["Kettle", "केतली", "🫖 tea", "مصباح"] {
            assert!(good.parse::<Title>().is_ok(), "{good}");
        }
        for bad in ["", " ", " a", "a\nb", "a\u{0}"] {
            assert!(bad.parse::<Title>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn schemas_allow_what_is_read() {
        let long = |count| json!("a".repeat(count));
        let slugs = [json!("a"), json!("k2-4"), long(120)];
        let no_slugs =
            [json!(""), json!("-"), json!("a-"), json!("a--b"), json!("A"), json!("a b"), long(121)];
        check_schema::<Slug>(&slugs, &no_slugs);
        check_schema::<TaxClass>(&slugs, &no_slugs);
        check_schema::<Sku>(&[json!("A-1_b./"), long(64)], &[json!(""), json!("ä"), json!("a b"), long(65)]);
        let titles = [json!("a"), json!("a b"), json!("مصباح"), long(200)];
        check_schema::<Title>(
            &titles,
            &[json!(""), json!(" a"), json!("a "), json!("a\nb"), long(201), json!(1)],
        );
        check_schema::<Collection>(
            &[json!(""), json!("a b"), long(80)],
            &[json!(" "), json!("a\nb"), long(81)],
        );
    }
}
