//! What is sold: front page, lists, products.

use serde::Serialize;

use super::{Link, Picture};

/// How much of a thing is left, as far as a shopper needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StockLevel {
    /// Plenty.
    In,
    /// So few that it is fair to say so.
    Few,
    /// Nothing.
    Out,
}

/// A stock level with its words.
#[derive(Debug, Clone, Serialize)]
pub struct Stock {
    /// Chooses shape and colour.
    pub level: StockLevel,
    /// "in stock", "only 3 left", "sold out".
    pub words: String,
}

/// A product in a grid.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    /// The product's page.
    pub href: String,
    /// Its name.
    pub title: String,
    /// Its price, or "from ₹640" when variants differ.
    pub price: String,
    /// Its first picture.
    pub picture: Picture,
    /// The level over all variants; drawn only when it is not [`StockLevel::In`].
    pub stock: Stock,
}

/// The front page.
#[derive(Debug, Clone, Serialize)]
pub struct Home {
    /// The large line.
    pub headline: String,
    /// Two sentences under it.
    pub lede: String,
    /// Three products shown large beside the headline; fewer are fine.
    pub stills: Vec<Card>,
    /// The selection; eight fill two rows.
    pub picks: Vec<Card>,
    /// All collections.
    pub collections: Vec<Collection>,
}

/// A collection in the front page's index.
#[derive(Debug, Clone, Serialize)]
pub struct Collection {
    /// The collection's list.
    pub href: String,
    /// Its name.
    pub name: String,
    /// How much is in it: "9 things".
    pub count: String,
}

/// Products, page by page.
#[derive(Debug, Clone, Serialize)]
pub struct List {
    /// "Everything", or the collection's name.
    pub title: String,
    /// A sentence about what is in it.
    pub intro: Option<String>,
    /// All collections and "Everything", the shown one marked as current.
    pub collections: Vec<Link>,
    /// This page's products.
    pub cards: Vec<Card>,
    /// The first page's address, on any later page.
    pub first: Option<String>,
    /// The next page's address (`?cursor=…`), when there is one.
    pub next: Option<String>,
}

/// One product.
#[derive(Debug, Clone, Serialize)]
pub struct Product {
    /// Its name in addresses, so that the checkout knows the way back.
    pub slug: String,
    /// Its name.
    pub title: String,
    /// The price of the variant chosen at first.
    pub price: String,
    /// What stands beside the price: "GST included".
    pub price_note: Option<String>,
    /// Paragraphs, separated by an empty line.
    pub description: String,
    /// The collection it stands in.
    pub collection: Option<Link>,
    /// Two or three pictures, the first one large.
    pub pictures: Vec<Picture>,
    /// What is chosen between: "Size and colour". Shown above the variants.
    pub choice: String,
    /// At least one.
    pub variants: Vec<Variant>,
    /// The stock of the variant chosen at first, or "sold out" when there is nothing to choose.
    pub stock: Stock,
    /// The largest quantity that the quantity field offers.
    pub max_quantity: u32,
    /// Others of the same collection.
    pub more: Vec<Card>,
}

/// One variant in the choice on a product's page.
#[derive(Debug, Clone, Serialize)]
pub struct Variant {
    /// The variant's id, as the checkout takes it.
    pub id: String,
    /// Its options in words: "Small, sea blue".
    pub words: String,
    /// Its price.
    pub price: String,
    /// What is left of it.
    pub stock: Stock,
    /// The largest quantity on sale at once.
    pub max_quantity: u32,
    /// Whether it is chosen at first; never a sold-out one.
    pub chosen: bool,
}
