//! Adjusting stock: by so many, or to what was counted.

use std::collections::{BTreeSet, HashMap, HashSet};

use bus::Cx;
use message::FieldError;
use order_contract::{
    AdjustStock, LocationStock, SetStock, StockAdjustment, StockCount, StockError, StockReport,
};
use product_contract::VariantId;
use store::Tx;

use super::stock::{check_known, publish_levels, sum_up};
use crate::{
    State, domain,
    domain::adjustment::{Adjustment, Change, Levels},
    queries,
};

/// The most adjustments of one request.
const MAX_ADJUSTMENTS: usize = 1000;

/// The largest change, and the largest count; far from where sums could overflow.
const MAX_PIECES: u64 = 1_000_000_000;

/// Adds to what can be sold, or takes away; all or nothing. A key that was used before changes nothing.
pub(crate) async fn adjust(
    cx: Cx<State>,
    AdjustStock { adjustments, in_advance }: AdjustStock,
) -> Result<Vec<StockReport>, StockError> {
    check(&adjustments)?;
    let adjustments: Vec<_> = adjustments.iter().map(Adjustment::from).collect();
    if !in_advance {
        check_known(&cx, variants(&adjustments)).await?;
    }
    make(&cx, &adjustments).await
}

/// Sets what can be sold to what was counted; all or nothing. A key that was used before changes nothing.
pub(crate) async fn set(
    cx: Cx<State>,
    SetStock { counts }: SetStock,
) -> Result<Vec<StockReport>, StockError> {
    check_counts(&counts)?;
    let counts: Vec<_> = counts.iter().map(Adjustment::from).collect();
    check_known(&cx, variants(&counts)).await?;
    make(&cx, &counts).await
}

fn variants(adjustments: &[Adjustment<'_>]) -> HashSet<VariantId> {
    adjustments.iter().map(|one| one.variant_id).collect()
}

async fn make(cx: &Cx<State>, adjustments: &[Adjustment<'_>]) -> Result<Vec<StockReport>, StockError> {
    let variants: Vec<VariantId> = variants(adjustments).into_iter().collect();
    let mut tx = cx.begin().await?;
    let new: HashSet<_> =
        queries::adjustments::record_new(&mut tx, adjustments, cx.now()).await?.into_iter().collect();
    let (new, repeated): (Vec<_>, Vec<_>) = adjustments.iter().partition(|one| new.contains(one.key));
    check_repeated(&mut tx, &repeated).await?;

    // Every row is there before it is locked: of two counts at once the second one sees what the first one made.
    let places: BTreeSet<_> = new.iter().map(|one| (one.variant_id, one.location)).collect();
    queries::adjustments::ensure_rows(&mut tx, places).await?;
    let rows = queries::stock::lock(&mut tx, variants.iter().copied()).await?;
    let before: Levels<'_> =
        rows.iter().map(|(variant, row)| ((*variant, &row.location), row.available)).collect();
    let (steps, sums) = domain::adjustment::adjust(&before, new.into_iter().copied())?;
    queries::adjustments::note(&mut tx, &steps).await?;
    if !sums.is_empty() {
        queries::adjustments::add(&mut tx, &sums).await?;
        let changed: HashSet<_> = sums.keys().map(|(variant, _)| *variant).collect();
        let levels = domain::stock::levels(queries::stock::lock(&mut tx, changed).await?);
        publish_levels(cx, &mut tx, &levels)?;
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
    let is_right = |one: &StockAdjustment| one.delta != 0 && one.delta.unsigned_abs() <= MAX_PIECES;
    let mut errors = check_keys("adjustments", adjustments.iter().map(|one| one.key.as_str()))?;
    for (at, _) in adjustments.iter().enumerate().filter(|(_, one)| !is_right(one)) {
        let detail = format!("expected a whole number from -{MAX_PIECES} to {MAX_PIECES}, and not 0");
        errors.push(FieldError::new(format!("/adjustments/{at}/delta"), detail));
    }
    if errors.is_empty() { Ok(()) } else { Err(StockError::Invalid(errors)) }
}

fn check_counts(counts: &[StockCount]) -> Result<(), StockError> {
    let mut errors = check_keys("counts", counts.iter().map(|one| one.key.as_str()))?;
    for (at, _) in counts.iter().enumerate().filter(|(_, one)| one.available.unsigned_abs() > MAX_PIECES) {
        let detail = format!("expected a whole number from -{MAX_PIECES} to {MAX_PIECES}");
        errors.push(FieldError::new(format!("/counts/{at}/available"), detail));
    }
    if errors.is_empty() { Ok(()) } else { Err(StockError::Invalid(errors)) }
}

/// Refuses too many or none; returns what is wrong with the keys.
fn check_keys<'a>(
    list: &str,
    keys: impl ExactSizeIterator<Item = &'a str>,
) -> Result<Vec<FieldError>, StockError> {
    let count = keys.len();
    if !(1..=MAX_ADJUSTMENTS).contains(&count) {
        let detail = format!("expected 1 to {MAX_ADJUSTMENTS} {list}, got {count}");
        return Err(StockError::Invalid(vec![FieldError::new(format!("/{list}"), detail)]));
    }
    let mut seen = HashSet::with_capacity(count);
    let repeated = keys.enumerate().filter(|(_, key)| !seen.insert(*key));
    Ok(repeated
        .map(|(at, _)| FieldError::new(format!("/{list}/{at}/key"), "expected a key of its own"))
        .collect())
}

/// A key that was used before must have been used for the same change.
async fn check_repeated(tx: &mut Tx, repeated: &[&Adjustment<'_>]) -> Result<(), StockError> {
    if repeated.is_empty() {
        return Ok(());
    }
    let recorded = queries::adjustments::recorded(tx, repeated.iter().map(|one| one.key)).await?;
    let is_same = |one: &&Adjustment<'_>| {
        recorded.get(one.key).is_some_and(|before| {
            before.variant_id == one.variant_id
                && before.location == *one.location
                && match one.change {
                    Change::By(delta) => before.counted.is_none() && before.delta == delta,
                    Change::To(counted) => before.counted == Some(counted),
                }
        })
    };
    if repeated.iter().all(is_same) { Ok(()) } else { Err(StockError::KeyReused) }
}
