//! What HTTP shows otherwise than the contracts: products, whose pictures have URLs, and lists that are given whole.
//!
//! A contract's type that gains a field does not compile here until it is shown, or left out by name.

use edge_common::paths;
use message::{Example, Timestamp};
use order_contract::HistoryEntry;
use product_contract::{
    self as product, Collection, CollectionSummary, ProductId, ProductStatus, Slug, Title, Variant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::{
    dead_letters::{DeadLetterList, DeadLetterResource},
    files::MediaResource,
    orders::{NewOrder, OrderAnswer, QueuedOrder, RefusedOrder},
    payments::PaymentProviderList,
    shop::{MerchantSettings, ShopResource},
    stock::{Availability, Stock},
};

/// A thing that the shop shows; what is bought is one of its variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Product")]
pub struct ProductResource {
    /// Its id.
    pub id: ProductId,
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name.
    pub title: Title,
    /// A few sentences of plain text.
    pub description: String,
    /// The collection that it belongs to; may be empty.
    pub collection: Collection,
    /// Whether shoppers see it.
    pub status: ProductStatus,
    /// In the order that they are shown in.
    pub pictures: Vec<PictureLink>,
    /// At least one, in the order that they are shown in.
    pub variants: Vec<Variant>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed, stock excepted.
    pub updated_at: Timestamp,
}

/// A picture of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PictureLink {
    /// Where it is; it never changes.
    pub url: String,
    /// What it shows, in words.
    pub alt: String,
}

/// The collections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CollectionList {
    /// By name.
    pub data: Vec<CollectionSummary>,
}

/// An order's steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// The first step first.
    pub data: Vec<HistoryEntry>,
}

impl From<product::Product> for ProductResource {
    fn from(product: product::Product) -> Self {
        let product::Product {
            id,
            slug,
            title,
            description,
            collection,
            status,
            pictures,
            variants,
            version: _,
            created_at,
            updated_at,
        } = product;
        let pictures = pictures.into_iter().map(PictureLink::from).collect();
        Self { id, slug, title, description, collection, status, pictures, variants, created_at, updated_at }
    }
}

impl From<product::Picture> for PictureLink {
    fn from(product::Picture { file, alt }: product::Picture) -> Self {
        Self { url: paths::media(&file), alt }
    }
}

impl Example for ProductResource {
    fn example() -> Self {
        product::Product::example().into()
    }
}

impl Example for CollectionList {
    fn example() -> Self {
        Self { data: Example::example() }
    }
}

impl Example for History {
    fn example() -> Self {
        Self { data: Example::example() }
    }
}
