//! Reading products: one statement for any number of them, one for their variants, one for their pictures.

use std::collections::{HashMap, HashSet};

use message::{Fault, Money};
use product_contract::{
    Collection, File, FileKey, ListProducts, Picture, Product, ProductId, ProductKey, Shelf, Variant,
};
use store::{Db, On, Row, query};
use uuid::Uuid;

use crate::domain::is_file_key;

/// The products that match a condition; their parts are read after them.
macro_rules! select_products {
    ($($condition:literal),+) => {
        concat!(
            "SELECT id, slug, title, description, collection, status, version, created_at, updated_at
             FROM product WHERE ",
            $($condition),+
        )
    };
}

/// Reads one product.
pub(crate) async fn find<'a>(on: impl Into<On<'a>>, key: &ProductKey) -> Result<Option<Product>, Fault> {
    let mut on = on.into();
    let select = match key {
        ProductKey::Id(id) => query(select_products!("id = $1")).bind(*id),
        ProductKey::Slug(slug) => query(select_products!("slug = $1")).bind(slug.as_str()),
    };
    let found = select.fetch_all(on.reborrow(), product).await?;
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
            query(select_products!(
                "id IN (SELECT id FROM product WHERE id < $1",
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
        (Some(collection), None) => page!(" AND collection = $3").bind(collection.as_str()),
        (Some(collection), Some(status)) => {
            page!(" AND collection = $3 AND status = $4").bind(collection.as_str()).bind(status)
        }
    };
    complete(db.into(), select.fetch_all(db, product).await?).await
}

/// Adds their variants and pictures to products.
async fn complete(mut on: On<'_>, mut products: Vec<Product>) -> Result<Vec<Product>, Fault> {
    if products.is_empty() {
        return Ok(products);
    }
    let ids: Vec<_> = products.iter().map(|product| (product.id,)).collect();
    // CROSS JOIN keeps SQLite from turning the join around and reading all variants there are.
    let mut variants = grouped(
        query(
            "SELECT variant.product_id, variant.id, sku, options, price, currency, tax_class, available
             FROM rows(product_id uuid) AS r CROSS JOIN variant CROSS JOIN stock_level
             WHERE variant.product_id = r.product_id AND stock_level.variant_id = variant.id
             ORDER BY variant.product_id, variant.position",
        )
        .rows(ids.iter().copied())
        .fetch_all(on.reborrow(), |row| Ok((row.get("product_id")?, variant(row)?)))
        .await?,
    );
    let mut pictures = grouped(
        query(
            "SELECT picture.product_id, file, alt
             FROM rows(product_id uuid) AS r CROSS JOIN picture
             WHERE picture.product_id = r.product_id
             ORDER BY picture.product_id, picture.position",
        )
        .rows(ids)
        .fetch_all(on, |row| {
            let picture = Picture { file: FileKey(row.get("file")?), alt: row.get("alt")? };
            Ok((row.get("product_id")?, picture))
        })
        .await?,
    );
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

fn product(row: &Row) -> Result<Product, Fault> {
    Ok(Product {
        id: row.get("id")?,
        slug: row.parse("slug")?,
        title: row.parse("title")?,
        description: row.get("description")?,
        collection: row.parse("collection")?,
        status: row.get("status")?,
        pictures: Vec::new(),
        variants: Vec::new(),
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn variant(row: &Row) -> Result<Variant, Fault> {
    Ok(Variant {
        id: row.get("id")?,
        sku: row.parse("sku")?,
        options: row.json("options")?,
        price: Money::new(row.get("price")?, row.parse("currency")?),
        tax_class: row.parse("tax_class")?,
        available: row.get("available")?,
    })
}

/// Reads the shelves that have published products, by name.
pub(crate) async fn collections(db: &Db) -> Result<Vec<Shelf>, Fault> {
    // Counted, not selected, by status: the index on collections then has it all, in order.
    let mut shelves = query(
        "SELECT collection, count(CASE WHEN status = 'published' THEN 1 END) AS products
         FROM product WHERE collection <> '' GROUP BY collection
         HAVING count(CASE WHEN status = 'published' THEN 1 END) > 0",
    )
    .fetch_all(db, |row| Ok(Shelf { collection: row.parse("collection")?, products: row.get("products")? }))
    .await?;
    // Not by the database: each sorts text in its own way.
    shelves.sort_by(|a: &Shelf, b| Collection::cmp(&a.collection, &b.collection));
    Ok(shelves)
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
    query("SELECT media_type, text FROM file WHERE key = $1")
        .bind(&key.0)
        .fetch_optional(db, |row| Ok(File { media_type: row.get("media_type")?, text: row.get("text")? }))
        .await
}
