//! Reading products: one statement for any number of them, one for their variants, one for their pictures.

use std::collections::{HashMap, HashSet};

use message::{Fault, Money};
use product_contract::{
    CollectionSummary, File, FileKey, ListProducts, Picture, Product, ProductId, ProductKey, Variant,
};
use store::{Columns, Db, Json, On, columns, query};
use uuid::Uuid;

use crate::domain::is_file_key;

/// A product without its parts, which are read after it.
const PRODUCT: Columns<Product> =
    columns!(|id, slug, title, description, collection, status, version, created_at, updated_at| Product {
        id,
        slug,
        title,
        description,
        collection,
        status,
        pictures: Vec::new(),
        variants: Vec::new(),
        version,
        created_at,
        updated_at,
    });

/// A variant, with the id of its product.
pub(super) const VARIANT: Columns<(ProductId, Variant)> = columns!(
    |product_id, id, sku, options: Json<_>, price, currency, tax_class, available in stock_level| {
        let price = Money::new(price, currency);
        (product_id, Variant { id, sku, options: options.0, price, tax_class, available })
    }
);

/// A picture, with the id of its product.
const PICTURE: Columns<(ProductId, Picture)> =
    columns!(|product_id, file, alt| (product_id, Picture { file: FileKey(file), alt }));

const FILE: Columns<File> = columns!(|media_type, text, bytes: Option<Vec<u8>>| File {
    media_type,
    text,
    bytes: bytes.unwrap_or_default().into(),
});

const COLLECTION: Columns<CollectionSummary> =
    columns!(|collection, products| CollectionSummary { collection, products });

/// Reads one product.
pub(crate) async fn find<'a>(on: impl Into<On<'a>>, key: &ProductKey) -> Result<Option<Product>, Fault> {
    let mut on = on.into();
    let select = match key {
        ProductKey::Id(id) => PRODUCT.query("SELECT columns() FROM product WHERE id = $1").bind(*id),
        ProductKey::Slug(slug) => PRODUCT.query("SELECT columns() FROM product WHERE slug = $1").bind(slug),
    };
    let found = select.fetch_all(on.reborrow()).await?;
    Ok(complete(on, found).await?.pop())
}

/// Reads products that come after `after`, newest first, one more than the page will hold.
pub(crate) async fn list(
    db: &Db,
    filter: &ListProducts,
    after: Option<ProductId>,
) -> Result<Vec<Product>, Fault> {
    // The page is chosen in an index alone; whole rows are read for those on it only. One text for each filter, so that
    // each has a plan of its own.
    macro_rules! page {
        ($condition:literal) => {
            PRODUCT
                .query(concat!(
                    "SELECT columns() FROM product WHERE id IN (SELECT id FROM product WHERE id < $1",
                    $condition,
                    " ORDER BY id DESC LIMIT $2) ORDER BY id DESC"
                ))
                .bind(after.map_or(Uuid::max(), ProductId::uuid))
                .bind(filter.limit.overfull())
        };
    }
    let select = match (&filter.collection, filter.status) {
        (None, None) => page!(""),
        (None, Some(status)) => page!(" AND status = $3").bind(status),
        (Some(collection), None) => page!(" AND collection = $3").bind(collection),
        (Some(collection), Some(status)) => {
            page!(" AND collection = $3 AND status = $4").bind(collection).bind(status)
        }
    };
    complete(db.into(), select.fetch_all(db).await?).await
}

/// Adds their variants and pictures to products.
async fn complete(mut on: On<'_>, mut products: Vec<Product>) -> Result<Vec<Product>, Fault> {
    if products.is_empty() {
        return Ok(products);
    }
    let ids: Vec<_> = products.iter().map(|product| (product.id,)).collect();
    // CROSS JOIN keeps SQLite from turning the join around and reading all variants there are.
    let variants = VARIANT
        .query(
            "SELECT columns(variant) FROM rows(product_id uuid) AS r CROSS JOIN variant CROSS JOIN stock_level
             WHERE variant.product_id = r.product_id AND stock_level.variant_id = variant.id
             ORDER BY variant.product_id, variant.position",
        )
        .rows(ids.iter().copied())
        .fetch_all(on.reborrow())
        .await?;
    let pictures = PICTURE
        .query(
            "SELECT columns(picture) FROM rows(product_id uuid) AS r CROSS JOIN picture
             WHERE picture.product_id = r.product_id
             ORDER BY picture.product_id, picture.position",
        )
        .rows(ids)
        .fetch_all(on)
        .await?;
    let (mut variants, mut pictures) = (grouped(variants), grouped(pictures));
    for product in &mut products {
        product.variants = variants.remove(&product.id).unwrap_or_default();
        product.pictures = pictures.remove(&product.id).unwrap_or_default();
    }
    Ok(products)
}

fn grouped<T>(parts: Vec<(ProductId, T)>) -> HashMap<ProductId, Vec<T>> {
    let mut groups: HashMap<ProductId, Vec<T>> = HashMap::new();
    for (id, part) in parts {
        groups.entry(id).or_default().push(part);
    }
    groups
}

/// Reads the collections that have published products, by name.
pub(crate) async fn collections(db: &Db) -> Result<Vec<CollectionSummary>, Fault> {
    // Counted, not selected, by status: the index on collections then has it all, in order.
    let mut collections = COLLECTION
        .query(
            "SELECT columns() FROM
                 (SELECT collection, count(CASE WHEN status = 'published' THEN 1 END) AS products
                  FROM product WHERE collection <> '' GROUP BY collection) AS counted
             WHERE products > 0",
        )
        .fetch_all(db)
        .await?;
    // Not by the database: each sorts text in its own way.
    collections.sort_by(|a, b| a.collection.cmp(&b.collection));
    Ok(collections)
}

/// The digest of what a product was created from.
pub(crate) async fn digest(db: &Db, id: ProductId) -> Result<Option<String>, Fault> {
    query("SELECT digest FROM product WHERE id = $1")
        .bind(id)
        .fetch_optional(db, |row| row.get("digest"))
        .await
}

/// Those of `keys` that are keys of stored files.
pub(crate) async fn known_files(db: &Db, keys: HashSet<&FileKey>) -> Result<HashSet<FileKey>, Fault> {
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    query("SELECT file.key FROM rows(key text) AS r CROSS JOIN file WHERE file.key = r.key")
        .rows(keys.into_iter().map(|key| (&key.0,)))
        .fetch_all(db, |row| row.get("key").map(FileKey))
        .await
        .map(HashSet::from_iter)
}

/// Reads a stored file.
pub(crate) async fn file(db: &Db, key: &FileKey) -> Result<Option<File>, Fault> {
    if !is_file_key(key) {
        return Ok(None);
    }
    FILE.query("SELECT columns() FROM file WHERE key = $1").bind(&key.0).fetch_optional(db).await
}
