//! Whole numbers, in bodies as in columns.

use std::fmt;

use serde::{
    Deserializer,
    de::{self, Visitor},
};

/// The greatest whole number up to which every one is a floating-point number too: 2⁵³.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// One more than the greatest number of 64 bits.
const TWO_TO_THE_63: f64 = 9_223_372_036_854_775_808.0;

/// Makes types of whole numbers with bounds. A body may write `2` as `2.0`, as JSON schema's `integer` may be; whatever is
/// out of bounds is refused with the bounds.
///
/// ```
/// message::whole_number! {
///     /// How many sails: 1 to 40.
///     pub struct Sails: 1..=40;
/// }
///
/// assert_eq!(serde_json::from_str::<Sails>("2.0").unwrap().get(), 2);
/// let refused = serde_json::from_str::<Sails>("1e30").unwrap_err().to_string();
/// assert!(refused.starts_with("expected a whole number from 1 to 40"));
/// ```
#[macro_export]
macro_rules! whole_number {
    ($(
        $(#[doc = $doc:literal])+
        $vis:vis struct $name:ident: $least:literal..=$most:literal $(, not $not:literal)?;
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(i64);

        impl $name {
            /// The least.
            $vis const MIN: i64 = $least;

            /// The most.
            $vis const MAX: i64 = $most;

            /// The number.
            $vis const fn get(self) -> i64 {
                self.0
            }
        }
        impl ::std::convert::TryFrom<i64> for $name {
            type Error = $crate::Invalid;

            fn try_from(number: i64) -> ::std::result::Result<Self, $crate::Invalid> {
                if (Self::MIN..=Self::MAX).contains(&number) $(&& number != $not)? {
                    Ok(Self(number))
                } else {
                    let not = ::std::concat!("" $(, ", not ", $not)?);
                    Err($crate::Invalid::new(::std::format!(
                        "expected a whole number from {} to {}{not}", Self::MIN, Self::MAX
                    )))
                }
            }
        }
        impl ::std::convert::From<$name> for i64 {
            fn from(number: $name) -> Self {
                number.0
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
        impl $crate::expansion::Serialize for $name {
            fn serialize<S: $crate::expansion::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.0)
            }
        }
        impl<'de> $crate::expansion::Deserialize<'de> for $name {
            fn deserialize<D: $crate::expansion::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let number = $crate::number::nearest(deserializer)?;
                Self::try_from(number).map_err(<D::Error as $crate::expansion::DeserializeError>::custom)
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
                $crate::number::schema(&[$($doc),+], Self::MIN, Self::MAX)
            }
        }
        impl ::std::convert::From<$name> for $crate::Value<'_> {
            fn from(number: $name) -> Self {
                number.0.into()
            }
        }
        impl $crate::value::IntoValue<'_> for $name {
            const TYPE: $crate::value::Type = $crate::value::Type::Int;
        }
        impl $crate::value::FromValue for $name {
            const TYPE: $crate::value::Type = $crate::value::Type::Int;

            fn from_value(value: $crate::Value<'_>) -> ::std::result::Result<Self, $crate::Invalid> {
                <i64 as $crate::value::FromValue>::from_value(value)?.try_into()
            }
        }
    )+};
}

/// Reads a whole number of 64 bits, for `#[serde(deserialize_with = "message::number::whole")]`; also one that is written
/// as `2.0`.
///
/// # Errors
///
/// If it is not whole, or out of range; the message names the range.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_i64(Whole { clamps: false })
}

/// Reads a whole number; one that 64 bits do not hold becomes the nearest that they do, and is out of bounds for
/// whoever has closer ones.
#[doc(hidden)]
pub fn nearest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_i64(Whole { clamps: true })
}

struct Whole {
    clamps: bool,
}

impl Whole {
    fn beyond<E: de::Error>(&self, nearest: i64) -> Result<i64, E> {
        if self.clamps {
            return Ok(nearest);
        }
        Err(E::custom(format!("expected a whole number from {} to {}", i64::MIN, i64::MAX)))
    }
}

impl Visitor<'_> for Whole {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).or_else(|_| self.beyond(i64::MAX))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<i64, E> {
        if number.fract() != 0.0 || !number.is_finite() {
            return Err(E::invalid_type(de::Unexpected::Float(number), &self));
        }
        if number.abs() > EXACT {
            if !self.clamps && number.abs() < TWO_TO_THE_63 {
                return Err(E::custom(
                    "expected a whole number without point and exponent: it is not exact with them",
                ));
            }
            return self.beyond(if number > 0.0 { i64::MAX } else { i64::MIN });
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and within 2⁵³")]
        Ok(number as i64)
    }
}

/// The JSON schema of a whole number with this doc comment, line by line, and these bounds.
#[doc(hidden)]
pub fn schema(doc: &[&str], least: i64, most: i64) -> schemars::Schema {
    schemars::json_schema!({
        "type": "integer", "description": crate::text::description(doc), "minimum": least, "maximum": most,
    })
}

#[cfg(test)]
mod tests {
    crate::whole_number! {
        /// How many more, or fewer.
        struct Change: -10..=10, not 0;
    }

    fn refused(json: &str) -> String {
        let error = serde_json::from_str::<Change>(json).unwrap_err().to_string();
        error.split(" at line").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        for (json, number) in [("2", 2), ("2.0", 2), ("-10", -10), ("1e1", 10), ("-1.0e0", -1)] {
            assert_eq!(serde_json::from_str::<Change>(json).unwrap().get(), number);
        }
        for json in ["0", "11", "9223372036854775808", "100000000000000000000", "-1e300", "-0.0", "1e18"] {
            assert_eq!(refused(json), "expected a whole number from -10 to 10, not 0", "{json}");
        }
        assert_eq!(refused("1.5"), "invalid type: floating point `1.5`, expected a whole number");
        assert_eq!(refused("\"1\""), "invalid type: string \"1\", expected a whole number");
    }

    #[test]
    fn numbers_of_64_bits_name_their_range() {
        let read = |json: &str| {
            let mut reader = serde_json::Deserializer::from_str(json);
            super::whole(&mut reader).map_err(|error| error.to_string())
        };
        assert_eq!(read("100.0"), Ok(100));
        assert_eq!(read(&i64::MIN.to_string()), Ok(i64::MIN));
        for json in ["9223372036854775808", "1e20", "-1e20"] {
            let refused = read(json).unwrap_err();
            assert!(refused.starts_with("expected a whole number from -9223372036854775808 to"), "{refused}");
        }
        assert!(read("9007199254740993.0").unwrap_err().contains("without point and exponent"));
    }
}
