//! Values that cannot be wrong.

use std::{fmt, str::FromStr};

use message::Invalid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An e-mail address: one `@`, something on both sides, no blanks, at most 254 bytes (RFC 5321).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("format" = "idn-email", "pattern" = r"^[^@\s]+@[^@\s]+$", "maxLength" = 254))]
pub struct Email(String);

/// The caller's name for one attempt: 1 to 255 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[!-~]+$", "maxLength" = 255))]
pub struct IdempotencyKey(String);

/// One line of text in any script: 1 to 200 characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = r"^\S(.*\S)?$", "maxLength" = 200))]
pub struct Line(String);

/// An ISO 3166-1 alpha-2 code in capitals.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Z]{2}$"))]
pub struct Country(String);

/// How many: 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "i64", into = "i64")]
#[schemars(extend("minimum" = 1, "maximum" = 10_000))]
pub struct Quantity(i64);

impl FromStr for Email {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let fits = text.len() <= 254
            && !text.chars().any(|letter| {
                letter.is_whitespace() || letter.is_control() || "<>\",;()[]\\".contains(letter)
            })
            && text.split_once('@').is_some_and(|(local, domain)| {
                (1..=64).contains(&local.len())
                    && !domain.contains('@')
                    && domain.split('.').all(|part| !part.is_empty())
            });
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("expected an e-mail address such as mira@example.org"))
        }
    }
}

impl FromStr for IdempotencyKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("expected 1 to 255 printable ASCII characters without blanks, best a UUID"))
        }
    }
}

impl FromStr for Line {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let fits = !text.is_empty()
            && text.trim() == text
            && text.chars().count() <= 200
            && !text.chars().any(char::is_control);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("expected 1 to 200 characters on one line, without blanks at the ends"))
        }
    }
}

impl FromStr for Country {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("expected a country's two capital letters (ISO 3166-1), such as IN"))
        }
    }
}

message::checked_text!(Email, IdempotencyKey, Line, Country);

impl Quantity {
    /// The most of one variant that one order can have.
    pub const MAX: i64 = 10_000;

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = Invalid;

    fn try_from(quantity: i64) -> Result<Self, Invalid> {
        if (1..=Self::MAX).contains(&quantity) {
            Ok(Self(quantity))
        } else {
            Err(Invalid::new(format!("expected a whole number from 1 to {}", Self::MAX)))
        }
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testing::check_schema;

    use super::*;

    #[test]
    fn addresses_of_mail() {
        for good in ["mira@example.org", "a+b@c", "मीरा@उदाहरण.भारत"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in ["", "@", "a@", "@b", "a@b@c", "a b@c", "a@b..c", "a@b\r\nBcc: c@d", "<a@b>"] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn quantities() {
        assert_eq!(Quantity::try_from(1).map(Quantity::get), Ok(1));
        for bad in [0, -1, 10_001, i64::MAX, i64::MIN] {
            assert!(Quantity::try_from(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lines_keep_every_script() {
        for good in ["मीरा", "😀", "שלום", "O'Neil"] {
            assert!(good.parse::<Line>().is_ok(), "{good}");
        }
        for bad in ["", " a", "a\tb", "a\u{7}"] {
            assert!(bad.parse::<Line>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn schemas_allow_what_is_read() {
        let long = |count| json!("a".repeat(count));
        let mail = json!(format!("a@{}", "b".repeat(252)));
        let no_mail = json!(format!("a@{}", "b".repeat(253)));
        check_schema::<Email>(
            &[json!("mira@example.org"), json!("मीरा@उदाहरण.भारत"), mail],
            &[json!(""), json!("@"), json!("a@"), json!("a@b@c"), json!("a b@c"), no_mail],
        );
        check_schema::<IdempotencyKey>(
            &[json!("!"), json!("a/~"), long(255)],
            &[json!(""), json!("a b"), json!("ä"), long(256)],
        );
        let lines = [json!("a"), json!("O'Neil b"), json!("मीरा"), long(200)];
        check_schema::<Line>(&lines, &[json!(""), json!(" a"), json!("a "), json!("a\nb"), long(201)]);
        check_schema::<Country>(&[json!("IN")], &[json!("in"), json!("IND"), json!("I")]);
        check_schema::<Quantity>(
            &[json!(1), json!(10_000)],
            &[json!(0), json!(10_001), json!("1"), json!(1.5)],
        );
    }
}
