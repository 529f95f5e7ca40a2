//! The rules of products.

mod change;
mod media;
mod raster;
mod svg;
pub(crate) mod validate;
mod warnings;

use std::collections::BTreeMap;

use message::{Fault, IdSource, Timestamp, to_json};
use order_contract::StockLevel;
use product_contract::{NewProduct, NewVariant, Product};
use sha2::{Digest as _, Sha256};

pub(crate) use change::{ChangedProduct, Differences, Place, apply, differences};
pub(crate) use media::{check as check_media, is_key as is_file_key, svg_key as file_key};
pub(crate) use svg::check as check_svg;
pub(crate) use warnings::{GivenSkus, warnings};

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
    /// Makes a product of what was given, valid or not; it and its variants get the ids that they lack.
    pub(crate) fn new(new: NewProduct, now: Timestamp, ids: &IdSource) -> Result<Self, Fault> {
        let digest = message::hex(&Sha256::digest(to_json(&new)?));
        let variant = |new: NewVariant| {
            let id = new.id.unwrap_or_else(|| ids.id());
            new.into_variant(id)
        };
        let NewProduct { id, slug, title, description, brand, collection, status, pictures, variants } = new;
        let product = Product {
            id: id.unwrap_or_else(|| ids.id()),
            slug,
            title,
            description,
            brand,
            collection,
            status,
            pictures,
            variants: variants.into_iter().map(variant).collect(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        Ok(Self { product, digest })
    }
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
