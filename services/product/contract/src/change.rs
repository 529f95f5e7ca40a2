//! Changing a product.

use message::{Country, Example, Money, Patch, example::valid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Barcode, Collection, CustomsCode, FileKey, Grams, Label, NewVariant, OptionValue, Picture, Product,
    ProductId, ProductStatus, Size, Sku, Slug, TaxClass, Title, VariantId,
    empty::{or_reset, text_or_reset},
};

/// Changes what is given of a product and leaves the rest.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChangeProduct {
    /// The product.
    pub id: ProductId,
    /// The version that the change was made for; another one is refused, unless it is as the change wants it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<i64>,
    /// The change.
    #[serde(flatten)]
    pub change: ProductChange,
}

/// The parts of a product that can be changed; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProductChange {
    /// Its name in URLs.
    pub slug: Option<Slug>,
    /// Its name.
    pub title: Option<Title>,
    /// Plain text, at most 500,000 characters.
    pub description: Option<String>,
    /// Its brand or maker; null for none.
    #[serde(deserialize_with = "text_or_reset", skip_serializing_if = "Patch::is_keep")]
    pub brand: Patch<Label>,
    /// The collection that it belongs to; empty if to none.
    pub collection: Option<Collection>,
    /// Whether shoppers see it.
    pub status: Option<ProductStatus>,
    /// All its pictures, at most 250.
    pub pictures: Option<Vec<Picture>>,
    /// Changes of its variants; those not named stay.
    pub variants: Vec<VariantChange>,
    /// New variants, which come after those that it has. One whose id it has already, the same in all else, is left alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_variants: Vec<NewVariant>,
    /// Variants that are not sold any more; orders keep what was sold. At least one variant stays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_variants: Vec<VariantId>,
    /// The ids of its variants in the order in which they are shown; those not named come after these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variant_order: Vec<VariantId>,
}

/// The parts of a variant that can be changed; what is not given stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantChange {
    /// The variant, one of the product's. Where a path names it already, it may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<VariantId>,
    /// The merchant's own code for it; null for none.
    #[serde(default, deserialize_with = "text_or_reset", skip_serializing_if = "Patch::is_keep")]
    pub sku: Patch<Sku>,
    /// Its barcode; null for none.
    #[serde(default, deserialize_with = "text_or_reset", skip_serializing_if = "Patch::is_keep")]
    pub barcode: Patch<Barcode>,
    /// All that distinguishes it from the product's other variants.
    #[serde(default)]
    pub options: Option<Vec<OptionValue>>,
    /// The price of one.
    #[serde(default)]
    pub price: Option<Money>,
    /// The price that it had before, or that others ask; null for none.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub compare_at_price: Patch<Money>,
    /// What the merchant pays for one; null for unknown.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub cost: Patch<Money>,
    /// The tax class, which decides the rate.
    #[serde(default)]
    pub tax_class: Option<TaxClass>,
    /// One of the product's pictures; null for none of its own.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub picture: Patch<FileKey>,
    /// Whether it is sent in a parcel.
    #[serde(default)]
    pub needs_shipping: Option<bool>,
    /// The weight of one, packed; null for unknown.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub weight: Patch<Grams>,
    /// The size of one, packed; null for unknown.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub size: Patch<Size>,
    /// The country that it was made in; null for unknown.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub origin: Patch<Country>,
    /// Its code in the customs tariff; null for none.
    #[serde(default, deserialize_with = "text_or_reset", skip_serializing_if = "Patch::is_keep")]
    pub customs_code: Patch<CustomsCode>,
}

impl VariantChange {
    /// A change of this variant that changes nothing yet.
    pub fn of(id: VariantId) -> Self {
        Self {
            id: Some(id),
            sku: Patch::Keep,
            barcode: Patch::Keep,
            options: None,
            price: None,
            compare_at_price: Patch::Keep,
            cost: Patch::Keep,
            tax_class: None,
            picture: Patch::Keep,
            needs_shipping: None,
            weight: Patch::Keep,
            size: Patch::Keep,
            origin: Patch::Keep,
            customs_code: Patch::Keep,
        }
    }
}

/// Of everything.
impl Example for ProductChange {
    fn example() -> Self {
        let product = Product::example();
        Self {
            slug: Some(product.slug),
            title: Some(valid("Copper kettle, hammered".parse())),
            description: Some(product.description),
            brand: or_reset(product.brand),
            collection: Some(product.collection),
            status: Some(product.status),
            pictures: Some(product.pictures),
            variants: Example::example(),
            add_variants: Vec::new(),
            remove_variants: Vec::new(),
            variant_order: product.variants.iter().map(|variant| variant.id).collect(),
        }
    }
}

/// Of everything.
impl Example for VariantChange {
    fn example() -> Self {
        let NewVariant {
            id: _,
            sku,
            barcode,
            options,
            price,
            compare_at_price,
            cost,
            tax_class,
            picture,
            needs_shipping,
            weight,
            size,
            origin,
            customs_code,
        } = Example::example();
        Self {
            id: Example::example(),
            sku: or_reset(sku),
            barcode: or_reset(barcode),
            options: Some(options),
            price: Some(price),
            compare_at_price: or_reset(compare_at_price),
            cost: or_reset(cost),
            tax_class: Some(tax_class),
            picture: or_reset(picture),
            needs_shipping: Some(needs_shipping),
            weight: or_reset(weight),
            size: or_reset(size),
            origin: or_reset(origin),
            customs_code: or_reset(customs_code),
        }
    }
}
