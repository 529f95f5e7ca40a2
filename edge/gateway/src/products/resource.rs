//! Products as HTTP shows them: pictures have URLs, and what is the merchant's alone is for the admin key.

use edge_common::paths;
use message::{Example, Timestamp};
use product_contract::{
    self as product, Collection, FileKey, Label, ProductId, ProductStatus, Slug, Title, Warning,
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
    /// At least one, in the order in which they are shown. Their `cost` comes with the admin key alone.
    pub variants: Vec<product::Variant>,
    /// Grows by one with every change, stock excepted: what `If-Match` compares.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed, stock excepted.
    pub updated_at: Timestamp,
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
    pub variant: product::Variant,
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
            variants,
            version,
            created_at,
            updated_at,
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
        Self { variant: Example::example(), warnings: Example::example() }
    }
}
