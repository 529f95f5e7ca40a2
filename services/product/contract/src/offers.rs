//! What is sold of products, without what is only shown of them: for the service that decides about orders.

use message::Example;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Product, ProductId, ProductStatus, Title, Variant, VariantId};

/// Reads what is sold of some products; what does not exist is missing in the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListOffers {
    /// All variants of these products; at most 100.
    #[serde(default)]
    pub products: Vec<ProductId>,
    /// These variants; at most 1,000.
    #[serde(default)]
    pub variants: Vec<VariantId>,
}

impl ListOffers {
    /// The most products.
    pub const MAX_PRODUCTS: usize = 100;
    /// The most variants.
    pub const MAX_VARIANTS: usize = 1_000;
}

/// A variant, and what of its product matters to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VariantOffer {
    /// The product.
    pub product_id: ProductId,
    /// The product's version.
    pub product_version: i64,
    /// The product's name.
    pub title: Title,
    /// Whether shoppers see the product.
    pub status: ProductStatus,
    /// The variant.
    pub variant: Variant,
}

impl VariantOffer {
    /// What is sold of a product: all its variants.
    pub fn all_of(product: &Product) -> impl Iterator<Item = Self> {
        product.variants.iter().map(|variant| Self {
            product_id: product.id,
            product_version: product.version,
            title: product.title.clone(),
            status: product.status,
            variant: variant.clone(),
        })
    }
}

impl Example for ListOffers {
    fn example() -> Self {
        Self { products: vec![Example::example()], variants: vec![Example::example()] }
    }
}

impl Example for VariantOffer {
    fn example() -> Self {
        let Product { id, version, title, status, .. } = Product::example();
        Self { product_id: id, product_version: version, title, status, variant: Example::example() }
    }
}
