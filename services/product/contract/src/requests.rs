//! Requests about products: they are created, read and listed; [`change`](crate::ChangeProduct) has the rest.

use message::{Example, Fault, FieldError, Limit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Label, NewVariant, Picture, Product, ProductId, ProductStatus, Slug, Title, VariantId,
    empty::text_or_none,
};

/// A product to be created. A caller that chooses the ids can create twice and gets one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// Its id, if the caller chose one.
    #[serde(default)]
    pub id: Option<ProductId>,
    /// Its name in URLs; no other product has it.
    pub slug: Slug,
    /// Its name.
    pub title: Title,
    /// Plain text, at most 500,000 characters.
    #[serde(default)]
    pub description: String,
    /// Its brand or maker.
    #[serde(default, deserialize_with = "text_or_none", skip_serializing_if = "Option::is_none")]
    pub brand: Option<Label>,
    /// The collection that it belongs to; empty if to none.
    #[serde(default)]
    pub collection: Collection,
    /// Whether shoppers see it.
    #[serde(default)]
    pub status: ProductStatus,
    /// At most 250 pictures, in the order in which they are shown.
    #[serde(default)]
    pub pictures: Vec<Picture>,
    /// 1 to 2,048, in the order in which they are shown.
    pub variants: Vec<NewVariant>,
}

impl NewProduct {
    /// A published product with these variants and nothing else.
    pub fn new(slug: Slug, title: Title, variants: Vec<NewVariant>) -> Self {
        Self {
            id: None,
            slug,
            title,
            description: String::new(),
            brand: None,
            collection: Collection::default(),
            status: ProductStatus::default(),
            pictures: Vec::new(),
            variants,
        }
    }
}

/// Creates a product. The same product with the same id again is granted and changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CreateProduct {
    /// The product.
    pub product: NewProduct,
}

/// Creates many products at once, all or none; those whose id exists are left as they are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ImportProducts {
    /// At most 1,000, each with an id of its own.
    pub products: Vec<NewProduct>,
}

/// The answer of a creation or a change: the product as it is now, and what may be a mistake in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedProduct {
    /// The product.
    #[serde(flatten)]
    pub product: Product,
    /// What may be a mistake, at most 20 each time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// Something that was done as it was asked for, but may be a mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// Where in the request (JSON pointer).
    pub pointer: String,
    /// What it is.
    pub detail: String,
}

/// The result of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportReport {
    /// How many were new.
    pub created: u64,
    /// How many were there already.
    pub unchanged: u64,
}

/// Reads one product, published or not.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetProduct {
    /// The product.
    pub key: ProductKey,
}

/// The two names of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductKey {
    /// By id.
    Id(ProductId),
    /// By slug.
    Slug(Slug),
}

/// Finds the products of variants, for those who know only what was bought.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FindVariants {
    /// 1 to 100 variants.
    pub variant_ids: Vec<VariantId>,
}

/// A variant as a page links to it. One that is not sold any more has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VariantCard {
    /// The variant.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// The product's name in URLs.
    pub slug: Slug,
    /// The product's name.
    pub title: Title,
    /// Whether shoppers see the product.
    pub status: ProductStatus,
    /// The variant's picture, or else the product's first.
    pub picture: Option<Picture>,
}

/// Lists products, newest first. An answer is at most some megabytes large: of large products it has fewer than asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ListProducts {
    /// Only those of this collection.
    pub collection: Option<Collection>,
    /// Only those in this state.
    pub status: Option<ProductStatus>,
    /// The `next_cursor` of the page before; none for the first page.
    pub cursor: Option<String>,
    /// The most products in the answer.
    #[serde(default)]
    pub limit: Limit,
}

/// Lists the collections that have published products, by name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ListCollections {}

/// A collection, with the number of its products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CollectionSummary {
    /// The name.
    pub collection: Collection,
    /// The number of its published products.
    pub products: i64,
}

/// Why a request about products is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductError {
    /// No such product.
    #[error("there is no such product")]
    NotFound,
    /// Another product has this slug.
    #[error("another product has the slug {0}")]
    SlugTaken(Slug),
    /// The product has another version than the change was made for.
    #[error("the product was changed meanwhile: it has version {current}")]
    VersionConflict {
        /// The version that it has.
        current: i64,
    },
    /// Fields with wrong values; pointers are into the product or the change.
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<FieldError>),
    /// The machinery failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
message::request_error!(ProductError);

impl Example for NewProduct {
    fn example() -> Self {
        let product = Product::example();
        Self {
            id: Some(product.id),
            slug: product.slug,
            title: product.title,
            description: product.description,
            brand: product.brand,
            collection: product.collection,
            status: product.status,
            pictures: product.pictures,
            variants: Example::example(),
        }
    }
}

impl Example for SavedProduct {
    fn example() -> Self {
        Self { product: Example::example(), warnings: Example::example() }
    }
}

impl Example for Warning {
    fn example() -> Self {
        let detail = "a variant of copper-kettle-small has the same SKU";
        Self { pointer: "/variants/0/sku".to_owned(), detail: detail.to_owned() }
    }
}

impl Example for VariantCard {
    fn example() -> Self {
        let Product { id: product_id, slug, title, status, pictures, .. } = Product::example();
        let picture = pictures.into_iter().next();
        Self { variant_id: Example::example(), product_id, slug, title, status, picture }
    }
}

impl Example for ImportReport {
    fn example() -> Self {
        Self { created: 1, unchanged: 0 }
    }
}

impl Example for CollectionSummary {
    fn example() -> Self {
        Self { collection: Product::example().collection, products: 12 }
    }
}
