//! What adjustments make of stock levels.

use std::collections::BTreeMap;

use order_contract::{LocationCode, StockAdjustment, StockCount, StockError};
use product_contract::VariantId;

/// A change of what can be sold of a variant at a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment<'a> {
    /// The caller's name for it.
    pub key: &'a str,
    /// The variant.
    pub variant_id: VariantId,
    /// The location.
    pub location: &'a LocationCode,
    /// The change.
    pub change: Change,
    /// The reason.
    pub reason: &'a str,
}

/// How a level is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// By so many.
    By(i64),
    /// To so many, or to none if it is negative.
    To(i64),
}

impl Change {
    /// What was counted, if it is a count.
    pub fn counted(self) -> Option<i64> {
        match self {
            Self::By(_) => None,
            Self::To(counted) => Some(counted),
        }
    }
}

/// What an adjustment came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdjustmentStep<'a> {
    /// The adjustment.
    pub key: &'a str,
    /// How many more or fewer there are by it.
    pub delta: i64,
    /// How many there are after it.
    pub level: i64,
}

/// Levels by variant and location, in the order that their rows are locked in.
pub type Levels<'a> = BTreeMap<(VariantId, &'a LocationCode), i64>;

impl<'a> From<&'a StockAdjustment> for Adjustment<'a> {
    fn from(one: &'a StockAdjustment) -> Self {
        let StockAdjustment { key, variant_id, location, delta, reason } = one;
        let change = Change::By(*delta);
        Self { key: key.as_str(), variant_id: *variant_id, location, change, reason: reason.as_str() }
    }
}

impl<'a> From<&'a StockCount> for Adjustment<'a> {
    fn from(one: &'a StockCount) -> Self {
        let StockCount { key, variant_id, location, available, reason } = one;
        let change = Change::To(*available);
        Self { key: key.as_str(), variant_id: *variant_id, location, change, reason: reason.as_str() }
    }
}

/// Makes adjustments, one after the other, of the levels that are there; a level that is missing is 0. Returns what each
/// came to, and by how much each level changed. Refuses all if a level would end below 0.
pub fn adjust<'a>(
    before: &Levels<'_>,
    adjustments: impl IntoIterator<Item = Adjustment<'a>>,
) -> Result<(Vec<AdjustmentStep<'a>>, Levels<'a>), StockError> {
    let known = |variant, location| before.get(&(variant, location)).copied().unwrap_or(0);
    let (mut steps, mut sums) = (Vec::new(), Levels::new());
    for Adjustment { key, variant_id, location, change, .. } in adjustments {
        let sum = sums.entry((variant_id, location)).or_insert(0);
        let current = known(variant_id, location) + *sum;
        let delta = match change {
            Change::By(delta) => delta,
            Change::To(counted) => counted.max(0) - current,
        };
        *sum += delta;
        steps.push(AdjustmentStep { key, delta, level: current + delta });
    }
    for ((variant_id, location), sum) in &sums {
        let available = known(*variant_id, location);
        if available + sum < 0 {
            return Err(StockError::NotEnough { variant_id: *variant_id, available });
        }
    }
    sums.retain(|_, sum| *sum != 0);
    Ok((steps, sums))
}

#[cfg(test)]
mod tests {
    use message::Id;
    use proptest::prelude::*;

    use super::*;

    fn variant(number: u8) -> VariantId {
        Id::from_uuid(uuid::Uuid::from_u128(number.into()))
    }

    proptest! {
        /// The model: a number, to which a change adds, and which a count sets.
        #[test]
        fn adjusts_as_a_plain_number_would_be(
            before in 0_i64..10,
            changes in prop::collection::vec(prop_oneof![
                (-5_i64..8).prop_map(Change::By),
                (-3_i64..12).prop_map(Change::To),
            ], 0..8),
        ) {
            let location: LocationCode = "main".parse().unwrap();
            let levels = Levels::from([((variant(1), &location), before)]);
            let keys: Vec<_> = (0..changes.len()).map(|number| number.to_string()).collect();
            let adjustments = keys.iter().zip(&changes).map(|(key, change)| Adjustment {
                key, variant_id: variant(1), location: &location, change: *change, reason: "count",
            });
            let mut level = before;
            let expected: Vec<_> = changes.iter().map(|change| {
                let old = level;
                level = match change { Change::By(delta) => level + delta, Change::To(counted) => (*counted).max(0) };
                (level - old, level)
            }).collect();
            match adjust(&levels, adjustments) {
                Ok((steps, sums)) => {
                    prop_assert!(level >= 0);
                    let made: Vec<_> = steps.iter().map(|step| (step.delta, step.level)).collect();
                    prop_assert_eq!(made, expected);
                    let sum = sums.get(&(variant(1), &location)).copied();
                    prop_assert_eq!(sum, (level != before).then_some(level - before));
                }
                Err(error) => {
                    prop_assert!(level < 0);
                    prop_assert_eq!(error, StockError::NotEnough { variant_id: variant(1), available: before });
                }
            }
        }
    }
}
