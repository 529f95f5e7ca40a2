//! What a parcel's price and a customs form need: weight, size, customs code.

use message::{
    Example, Invalid, Value,
    example::valid,
    value::{FromValue, IntoValue, Type},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! whole_numbers {
    ($($(#[doc = $doc:literal])+ $name:ident: $least:literal to $most:literal, such as $example:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "i64", into = "i64")]
        #[schemars(extend("minimum" = $least, "maximum" = $most))]
        pub struct $name(i64);

        impl $name {
            /// The number.
            pub const fn get(self) -> i64 {
                self.0
            }
        }
        impl TryFrom<i64> for $name {
            type Error = Invalid;

            fn try_from(number: i64) -> Result<Self, Invalid> {
                if ($least..=$most).contains(&number) {
                    Ok(Self(number))
                } else {
                    Err(Invalid::new(format!("expected a whole number from {} to {}", $least, $most)))
                }
            }
        }
        impl From<$name> for i64 {
            fn from(number: $name) -> Self {
                number.0
            }
        }
        impl From<$name> for Value<'_> {
            fn from(number: $name) -> Self {
                number.0.into()
            }
        }
        impl IntoValue<'_> for $name {
            const TYPE: Type = Type::Int;
        }
        impl FromValue for $name {
            const TYPE: Type = Type::Int;

            fn from_value(value: Value<'_>) -> Result<Self, Invalid> {
                i64::from_value(value)?.try_into()
            }
        }
        impl Example for $name {
            fn example() -> Self {
                Self($example)
            }
        }
    )+};
}

whole_numbers! {
    /// A weight in grams: 0 to 1,000,000,000.
    Grams: 0 to 1_000_000_000, such as 1_150;
    /// A length in millimetres: 1 to 1,000,000.
    Millimetres: 1 to 1_000_000, such as 210;
}

/// The size of a thing as it is packed, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// The longest side.
    pub length: Millimetres,
    /// The side across.
    pub width: Millimetres,
    /// The side upwards.
    pub height: Millimetres,
}

message::checked_text! {
    /// A code of the customs tariff (HS, HSN, CN, HTS): 4 to 13 digits, which dots or blanks may part.
    pub struct CustomsCode {
        fits: is_customs_code,
        expected: "4 to 13 digits of a customs tariff, such as 8215.20 or 82152000",
        schema: { "pattern": r"^[0-9]([. ]?[0-9]){3,12}$", "maxLength": 25 },
    }
}

fn is_customs_code(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_parted_once = text.split(['.', ' ']).all(|part| !part.is_empty());
    let is_part = |byte: u8| byte.is_ascii_digit() || byte == b'.' || byte == b' ';
    (4..=13).contains(&digits) && is_parted_once && text.bytes().all(is_part)
}

impl Example for Size {
    fn example() -> Self {
        Self { length: Example::example(), width: Example::example(), height: Example::example() }
    }
}

impl Example for CustomsCode {
    fn example() -> Self {
        valid("7418.10".parse())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testing::check_schema;

    use super::*;

    #[test]
    fn schemas_allow_what_is_read() {
        let most = 1_000_000_000;
        check_schema::<Grams>(
            &[json!(0), json!(most)],
            &[json!(-1), json!(most + 1), json!("1"), json!(0.5)],
        );
        check_schema::<Millimetres>(&[json!(1), json!(1_000_000)], &[json!(0), json!(1_000_001)]);
        let size = json!({ "length": 1, "width": 2, "height": 3 });
        check_schema::<Size>(&[size], &[json!({ "length": 1, "width": 2 })]);
        check_schema::<CustomsCode>(
            &[json!("8215"), json!("8215.20"), json!("8215 20 00 10"), json!("1234567890123")],
            &[
                json!(""),
                json!("821"),
                json!("8215-20"),
                json!("8215..20"),
                json!("12345678901234"),
                json!(8215),
            ],
        );
    }
}
