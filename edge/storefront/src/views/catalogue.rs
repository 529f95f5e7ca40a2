//! What is sold: front page, lists, products.

use serde::Serialize;

use super::{Link, PictureView};

/// How much of a thing is left, as far as a shopper needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Supply {
    /// Plenty.
    In,
    /// So few that it is fair to say so.
    Few,
    /// Nothing.
    Out,
}

/// A stock level with its words.
#[derive(Debug, Clone, Serialize)]
pub struct StockBadge {
    /// Chooses shape and colour.
    pub level: Supply,
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
    pub picture: PictureView,
    /// The level over all variants; drawn only when it is not [`Supply::In`].
    pub stock: StockBadge,
}

/// The front page.
#[derive(Debug, Clone, Serialize)]
pub struct HomeView {
    /// The large line.
    pub headline: String,
    /// Two sentences under it; may be empty.
    pub intro: String,
    /// Three products shown large beside the headline; fewer are fine.
    pub stills: Vec<Card>,
    /// The selection; eight fill two rows.
    pub picks: Vec<Card>,
    /// All collections.
    pub collections: Vec<CollectionRow>,
}

/// A collection in the front page's index.
#[derive(Debug, Clone, Serialize)]
pub struct CollectionRow {
    /// The collection's list.
    pub href: String,
    /// Its name.
    pub name: String,
    /// How many products it has: "9 things".
    pub count: String,
}

/// One list page of products.
#[derive(Debug, Clone, Serialize)]
pub struct ListView {
    /// "Everything", or the collection's name.
    pub title: String,
    /// A sentence about what is in it.
    pub intro: Option<String>,
    /// All collections and "Everything", the shown one marked as current.
    pub collections: Vec<Link>,
    /// The products of this list page.
    pub cards: Vec<Card>,
    /// The path of the first list page, on any later one.
    pub first: Option<String>,
    /// The path of the next list page (`?cursor=…`), when there is one.
    pub next: Option<String>,
}

/// One product.
#[derive(Debug, Clone, Serialize)]
pub struct ProductView {
    /// Its slug, so that the checkout can link back.
    pub slug: String,
    /// Its name.
    pub title: String,
    /// The price of the variant chosen at first.
    pub price: String,
    /// What stands beside the price: "GST included"; may be empty.
    pub price_note: String,
    /// Paragraphs, separated by an empty line.
    pub description: String,
    /// Its collection.
    pub collection: Option<Link>,
    /// Two or three pictures, the first one large.
    pub pictures: Vec<PictureView>,
    /// What is chosen between: "Size and colour". Shown above the variants.
    pub choice: String,
    /// At least one.
    pub variants: Vec<VariantView>,
    /// The stock of the variant chosen at first, or "sold out" when there is nothing to choose.
    pub stock: StockBadge,
    /// The largest quantity that the quantity field offers.
    pub max_quantity: u32,
    /// Others of the same collection.
    pub more: Vec<Card>,
}

/// One variant in the choice on a product's page.
#[derive(Debug, Clone, Serialize)]
pub struct VariantView {
    /// The variant's id, as the checkout takes it.
    pub id: String,
    /// Its options in words: "Small, sea blue".
    pub words: String,
    /// Its price.
    pub price: String,
    /// What is left of it.
    pub stock: StockBadge,
    /// The largest quantity on sale at once.
    pub max_quantity: u32,
    /// Whether it is chosen at first; never a sold-out one.
    pub chosen: bool,
}
