//! Adjustments of stock: recorded under their keys, made of locked rows.

use std::collections::HashMap;

use message::{Fault, Limit, Timestamp};
use order_contract::{AdjustmentEntry, LocationCode};
use product_contract::VariantId;
use store::{Columns, Db, Tx, columns, insert, query, record};

use crate::domain::adjustment::{Adjustment, AdjustmentStep, Levels};

const ENTRY: Columns<AdjustmentEntry> =
    columns!(|key, location, delta, counted, level, reason, adjusted_at| AdjustmentEntry {
        key,
        location,
        delta,
        counted,
        available: level,
        reason,
        adjusted_at,
    });

/// Records adjustments and returns the keys that are new. What they come to is noted later, by [`note`].
pub(crate) async fn record_new(
    tx: &mut Tx,
    adjustments: &[Adjustment<'_>],
    now: Timestamp,
) -> Result<Vec<String>, Fault> {
    let rows = adjustments.iter().map(|one| {
        record! {
            key: one.key,
            variant_id: one.variant_id,
            location: one.location,
            delta: 0,
            counted: one.change.counted(),
            reason: one.reason,
        }
    });
    insert("stock_adjustment", rows)
        .with("adjusted_at", now)
        .then("ON CONFLICT (key) DO NOTHING RETURNING key")
        .fetch_all(tx, |row| row.get("key"))
        .await
}

/// Notes what new adjustments came to.
pub(crate) async fn note(tx: &mut Tx, steps: &[AdjustmentStep<'_>]) -> Result<(), Fault> {
    query(
        "UPDATE stock_adjustment SET delta = r.delta, level = r.level
         FROM rows(key text, delta int, level int) AS r WHERE stock_adjustment.key = r.key",
    )
    .rows(steps.iter().map(|step| (step.key, step.delta, step.level)))
    .execute(tx)
    .await
    .map(drop)
}

/// An adjustment that was recorded before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RecordedAdjustment {
    pub(crate) variant_id: VariantId,
    pub(crate) location: LocationCode,
    pub(crate) delta: i64,
    pub(crate) counted: Option<i64>,
}

const RECORDED_ADJUSTMENT: Columns<(String, RecordedAdjustment)> =
    columns!(|key, variant_id, location, delta, counted| {
        (key, RecordedAdjustment { variant_id, location, delta, counted })
    });

/// The adjustments that were recorded under these keys.
pub(crate) async fn recorded(
    tx: &mut Tx,
    keys: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, RecordedAdjustment>, Fault> {
    RECORDED_ADJUSTMENT
        .query("SELECT columns(a) FROM rows(key text) AS r JOIN stock_adjustment a ON a.key = r.key")
        .rows(keys.into_iter().map(|key| (key,)))
        .fetch_all(tx)
        .await
        .map(HashMap::from_iter)
}

/// Makes sure that each of these variants has a row at its location, so that it can be locked.
pub(crate) async fn ensure_rows(
    tx: &mut Tx,
    places: impl IntoIterator<Item = (VariantId, &LocationCode)>,
) -> Result<(), Fault> {
    let rows = places.into_iter().map(|(variant, location)| {
        record! { variant_id: variant, location: location }
    });
    insert("stock", rows)
        .with("available", 0)
        .with("reserved", 0)
        .with("sold", 0)
        .with("version", 0)
        .then("ON CONFLICT (variant_id, location) DO NOTHING")
        .execute(tx)
        .await
        .map(drop)
}

/// Adds to what can be sold. The rows are locked, and no sum falls below 0.
pub(crate) async fn add(tx: &mut Tx, sums: &Levels<'_>) -> Result<(), Fault> {
    query(
        "UPDATE stock SET available = available + r.delta, version = version + 1
         FROM rows(variant_id uuid, location text, delta int) AS r
         WHERE stock.variant_id = r.variant_id AND stock.location = r.location",
    )
    .rows(sums.iter().map(|((variant, location), delta)| (*variant, *location, *delta)))
    .execute(tx)
    .await
    .map(drop)
}

/// Whether the variant has an adjustment under this key.
pub(crate) async fn has(db: &Db, variant: VariantId, key: &str) -> Result<bool, Fault> {
    query("SELECT key FROM stock_adjustment WHERE key = $1 AND variant_id = $2")
        .bind(key)
        .bind(variant)
        .fetch_optional(db, |row| row.get::<String>("key"))
        .await
        .map(|key| key.is_some())
}

/// The adjustments of a variant before the one under the key `before`, newest first, and one more than the page will hold.
pub(crate) async fn list(
    db: &Db,
    variant: VariantId,
    before: Option<&str>,
    limit: Limit,
) -> Result<Vec<AdjustmentEntry>, Fault> {
    let select = match before {
        None => ENTRY
            .query(
                "SELECT columns() FROM stock_adjustment WHERE variant_id = $1
                 ORDER BY adjusted_at DESC, key DESC LIMIT $2",
            )
            .bind(variant)
            .bind(limit.overfull()),
        Some(before) => ENTRY
            .query(
                "SELECT columns() FROM stock_adjustment WHERE variant_id = $1
                     AND (adjusted_at, key) < (SELECT b.adjusted_at, b.key FROM stock_adjustment b
                         WHERE b.key = $3 AND b.variant_id = $1)
                 ORDER BY adjusted_at DESC, key DESC LIMIT $2",
            )
            .bind(variant)
            .bind(limit.overfull())
            .bind(before),
    };
    select.fetch_all(db).await
}
