//! The copy of what can be sold.

use message::{Fault, Money};
use product_contract::{Product, ProductStatus, VariantId};
use store::{Columns, Json, On, Tx, columns, insert, json, record};

use crate::domain::placement::{Catalogue, Sellable};

const SELLABLE: Columns<(VariantId, Sellable)> =
    columns!(|variant_id, sku, title, options: Json<_>, price, currency, tax_class, for_sale| {
        let price = Money::new(price, currency);
        (variant_id, Sellable { sku, title, options: options.0, price, tax_class, for_sale })
    });

/// Copies the variants of these products, unless a newer version of their product was copied before.
pub(crate) async fn copy(tx: &mut Tx, products: &[Product]) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(products.len() * 2);
    for product in products {
        for variant in &product.variants {
            rows.push(record! {
                variant_id: variant.id,
                product_version: product.version,
                sku: &variant.sku,
                title: product.title.as_str(),
                options: json(&variant.options)?,
                price: variant.price.amount,
                currency: &variant.price.currency,
                tax_class: &variant.tax_class,
                for_sale: product.status == ProductStatus::Published,
            });
        }
    }
    insert("sellable", rows)
        .then(
            "ON CONFLICT (variant_id) DO UPDATE SET product_version = excluded.product_version, sku = excluded.sku,
                 title = excluded.title, options = excluded.options, price = excluded.price,
                 currency = excluded.currency, tax_class = excluded.tax_class, for_sale = excluded.for_sale
             WHERE excluded.product_version > sellable.product_version",
        )
        .execute(tx)
        .await
        .map(drop)
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
