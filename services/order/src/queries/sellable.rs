//! The copy of what can be sold.

use std::collections::HashMap;

use message::{Fault, Limit, Money};
use product_contract::{Product, ProductId, ProductStatus, Sku, VariantId, VariantOffer};
use store::{Columns, Db, Json, On, Tx, columns, insert, json, query, record};
use uuid::Uuid;

use crate::domain::placement::{Catalogue, Sellable};

const SELLABLE: Columns<(VariantId, Sellable)> =
    columns!(|variant_id, sku: String, title, options: Json<_>, price, currency, tax_class, for_sale| {
        let price = Money::new(price, currency);
        (
            variant_id,
            Sellable { sku: sku.parse().ok(), title, options: options.0, price, tax_class, for_sale },
        )
    });

/// What is sold of some products, or of single variants, to be copied.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    /// Variants, each once.
    pub(crate) variants: Vec<VariantOffer>,
    /// The products all of whose variants are among these, with their versions.
    pub(crate) whole: HashMap<ProductId, i64>,
}

impl Offers {
    /// All variants of these products.
    pub(crate) fn of(products: &[Product]) -> Self {
        Self {
            variants: products.iter().flat_map(VariantOffer::all_of).collect(),
            whole: products.iter().map(|product| (product.id, product.version)).collect(),
        }
    }
}

/// Copies variants, unless a newer version of their product was copied before. What a whole product does not have any more
/// is no longer for sale.
pub(crate) async fn copy(tx: &mut Tx, mut offers: Offers) -> Result<(), Fault> {
    let newest = newest(tx, offers.whole.keys().copied()).await?;
    offers.whole.retain(|id, version| newest.get(id).is_none_or(|newest| newest <= version));
    let is_new = |offer: &VariantOffer| {
        newest.get(&offer.product_id).is_none_or(|newest| *newest <= offer.product_version)
    };
    offers.variants.retain(is_new);
    // Everywhere in one order, so that two copies cannot lock each other out.
    offers.variants.sort_unstable_by_key(|offer| offer.variant.id);
    let mut rows = Vec::with_capacity(offers.variants.len());
    for VariantOffer { product_id, product_version, title, status, variant } in &offers.variants {
        rows.push(record! {
            variant_id: variant.id,
            product_id: *product_id,
            product_version: *product_version,
            // Empty if there is none.
            sku: variant.sku.as_ref().map_or("", Sku::as_str),
            title: title.as_str(),
            options: json(&variant.options)?,
            price: variant.price.amount,
            currency: &variant.price.currency,
            tax_class: &variant.tax_class,
            for_sale: *status == ProductStatus::Published,
        });
    }
    insert("sellable", rows)
        .then(
            "ON CONFLICT (variant_id) DO UPDATE SET product_id = excluded.product_id,
                 product_version = excluded.product_version, sku = excluded.sku,
                 title = excluded.title, options = excluded.options, price = excluded.price,
                 currency = excluded.currency, tax_class = excluded.tax_class, for_sale = excluded.for_sale
             WHERE excluded.product_version > sellable.product_version
                OR excluded.product_version = sellable.product_version AND sellable.product_id IS NULL",
        )
        .execute(tx)
        .await?;
    query(
        "UPDATE sellable SET for_sale = false FROM rows(product_id uuid, version int) AS r
         WHERE sellable.product_id = r.product_id AND sellable.product_version < r.version",
    )
    .rows(offers.whole)
    .execute(tx)
    .await
    .map(drop)
}

/// The newest versions of these products that were copied.
async fn newest(
    tx: &mut Tx,
    products: impl IntoIterator<Item = ProductId>,
) -> Result<HashMap<ProductId, i64>, Fault> {
    query(
        "SELECT s.product_id, MAX(s.product_version) AS version FROM rows(product_id uuid) AS r
         JOIN sellable s ON s.product_id = r.product_id GROUP BY s.product_id",
    )
    .rows(products.into_iter().map(|id| (id,)))
    .fetch_all(tx, |row| Ok((row.get("product_id")?, row.get("version")?)))
    .await
    .map(HashMap::from_iter)
}

/// At most `limit` variants that were copied before their products were noted.
pub(crate) async fn without_product(db: &Db, limit: i64) -> Result<Vec<VariantId>, Fault> {
    query("SELECT variant_id FROM sellable WHERE product_id IS NULL LIMIT $1")
        .bind(limit)
        .fetch_all(db, |row| row.get("variant_id"))
        .await
}

/// Takes variants off sale that have no product; their own ids stand where the product's would.
pub(crate) async fn take_off_sale(
    tx: &mut Tx,
    variants: impl IntoIterator<Item = VariantId>,
) -> Result<(), Fault> {
    query(
        "UPDATE sellable SET for_sale = false, product_id = sellable.variant_id FROM rows(variant_id uuid) AS r
         WHERE sellable.variant_id = r.variant_id AND sellable.product_id IS NULL",
    )
    .rows(variants.into_iter().map(|variant| (variant,)))
    .execute(tx)
    .await
    .map(drop)
}

/// Those of these variants that are not known.
pub(crate) async fn unknown<'a>(
    on: impl Into<On<'a>>,
    variants: impl IntoIterator<Item = VariantId>,
) -> Result<Vec<VariantId>, Fault> {
    query(
        "SELECT r.variant_id FROM rows(variant_id uuid) AS r
         LEFT JOIN sellable s ON s.variant_id = r.variant_id WHERE s.variant_id IS NULL",
    )
    .rows(variants.into_iter().map(|variant| (variant,)))
    .fetch_all(on, |row| row.get("variant_id"))
    .await
}

/// What is known of these variants, without those that are not known.
pub(crate) async fn catalogue<'a>(
    on: impl Into<On<'a>>,
    variants: impl IntoIterator<Item = VariantId>,
) -> Result<Catalogue, Fault> {
    SELLABLE
        .query("SELECT columns(s) FROM rows(variant_id uuid) AS r JOIN sellable s ON s.variant_id = r.variant_id")
        .rows(variants.into_iter().map(|variant| (variant,)))
        .fetch_all(on)
        .await
        .map(Catalogue::from_iter)
}

/// Variants with this SKU, or of which at most so many can be sold and that are for sale, after `after`, and one more than
/// the page will hold.
pub(crate) async fn list(
    db: &Db,
    sku: Option<&Sku>,
    at_most: Option<i64>,
    after: Option<VariantId>,
    limit: Limit,
) -> Result<Vec<(VariantId, Sellable)>, Fault> {
    // One text for each filter, so that each has a plan of its own: by the key, or by the SKU.
    macro_rules! page {
        ($condition:literal) => {
            SELLABLE
                .query(concat!(
                    "SELECT columns(s) FROM sellable s WHERE s.variant_id > $1",
                    $condition,
                    " ORDER BY s.variant_id LIMIT $2"
                ))
                .bind(after.map_or(Uuid::nil(), VariantId::uuid))
                .bind(limit.overfull())
        };
    }
    let select = match (sku, at_most) {
        (None, None) => page!(""),
        (Some(sku), None) => page!(" AND s.sku = $3").bind(sku),
        (None, Some(at_most)) => page!(
            " AND s.for_sale
              AND (SELECT COALESCE(SUM(k.available), 0) FROM stock k WHERE k.variant_id = s.variant_id) <= $3"
        )
        .bind(at_most),
        (Some(sku), Some(at_most)) => page!(
            " AND s.for_sale AND s.sku = $4
              AND (SELECT COALESCE(SUM(k.available), 0) FROM stock k WHERE k.variant_id = s.variant_id) <= $3"
        )
        .bind(at_most)
        .bind(sku),
    };
    select.fetch_all(db).await
}
