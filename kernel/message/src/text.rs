//! Text types: texts that cannot hold a wrong value, made by [`checked_text!`](crate::checked_text).

use std::ops::RangeInclusive;

use schemars::{Schema, json_schema};
use serde_json::Value;

/// Makes text types. Each is read (from JSON, from a form, from the database) only if `fits` says yes, and describes in
/// its JSON schema what that means.
///
/// ```
/// message::checked_text! {
///     /// The name of a boat: 1 to 40 characters on one line.
///     pub struct BoatName {
///         fits: |text| message::text::is_one_line(text, 1..=40),
///         expected: "1 to 40 characters on one line, without blanks at the ends",
///         schema: { "pattern": r"^\S(.*\S)?$", "maxLength": 40 },
///     }
/// }
///
/// assert_eq!("Vega".parse::<BoatName>().unwrap().as_str(), "Vega");
/// assert!(BoatName::try_from(String::new()).unwrap_err().to_string().starts_with("expected 1 to 40"));
/// ```
#[macro_export]
macro_rules! checked_text {
    ($(
        $(#[doc = $doc:literal])+
        $vis:vis struct $name:ident {
            fits: $fits:expr,
            expected: $expected:literal,
            schema: { $($schema:tt)* },
        }
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(::std::string::String);

        impl $name {
            /// The text.
            $vis fn as_str(&self) -> &str {
                &self.0
            }

            fn check(text: &str) -> ::std::result::Result<(), $crate::Invalid> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) {
                    Ok(())
                } else {
                    Err($crate::Invalid::new(::std::concat!("expected ", $expected)))
                }
            }
        }
        impl ::std::str::FromStr for $name {
            type Err = $crate::Invalid;

            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::Invalid> {
                Self::check(text).map(|()| Self(text.to_owned()))
            }
        }
        impl ::std::convert::TryFrom<::std::string::String> for $name {
            type Error = $crate::Invalid;

            fn try_from(text: ::std::string::String) -> ::std::result::Result<Self, $crate::Invalid> {
                Self::check(&text).map(|()| Self(text))
            }
        }
        impl ::std::convert::From<$name> for ::std::string::String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl $crate::expansion::Serialize for $name {
            fn serialize<S: $crate::expansion::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> $crate::expansion::Deserialize<'de> for $name {
            fn deserialize<D: $crate::expansion::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let text: ::std::string::String = $crate::expansion::Deserialize::deserialize(deserializer)?;
                Self::try_from(text).map_err(<D::Error as $crate::expansion::DeserializeError>::custom)
            }
        }
        impl $crate::expansion::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::stringify!($name).into()
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                ::std::concat!(::std::module_path!(), "::", ::std::stringify!($name)).into()
            }

            fn json_schema(_: &mut $crate::expansion::SchemaGenerator) -> $crate::expansion::Schema {
                $crate::text::schema(&[$($doc),+], $crate::expansion::json!({ $($schema)* }))
            }
        }
        impl<'v> ::std::convert::From<&'v $name> for $crate::Value<'v> {
            fn from(text: &'v $name) -> Self {
                text.as_str().into()
            }
        }
        impl<'v> $crate::value::IntoValue<'v> for &'v $name {
            const TYPE: $crate::value::Type = $crate::value::Type::Text;
        }
        impl $crate::value::FromValue for $name {
            const TYPE: $crate::value::Type = $crate::value::Type::Text;

            fn from_value(value: $crate::Value<'_>) -> ::std::result::Result<Self, $crate::Invalid> {
                Self::try_from($crate::value::text(value)?.into_owned())
            }
        }
    )+};
}

checked_text! {
    /// An e-mail address: one `@`, something on both sides, no blanks, at most 254 bytes (RFC 5321).
    pub struct Email {
        fits: is_email,
        expected: "an e-mail address such as mira@example.org",
        schema: { "format": "idn-email", "pattern": r"^[^@\s]+@[^@\s]+$", "maxLength": 254 },
    }

    /// The caller's name for one attempt: 1 to 255 printable ASCII characters.
    pub struct IdempotencyKey {
        fits: |text| (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()),
        expected: "1 to 255 printable ASCII characters without blanks, best a UUID",
        schema: { "pattern": "^[!-~]+$", "maxLength": 255 },
    }

    /// Short text in any script: 1 to 200 characters on one line, without blanks at the ends.
    pub struct ShortText {
        fits: |text| is_one_line(text, 1..=200),
        expected: "1 to 200 characters on one line, without blanks at the ends",
        schema: { "pattern": r"^\S(.*\S)?$", "maxLength": 200 },
    }

    /// An ISO 3166-1 alpha-2 code in capitals.
    pub struct Country {
        fits: |text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
        expected: "a country's two capital letters (ISO 3166-1), such as IN",
        schema: { "pattern": "^[A-Z]{2}$" },
    }
}

/// Whether `text` has so many characters, all on one line, and no blanks at its ends.
pub fn is_one_line(text: &str, length: RangeInclusive<usize>) -> bool {
    length.contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control)
}

fn is_email(text: &str) -> bool {
    let is_allowed =
        |letter: char| !letter.is_whitespace() && !letter.is_control() && !"<>\",;()[]\\".contains(letter);
    text.len() <= 254
        && text.chars().all(is_allowed)
        && text.split_once('@').is_some_and(|(local, domain)| {
            (1..=64).contains(&local.len())
                && !domain.contains('@')
                && domain.split('.').all(|part| !part.is_empty())
        })
}

/// The JSON schema of a text with this doc comment, line by line, and these further keywords.
#[doc(hidden)]
pub fn schema(doc: &[&str], keywords: Value) -> Schema {
    let mut schema = json_schema!({ "type": "string", "description": description(doc) });
    if let Value::Object(keywords) = keywords {
        schema.ensure_object().extend(keywords);
    }
    schema
}

/// A doc comment as schemars writes it into a schema.
pub(crate) fn description(doc: &[&str]) -> String {
    let lines: Vec<_> = doc.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_e_mail_address_has_one_at_and_two_sides() {
        for good in ["mira@example.org", "a+b@c", "मीरा@उदाहरण.भारत"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in ["", "@", "a@", "@b", "a@b@c", "a b@c", "a@b..c", "a@b\r\nBcc: c@d", "<a@b>"] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn short_texts_keep_every_script() {
        for good in ["मीरा", "😀", "שלום", "O'Neil"] {
            assert!(good.parse::<ShortText>().is_ok(), "{good}");
        }
        for bad in ["", " a", "a\tb", "a\u{7}"] {
            assert!(bad.parse::<ShortText>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_text_is_what_is_written() {
        let country: Country = serde_json::from_str("\"IN\"").unwrap();
        assert_eq!(serde_json::to_string(&country).unwrap(), "\"IN\"");
        let refused = serde_json::from_str::<Country>("\"in\"").unwrap_err().to_string();
        assert!(refused.starts_with("expected a country's two capital letters"), "{refused}");
    }
}
