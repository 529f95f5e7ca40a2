//! Stock: locked in one order everywhere, changed by sums.

use message::Fault;
use order_contract::{LocationCode, LocationStock, OrderId};
use product_contract::VariantId;
use store::{Columns, Db, On, Tx, columns, query};

use crate::domain::{status::Holding, stock::StockRow};

const STOCK_ROW: Columns<(VariantId, StockRow)> = columns!(|variant_id, location, available, version| {
    (variant_id, StockRow { location, available, version })
});

const LOCATION_STOCK: Columns<(VariantId, LocationStock)> =
    columns!(|variant_id, location, available, reserved, sold| {
        (variant_id, LocationStock { location, available, reserved, sold })
    });

/// Locks the stock of these variants at all locations, everywhere in the same order, and reads it.
pub(crate) async fn lock(
    tx: &mut Tx,
    variants: impl IntoIterator<Item = VariantId>,
) -> Result<Vec<(VariantId, StockRow)>, Fault> {
    STOCK_ROW
        .query(
            "SELECT columns(s) FROM rows(variant_id uuid) AS r JOIN stock s ON s.variant_id = r.variant_id
             ORDER BY s.variant_id, s.location FOR UPDATE OF s",
        )
        .rows(variants.into_iter().map(|variant| (variant,)))
        .fetch_all(tx)
        .await
}

/// Reserves sums that were found to be there under the rows' locks; anything else is a fault that undoes the batch.
pub(crate) async fn reserve<'q>(
    tx: &mut Tx,
    taken: impl Iterator<Item = (VariantId, &'q LocationCode, i64)>,
) -> Result<(), Fault> {
    let rows: Vec<_> = taken.collect();
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

/// Gives back what these orders hold, all of them in the same way. The stock rows are locked.
pub(crate) async fn give_back(tx: &mut Tx, orders: &[OrderId], holding: Holding) -> Result<(), Fault> {
    let sql = match holding {
        Holding::Nothing => return Ok(()),
        Holding::Reserved => {
            "UPDATE stock SET available = available + m.quantity, reserved = reserved - m.quantity, version = version + 1
             FROM (SELECT v.variant_id, v.location, CAST(SUM(v.quantity) AS bigint) AS quantity
                   FROM rows(id uuid) AS r JOIN reservation v ON v.order_id = r.id GROUP BY v.variant_id, v.location) AS m
             WHERE stock.variant_id = m.variant_id AND stock.location = m.location"
        }
        Holding::Sold => {
            "UPDATE stock SET available = available + m.quantity, sold = sold - m.quantity, version = version + 1
             FROM (SELECT v.variant_id, v.location, CAST(SUM(v.quantity) AS bigint) AS quantity
                   FROM rows(id uuid) AS r JOIN reservation v ON v.order_id = r.id GROUP BY v.variant_id, v.location) AS m
             WHERE stock.variant_id = m.variant_id AND stock.location = m.location"
        }
    };
    query(sql).rows(orders.iter().map(|id| (*id,))).execute(tx).await.map(drop)
}

/// Where the units of an order came from.
pub(crate) async fn reservations(
    tx: &mut Tx,
    order: OrderId,
) -> Result<Vec<(VariantId, LocationCode, i64)>, Fault> {
    query(
        "SELECT variant_id, location, quantity FROM reservation WHERE order_id = $1
         ORDER BY variant_id, location",
    )
    .bind(order)
    .fetch_all(tx, |row| Ok((row.get("variant_id")?, row.get("location")?, row.get("quantity")?)))
    .await
}

/// Puts sold units of an order back on sale; the order holds them no more. The stock rows are locked.
pub(crate) async fn restock(
    tx: &mut Tx,
    order: OrderId,
    units: &[(VariantId, LocationCode, i64)],
) -> Result<(), Fault> {
    let rows = || units.iter().map(|(variant, location, quantity)| (order, *variant, location, *quantity));
    query(
        "UPDATE stock SET available = available + r.quantity, sold = sold - r.quantity, version = version + 1
         FROM rows(order_id uuid, variant_id uuid, location text, quantity int) AS r
         WHERE stock.variant_id = r.variant_id AND stock.location = r.location",
    )
    .rows(rows())
    .execute(tx)
    .await?;
    query(
        "UPDATE reservation SET quantity = reservation.quantity - r.quantity
         FROM rows(order_id uuid, variant_id uuid, location text, quantity int) AS r
         WHERE reservation.order_id = r.order_id AND reservation.variant_id = r.variant_id
             AND reservation.location = r.location",
    )
    .rows(rows())
    .execute(tx)
    .await
    .map(drop)
}

/// The stock of some variants, location by location.
pub(crate) async fn report<'a>(
    on: impl Into<On<'a>>,
    variants: impl IntoIterator<Item = VariantId>,
) -> Result<Vec<(VariantId, LocationStock)>, Fault> {
    LOCATION_STOCK
        .query(
            "SELECT columns(s) FROM rows(variant_id uuid) AS r JOIN stock s ON s.variant_id = r.variant_id
             ORDER BY s.variant_id, s.location",
        )
        .rows(variants.into_iter().map(|variant| (variant,)))
        .fetch_all(on)
        .await
}

/// The stock of one variant, location by location.
pub(crate) async fn of(db: &Db, variant: VariantId) -> Result<Vec<LocationStock>, Fault> {
    let stock = LOCATION_STOCK
        .query("SELECT columns() FROM stock WHERE variant_id = $1 ORDER BY location")
        .bind(variant)
        .fetch_all(db)
        .await?;
    Ok(stock.into_iter().map(|(_, stock)| stock).collect())
}
