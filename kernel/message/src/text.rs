//! Text types: texts that cannot hold a wrong value, made by [`checked_text!`](crate::checked_text).
//!
//! What every line keeps to: something in it is visible; no control characters; none that change the writing direction of
//! what follows (U+202A to U+202E, U+2066 to U+2069), which could turn the page or the mail around them. Joiners
//! (Persian, Hindi, emoji) and the marks U+200E, U+200F and U+061C, which turn nothing, are part of words.

mod lines;
mod locale;

use schemars::{Schema, json_schema};
use serde_json::Value;

pub use lines::{is_one_line, mended, one_line, several_lines};
pub(crate) use lines::{is_visible, turns};

/// Makes text types. Each is read (from JSON, from a form) only if `fits` says yes, and describes in its JSON schema what
/// that means. `check` instead of `fits` and `expected` says itself what is wrong. What is stored is read as it was
/// written, see [`stored`](crate::stored).
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
            $(fits: $fits:expr, expected: $expected:literal,)?
            $(check: $check:expr,)?
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

            /// Checks the rules once more: a stored text may be older than one of them.
            ///
            /// # Errors
            ///
            /// What is wrong, if something is.
            $vis fn recheck(&self) -> ::std::result::Result<(), $crate::Invalid> {
                Self::check(&self.0)
            }

            fn check(text: &str) -> ::std::result::Result<(), $crate::Invalid> {
                $(
                    let fits: fn(&str) -> bool = $fits;
                    if !fits(text) {
                        return Err($crate::Invalid::new(::std::concat!("expected ", $expected)));
                    }
                )?
                $(
                    let check: fn(&str) -> ::std::result::Result<(), $crate::Invalid> = $check;
                    check(text)?;
                )?
                Ok(())
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
                if $crate::stored::is_stored() {
                    return Ok(Self(text));
                }
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
                $crate::value::text(value).map(|text| Self(text.into_owned()))
            }
        }
    )+};
}

checked_text! {
    /// The caller's name for one attempt: 1 to 255 printable ASCII characters.
    pub struct IdempotencyKey {
        fits: |text| (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()),
        expected: "1 to 255 printable ASCII characters without blanks, best a UUID",
        schema: { "pattern": "^[!-~]+$", "maxLength": 255 },
    }

    /// Short text in any script: 1 to 200 characters on one line, without blanks at the ends.
    pub struct ShortText {
        check: |text| one_line(text, 1..=200),
        schema: { "pattern": r"^\S(.*\S)?$", "maxLength": 200 },
    }

    /// Text of several lines in any script: 1 to 2,000 characters.
    pub struct LongText {
        check: |text| several_lines(text, 1..=2000),
        schema: { "pattern": r"\S", "maxLength": 2000 },
    }

    /// A language, perhaps with script and region (BCP 47): `en`, `en-IN`, `zh-Hant-TW`.
    pub struct Locale {
        check: locale::check,
        schema: { "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", "maxLength": 35 },
    }
}

impl ShortText {
    /// Stands for a text that is not there yet; empty, which no other is.
    pub(crate) fn missing() -> Self {
        Self(String::new())
    }
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
mod tests;
