//! All SQL that changes something; [`read`] has the rest.

mod read;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use message::{Fault, Id};
use order_contract::StockLevel;
use product_contract::{Product, ProductError, ProductId, Slug, VariantId};
use store::{Db, Tx, query};

use crate::domain::{Draft, SVG, changed_variants};

pub(crate) use read::{collections, digest, file, find, known_files, list};

/// Stores those drafts whose id is new, without their parts, and tells which these are.
pub(crate) async fn insert_products(tx: &mut Tx, drafts: &[Draft]) -> Result<HashSet<ProductId>, Fault> {
    let Some(now) = drafts.first().map(|draft| draft.product.created_at) else { return Ok(HashSet::new()) };
    query(
        "INSERT INTO product
             (id, slug, title, description, collection, status, version, created_at, updated_at, digest)
         SELECT r.id, r.slug, r.title, r.description, r.collection, r.status, r.version, $1, $1, r.digest
         FROM rows(id uuid, slug text, title text, description text, collection text, status text, version int,
                   digest text) AS r
         WHERE true
         ON CONFLICT (id) DO NOTHING
         RETURNING id",
    )
    .bind(now)
    .rows(drafts.iter().map(|Draft { product, digest }| {
        (
            product.id,
            product.slug.as_str(),
            product.title.as_str(),
            &product.description,
            product.collection.as_str(),
            product.status,
            product.version,
            digest,
        )
    }))
    .fetch_all(tx, |row| row.get("id"))
    .await
    .map(HashSet::from_iter)
}

/// Stores the variants of new products.
pub(crate) async fn insert_variants(tx: &mut Tx, products: &[Product]) -> Result<(), Fault> {
    let mut rows = Vec::new();
    for product in products {
        for (position, variant) in (0_i64..).zip(&product.variants) {
            let options = serde_json::to_string(&variant.options).map_err(Fault::internal)?;
            let currency = variant.price.currency.to_string();
            rows.push((
                variant.id,
                product.id,
                position,
                variant.sku.as_str(),
                options,
                variant.price.amount,
                currency,
                variant.tax_class.as_str(),
            ));
        }
    }
    query(
        "INSERT INTO variant (id, product_id, position, sku, options, price, currency, tax_class)
         SELECT r.id, r.product_id, r.position, r.sku, r.options, r.price, r.currency, r.tax_class
         FROM rows(id uuid, product_id uuid, position int, sku text, options text, price int, currency text,
                   tax_class text) AS r",
    )
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

/// Stores the pictures of products that have none yet.
pub(crate) async fn insert_pictures(tx: &mut Tx, products: &[Product]) -> Result<(), Fault> {
    let rows = products.iter().flat_map(|product| {
        (0_i64..)
            .zip(&product.pictures)
            .map(move |(position, picture)| (product.id, position, &picture.file.0, &picture.alt))
    });
    query(
        "INSERT INTO picture (product_id, position, file, alt)
         SELECT r.product_id, r.position, r.file, r.alt
         FROM rows(product_id uuid, position int, file text, alt text) AS r",
    )
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

/// Gives new variants a stock level, and tells of those that were stocked before they were created.
///
/// The rows stay locked until the product is seen by all: a level that arrives meanwhile waits and then finds it.
pub(crate) async fn insert_levels(
    tx: &mut Tx,
    products: &[Product],
) -> Result<HashMap<VariantId, i64>, Fault> {
    let variants: BTreeSet<VariantId> =
        products.iter().flat_map(|product| &product.variants).map(|variant| variant.id).collect();
    // Any version that is told is newer than -1.
    query(
        "INSERT INTO stock_level (variant_id, available, previous, version)
         SELECT r.variant_id, 0, 0, -1 FROM rows(variant_id uuid) AS r
         WHERE true
         ON CONFLICT (variant_id) DO UPDATE SET version = stock_level.version
         RETURNING variant_id, available",
    )
    .rows(variants.into_iter().map(|id| (id,)))
    .fetch_all(tx, |row| Ok((row.get("variant_id")?, row.get("available")?)))
    .await
    .map(HashMap::from_iter)
}

/// Takes over levels that are newer than the known ones, and tells whose number of available pieces is another now.
pub(crate) async fn upsert_levels(tx: &mut Tx, levels: &[StockLevel]) -> Result<Vec<VariantId>, Fault> {
    let taken: Vec<(VariantId, bool)> = query(
        "INSERT INTO stock_level (variant_id, available, previous, version)
         SELECT r.variant_id, r.available, 0, r.version
         FROM rows(variant_id uuid, available int, version int) AS r
         WHERE true
         ON CONFLICT (variant_id) DO UPDATE
         SET previous = stock_level.available, available = excluded.available, version = excluded.version
         WHERE stock_level.version < excluded.version
         RETURNING variant_id, available <> previous AS differs",
    )
    .rows(levels.iter().map(|level| (level.variant_id, level.available, level.version)))
    .fetch_all(tx, |row| Ok((row.get("variant_id")?, row.get("differs")?)))
    .await?;
    Ok(taken.into_iter().filter(|(_, differs)| *differs).map(|(id, _)| id).collect())
}

/// The products that these variants belong to; variants without a product are passed over.
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
    .bind(after.slug.as_str())
    .bind(after.title.as_str())
    .bind(&after.description)
    .bind(after.collection.as_str())
    .bind(after.status)
    .bind(after.version)
    .bind(after.updated_at)
    .execute(tx)
    .await?;
    let variants: Vec<_> = changed_variants(before, after)
        .map(|variant| {
            let price = variant.price;
            (variant.id, price.amount, price.currency.to_string(), variant.tax_class.as_str())
        })
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
    query(
        "INSERT INTO file (key, media_type, text)
         SELECT r.key, $1, r.text FROM rows(key text, text text) AS r
         WHERE true
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(SVG)
    .rows(files)
    .execute(tx)
    .await
    .map(drop)
}

/// What a violated constraint means for these drafts.
pub(crate) async fn refusal(db: &Db, fault: Fault, drafts: &[Draft]) -> Result<ProductError, Fault> {
    match fault.constraint() {
        Some("variant_sku_key") => Ok(ProductError::SkuTaken),
        Some("variant_pkey") => Ok(ProductError::Invalid(vec![message::FieldError::new(
            if drafts.len() == 1 { "/variants" } else { "/products" },
            "a variant of another product has one of the variants' ids",
        )])),
        Some("product_slug_key") => {
            let taken: Option<Slug> = query(
                "SELECT product.slug FROM rows(id uuid, slug text) AS r CROSS JOIN product
                 WHERE product.slug = r.slug AND product.id <> r.id LIMIT 1",
            )
            .rows(drafts.iter().map(|draft| (draft.product.id, draft.product.slug.as_str())))
            .fetch_optional(db, |row| row.parse("slug"))
            .await?;
            // Its owner may have changed it since.
            Ok(taken.map_or(ProductError::Fault(fault), ProductError::SlugTaken))
        }
        _ => Err(fault),
    }
}
