//! The stock of variants while a batch of orders is decided.

use std::collections::{BTreeMap, HashMap};

use order_contract::{LocationCode, StockLevel};
use product_contract::VariantId;

/// The stock of one variant at one location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// The location.
    pub location: LocationCode,
    /// How many can be sold.
    pub available: i64,
    /// Counts the changes of `available`.
    pub version: i64,
}

/// So many of a variant, taken from one location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// The variant.
    pub variant_id: VariantId,
    /// The location that it is taken from.
    pub location: LocationCode,
    /// At least 1.
    pub quantity: i64,
}

/// The stock of some variants at all their locations, and what was taken of it.
///
/// It is read under the rows' locks and written back as sums, so it must be the whole of the variants that it holds.
#[derive(Debug, Default)]
pub struct Inventory {
    rows: HashMap<VariantId, Vec<StockRow>>,
    taken: BTreeMap<(VariantId, LocationCode), i64>,
}

impl Inventory {
    /// The stock in `rows`; each variant's locations in the order that they are emptied in: as `priority` names them, then
    /// by name.
    pub fn new(rows: impl IntoIterator<Item = (VariantId, StockRow)>, priority: &[LocationCode]) -> Self {
        let mut inventory = Self::default();
        for (variant, row) in rows {
            inventory.rows.entry(variant).or_default().push(row);
        }
        let rank = |location: &LocationCode| {
            priority.iter().position(|known| known == location).unwrap_or(priority.len())
        };
        for rows in inventory.rows.values_mut() {
            rows.sort_by(|a, b| (rank(&a.location), &a.location).cmp(&(rank(&b.location), &b.location)));
        }
        inventory
    }

    /// How many of a variant are left.
    pub fn available(&self, variant: VariantId) -> i64 {
        self.rows.get(&variant).into_iter().flatten().map(|row| row.available).sum()
    }

    /// Takes `quantity` of a variant, from as few of the first locations as hold it. Takes nothing if there is not enough.
    pub fn take(&mut self, variant: VariantId, quantity: i64) -> Option<Vec<Allocation>> {
        if self.available(variant) < quantity {
            return None;
        }
        let mut left = quantity;
        let mut allocations = Vec::with_capacity(1);
        for row in self.rows.get_mut(&variant)? {
            let part = left.min(row.available);
            if part > 0 {
                row.available -= part;
                left -= part;
                let location = row.location.clone();
                *self.taken.entry((variant, location.clone())).or_default() += part;
                allocations.push(Allocation { variant_id: variant, location, quantity: part });
            }
        }
        Some(allocations)
    }

    /// What was taken, summed up per variant and location, in the order that rows are locked in.
    pub fn taken(&self) -> impl Iterator<Item = (VariantId, &LocationCode, i64)> {
        self.taken.iter().map(|((variant, location), quantity)| (*variant, location, *quantity))
    }

    /// The levels of the variants that something was taken of, as they are once it is written.
    pub fn levels(&self) -> Vec<StockLevel> {
        let mut changed: BTreeMap<VariantId, i64> = BTreeMap::new();
        for (variant, _) in self.taken.keys() {
            *changed.entry(*variant).or_default() += 1;
        }
        let versions =
            |variant| self.rows.get(&variant).into_iter().flatten().map(|row| row.version).sum::<i64>();
        changed
            .into_iter()
            .map(|(variant_id, locations)| StockLevel {
                variant_id,
                available: self.available(variant_id),
                // Each changed location counts one change.
                version: versions(variant_id) + locations,
            })
            .collect()
    }
}

/// The levels of variants whose rows, all of them, are given as they stand.
pub fn levels(rows: impl IntoIterator<Item = (VariantId, StockRow)>) -> Vec<StockLevel> {
    let mut levels: BTreeMap<VariantId, StockLevel> = BTreeMap::new();
    for (variant_id, row) in rows {
        let level = levels.entry(variant_id).or_insert(StockLevel { variant_id, available: 0, version: 0 });
        level.available += row.available;
        level.version += row.version;
    }
    levels.into_values().collect()
}

#[cfg(test)]
mod tests {
    use message::Id;
    use proptest::prelude::*;

    use super::*;

    fn variant(number: u8) -> VariantId {
        Id::from_uuid(uuid::Uuid::from_u128(number.into()))
    }

    fn location(name: &str) -> LocationCode {
        name.parse().unwrap()
    }

    fn row(name: &str, available: i64) -> StockRow {
        StockRow { location: location(name), available, version: 1 }
    }

    #[test]
    fn the_first_location_is_emptied_first() {
        let rows = [(variant(1), row("annex", 5)), (variant(1), row("main", 3))];
        let mut inventory = Inventory::new(rows, &[location("main")]);
        let allocations = inventory.take(variant(1), 4).unwrap();
        let read: Vec<_> = allocations
            .iter()
            .map(|allocation| (allocation.location.as_str(), allocation.quantity))
            .collect();
        assert_eq!(read, [("main", 3), ("annex", 1)]);
        assert_eq!(inventory.take(variant(1), 5), None);
        assert_eq!(inventory.available(variant(1)), 4);
        assert_eq!(inventory.levels(), [StockLevel { variant_id: variant(1), available: 4, version: 4 }]);
    }

    proptest! {
        /// The model: a number per variant, from which takings are subtracted while there is enough.
        #[test]
        fn takes_what_a_plain_number_would_give(
            stock in prop::collection::vec((0_u8..4, 0_u8..3, 0_i64..20), 0..12),
            takings in prop::collection::vec((0_u8..5, 1_i64..15), 0..40),
        ) {
            let locations = ["a", "b", "c"];
            let mut unique: BTreeMap<(u8, u8), i64> = BTreeMap::new();
            for (number, location, available) in stock {
                unique.insert((number, location), available);
            }
            let rows = unique.iter().map(|((number, location), available)| {
                (variant(*number), row(locations[usize::from(*location)], *available))
            });
            let mut inventory = Inventory::new(rows, &[location("b")]);
            let mut model: BTreeMap<u8, i64> = BTreeMap::new();
            for ((number, _), available) in &unique {
                *model.entry(*number).or_default() += available;
            }
            for (number, quantity) in takings {
                let left = model.entry(number).or_default();
                let granted = inventory.take(variant(number), quantity);
                prop_assert_eq!(granted.is_some(), *left >= quantity);
                if let Some(allocations) = granted {
                    *left -= quantity;
                    prop_assert_eq!(allocations.iter().map(|allocation| allocation.quantity).sum::<i64>(), quantity);
                    prop_assert!(allocations.iter().all(|allocation| allocation.quantity > 0));
                }
                prop_assert_eq!(inventory.available(variant(number)), *left);
            }
            for (variant_id, location, quantity) in inventory.taken() {
                let before = unique.iter().find(|((number, at), _)| {
                    variant(*number) == variant_id && locations[usize::from(*at)] == location.as_str()
                });
                prop_assert!(before.is_some_and(|(_, available)| *available >= quantity));
            }
        }
    }
}
