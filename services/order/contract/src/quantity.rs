//! How many of a variant an order can have.

use std::fmt;

use message::{
    Example, Invalid, Value,
    value::{FromValue, IntoValue, Type},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many: 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "i64", into = "i64")]
#[schemars(extend("minimum" = 1, "maximum" = 10_000))]
pub struct Quantity(i64);

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

impl From<Quantity> for Value<'_> {
    fn from(quantity: Quantity) -> Self {
        quantity.0.into()
    }
}

impl IntoValue<'_> for Quantity {
    const TYPE: Type = Type::Int;
}

impl FromValue for Quantity {
    const TYPE: Type = Type::Int;

    fn from_value(value: Value<'_>) -> Result<Self, Invalid> {
        i64::from_value(value)?.try_into()
    }
}

impl Example for Quantity {
    fn example() -> Self {
        Self(2)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testing::check_schema;

    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(Quantity::try_from(1).map(Quantity::get), Ok(1));
        for bad in [0, -1, 10_001, i64::MAX, i64::MIN] {
            assert!(Quantity::try_from(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_schema_allows_what_is_read() {
        check_schema::<Quantity>(
            &[json!(1), json!(10_000)],
            &[json!(0), json!(10_001), json!("1"), json!(1.5)],
        );
    }
}
