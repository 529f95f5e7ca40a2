//! Money in minor units, without floating-point numbers.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Currency;

/// An amount of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In minor units (paise, cents).
    #[serde(deserialize_with = "crate::number::whole")]
    pub amount: i64,
    /// Of this currency.
    pub currency: Currency,
}

impl Money {
    /// `amount` minor units of `currency`.
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The sum, unless the currencies differ or it overflows.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.amount.checked_add(other.amount))
            .flatten()
            .map(|amount| Self { amount, ..self })
    }

    /// `count` times this, unless it overflows.
    #[must_use]
    pub fn checked_mul(self, count: i64) -> Option<Self> {
        self.amount.checked_mul(count).map(|amount| Self { amount, ..self })
    }
}

/// As a shopper reads it: `₹2,360`, `₹12,34,567.50`, `CHF 10.05`. A round amount shows no decimals.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u64.pow(self.currency.exponent());
        let (major, minor) = (self.amount.unsigned_abs() / unit, self.amount.unsigned_abs() % unit);
        if self.amount < 0 {
            f.write_str("−")?;
        }
        match self.currency.symbol() {
            Some(symbol) => f.write_str(symbol)?,
            None => write!(f, "{}\u{a0}", self.currency)?,
        }
        // India groups the first three digits and then pairs: 12,34,567.
        let group = if self.currency == Currency::INR { 2 } else { 3 };
        let digits = major.to_string();
        for (index, digit) in digits.chars().enumerate() {
            let left = digits.len() - index;
            if index > 0 && left >= 3 && (left - 3) % group == 0 {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if minor > 0 {
            write!(f, ".{minor:0width$}", width = self.currency.exponent() as usize)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(amount: i64, code: &str) -> String {
        Money::new(amount, code.parse().unwrap()).to_string()
    }

    #[test]
    fn is_shown_as_its_country_writes_it() {
        assert_eq!(shown(236_000, "INR"), "₹2,360");
        assert_eq!(shown(123_456_750, "INR"), "₹12,34,567.50");
        assert_eq!(shown(99_900, "INR"), "₹999");
        assert_eq!(shown(123_456_789, "USD"), "$1,234,567.89");
        assert_eq!(shown(1005, "CHF"), "CHF\u{a0}10.05");
        assert_eq!(shown(1200, "JPY"), "¥1,200");
        assert_eq!(shown(-5, "EUR"), "−€0.05");
        assert_eq!(shown(12_345, "CLF"), "CLF\u{a0}1.2345");
        assert_eq!(shown(12_345, "UYW"), "UYW\u{a0}1.2345");
        assert_eq!(shown(10_050, "KWD"), "KWD\u{a0}10.050");
    }

    #[test]
    fn never_mixes_currencies_and_never_overflows() {
        let rupee = Money::new(i64::MAX, Currency::INR);
        assert_eq!(rupee.checked_add(Money::new(1, Currency::INR)), None);
        assert_eq!(rupee.checked_mul(2), None);
        assert_eq!(Money::new(1, Currency::INR).checked_add(Money::new(1, "EUR".parse().unwrap())), None);
    }
}
