//! Products as HTTP shows them: pictures have URLs, and what is the merchant's alone is for the admin key.

use edge_common::paths;
use message::{Country, Example, Money, Timestamp};
use product_contract::{
    self as product, Barcode, Collection, CustomsCode, FileKey, Grams, Label, OptionValue, ProductId,
    ProductStatus, Size, Sku, Slug, TaxClass, Title, VariantId, Warning,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A product of the shop; what is bought is one of its variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Product")]
pub struct ProductResource {
    /// Its id.
    pub id: ProductId,
    /// Its name in URLs, where it is percent-encoded.
    pub slug: Slug,
    /// Its name.
    pub title: Title,
    /// Plain text.
    pub description: String,
    /// Its brand or maker; null if none is known.
    pub brand: Option<Label>,
    /// The collection that it belongs to; may be empty.
    pub collection: Collection,
    /// Whether shoppers see it.
    pub status: ProductStatus,
    /// The pictures, in the order in which they are shown.
    pub pictures: Vec<PictureLink>,
    /// At least one, in the order in which they are shown.
    pub variants: Vec<VariantResource>,
    /// Grows by one with every change, stock excepted: what `If-Match` compares.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed, stock excepted.
    pub updated_at: Timestamp,
}

/// One way to buy a product: a size, a colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Variant")]
pub struct VariantResource {
    /// Its id.
    pub id: VariantId,
    /// The merchant's own code for it; null for none. Other variants may have the same.
    pub sku: Option<Sku>,
    /// Its barcode; null for none.
    pub barcode: Option<Barcode>,
    /// What distinguishes it from the product's other variants; empty if there is only one.
    pub options: Vec<OptionValue>,
    /// The price of one.
    pub price: Money,
    /// The price that it had before, or that others ask; null for none. Show it only if it is above `price`.
    pub compare_at_price: Option<Money>,
    /// What the merchant pays for one: with the admin key alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// The tax class, which decides the rate.
    pub tax_class: TaxClass,
    /// The `file` of one of the product's pictures; null for none of its own.
    pub picture: Option<FileKey>,
    /// Whether it is sent in a parcel.
    pub needs_shipping: bool,
    /// The weight of one, packed, in grams; null if it is not known.
    pub weight: Option<Grams>,
    /// The size of one, packed; null if it is not known.
    pub size: Option<Size>,
    /// The country that it was made in; null if it is not known.
    pub origin: Option<Country>,
    /// Its code in the customs tariff; null for none.
    pub customs_code: Option<CustomsCode>,
    /// How many can be sold.
    pub available: i64,
}

/// A picture of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PictureLink {
    /// Its key, by which products and variants are given their pictures.
    pub file: FileKey,
    /// The path that it is read at; its content never changes.
    pub url: String,
    /// What it shows, in words.
    pub alt: String,
}

/// A product that was created or changed, and what may be a mistake in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SavedProduct")]
pub struct SavedProductResource {
    /// The product as it is now.
    #[serde(flatten)]
    pub product: ProductResource,
    /// What was done as asked for, but may be a mistake, such as one SKU on two variants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// A variant that was added or changed, and what may be a mistake in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SavedVariant")]
pub struct SavedVariantResource {
    /// The variant as it is now.
    #[serde(flatten)]
    pub variant: VariantResource,
    /// What was done as asked for, but may be a mistake, such as one SKU on two variants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl ProductResource {
    /// The product as everybody sees it.
    pub fn public(product: product::Product) -> Self {
        let mut resource = Self::full(product);
        for variant in &mut resource.variants {
            variant.cost = None;
        }
        resource
    }

    /// The product as the merchant sees it.
    pub fn full(product: product::Product) -> Self {
        let product::Product {
            id,
            slug,
            title,
            description,
            brand,
            collection,
            status,
            pictures,
            variants,
            version,
            created_at,
            updated_at,
        } = product;
        Self {
            id,
            slug,
            title,
            description,
            brand,
            collection,
            status,
            pictures: pictures.into_iter().map(PictureLink::from).collect(),
            variants: variants.into_iter().map(VariantResource::full).collect(),
            version,
            created_at,
            updated_at,
        }
    }
}

impl VariantResource {
    /// The variant as the merchant sees it.
    pub(crate) fn full(variant: product::Variant) -> Self {
        let product::Variant {
            id,
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
            available,
        } = variant;
        Self {
            id,
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
            available,
        }
    }
}

impl From<product::Picture> for PictureLink {
    fn from(product::Picture { file, alt }: product::Picture) -> Self {
        Self { url: paths::media(&file), file, alt }
    }
}

impl From<product::SavedProduct> for SavedProductResource {
    fn from(product::SavedProduct { product, warnings }: product::SavedProduct) -> Self {
        Self { product: ProductResource::full(product), warnings }
    }
}

impl Example for ProductResource {
    fn example() -> Self {
        Self::full(Example::example())
    }
}

impl Example for SavedProductResource {
    fn example() -> Self {
        product::SavedProduct::example().into()
    }
}

impl Example for SavedVariantResource {
    fn example() -> Self {
        Self { variant: VariantResource::full(Example::example()), warnings: Example::example() }
    }
}
