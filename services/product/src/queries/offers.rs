//! Reading what is sold of products: one statement for the products, one for the variants.

use message::Fault;
use product_contract::{ProductId, Variant, VariantId};
use store::{Columns, Db, columns};

use super::read::VARIANT;
use crate::offers::Head;

const HEAD: Columns<Head> = columns!(|id, version, title, status| (id, version, title, status));

/// What of these products matters to an order.
pub(crate) async fn heads(db: &Db, products: &[ProductId]) -> Result<Vec<Head>, Fault> {
    HEAD.query("SELECT columns(product) FROM rows(id uuid) AS r CROSS JOIN product WHERE product.id = r.id")
        .rows(products.iter().map(|id| (*id,)))
        .fetch_all(db)
        .await
}

/// All variants of these products.
pub(crate) async fn variants_of(db: &Db, products: &[ProductId]) -> Result<Vec<(ProductId, Variant)>, Fault> {
    VARIANT
        .query(
            "SELECT columns(variant) FROM rows(product_id uuid) AS r CROSS JOIN variant CROSS JOIN stock_level
             WHERE variant.product_id = r.product_id AND stock_level.variant_id = variant.id",
        )
        .rows(products.iter().map(|id| (*id,)))
        .fetch_all(db)
        .await
}

/// The same of the products that these variants belong to.
pub(crate) async fn heads_of_variants(db: &Db, variants: &[VariantId]) -> Result<Vec<Head>, Fault> {
    HEAD.query(
        "SELECT DISTINCT columns(product) FROM rows(id uuid) AS r CROSS JOIN variant CROSS JOIN product
         WHERE variant.id = r.id AND product.id = variant.product_id",
    )
    .rows(variants.iter().map(|id| (*id,)))
    .fetch_all(db)
    .await
}

/// These variants.
pub(crate) async fn variants(db: &Db, variants: &[VariantId]) -> Result<Vec<(ProductId, Variant)>, Fault> {
    VARIANT
        .query(
            "SELECT columns(variant) FROM rows(id uuid) AS r CROSS JOIN variant CROSS JOIN stock_level
             WHERE variant.id = r.id AND stock_level.variant_id = variant.id",
        )
        .rows(variants.iter().map(|id| (*id,)))
        .fetch_all(db)
        .await
}
