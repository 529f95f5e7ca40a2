//! Reading products: one statement for any number of them, one for their variants, one for their pictures.

use std::collections::{HashMap, HashSet};

use message::{Fault, ListPage, Money};
use product_contract::{
    CollectionSummary, File, FileKey, ListProducts, Picture, Product, ProductId, ProductKey, Slug, Variant,
    VariantCard, VariantId,
};
use store::{Columns, Db, Json, On, columns, query};
use uuid::Uuid;

use crate::domain::is_file_key;

/// A list page is not larger than this many bytes, about; a single product may be.
const MOST_BYTES: i64 = 4 << 20;

/// A product without its parts, which are read after it.
const PRODUCT: Columns<Product> =
    columns!(|id, slug, title, description, brand, collection, status, version, created_at, updated_at| {
        Product {
            id,
            slug,
            title,
            description,
            brand,
            collection,
            status,
            pictures: Vec::new(),
            variants: Vec::new(),
            version,
            created_at,
            updated_at,
        }
    });

/// A variant, with the id of its product.
pub(super) const VARIANT: Columns<(ProductId, Variant)> = columns!(|product_id,
                                                         id,
                                                         sku,
                                                         barcode,
                                                         options: Json<_>,
                                                         price,
                                                         currency,
                                                         compare_at_price: Option<i64>,
                                                         cost: Option<i64>,
                                                         tax_class,
                                                         picture: Option<String>,
                                                         needs_shipping,
                                                         weight,
                                                         size: Option<Json<_>>,
                                                         origin,
                                                         customs_code,
                                                         available in stock_level| {
    let variant = Variant {
        id,
        sku,
        barcode,
        options: options.0,
        price: Money::new(price, currency),
        compare_at_price: compare_at_price.map(|amount| Money::new(amount, currency)),
        cost: cost.map(|amount| Money::new(amount, currency)),
        tax_class,
        picture: picture.map(FileKey),
        needs_shipping,
        weight,
        size: size.map(|size| size.0),
        origin,
        customs_code,
        available,
    };
    (product_id, variant)
});

/// A variant as pages link to it.
const CARD: Columns<VariantCard> = columns!(
    |id, product_id, slug in product, title in product, status in product, file in picture: Option<String>,
     alt in picture: Option<String>| {
        let picture = file.map(|file| Picture { file: FileKey(file), alt: alt.unwrap_or_default() });
        VariantCard { variant_id: id, product_id, slug, title, status, picture }
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

/// Reads products that come after `after`, newest first: as many as asked for, or fewer if they are large.
pub(crate) async fn list(
    db: &Db,
    filter: &ListProducts,
    after: Option<ProductId>,
) -> Result<ListPage<Product>, Fault> {
    // The page is chosen in an index; whole rows are read for those on it only. One text for each filter, so that each
    // has a plan of its own.
    macro_rules! page {
        ($condition:literal) => {
            query(concat!(
                "SELECT id, bytes FROM product WHERE id < $1",
                $condition,
                " ORDER BY id DESC LIMIT $2"
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
    let found: Vec<(ProductId, i64)> =
        select.fetch_all(db, |row| Ok((row.get("id")?, row.get("bytes")?))).await?;
    let ids = page_of(&found, filter.limit.get());
    let next_cursor = ids.last().filter(|_| ids.len() < found.len()).map(ToString::to_string);
    let products = PRODUCT
        .query(
            "SELECT columns(product) FROM rows(id uuid) AS r CROSS JOIN product WHERE product.id = r.id
             ORDER BY product.id DESC",
        )
        .rows(ids.into_iter().map(|id| (id,)))
        .fetch_all(db)
        .await?;
    Ok(ListPage { data: complete(db.into(), products).await?, next_cursor })
}

/// As many of these products, each with its size, as a list page of `limit` has room for; one in any case.
fn page_of(found: &[(ProductId, i64)], limit: usize) -> Vec<ProductId> {
    let mut size = 0_i64;
    let fits = |(at, (_, bytes)): &(usize, &(ProductId, i64))| {
        size = size.saturating_add(*bytes);
        *at == 0 || size <= MOST_BYTES
    };
    found.iter().take(limit).enumerate().take_while(fits).map(|(_, (id, _))| *id).collect()
}

/// The products of these variants, as pages link to them.
pub(crate) async fn cards(db: &Db, variants: &[VariantId]) -> Result<Vec<VariantCard>, Fault> {
    // The position of the variant's own picture, or else of the first.
    CARD.query(
        "SELECT columns(variant) FROM rows(id uuid) AS r CROSS JOIN variant CROSS JOIN product
         LEFT JOIN picture ON picture.product_id = product.id AND picture.position = COALESCE(
             (SELECT min(own.position) FROM picture own
              WHERE own.product_id = product.id AND own.file = variant.picture), 0)
         WHERE variant.id = r.id AND product.id = variant.product_id",
    )
    .rows(variants.iter().map(|id| (*id,)))
    .fetch_all(db)
    .await
}

/// For each of these keys of SKUs that a variant of another product has, one such product.
pub(crate) async fn sku_doubles(
    db: &Db,
    product: ProductId,
    keys: &[&str],
) -> Result<HashMap<String, Slug>, Fault> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<(String, Option<Slug>)> = query(
        "SELECT r.key, (SELECT product.slug FROM variant JOIN product ON product.id = variant.product_id
                        WHERE variant.sku_key = r.key AND variant.product_id <> $1 LIMIT 1) AS slug
         FROM rows(key text) AS r",
    )
    .bind(product)
    .rows(keys.iter().map(|key| (*key,)))
    .fetch_all(db, |row| Ok((row.get("key")?, row.get("slug")?)))
    .await?;
    Ok(found.into_iter().filter_map(|(key, slug)| Some((key, slug?))).collect())
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
