//! The rules of products.

mod media;
mod raster;
mod svg;
pub(crate) mod validate;

use std::collections::BTreeMap;

use message::{Fault, IdSource, Timestamp, to_json};
use order_contract::StockLevel;
use product_contract::{NewProduct, NewVariant, Product, ProductChange, Variant, VariantChange};
use sha2::{Digest as _, Sha256};

pub(crate) use media::{check as check_media, is_key as is_file_key, svg_key as file_key};
pub(crate) use svg::check as check_svg;

/// The media type of files that are text.
pub(crate) const SVG: &str = "image/svg+xml";

/// A product that is not stored yet.
#[derive(Debug)]
pub(crate) struct NewRecord {
    /// The product, as it will be.
    pub(crate) product: Product,
    /// The SHA-256 of what its creator gave. A field that [`NewProduct`] gets later must stay unserialised while it is not
    /// given, or the digests of earlier products would change.
    pub(crate) digest: String,
}

impl NewRecord {
    /// Makes a product of what was given, which was found valid; it and its variants get the ids that they lack.
    pub(crate) fn new(new: NewProduct, now: Timestamp, ids: &IdSource) -> Result<Self, Fault> {
        let digest = message::hex(&Sha256::digest(to_json(&new)?));
        let variant = |NewVariant { id, sku, options, price, tax_class }: NewVariant| {
            let id = id.unwrap_or_else(|| ids.id());
            Variant { id, sku, options, price, tax_class, available: 0 }
        };
        let product = Product {
            id: new.id.unwrap_or_else(|| ids.id()),
            slug: new.slug,
            title: new.title,
            description: new.description,
            collection: new.collection,
            status: new.status,
            pictures: new.pictures,
            variants: new.variants.into_iter().map(variant).collect(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        Ok(Self { product, digest })
    }
}

/// The product after a valid change, or `None` if that changes nothing.
pub(crate) fn apply(before: &Product, change: ProductChange, now: Timestamp) -> Option<Product> {
    // By name: a field that can be changed from now on is not forgotten here.
    let ProductChange { slug, title, description, collection, status, pictures, variants } = change;
    let mut after = before.clone();
    set(&mut after.slug, slug);
    set(&mut after.title, title);
    set(&mut after.description, description);
    set(&mut after.collection, collection);
    set(&mut after.status, status);
    set(&mut after.pictures, pictures);
    for VariantChange { id, price, tax_class } in variants {
        if let Some(variant) = after.variants.iter_mut().find(|variant| variant.id == id) {
            set(&mut variant.price, price);
            set(&mut variant.tax_class, tax_class);
        }
    }
    if after == *before {
        return None;
    }
    after.version += 1;
    after.updated_at = now;
    Some(after)
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// The variants that are not as they were; a change neither adds nor moves one.
pub(crate) fn changed_variants<'a>(
    before: &'a Product,
    after: &'a Product,
) -> impl Iterator<Item = &'a Variant> {
    before.variants.iter().zip(&after.variants).filter(|(old, new)| old != new).map(|(_, new)| new)
}

/// The newest level of each variant, by variant: transactions that lock them in one order cannot lock each other out.
pub(crate) fn newest(levels: impl IntoIterator<Item = StockLevel>) -> Vec<StockLevel> {
    let mut newest: BTreeMap<_, StockLevel> = BTreeMap::new();
    for level in levels {
        let known = newest.entry(level.variant_id).or_insert(level);
        if known.version < level.version {
            *known = level;
        }
    }
    newest.into_values().collect()
}

#[cfg(test)]
mod tests;
