//! Requests about products: they are created, changed, read and listed.

use message::{Example, Fault, FieldError, Limit, Money, example::valid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, OptionValue, Picture, Product, ProductId, ProductStatus, Sku, Slug, TaxClass, Title, Variant,
    VariantId,
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
    /// A few sentences of plain text.
    #[serde(default)]
    pub description: String,
    /// The collection that it belongs to; empty if to none.
    #[serde(default)]
    pub collection: Collection,
    /// Whether shoppers see it.
    #[serde(default)]
    pub status: ProductStatus,
    /// The pictures, in the order in which they are shown.
    #[serde(default)]
    pub pictures: Vec<Picture>,
    /// 1 to 100, in the order in which they are shown.
    pub variants: Vec<NewVariant>,
}

/// A variant to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVariant {
    /// Its id, if the caller chose one.
    #[serde(default)]
    pub id: Option<VariantId>,
    /// The merchant's own code for it; no other variant has it.
    pub sku: Sku,
    /// What distinguishes it from the product's other variants.
    #[serde(default)]
    pub options: Vec<OptionValue>,
    /// The price of one, not negative.
    pub price: Money,
    /// The tax class, which decides the rate.
    #[serde(default)]
    pub tax_class: TaxClass,
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

/// The result of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportReport {
    /// How many were new.
    pub created: u64,
    /// How many were there already.
    pub unchanged: u64,
}

/// Changes what is given of a product and leaves the rest.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChangeProduct {
    /// The product.
    pub id: ProductId,
    /// The change.
    #[serde(flatten)]
    pub change: ProductChange,
}

/// The parts of a product that can be changed; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProductChange {
    /// Its name in URLs.
    pub slug: Option<Slug>,
    /// Its name.
    pub title: Option<Title>,
    /// A few sentences of plain text.
    pub description: Option<String>,
    /// The collection that it belongs to; empty if to none.
    pub collection: Option<Collection>,
    /// Whether shoppers see it.
    pub status: Option<ProductStatus>,
    /// All its pictures.
    pub pictures: Option<Vec<Picture>>,
    /// Changes of its variants; those not named stay.
    pub variants: Vec<VariantChange>,
}

/// The parts of a variant that can be changed; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantChange {
    /// The variant, one of the product's.
    pub id: VariantId,
    /// The price of one.
    #[serde(default)]
    pub price: Option<Money>,
    /// The tax class, which decides the rate.
    #[serde(default)]
    pub tax_class: Option<TaxClass>,
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

/// Lists products, newest first.
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
    /// Another variant has this SKU.
    #[error("another variant has one of the SKUs")]
    SkuTaken,
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
            collection: product.collection,
            status: product.status,
            pictures: product.pictures,
            variants: Example::example(),
        }
    }
}

impl Example for NewVariant {
    fn example() -> Self {
        let Variant { id, sku, options, price, tax_class, available: _ } = Example::example();
        Self { id: Some(id), sku, options, price, tax_class }
    }
}

impl Example for ProductChange {
    fn example() -> Self {
        let product = Product::example();
        Self {
            slug: Some(product.slug),
            title: Some(valid("Copper kettle, hammered".parse())),
            description: Some(product.description),
            collection: Some(product.collection),
            status: Some(product.status),
            pictures: Some(product.pictures),
            variants: Example::example(),
        }
    }
}

impl Example for VariantChange {
    fn example() -> Self {
        Self { id: Example::example(), price: Example::example(), tax_class: Some(TaxClass::default()) }
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
