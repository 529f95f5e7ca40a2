//! Products, and what the merchant writes of them.

use message::{Money as Amount, Timestamp};
use product_contract::{self as product, ProductId, Sku, VariantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::files;

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": 249_900, "currency": "INR"}))]
pub struct Money {
    /// In minor units (paise, cents).
    pub amount: i64,
    /// An ISO 4217 code.
    #[schema(pattern = "^[A-Z]{3}$")]
    pub currency: String,
}

/// A thing that the shop shows; what is bought is one of its variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ProductId,
    /// Its name in addresses.
    #[schema(value_type = String)]
    pub slug: product::Slug,
    /// Its name.
    #[schema(value_type = String)]
    pub title: product::Title,
    /// A few sentences of plain text.
    pub description: String,
    /// The shelf that it stands on; may be empty.
    #[schema(value_type = String)]
    pub collection: product::Collection,
    /// Whether shoppers see it.
    #[schema(value_type = ProductStatus)]
    pub status: product::ProductStatus,
    /// In the order that they are shown in.
    pub pictures: Vec<Picture>,
    /// At least one, in the order that they are shown in.
    pub variants: Vec<Variant>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last changed, stock excepted.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// A picture of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Where it is; it never changes.
    pub url: String,
    /// What it shows, in words.
    pub alt: String,
}

/// One way to buy a product: a size, a colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Its id.
    #[schema(value_type = String)]
    pub id: VariantId,
    /// The merchant's own code for it.
    #[schema(value_type = String)]
    pub sku: Sku,
    /// What sets it apart from its siblings; empty when it has none.
    #[schema(value_type = Vec<OptionValue>)]
    pub options: Vec<product::OptionValue>,
    /// The price of one.
    #[schema(value_type = Money)]
    pub price: Amount,
    /// Which tax rate applies.
    #[schema(value_type = String)]
    pub tax_class: product::TaxClass,
    /// How many can be bought now.
    pub available: i64,
}

impl From<product::Product> for Product {
    fn from(product: product::Product) -> Self {
        let product::Product { id, slug, title, description, collection, status, .. } = product;
        let (created_at, updated_at) = (product.created_at, product.updated_at);
        let picture =
            |picture: product::Picture| Picture { url: files::address(&picture.file), alt: picture.alt };
        Self {
            id,
            slug,
            title,
            description,
            collection,
            status,
            pictures: product.pictures.into_iter().map(picture).collect(),
            variants: product.variants.into_iter().map(Variant::from).collect(),
            created_at,
            updated_at,
        }
    }
}

impl From<product::Variant> for Variant {
    fn from(variant: product::Variant) -> Self {
        let product::Variant { id, sku, options, price, tax_class, available } = variant;
        Self { id, sku, options, price, tax_class, available }
    }
}

shapes! {
    /// A page of products.
    ProductList {
        /// The page's products.
        data: Vec<Product>,
        /// Where the next page begins; null on the last.
        next_cursor: Option<String>,
    }

    /// The collections.
    CollectionList {
        /// By name.
        data: Vec<CollectionCount>,
    }

    /// A collection.
    CollectionCount {
        /// Its name.
        collection: String,
        /// How many published products it has.
        products: i64,
    }

    /// One property of a variant.
    #[schema(example = json!({"name": "Colour", "value": "Sand"}))]
    OptionValue {
        /// What is chosen.
        name: String,
        /// The choice.
        value: String,
    }

    /// A product to be created.
    NewProduct {
        /// Its id, when you made one (a TypeID, `product_…`); then the same can be sent again.
        id: Option<String>,
        /// Its name in addresses: lower-case letters, digits and single hyphens, at most 120.
        slug: String,
        /// Its name, at most 200 characters.
        title: String,
        /// A few sentences of plain text.
        #[serde(default)]
        description: String,
        /// The shelf that it stands on.
        #[serde(default)]
        collection: String,
        /// Whether shoppers see it; `published` unless said.
        status: Option<ProductStatus>,
        /// In the order that they are shown in.
        #[serde(default)]
        pictures: Vec<NewPicture>,
        /// In the order that they are shown in.
        #[schema(min_items = 1, max_items = 100)]
        variants: Vec<NewVariant>,
    }

    /// A picture of a product to be created.
    NewPicture {
        /// The name of a stored file, what follows `/media/` in its address.
        file: String,
        /// What it shows, in words.
        alt: String,
    }

    /// A variant to be created.
    NewVariant {
        /// Its id, when you made one (a TypeID, `variant_…`).
        id: Option<String>,
        /// Your own code for it: 1 to 64 letters, digits, `-`, `_`, `.` or `/`; no other variant may have it.
        sku: String,
        /// What sets it apart from its siblings.
        #[serde(default)]
        options: Vec<OptionValue>,
        /// The price of one, not negative.
        price: Money,
        /// Which tax rate applies; `standard` unless said.
        tax_class: Option<String>,
    }

    /// What shall change of a product; what is not given stays.
    ProductChange {
        /// Its name in addresses.
        slug: Option<String>,
        /// Its name.
        title: Option<String>,
        /// A few sentences of plain text.
        description: Option<String>,
        /// The shelf that it stands on.
        collection: Option<String>,
        /// Whether shoppers see it.
        status: Option<ProductStatus>,
        /// All its pictures.
        pictures: Option<Vec<NewPicture>>,
        /// Changes of its variants; those not named stay.
        #[serde(default)]
        variants: Vec<VariantChange>,
    }

    /// What shall change of a variant; what is not given stays.
    VariantChange {
        /// Which variant of the product.
        id: String,
        /// The price of one.
        price: Option<Money>,
        /// Which tax rate applies.
        tax_class: Option<String>,
    }
}

words! {
    /// Whether shoppers see a product.
    ProductStatus of product::ProductStatus {
        /// Not shown and not sold.
        Draft,
        /// Shown and, while stock lasts, sold.
        Published,
    }
}
