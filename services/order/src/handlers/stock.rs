//! Reading stock.

use std::collections::{HashMap, HashSet};

use bus::Cx;
use message::{Fault, FieldError, ListPage};
use order_contract::{
    AdjustmentEntry, GetStock, ListAdjustments, ListStock, LocationStock, StockChanged, StockError,
    StockFilter, StockItem, StockLevel, StockReport,
};
use product_contract::VariantId;
use store::Tx;

use super::sellable::look_up;
use crate::{State, queries};

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
    check_known(&cx, [variant_id]).await?;
    let locations = queries::stock::of(cx.db(), variant_id).await?;
    Ok(sum_up(variant_id, locations))
}

/// Lists variants with their stock, oldest first.
pub(crate) async fn list(cx: Cx<State>, request: ListStock) -> Result<ListPage<StockItem>, StockError> {
    let after = request.cursor.as_deref().map(str::parse::<VariantId>).transpose();
    let after = after.map_err(|_| wrong_cursor())?;
    let at_most = match (request.level, request.threshold) {
        (None, _) => None,
        (Some(StockFilter::Out), _) => Some(0),
        (Some(StockFilter::Low), Some(threshold)) => Some(i64::from(threshold)),
        (Some(StockFilter::Low), None) => Some(queries::shop::low_stock_threshold(cx.db()).await?),
    };
    let variants =
        queries::sellable::list(cx.db(), request.sku.as_ref(), at_most, after, request.limit).await?;
    let ids = variants.iter().map(|(id, _)| *id);
    let mut locations: HashMap<VariantId, Vec<LocationStock>> = HashMap::new();
    for (variant, location) in queries::stock::report(cx.db(), ids).await? {
        locations.entry(variant).or_default().push(location);
    }
    let item = |(id, sellable): (VariantId, crate::domain::placement::Sellable)| StockItem {
        sku: sellable.sku,
        title: sellable.title,
        options: sellable.options,
        for_sale: sellable.for_sale,
        stock: sum_up(id, locations.remove(&id).unwrap_or_default()),
    };
    let items = variants.into_iter().map(item).collect();
    Ok(ListPage::from_overfull(items, request.limit, |item| item.stock.variant_id.to_string()))
}

/// Lists the adjustments of a variant's stock, newest first.
pub(crate) async fn list_adjustments(
    cx: Cx<State>,
    ListAdjustments { variant_id, cursor, limit }: ListAdjustments,
) -> Result<ListPage<AdjustmentEntry>, StockError> {
    let entries = queries::adjustments::list(cx.db(), variant_id, cursor.as_deref(), limit).await?;
    if entries.is_empty() {
        check_known(&cx, [variant_id]).await?;
        // The oldest one is the cursor of no page, but nothing is wrong with it.
        if let Some(key) = &cursor
            && !queries::adjustments::has(cx.db(), variant_id, key).await?
        {
            return Err(wrong_cursor());
        }
    }
    Ok(ListPage::from_overfull(entries, limit, |entry| entry.key.to_string()))
}

/// Refuses variants that do not exist.
pub(super) async fn check_known(
    cx: &Cx<State>,
    variants: impl IntoIterator<Item = VariantId>,
) -> Result<(), StockError> {
    let unknown = queries::sellable::unknown(cx.db(), variants).await?;
    if unknown.is_empty() {
        return Ok(());
    }
    let missing: HashSet<_> = look_up(cx, unknown).await?.into_iter().collect();
    if missing.is_empty() { Ok(()) } else { Err(StockError::NoSuchVariants(missing.into_iter().collect())) }
}

fn wrong_cursor() -> StockError {
    StockError::Invalid(vec![FieldError::new("/cursor", "expected the next_cursor of the page before")])
}

pub(super) fn sum_up(variant_id: VariantId, locations: Vec<LocationStock>) -> StockReport {
    let sum = |part: fn(&LocationStock) -> i64| locations.iter().map(part).sum();
    StockReport {
        variant_id,
        available: sum(|location| location.available),
        reserved: sum(|location| location.reserved),
        sold: sum(|location| location.sold),
        locations,
    }
}
