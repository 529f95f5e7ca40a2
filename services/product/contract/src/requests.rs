//! What is asked of products: they are created, changed, read and listed.

use message::{Example, Fault, FieldError, Limit, ListPage, Message, Money, Request, example::valid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, OptionValue, Picture, Product, ProductId, ProductStatus, Sku, Slug, TaxClass, Title, Variant,
    VariantId,
};

/// A product to be created. Ids are the caller's when it has its own, so that creating twice creates once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// Its id, when the caller made one.
    #[serde(default)]
    pub id: Option<ProductId>,
    /// Its name in addresses; free among all products.
    pub slug: Slug,
    /// Its name.
    pub title: Title,
    /// A few sentences of plain text.
    #[serde(default)]
    pub description: String,
    /// The shelf that it stands on.
    #[serde(default)]
    pub collection: Collection,
    /// Whether shoppers see it.
    #[serde(default)]
    pub status: ProductStatus,
    /// In the order that they are shown in.
    #[serde(default)]
    pub pictures: Vec<Picture>,
    /// 1 to 100, in the order that they are shown in.
    pub variants: Vec<NewVariant>,
}

/// A variant to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVariant {
    /// Its id, when the caller made one.
    #[serde(default)]
    pub id: Option<VariantId>,
    /// The merchant's own code for it; free among all variants.
    pub sku: Sku,
    /// What sets it apart from its siblings.
    #[serde(default)]
    pub options: Vec<OptionValue>,
    /// The price of one, not negative.
    pub price: Money,
    /// Which tax rate applies.
    #[serde(default)]
    pub tax_class: TaxClass,
}

/// Creates a product. The same product with the same id again is granted and changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CreateProduct {
    /// What to create.
    pub product: NewProduct,
}

impl Message for CreateProduct {
    const NAME: &'static str = "product.create";
}
impl Request for CreateProduct {
    type Reply = Product;
    type Error = ProductError;
}

/// Creates many products at once, all or none; those whose id exists are left as they are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ImportProducts {
    /// At most 1,000, each with an id of its own.
    pub products: Vec<NewProduct>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Imported {
    /// How many were new.
    pub created: u64,
    /// How many were there already.
    pub unchanged: u64,
}

impl Message for ImportProducts {
    const NAME: &'static str = "product.import";
}
impl Request for ImportProducts {
    type Reply = Imported;
    type Error = ProductError;
}

/// Changes what is given of a product and leaves the rest.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChangeProduct {
    /// Which.
    pub id: ProductId,
    /// To what.
    #[serde(flatten)]
    pub change: ProductChange,
}

/// The parts of a product that can be changed; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProductChange {
    /// Its name in addresses.
    pub slug: Option<Slug>,
    /// Its name.
    pub title: Option<Title>,
    /// A few sentences of plain text.
    pub description: Option<String>,
    /// The shelf that it stands on.
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
    /// Which variant of the product.
    pub id: VariantId,
    /// The price of one.
    #[serde(default)]
    pub price: Option<Money>,
    /// Which tax rate applies.
    #[serde(default)]
    pub tax_class: Option<TaxClass>,
}

impl Message for ChangeProduct {
    const NAME: &'static str = "product.change";
}
impl Request for ChangeProduct {
    type Reply = Product;
    type Error = ProductError;
}

/// Reads one product, published or not.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetProduct {
    /// Which.
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

impl Message for GetProduct {
    const NAME: &'static str = "product.get";
}
impl Request for GetProduct {
    type Reply = Product;
    type Error = ProductError;
}

/// Lists products, newest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ListProducts {
    /// Only those on this shelf.
    pub collection: Option<Collection>,
    /// Only those in this state.
    pub status: Option<ProductStatus>,
    /// Where to go on: the `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many.
    #[serde(default)]
    pub limit: Limit,
}

impl Message for ListProducts {
    const NAME: &'static str = "product.list";
}
impl Request for ListProducts {
    type Reply = ListPage<Product>;
    type Error = ProductError;
}

/// Lists the shelves that have published products, by name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ListCollections {}

/// A shelf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shelf {
    /// Its name.
    pub collection: Collection,
    /// How many published products stand on it.
    pub products: i64,
}

impl Message for ListCollections {
    const NAME: &'static str = "product.list_collections";
}
impl Request for ListCollections {
    type Reply = Vec<Shelf>;
    type Error = ProductError;
}

/// Why `product` refuses.
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
    /// Fields that hold no sensible value; pointers are into the product or the change.
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<FieldError>),
    /// Something under us failed.
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

impl Example for Imported {
    fn example() -> Self {
        Self { created: 1, unchanged: 0 }
    }
}

impl Example for Shelf {
    fn example() -> Self {
        Self { collection: Product::example().collection, products: 12 }
    }
}
