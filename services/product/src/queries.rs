//! All SQL that changes something; [`read`] has the rest.

pub(crate) mod offers;
mod read;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use message::{Fault, Id, to_json};
use order_contract::StockLevel;
use product_contract::{Product, ProductError, ProductId, Sku, Slug, Variant, VariantId};
use store::{Db, Insert, Tx, insert, json, query, record};

use crate::domain::{Differences, NewRecord, SVG, differences};

pub(crate) use read::{cards, collections, digest, file, find, known_files, list, sku_doubles};

/// Stores those products whose id is new, without their parts, and returns which these are.
pub(crate) async fn insert_products(tx: &mut Tx, new: &[NewRecord]) -> Result<HashSet<ProductId>, Fault> {
    let Some(now) = new.first().map(|record| record.product.created_at) else { return Ok(HashSet::new()) };
    let mut rows = Vec::with_capacity(new.len());
    for NewRecord { product, digest } in new {
        rows.push(record! {
            id: product.id,
            slug: &product.slug,
            title: &product.title,
            description: &product.description,
            brand: product.brand.as_ref(),
            collection: &product.collection,
            status: product.status,
            version: product.version,
            bytes: bytes(product)?,
            digest: digest,
        });
    }
    insert("product", rows)
        .with("created_at", now)
        .with("updated_at", now)
        .then("ON CONFLICT (id) DO NOTHING RETURNING id")
        .fetch_all(tx, |row| row.get("id"))
        .await
        .map(HashSet::from_iter)
}

/// About how large a product is as JSON.
fn bytes(product: &Product) -> Result<i64, Fault> {
    i64::try_from(to_json(product)?.len()).map_err(Fault::internal)
}

/// Stores the variants of new products.
pub(crate) async fn insert_variants(tx: &mut Tx, products: &[Product]) -> Result<(), Fault> {
    let variants = products.iter().flat_map(|product| {
        (0..).zip(&product.variants).map(|(position, variant)| (product.id, position, variant))
    });
    variant_rows(variants)?.execute(tx).await.map(drop)
}

/// The rows of variants, each with its product and its position there.
fn variant_rows<'q>(
    variants: impl IntoIterator<Item = (ProductId, i64, &'q Variant)>,
) -> Result<Insert<'q>, Fault> {
    let mut rows = Vec::new();
    for (product_id, position, variant) in variants {
        rows.push(record! {
            id: variant.id,
            product_id: product_id,
            position: position,
            sku: variant.sku.as_ref(),
            sku_key: variant.sku.as_ref().map(Sku::key),
            barcode: variant.barcode.as_ref(),
            options: json(&variant.options)?,
            price: variant.price.amount,
            currency: &variant.price.currency,
            compare_at_price: variant.compare_at_price.map(|price| price.amount),
            cost: variant.cost.map(|cost| cost.amount),
            tax_class: &variant.tax_class,
            picture: variant.picture.as_ref().map(|file| file.0.as_str()),
            needs_shipping: variant.needs_shipping,
            weight: variant.weight,
            size: variant.size.as_ref().map(json).transpose()?,
            origin: variant.origin.as_ref(),
            customs_code: variant.customs_code.as_ref(),
        });
    }
    Ok(insert("variant", rows))
}

/// Stores the pictures of products that have none yet.
pub(crate) async fn insert_pictures(tx: &mut Tx, products: &[Product]) -> Result<(), Fault> {
    let rows = products.iter().flat_map(|product| {
        (0_i64..).zip(&product.pictures).map(move |(position, picture)| {
            record! {
                product_id: product.id,
                position: position,
                file: &picture.file.0,
                alt: &picture.alt,
            }
        })
    });
    insert("picture", rows).execute(tx).await.map(drop)
}

/// Gives new variants a stock level, and returns the levels of those that were stocked before they were created.
///
/// The rows stay locked until everybody can see the variants: a level that arrives meanwhile waits and then finds them.
pub(crate) async fn insert_levels(
    tx: &mut Tx,
    variants: impl IntoIterator<Item = &Variant>,
) -> Result<HashMap<VariantId, i64>, Fault> {
    let variants: BTreeSet<VariantId> = variants.into_iter().map(|variant| variant.id).collect();
    insert("stock_level", variants.into_iter().map(|id| record! { variant_id: id }))
        .with("available", 0)
        .with("previous", 0)
        // Older than any version of `order`.
        .with("version", -1)
        .then(
            "ON CONFLICT (variant_id) DO UPDATE SET version = stock_level.version
             RETURNING variant_id, available",
        )
        .fetch_all(tx, |row| Ok((row.get("variant_id")?, row.get("available")?)))
        .await
        .map(HashMap::from_iter)
}

/// Stores levels that are newer than the known ones, and returns the variants whose number of available pieces changed.
pub(crate) async fn upsert_levels(tx: &mut Tx, levels: &[StockLevel]) -> Result<Vec<VariantId>, Fault> {
    let rows = levels.iter().map(|level| {
        record! { variant_id: level.variant_id, available: level.available, version: level.version }
    });
    let newer: Vec<(VariantId, bool)> = insert("stock_level", rows)
        .with("previous", 0)
        .then(
            "ON CONFLICT (variant_id) DO UPDATE
             SET previous = stock_level.available, available = excluded.available, version = excluded.version
             WHERE stock_level.version < excluded.version
             RETURNING variant_id, available <> previous AS differs",
        )
        .fetch_all(tx, |row| Ok((row.get("variant_id")?, row.get("differs")?)))
        .await?;
    Ok(newer.into_iter().filter(|(_, differs)| *differs).map(|(id, _)| id).collect())
}

/// The products that these variants belong to; variants without a product are skipped.
pub(crate) async fn products_of(tx: &mut Tx, variants: &[VariantId]) -> Result<BTreeSet<ProductId>, Fault> {
    query(
        "SELECT DISTINCT variant.product_id FROM rows(id uuid) AS r CROSS JOIN variant WHERE variant.id = r.id",
    )
    .rows(variants.iter().map(|id| (*id,)))
    .fetch_all(tx, |row| row.get("product_id"))
    .await
    .map(BTreeSet::from_iter)
}

/// Reads a product, and keeps others from changing it.
pub(crate) async fn lock(tx: &mut Tx, id: ProductId) -> Result<Option<Product>, Fault> {
    let locked: Option<Id<Product>> = query("SELECT id FROM product WHERE id = $1 FOR UPDATE")
        .bind(id)
        .fetch_optional(&mut *tx, |row| row.get("id"))
        .await?;
    match locked {
        Some(id) => find(tx, &product_contract::ProductKey::Id(id)).await,
        None => Ok(None),
    }
}

/// Writes what a change made of a product, and gives its new variants what is in stock of them.
pub(crate) async fn update(tx: &mut Tx, before: &Product, after: &mut Product) -> Result<(), Fault> {
    query(
        "UPDATE product
         SET slug = $2, title = $3, description = $4, brand = $5, collection = $6, status = $7, version = $8,
             updated_at = $9, bytes = $10
         WHERE id = $1",
    )
    .bind(after.id)
    .bind(&after.slug)
    .bind(&after.title)
    .bind(&after.description)
    .bind(after.brand.as_ref())
    .bind(&after.collection)
    .bind(after.status)
    .bind(after.version)
    .bind(after.updated_at)
    .bind(bytes(after)?)
    .execute(tx)
    .await?;
    if before.pictures != after.pictures {
        query("DELETE FROM picture WHERE product_id = $1").bind(after.id).execute(tx).await?;
        insert_pictures(tx, std::slice::from_ref(after)).await?;
    }
    let levels = update_variants(tx, after.id, differences(before, after)).await?;
    for variant in &mut after.variants {
        if let Some(available) = levels.get(&variant.id) {
            variant.available = *available;
        }
    }
    Ok(())
}

/// Writes the differences between variants, and returns what is in stock of those that are new.
async fn update_variants(
    tx: &mut Tx,
    product_id: ProductId,
    Differences { added, changed, removed }: Differences<'_>,
) -> Result<HashMap<VariantId, i64>, Fault> {
    if !removed.is_empty() {
        query("DELETE FROM variant WHERE id IN (SELECT r.id FROM rows(id uuid) AS r)")
            .rows(removed.into_iter().map(|id| (id,)))
            .execute(tx)
            .await?;
    }
    let rows = |variants: Vec<(i64, _)>| {
        variants.into_iter().map(move |(position, variant)| (product_id, position, variant))
    };
    // All of these are there: the insert is an update of any number of columns.
    variant_rows(rows(changed))?
        .then(
            "ON CONFLICT (id) DO UPDATE SET position = excluded.position, sku = excluded.sku,
                 sku_key = excluded.sku_key, barcode = excluded.barcode, options = excluded.options,
                 price = excluded.price, currency = excluded.currency, compare_at_price = excluded.compare_at_price,
                 cost = excluded.cost, tax_class = excluded.tax_class, picture = excluded.picture,
                 needs_shipping = excluded.needs_shipping, weight = excluded.weight, size = excluded.size,
                 origin = excluded.origin, customs_code = excluded.customs_code",
        )
        .execute(tx)
        .await?;
    let new: Vec<&Variant> = added.iter().map(|(_, variant)| *variant).collect();
    variant_rows(rows(added))?.execute(tx).await?;
    insert_levels(tx, new).await
}

/// Stores files, by key; those that are known stay as they are.
pub(crate) async fn insert_files(tx: &mut Tx, files: &BTreeMap<String, String>) -> Result<(), Fault> {
    insert("file", files.iter().map(|(key, text)| record! { key: key, text: text }))
        .with("media_type", SVG)
        .then("ON CONFLICT (key) DO NOTHING")
        .execute(tx)
        .await
        .map(drop)
}

/// What a violated constraint means for a change that makes this of a product.
pub(crate) fn change_refusal(fault: Fault, after: &Product) -> ProductError {
    match fault.constraint() {
        Some("product_slug_key") => ProductError::SlugTaken(after.slug.clone()),
        Some("variant_pkey") => ProductError::Invalid(vec![message::FieldError::new(
            "/add_variants",
            "a variant of another product has one of the variants' ids",
        )]),
        _ => fault.into(),
    }
}

/// What a violated constraint means for these products.
pub(crate) async fn refusal(db: &Db, fault: Fault, new: &[NewRecord]) -> Result<ProductError, Fault> {
    match fault.constraint() {
        Some("variant_pkey") => Ok(ProductError::Invalid(vec![message::FieldError::new(
            if new.len() == 1 { "/variants" } else { "/products" },
            "a variant of another product has one of the variants' ids",
        )])),
        Some("product_slug_key") => {
            let taken: Option<Slug> = query(
                "SELECT product.slug FROM rows(id uuid, slug text) AS r CROSS JOIN product
                 WHERE product.slug = r.slug AND product.id <> r.id LIMIT 1",
            )
            .rows(new.iter().map(|record| (record.product.id, &record.product.slug)))
            .fetch_optional(db, |row| row.get("slug"))
            .await?;
            // Its owner may have changed it since.
            Ok(taken.map_or(ProductError::Fault(fault), ProductError::SlugTaken))
        }
        _ => Err(fault),
    }
}
