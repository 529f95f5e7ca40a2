//! All SQL that changes something; [`read`] has the rest.

pub(crate) mod offers;
mod read;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use message::{Fault, Id};
use order_contract::StockLevel;
use product_contract::{Product, ProductError, ProductId, Slug, VariantId};
use store::{Db, Tx, insert, json, query, record};

use crate::domain::{NewRecord, SVG, changed_variants};

pub(crate) use read::{collections, digest, file, find, known_files, list};

/// Stores those products whose id is new, without their parts, and returns which these are.
pub(crate) async fn insert_products(tx: &mut Tx, new: &[NewRecord]) -> Result<HashSet<ProductId>, Fault> {
    let Some(now) = new.first().map(|record| record.product.created_at) else { return Ok(HashSet::new()) };
    let rows = new.iter().map(|NewRecord { product, digest }| {
        record! {
            id: product.id,
            slug: &product.slug,
            title: &product.title,
            description: &product.description,
            collection: &product.collection,
            status: product.status,
            version: product.version,
            digest: digest,
        }
    });
    insert("product", rows)
        .with("created_at", now)
        .with("updated_at", now)
        .then("ON CONFLICT (id) DO NOTHING RETURNING id")
        .fetch_all(tx, |row| row.get("id"))
        .await
        .map(HashSet::from_iter)
}

/// Stores the variants of new products.
pub(crate) async fn insert_variants(tx: &mut Tx, products: &[Product]) -> Result<(), Fault> {
    let mut rows = Vec::new();
    for product in products {
        for (position, variant) in (0_i64..).zip(&product.variants) {
            rows.push(record! {
                id: variant.id,
                product_id: product.id,
                position: position,
                sku: &variant.sku,
                options: json(&variant.options)?,
                price: variant.price.amount,
                currency: &variant.price.currency,
                tax_class: &variant.tax_class,
            });
        }
    }
    insert("variant", rows).execute(tx).await.map(drop)
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
/// The rows stay locked until everybody can see the product: a level that arrives meanwhile waits and then finds it.
pub(crate) async fn insert_levels(
    tx: &mut Tx,
    products: &[Product],
) -> Result<HashMap<VariantId, i64>, Fault> {
    let variants: BTreeSet<VariantId> =
        products.iter().flat_map(|product| &product.variants).map(|variant| variant.id).collect();
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

/// Writes what a change made of a product.
pub(crate) async fn update(tx: &mut Tx, before: &Product, after: &Product) -> Result<(), Fault> {
    query(
        "UPDATE product
         SET slug = $2, title = $3, description = $4, collection = $5, status = $6, version = $7, updated_at = $8
         WHERE id = $1",
    )
    .bind(after.id)
    .bind(&after.slug)
    .bind(&after.title)
    .bind(&after.description)
    .bind(&after.collection)
    .bind(after.status)
    .bind(after.version)
    .bind(after.updated_at)
    .execute(tx)
    .await?;
    let variants: Vec<_> = changed_variants(before, after)
        .map(|variant| (variant.id, variant.price.amount, &variant.price.currency, &variant.tax_class))
        .collect();
    if !variants.is_empty() {
        query(
            "UPDATE variant SET price = r.price, currency = r.currency, tax_class = r.tax_class
             FROM rows(id uuid, price int, currency text, tax_class text) AS r WHERE variant.id = r.id",
        )
        .rows(variants)
        .execute(tx)
        .await?;
    }
    if before.pictures != after.pictures {
        query("DELETE FROM picture WHERE product_id = $1").bind(after.id).execute(tx).await?;
        insert_pictures(tx, std::slice::from_ref(after)).await?;
    }
    Ok(())
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

/// What a violated constraint means for these products.
pub(crate) async fn refusal(db: &Db, fault: Fault, new: &[NewRecord]) -> Result<ProductError, Fault> {
    match fault.constraint() {
        Some("variant_sku_key") => Ok(ProductError::SkuTaken),
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
