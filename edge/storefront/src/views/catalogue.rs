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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// "25–48 of 62", where there is more than one list page.
    pub position: Option<String>,
    /// The path of the first list page, on any later one.
    pub first: Option<String>,
    /// The path of the next list page (`?cursor=…`), when there is one.
    pub next: Option<String>,
}

/// One product, with one of its variants chosen.
#[derive(Debug, Clone, Serialize)]
pub struct ProductView {
    /// Its slug, so that the checkout can link back.
    pub slug: String,
    /// Its page, without a choice.
    pub href: String,
    /// Its name.
    pub title: String,
    /// The price of the chosen variant.
    pub price: String,
    /// "from ₹640", where no variant is named by the address: what a reader without JavaScript sees.
    pub from: Option<String>,
    /// What stands beside the price: "GST included"; may be empty.
    pub price_note: String,
    /// Paragraphs, separated by an empty line.
    pub description: String,
    /// Its collection.
    pub collection: Option<Link>,
    /// At least one; that of the chosen variant first.
    pub pictures: Vec<PictureView>,
    /// The id of the only variant; `None` where there is something to choose.
    pub variant: Option<String>,
    /// What is chosen, one after the other.
    pub groups: Vec<OptionGroup>,
    /// The choice in words: "1.2 litres, sea".
    pub chosen: String,
    /// The stock of the chosen variant.
    pub stock: StockBadge,
    /// Whether none of its variants can be bought.
    pub sold_out: bool,
    /// The largest quantity that the quantity field offers.
    pub max_quantity: u32,
    /// The stock levels that `table` refers to.
    pub badges: Vec<StockBadge>,
    /// The variants for the script, as JSON that can stand in a `script` element.
    pub table: String,
    /// Others of the same collection.
    pub more: Vec<Card>,
}

/// One thing to choose: a colour, a size.
#[derive(Debug, Clone, Serialize)]
pub struct OptionGroup {
    /// The field's name.
    pub field: &'static str,
    /// "Colour".
    pub label: String,
    /// Whether there are so many values that they are a menu.
    pub is_menu: bool,
    /// At least one.
    pub values: Vec<OptionChoice>,
}

/// A value that can be chosen.
#[derive(Debug, Clone, Serialize)]
pub struct OptionChoice {
    /// What the form sends.
    pub value: String,
    /// What the shopper reads.
    pub words: String,
    /// The sRGB colour of its swatch: "#0B6E86".
    pub colour: Option<&'static str>,
    /// Whether it is the value of the chosen variant.
    pub chosen: bool,
    /// With the rest of the choice it is for sale (`in`), sold out (`out`) or not made (`none`).
    pub state: &'static str,
}
