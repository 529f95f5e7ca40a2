//! What a product is.

use message::{Entity, Example, Id, Timestamp, example::valid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Collection, Label, Picture, Slug, Title, Variant};

/// The id of a [`Product`].
pub type ProductId = Id<Product>;

/// A product of the shop; what is bought is one of its variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name.
    pub title: Title,
    /// Plain text, at most 500,000 characters.
    pub description: String,
    /// Its brand or maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Label>,
    /// The collection that it belongs to; empty if to none.
    pub collection: Collection,
    /// Whether shoppers see it.
    pub status: ProductStatus,
    /// The pictures, in the order in which they are shown.
    pub pictures: Vec<Picture>,
    /// At least one, in the order in which they are shown.
    pub variants: Vec<Variant>,
    /// Grows by one with every change, stock excepted.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed, stock excepted.
    pub updated_at: Timestamp,
}

impl Entity for Product {
    const PREFIX: &'static str = "product";
}

message::words! {
    /// Whether shoppers see a product.
    pub enum ProductStatus default Published {
        /// Not shown and not sold.
        Draft = "draft",
        /// Shown and, while stock lasts, sold.
        Published = "published",
        /// Not shown and not sold any more; kept for its orders, and can be restored.
        Archived = "archived",
    }
}

/// One with everything that a product can have.
impl Example for Product {
    fn example() -> Self {
        Self {
            id: Example::example(),
            slug: valid("copper-kettle".parse()),
            title: valid("Copper kettle".parse()),
            description: "Boils a litre in four minutes.".to_owned(),
            brand: Some(valid("Lateen".parse())),
            collection: valid("Kitchen".parse()),
            status: ProductStatus::Published,
            pictures: Example::example(),
            variants: Example::example(),
            version: 3,
            created_at: valid("2026-11-20T08:00:00Z".parse()),
            updated_at: valid("2026-11-20T09:15:30.25Z".parse()),
        }
    }
}
