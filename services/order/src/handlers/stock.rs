//! Reading and adjusting stock.

use std::collections::{BTreeMap, HashMap, HashSet};

use bus::Cx;
use message::{Fault, FieldError};
use order_contract::{
    AdjustStock, GetStock, LocationCode, LocationStock, StockAdjustment, StockChanged, StockError,
    StockLevel, StockReport,
};
use product_contract::VariantId;
use store::Tx;

use crate::{State, domain, queries};

/// The most adjustments of one request.
const MAX_ADJUSTMENTS: usize = 1000;

/// The largest change; far from where sums could overflow.
const MAX_DELTA: u64 = 1_000_000_000;

/// The most levels of one event: about a hundred kilobytes, which every transport carries.
const LEVELS_PER_EVENT: usize = 1000;

/// Publishes what can be sold of each of these variants now.
pub(super) fn publish_levels(cx: &Cx<State>, tx: &mut Tx, levels: &[StockLevel]) -> Result<(), Fault> {
    levels
        .chunks(LEVELS_PER_EVENT)
        .try_for_each(|levels| tx.publish(&StockChanged { id: cx.id(), levels: levels.to_vec() }))
}

/// The stock of a variant.
pub(crate) async fn get(cx: Cx<State>, GetStock { variant_id }: GetStock) -> Result<StockReport, StockError> {
    let locations = queries::stock::of(cx.db(), variant_id).await?;
    Ok(sum_up(variant_id, locations))
}

/// Adds to what can be sold, or takes away; all or nothing. A key that was used before changes nothing.
pub(crate) async fn adjust(
    cx: Cx<State>,
    AdjustStock { adjustments }: AdjustStock,
) -> Result<Vec<StockReport>, StockError> {
    check(&adjustments)?;
    let variants: Vec<VariantId> =
        adjustments.iter().map(|one| one.variant_id).collect::<HashSet<_>>().into_iter().collect();
    let mut tx = cx.begin().await?;
    let fresh: HashSet<_> =
        queries::stock::record_adjustments(&mut tx, &adjustments, cx.now()).await?.into_iter().collect();
    let (fresh, repeated): (Vec<_>, Vec<_>) =
        adjustments.iter().partition(|one| fresh.contains(one.key.as_str()));
    check_repeated(&mut tx, &repeated).await?;

    let rows = queries::stock::lock(&mut tx, variants.iter().copied()).await?;
    let before: HashMap<_, _> =
        rows.iter().map(|(variant, row)| ((*variant, &row.location), row.available)).collect();
    let mut sums: BTreeMap<(VariantId, &LocationCode), i64> = BTreeMap::new();
    for one in &fresh {
        *sums.entry((one.variant_id, &one.location)).or_default() += one.delta;
    }
    for ((variant_id, location), delta) in &sums {
        let available = before.get(&(*variant_id, *location)).copied().unwrap_or(0);
        if available + delta < 0 {
            return Err(StockError::NotEnough { variant_id: *variant_id, available });
        }
    }
    if !sums.is_empty() {
        let sums: Vec<_> =
            sums.into_iter().map(|((variant, location), delta)| (variant, location, delta)).collect();
        queries::stock::adjust(&mut tx, &sums).await?;
        let changed: HashSet<_> = sums.iter().map(|(variant, ..)| *variant).collect();
        let levels = domain::stock::levels(queries::stock::lock(&mut tx, changed).await?);
        publish_levels(&cx, &mut tx, &levels)?;
    }
    let report = queries::stock::report(&mut tx, variants.iter().copied()).await?;
    tx.commit().await?;
    let mut locations: HashMap<VariantId, Vec<LocationStock>> = HashMap::new();
    for (variant, location) in report {
        locations.entry(variant).or_default().push(location);
    }
    Ok(variants
        .into_iter()
        .map(|variant| sum_up(variant, locations.remove(&variant).unwrap_or_default()))
        .collect())
}

fn check(adjustments: &[StockAdjustment]) -> Result<(), StockError> {
    if adjustments.is_empty() || adjustments.len() > MAX_ADJUSTMENTS {
        let detail = format!("expected 1 to {MAX_ADJUSTMENTS} adjustments, got {}", adjustments.len());
        return Err(StockError::Invalid(vec![FieldError::new("/adjustments", detail)]));
    }
    let mut keys = HashSet::with_capacity(adjustments.len());
    let mut errors = Vec::new();
    for (at, one) in adjustments.iter().enumerate() {
        if one.delta == 0 || one.delta.unsigned_abs() > MAX_DELTA {
            let detail = format!("expected a whole number from -{MAX_DELTA} to {MAX_DELTA}, and not 0");
            errors.push(FieldError::new(format!("/adjustments/{at}/delta"), detail));
        }
        if !keys.insert(&one.key) {
            errors.push(FieldError::new(format!("/adjustments/{at}/key"), "expected a key of its own"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(StockError::Invalid(errors)) }
}

/// A key that was used before must have been used for the same change.
async fn check_repeated(tx: &mut Tx, repeated: &[&StockAdjustment]) -> Result<(), StockError> {
    if repeated.is_empty() {
        return Ok(());
    }
    let recorded = queries::stock::recorded(tx, repeated.iter().map(|one| one.key.as_str())).await?;
    let same = |one: &&StockAdjustment| {
        recorded.get(one.key.as_str()).is_some_and(|before| {
            before.variant_id == one.variant_id
                && before.location == one.location
                && before.delta == one.delta
        })
    };
    if repeated.iter().all(same) { Ok(()) } else { Err(StockError::KeyReused) }
}

fn sum_up(variant_id: VariantId, locations: Vec<LocationStock>) -> StockReport {
    let sum = |part: fn(&LocationStock) -> i64| locations.iter().map(part).sum();
    StockReport {
        variant_id,
        available: sum(|location| location.available),
        reserved: sum(|location| location.reserved),
        sold: sum(|location| location.sold),
        locations,
    }
}
