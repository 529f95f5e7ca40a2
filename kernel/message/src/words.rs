//! Enums whose values are words, on the wire as in the database, made by [`words!`](crate::words!).

use std::fmt;

use schemars::{Schema, json_schema};
use serde::{
    Deserializer,
    de::{self, Visitor},
};

use crate::{Invalid, text::description};

/// Makes enums whose values are words. A word is written once; JSON, its schema, `FromStr`, `Display` and the columns of
/// the database follow from it. `enum Berth default Harbour { … }` has a default.
///
/// ```
/// message::words! {
///     /// Where a boat is.
///     pub enum Berth {
///         /// At sea.
///         AtSea = "at_sea",
///         /// In the harbour.
///         Harbour = "harbour",
///     }
/// }
///
/// assert_eq!(Berth::ALL.map(Berth::as_str), ["at_sea", "harbour"]);
/// assert_eq!("harbour".parse(), Ok(Berth::Harbour));
/// assert_eq!("dock".parse::<Berth>().unwrap_err().to_string(), "expected one of at_sea, harbour");
/// ```
#[macro_export]
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])+
        $vis:vis enum $name:ident $(default $default:ident)? {
            $($(#[doc = $about:literal])+ $variant:ident = $word:literal,)+
        }
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[doc = $about])+ $variant,)+
        }

        impl $name {
            /// Every value, in the order in which they are declared.
            $vis const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word on the wire and in the database.
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
        $(
            impl ::std::default::Default for $name {
                fn default() -> Self {
                    Self::$default
                }
            }
        )?
        impl ::std::str::FromStr for $name {
            type Err = $crate::Invalid;

            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::Invalid> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::words::unknown(&[$($word),+])),
                }
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl $crate::expansion::Serialize for $name {
            fn serialize<S: $crate::expansion::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> $crate::expansion::Deserialize<'de> for $name {
            fn deserialize<D: $crate::expansion::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::words::deserialize(deserializer, &[$($word),+], &Self::ALL)
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
                $crate::words::schema(&[$($doc),+], &[$(($word, &[$($about),+])),+])
            }
        }
        impl ::std::convert::From<$name> for $crate::Value<'_> {
            fn from(word: $name) -> Self {
                word.as_str().into()
            }
        }
        impl $crate::value::IntoValue<'_> for $name {
            const TYPE: $crate::value::Type = $crate::value::Type::Text;
        }
        impl $crate::value::FromValue for $name {
            const TYPE: $crate::value::Type = $crate::value::Type::Text;

            fn from_value(value: $crate::Value<'_>) -> ::std::result::Result<Self, $crate::Invalid> {
                $crate::value::text(value)?.parse()
            }
        }
    )+};
}

/// What is wrong with a word that is none of these.
#[doc(hidden)]
pub fn unknown(words: &[&str]) -> Invalid {
    Invalid::new(format!("expected one of {}", words.join(", ")))
}

/// Reads one of `words` as the value of `values` at the same index.
#[doc(hidden)]
pub fn deserialize<'de, D: Deserializer<'de>, T: Copy>(
    deserializer: D,
    words: &'static [&'static str],
    values: &[T],
) -> Result<T, D::Error> {
    let at = deserializer.deserialize_str(Word(words))?;
    values.get(at).copied().ok_or_else(|| de::Error::custom("no value has this word"))
}

/// Finds the index of a word.
struct Word(&'static [&'static str]);

impl Visitor<'_> for Word {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", self.0.join(", "))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<usize, E> {
        self.0.iter().position(|word| *word == text).ok_or_else(|| E::unknown_variant(text, self.0))
    }
}

/// The JSON schema of an enum with this doc comment, line by line, and these words with theirs.
#[doc(hidden)]
pub fn schema(doc: &[&str], words: &[(&str, &[&str])]) -> Schema {
    let one_of: Vec<_> = words
        .iter()
        .map(|(word, about)| {
            json_schema!({ "type": "string", "const": word, "description": description(about) })
        })
        .collect();
    json_schema!({ "description": description(doc), "oneOf": one_of })
}

#[cfg(test)]
mod tests {
    use crate::{Value, value::FromValue as _};

    crate::words! {
        /// How a boat is moved.
        enum Rig default Cat {
            /// By one sail.
            Cat = "cat",
            /// By two masts,
            /// the smaller one aft.
            Ketch = "ketch",
        }
    }

    #[test]
    fn a_word_is_the_same_everywhere() {
        assert_eq!(Rig::default(), Rig::Cat);
        for rig in Rig::ALL {
            let json = serde_json::to_string(&rig).unwrap();
            assert_eq!(json, format!("\"{rig}\""));
            assert_eq!(serde_json::from_str::<Rig>(&json).unwrap(), rig);
            assert_eq!(rig.as_str().parse(), Ok(rig));
            assert_eq!(Rig::from_value(Value::from(rig)), Ok(rig));
        }
    }

    #[test]
    fn another_word_is_refused_with_the_known_ones() {
        let refused = |json| serde_json::from_str::<Rig>(json).unwrap_err().to_string();
        assert!(refused("\"brig\"").starts_with("unknown variant `brig`, expected `cat` or `ketch`"));
        assert!(refused("7").starts_with("invalid type: integer `7`, expected one of cat, ketch"));
        assert!(Rig::from_value(Value::from("brig")).is_err());
    }

    #[test]
    fn the_schema_describes_each_word() {
        let schema = schemars::schema_for!(Rig);
        assert_eq!(schema.get("description").unwrap(), "How a boat is moved.");
        assert_eq!(schema.get("oneOf").unwrap()[1]["description"], "By two masts,\nthe smaller one aft.");
    }
}
