//! Texts and numbers of the shop's settings that cannot hold a wrong value.

use std::fmt;

use message::{Example, Invalid, example::valid, text::is_one_line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

message::checked_text! {
    /// The shop's name: 1 to 100 characters on one line, without blanks at the ends.
    pub struct ShopName {
        fits: |text| is_one_line(text, 1..=100),
        expected: "a name of 1 to 100 characters on one line, without blanks at the ends, such as Lateen",
        schema: { "pattern": r"^\S(.*\S)?$", "maxLength": 100 },
    }

    /// A line about the shop: at most 500 characters, without blanks at the ends; empty for none.
    pub struct ShopLine {
        fits: |text| is_one_line(text, 0..=500),
        expected: "at most 500 characters on one line, without blanks at the ends",
        schema: { "pattern": r"^(\S(.*\S)?)?$", "maxLength": 500 },
    }

    /// A few sentences about the shop: at most 5,000 characters, also on several lines; empty for none.
    pub struct ShopText {
        fits: |text| text.chars().count() <= 5_000 && !text.chars().any(|letter| letter.is_control() && letter != '\n'),
        expected: "at most 5,000 characters, without control characters except line ends (\\n)",
        schema: { "maxLength": 5_000, "pattern": r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$" },
    }

    /// What the shop's tax is called, `VAT`: 1 to 40 characters on one line, without blanks at the ends.
    pub struct TaxName {
        fits: |text| is_one_line(text, 1..=40),
        expected: "1 to 40 characters on one line, without blanks at the ends, such as VAT",
        schema: { "pattern": r"^\S(.*\S)?$", "maxLength": 40 },
    }

    /// Where a link leads: a path of the shop (`/terms`) or a URL (`https://example.org/terms`), at most 2,000 characters.
    pub struct LinkTarget {
        fits: is_link_target,
        expected: "a path of the shop such as /terms, or a URL such as https://example.org/terms, at most 2,000 characters",
        schema: { "pattern": r"^(/|/[^/\s\\]\S*|https?://[^/\s\\]\S*)$", "maxLength": 2_000 },
    }
}

/// A URL keeps its scheme and host, a path the shop's own: `//host` and `/\host` lead elsewhere.
fn is_link_target(text: &str) -> bool {
    let is_visible = text.chars().all(|letter| !letter.is_whitespace() && !letter.is_control());
    let is_path = text.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\']));
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_url =
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '\\', '?', '#', '@', ':']));
    text.chars().count() <= 2_000 && is_visible && (is_path || is_url)
}

/// A stock that is low: 0 to 1,000,000; 0 is never low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "i64", into = "i64")]
#[schemars(extend("minimum" = 0, "maximum" = 1_000_000))]
pub struct StockThreshold(i64);

impl StockThreshold {
    const MAX: i64 = 1_000_000;

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// Five.
impl Default for StockThreshold {
    fn default() -> Self {
        Self(5)
    }
}

impl TryFrom<i64> for StockThreshold {
    type Error = Invalid;

    fn try_from(number: i64) -> Result<Self, Invalid> {
        if (0..=Self::MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(Invalid::new(format!("expected a whole number from 0 to {}", Self::MAX)))
        }
    }
}

impl From<StockThreshold> for i64 {
    fn from(threshold: StockThreshold) -> Self {
        threshold.0
    }
}

impl fmt::Display for StockThreshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Example for StockThreshold {
    fn example() -> Self {
        Self::default()
    }
}

impl Default for ShopName {
    fn default() -> Self {
        Self("Lateen".to_owned())
    }
}

/// Nothing.
impl Default for ShopLine {
    fn default() -> Self {
        Self(String::new())
    }
}

/// Nothing.
impl Default for ShopText {
    fn default() -> Self {
        Self(String::new())
    }
}

impl Default for TaxName {
    fn default() -> Self {
        Self("Tax".to_owned())
    }
}

impl Example for ShopLine {
    fn example() -> Self {
        valid("Good things, and not too many of them".parse())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testing::check_schema;

    use super::*;

    #[test]
    fn the_schemas_allow_what_is_read() {
        let long = |count| json!("a".repeat(count));
        check_schema::<ShopName>(&[json!("Lateen"), long(100)], &[json!(""), json!(" a"), long(101)]);
        check_schema::<ShopLine>(
            &[json!(""), json!("a b"), long(500)],
            &[json!("a\nb"), json!("a "), long(501)],
        );
        check_schema::<ShopText>(
            &[json!(""), json!("a\n\nb"), json!("मेज"), long(5_000)],
            &[json!("a\u{7}"), json!("a\u{85}"), long(5_001)],
        );
        check_schema::<TaxName>(&[json!("VAT")], &[json!(""), long(41)]);
        check_schema::<StockThreshold>(
            &[json!(0), json!(1_000_000)],
            &[json!(-1), json!(1_000_001), json!("5")],
        );
        check_schema::<LinkTarget>(
            &[
                json!("/"),
                json!("/terms"),
                json!("/pages/impressum?a=b#c"),
                json!("https://example.org/terms"),
            ],
            &[
                json!(""),
                json!("terms"),
                json!("//example.org"),
                json!("/\\example.org"),
                json!("javascript:alert(1)"),
                json!("mailto:a@b.c"),
                json!("https://"),
                json!("https:///terms"),
                json!("/a b"),
                json!("ftp://example.org"),
            ],
        );
    }
}
