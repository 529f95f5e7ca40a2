//! What a product is.

use message::{Entity, Example, Id, Money, Timestamp, example::valid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Collection, Picture, Sku, Slug, TaxClass, Title};

/// The id of a [`Product`].
pub type ProductId = Id<Product>;
/// The id of a [`Variant`].
pub type VariantId = Id<Variant>;

/// A product of the shop; what is bought is one of its variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name.
    pub title: Title,
    /// A few sentences of plain text.
    pub description: String,
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
    }
}

/// One way to buy a product: a size, a colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Variant {
    /// Its id.
    pub id: VariantId,
    /// The merchant's own code for it.
    pub sku: Sku,
    /// What distinguishes it from the product's other variants; empty if there is only one.
    pub options: Vec<OptionValue>,
    /// The price of one.
    pub price: Money,
    /// The tax class, which decides the rate.
    pub tax_class: TaxClass,
    /// How many can be sold: a copy of the level that `order` published last.
    pub available: i64,
}

impl Entity for Variant {
    const PREFIX: &'static str = "variant";
}

/// One property of a variant: `Colour`, `Sand`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionValue {
    /// What is chosen.
    pub name: String,
    /// The choice.
    pub value: String,
}

impl Example for Product {
    fn example() -> Self {
        Self {
            id: Example::example(),
            slug: valid("copper-kettle".parse()),
            title: valid("Copper kettle".parse()),
            description: "Boils a litre in four minutes.".to_owned(),
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

impl Example for Variant {
    fn example() -> Self {
        Self {
            id: Example::example(),
            sku: valid("KETTLE-1".parse()),
            options: Example::example(),
            price: Example::example(),
            tax_class: TaxClass::default(),
            available: 12,
        }
    }
}

impl Example for OptionValue {
    fn example() -> Self {
        Self { name: "Finish".to_owned(), value: "Hammered".to_owned() }
    }
}
