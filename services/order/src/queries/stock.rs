//! Stock: locked in one order everywhere, changed by sums.

use message::{Fault, Timestamp};
use order_contract::{LocationCode, LocationStock, OrderId, StockAdjustment};
use product_contract::VariantId;
use store::{Db, On, Tx, query};

use crate::domain::{status::Held, stock::Row};

/// Locks all places of these variants, in the order in which everybody locks them, and reads them.
pub(crate) async fn lock(
    tx: &mut Tx,
    variants: impl IntoIterator<Item = VariantId>,
) -> Result<Vec<(VariantId, Row)>, Fault> {
    query(
        "SELECT s.variant_id, s.location, s.available, s.version
         FROM rows(variant_id uuid) AS r JOIN stock s ON s.variant_id = r.variant_id
         ORDER BY s.variant_id, s.location FOR UPDATE OF s",
    )
    .rows(variants.into_iter().map(|variant| (variant,)))
    .fetch_all(tx, |row| {
        let stock = Row {
            location: row.parse("location")?,
            available: row.get("available")?,
            version: row.get("version")?,
        };
        Ok((row.get("variant_id")?, stock))
    })
    .await
}

/// Reserves sums that were found to be there under the rows' locks; anything else is a fault that undoes the batch.
pub(crate) async fn reserve<'q>(
    tx: &mut Tx,
    taken: impl Iterator<Item = (VariantId, &'q LocationCode, i64)>,
) -> Result<(), Fault> {
    let rows: Vec<_> =
        taken.map(|(variant, location, quantity)| (variant, location.as_str(), quantity)).collect();
    let expected = rows.len() as u64;
    let changed = query(
        "UPDATE stock SET available = available - r.quantity, reserved = reserved + r.quantity, version = version + 1
         FROM rows(variant_id uuid, location text, quantity int) AS r
         WHERE stock.variant_id = r.variant_id AND stock.location = r.location AND stock.available >= r.quantity",
    )
    .rows(rows)
    .execute(tx)
    .await?;
    if changed == expected {
        Ok(())
    } else {
        Err(Fault::internal(format!(
            "{changed} of {expected} stock rows could be reserved although they were locked"
        )))
    }
}

/// The variants that these orders hold stock of.
pub(crate) async fn held_variants(tx: &mut Tx, orders: &[OrderId]) -> Result<Vec<VariantId>, Fault> {
    query("SELECT DISTINCT v.variant_id FROM rows(id uuid) AS r JOIN reservation v ON v.order_id = r.id")
        .rows(orders.iter().map(|id| (*id,)))
        .fetch_all(tx, |row| row.get("variant_id"))
        .await
}

/// Turns what these orders have reserved into sold. The stock rows are locked.
pub(crate) async fn sell(tx: &mut Tx, orders: &[OrderId]) -> Result<(), Fault> {
    query(
        "UPDATE stock SET reserved = reserved - m.quantity, sold = sold + m.quantity
         FROM (SELECT v.variant_id, v.location, CAST(SUM(v.quantity) AS bigint) AS quantity
               FROM rows(id uuid) AS r JOIN reservation v ON v.order_id = r.id GROUP BY v.variant_id, v.location) AS m
         WHERE stock.variant_id = m.variant_id AND stock.location = m.location",
    )
    .rows(orders.iter().map(|id| (*id,)))
    .execute(tx)
    .await
    .map(drop)
}

/// Gives back what these orders, all of them in one state, hold. The stock rows are locked.
pub(crate) async fn give_back(tx: &mut Tx, orders: &[OrderId], held: Held) -> Result<(), Fault> {
    let sql = match held {
        Held::Nothing => return Ok(()),
        Held::Reserved => {
            "UPDATE stock SET available = available + m.quantity, reserved = reserved - m.quantity, version = version + 1
             FROM (SELECT v.variant_id, v.location, CAST(SUM(v.quantity) AS bigint) AS quantity
                   FROM rows(id uuid) AS r JOIN reservation v ON v.order_id = r.id GROUP BY v.variant_id, v.location) AS m
             WHERE stock.variant_id = m.variant_id AND stock.location = m.location"
        }
        Held::Sold => {
            "UPDATE stock SET available = available + m.quantity, sold = sold - m.quantity, version = version + 1
             FROM (SELECT v.variant_id, v.location, CAST(SUM(v.quantity) AS bigint) AS quantity
                   FROM rows(id uuid) AS r JOIN reservation v ON v.order_id = r.id GROUP BY v.variant_id, v.location) AS m
             WHERE stock.variant_id = m.variant_id AND stock.location = m.location"
        }
    };
    query(sql).rows(orders.iter().map(|id| (*id,))).execute(tx).await.map(drop)
}

/// The stock of some variants, place by place.
pub(crate) async fn report<'a>(
    on: impl Into<On<'a>>,
    variants: impl IntoIterator<Item = VariantId>,
) -> Result<Vec<(VariantId, LocationStock)>, Fault> {
    query(
        "SELECT s.variant_id, s.location, s.available, s.reserved, s.sold
         FROM rows(variant_id uuid) AS r JOIN stock s ON s.variant_id = r.variant_id
         ORDER BY s.variant_id, s.location",
    )
    .rows(variants.into_iter().map(|variant| (variant,)))
    .fetch_all(on, |row| Ok((row.get("variant_id")?, location(row)?)))
    .await
}

/// The stock of one variant, place by place.
pub(crate) async fn of(db: &Db, variant: VariantId) -> Result<Vec<LocationStock>, Fault> {
    query("SELECT location, available, reserved, sold FROM stock WHERE variant_id = $1 ORDER BY location")
        .bind(variant)
        .fetch_all(db, location)
        .await
}

fn location(row: &store::Row) -> Result<LocationStock, Fault> {
    Ok(LocationStock {
        location: row.parse("location")?,
        available: row.get("available")?,
        reserved: row.get("reserved")?,
        sold: row.get("sold")?,
    })
}

/// Notes adjustments and answers the keys that are new.
pub(crate) async fn note_adjustments(
    tx: &mut Tx,
    adjustments: &[StockAdjustment],
    now: Timestamp,
) -> Result<Vec<String>, Fault> {
    query(
        "INSERT INTO stock_adjustment (key, variant_id, location, delta, reason, adjusted_at)
         SELECT r.key, r.variant_id, r.location, r.delta, r.reason, $1
         FROM rows(key text, variant_id uuid, location text, delta int, reason text) AS r
         WHERE true ON CONFLICT (key) DO NOTHING RETURNING key",
    )
    .bind(now)
    .rows(
        adjustments.iter().map(|one| {
            (one.key.as_str(), one.variant_id, one.location.as_str(), one.delta, one.reason.as_str())
        }),
    )
    .fetch_all(tx, |row| row.get("key"))
    .await
}

/// What was noted under these keys: key, variant, location, delta.
pub(crate) async fn noted(
    tx: &mut Tx,
    keys: impl IntoIterator<Item = &str>,
) -> Result<Vec<(String, VariantId, String, i64)>, Fault> {
    query(
        "SELECT a.key, a.variant_id, a.location, a.delta
         FROM rows(key text) AS r JOIN stock_adjustment a ON a.key = r.key",
    )
    .rows(keys.into_iter().map(|key| (key,)))
    .fetch_all(tx, |row| {
        Ok((row.get("key")?, row.get("variant_id")?, row.get("location")?, row.get("delta")?))
    })
    .await
}

/// Adds to what can be sold. The rows are locked, and it was checked that no sum falls below nothing.
pub(crate) async fn adjust(tx: &mut Tx, sums: &[(VariantId, &str, i64)]) -> Result<(), Fault> {
    query(
        "INSERT INTO stock (variant_id, location, available, reserved, sold, version)
         SELECT r.variant_id, r.location, 0, 0, 0, 0 FROM rows(variant_id uuid, location text) AS r
         WHERE true ON CONFLICT (variant_id, location) DO NOTHING",
    )
    .rows(sums.iter().map(|(variant, location, _)| (*variant, *location)))
    .execute(tx)
    .await?;
    query(
        "UPDATE stock SET available = available + r.delta, version = version + 1
         FROM rows(variant_id uuid, location text, delta int) AS r
         WHERE stock.variant_id = r.variant_id AND stock.location = r.location",
    )
    .rows(sums.iter().copied())
    .execute(tx)
    .await
    .map(drop)
}
