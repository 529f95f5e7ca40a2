//! The copy of what can be sold.

use message::{Fault, Money};
use product_contract::{Product, ProductStatus, VariantId};
use store::{On, Tx, query};

use crate::domain::placement::{Catalogue, Sellable};

/// Copies the variants of these products, unless a newer version of their product was copied before.
pub(crate) async fn copy(tx: &mut Tx, products: &[Product]) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(products.len() * 2);
    for product in products {
        for variant in &product.variants {
            let options = serde_json::to_string(&variant.options).map_err(Fault::internal)?;
            rows.push((
                variant.id,
                product.version,
                variant.sku.as_str(),
                product.title.as_str(),
                options,
                variant.price.amount,
                variant.price.currency.code(),
                variant.tax_class.as_str(),
                product.status == ProductStatus::Published,
            ));
        }
    }
    query(
        "INSERT INTO sellable (variant_id, product_version, sku, title, options, price, currency, tax_class, for_sale)
         SELECT r.variant_id, r.product_version, r.sku, r.title, r.options, r.price, r.currency, r.tax_class, r.for_sale
         FROM rows(variant_id uuid, product_version int, sku text, title text, options text, price int, currency text,
                   tax_class text, for_sale bool) AS r
         WHERE true
         ON CONFLICT (variant_id) DO UPDATE SET product_version = excluded.product_version, sku = excluded.sku,
             title = excluded.title, options = excluded.options, price = excluded.price, currency = excluded.currency,
             tax_class = excluded.tax_class, for_sale = excluded.for_sale
         WHERE excluded.product_version > sellable.product_version",
    )
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

/// What is known of these variants; those that are not known are not in it.
pub(crate) async fn catalogue<'a>(
    on: impl Into<On<'a>>,
    variants: impl IntoIterator<Item = VariantId>,
) -> Result<Catalogue, Fault> {
    query(
        "SELECT s.variant_id, s.sku, s.title, s.options, s.price, s.currency, s.tax_class, s.for_sale
         FROM rows(variant_id uuid) AS r JOIN sellable s ON s.variant_id = r.variant_id",
    )
    .rows(variants.into_iter().map(|variant| (variant,)))
    .fetch_all(on, |row| {
        let sellable = Sellable {
            sku: row.parse("sku")?,
            title: row.get("title")?,
            options: row.json("options")?,
            price: Money::new(row.get("price")?, row.parse("currency")?),
            tax_class: row.parse("tax_class")?,
            for_sale: row.get("for_sale")?,
        };
        Ok((row.get("variant_id")?, sellable))
    })
    .await
    .map(Catalogue::from_iter)
}
