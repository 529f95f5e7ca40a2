//! What a merchant can set.

use std::{collections::BTreeMap, num::NonZeroUsize, time::Duration};

use message::{Country, Invalid, ShortText};
use order_contract::LocationCode;
use product_contract::TaxClass;
use serde::Deserialize;

/// Settings of orders and stock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// For how many minutes an order that is not paid holds its stock; at most a year.
    #[serde(deserialize_with = "message::within::<_, 1, 525_600>")]
    pub hold_minutes: u32,
    /// How many placements may wait; one more is refused as busy.
    pub queue: NonZeroUsize,
    /// How many orders are placed in one transaction at most.
    pub batch: NonZeroUsize,
    /// Where stock is taken from first; locations not named come last, by name.
    pub locations: Vec<LocationCode>,
    /// The payment providers that buyers may name.
    pub payment_providers: Vec<ShortText>,
    /// How tax is computed.
    pub tax: TaxSettings,
}

/// How tax is computed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaxSettings {
    /// Whether the prices shown contain the tax.
    pub prices_include_tax: bool,
    /// The rate of each tax class. A class without a rate has the standard one.
    pub rates: BTreeMap<TaxClass, TaxRate>,
    /// The countries in which the tax is owed: an order that is shipped elsewhere is an export, its rate is 0. Empty: the
    /// tax is owed wherever an order goes.
    pub home: Vec<Country>,
    /// What an export costs in a shop whose prices contain the tax.
    pub export: ExportPrice,
}

message::words! {
    /// What an export costs in a shop whose prices contain the tax.
    pub enum ExportPrice default Keep {
        /// The price that is shown.
        Keep = "keep",
        /// The price that is shown without the tax in it, unit by unit.
        Net = "net",
    }
}

/// A share of a price in basis points, at most the whole of it: 1800 is 18 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct TaxRate(u32);

impl TaxRate {
    /// A hundred per cent.
    const WHOLE: u32 = 10_000;
}

impl TryFrom<u32> for TaxRate {
    type Error = Invalid;

    fn try_from(basis_points: u32) -> Result<Self, Invalid> {
        if basis_points <= Self::WHOLE {
            Ok(Self(basis_points))
        } else {
            Err(Invalid::new(format!(
                "{basis_points} basis points are {} %; expected at most {}, such as 1800 for 18 %",
                basis_points / 100,
                Self::WHOLE
            )))
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hold_minutes: 15,
            queue: const { NonZeroUsize::new(4096).unwrap() },
            batch: const { NonZeroUsize::new(500).unwrap() },
            locations: Vec::new(),
            payment_providers: "test".parse().into_iter().collect(),
            tax: TaxSettings::default(),
        }
    }
}

impl Default for TaxSettings {
    fn default() -> Self {
        let rates = [("standard", TaxRate(1800)), ("reduced", TaxRate(500)), ("zero", TaxRate(0))];
        let rates = rates.into_iter().filter_map(|(class, rate)| Some((class.parse().ok()?, rate)));
        Self {
            prices_include_tax: true,
            rates: rates.collect(),
            home: Vec::new(),
            export: ExportPrice::default(),
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
        let rate = self.rates.get(class).or_else(|| self.rates.get(&TaxClass::default()));
        rate.map_or(0, |TaxRate(basis_points)| i64::from(*basis_points))
    }

    /// Whether no tax is owed on what is shipped there.
    pub fn is_export(&self, destination: Option<&Country>) -> bool {
        destination.is_some_and(|country| !self.home.is_empty() && !self.home.contains(country))
    }
}
