//! What a merchant can set.

use std::{collections::BTreeMap, time::Duration};

use message::ShortText;
use order_contract::LocationCode;
use product_contract::TaxClass;
use serde::Deserialize;

/// Settings of orders and stock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// For how many minutes an order that is not paid holds its stock.
    pub hold_minutes: u32,
    /// How many placements may wait; one more is told to come back.
    pub queue: usize,
    /// How many orders are placed in one transaction at most.
    pub batch: usize,
    /// Where stock is taken from first; places not named come last, by name.
    pub locations: Vec<LocationCode>,
    /// The payment providers that buyers may name.
    pub payment_providers: Vec<ShortText>,
    /// How tax is reckoned.
    pub tax: TaxSettings,
}

/// How tax is reckoned.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaxSettings {
    /// Whether the prices shown contain the tax.
    pub prices_include_tax: bool,
    /// The rate of each tax class in basis points: 1800 is 18 %. A class without a rate has the standard one.
    pub rates: BTreeMap<String, u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hold_minutes: 15,
            queue: 4096,
            batch: 500,
            locations: Vec::new(),
            payment_providers: "test".parse().into_iter().collect(),
            tax: TaxSettings::default(),
        }
    }
}

impl Default for TaxSettings {
    fn default() -> Self {
        let rates = [("standard", 1800), ("reduced", 500), ("zero", 0)];
        Self {
            prices_include_tax: true,
            rates: rates.into_iter().map(|(class, rate)| (class.to_owned(), rate)).collect(),
        }
    }
}

impl Settings {
    /// How long an order that is not paid holds its stock.
    pub(crate) fn hold(&self) -> Duration {
        Duration::from_mins(u64::from(self.hold_minutes))
    }
}

impl TaxSettings {
    /// The rate of a class, in basis points.
    pub fn rate(&self, class: &TaxClass) -> i64 {
        self.rates
            .get(class.as_str())
            .or_else(|| self.rates.get("standard"))
            .map_or(0, |rate| i64::from(*rate))
    }
}
