//! View models: what each page shows, in the words in which it shows it.
//!
//! Handlers fill these structs; templates only place them. Money, dates and stock are finished text here ("₹2,360",
//! "only 3 left"), so that one language or currency is decided in one place and a template cannot get it wrong.
//! In a template the page's struct is `page` and [`Site`] is `site`.

use serde::Serialize;

/// A page: a struct of this module with the template that draws it.
pub trait View: Serialize {
    /// The template's file name in `templates/`.
    const TEMPLATE: &'static str;
}

/// What stands around every page. [`crate::theme::Theme`] adds the addresses of stylesheet, script and icon.
#[derive(Debug, Clone, Serialize)]
pub struct Site {
    /// The shop's name.
    pub name: String,
    /// The half sentence that goes with the name.
    pub tagline: String,
    /// The links in the header, in order.
    pub nav: Vec<Link>,
    /// The quieter links in the footer.
    pub footer: Vec<Link>,
    /// Says, when set, that this is a demonstration and nothing is really sold.
    pub notice: Option<String>,
}

/// A link, and whether it leads to the page it stands on.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Link {
    /// The words of the link.
    pub label: String,
    /// Where it leads; a path on this site.
    pub href: String,
    /// Whether the reader is already there.
    pub current: bool,
}

/// A picture with its size in CSS pixels, so that its place is kept before it loads.
#[derive(Debug, Clone, Serialize)]
pub struct Picture {
    /// The address of the file.
    pub src: String,
    /// What is to be seen, for those who do not see it.
    pub alt: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

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

/// A moment in UTC.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    /// RFC 3339, for machines.
    pub iso: String,
    /// For people: "20 November 2026, 14:05".
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

/// A line of an order or of its summary.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The product's name.
    pub title: String,
    /// The variant's options in words, when there is a choice.
    pub options: Option<String>,
    /// The product's page.
    pub href: Option<String>,
    /// A small picture.
    pub picture: Option<Picture>,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: String,
    /// The price of all of them.
    pub total: String,
}

/// A row under the lines: subtotal, shipping, tax.
#[derive(Debug, Clone, Serialize)]
pub struct Amount {
    /// "Subtotal", "GST 18 %, included".
    pub label: String,
    /// The amount.
    pub amount: String,
}

/// The buy form, first shown or shown again with what has to be mended.
#[derive(Debug, Clone, Serialize)]
pub struct Checkout {
    /// Where the form is posted to.
    pub action: String,
    /// Back to the product.
    pub back: Link,
    /// The variant's id, posted back unseen.
    pub variant: String,
    /// How many, posted back unseen.
    pub quantity: u32,
    /// The idempotency key, posted back unseen, so that pressing twice orders once.
    pub key: String,
    /// What is bought.
    pub lines: Vec<Line>,
    /// Subtotal and tax.
    pub amounts: Vec<Amount>,
    /// What will be paid.
    pub total: String,
    /// What was typed so far.
    pub values: CheckoutValues,
    /// The countries that can be shipped to.
    pub countries: Vec<Country>,
    /// The ways to pay.
    pub payments: Vec<PaymentChoice>,
    /// What has to be mended, in the order of the fields. Empty at first.
    pub errors: Vec<FieldError>,
}

/// The buy form's fields; the names are the names in the posted form.
#[derive(Debug, Clone, Default, Serialize)]
#[expect(missing_docs, reason = "each name says what it is, and the form's labels say it again")]
pub struct CheckoutValues {
    pub email: String,
    pub name: String,
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// A token of [`PaymentChoice`].
    pub payment: String,
}

/// A country to choose.
#[derive(Debug, Clone, Serialize)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A way to pay.
#[derive(Debug, Clone, Serialize)]
pub struct PaymentChoice {
    /// What is sent to the payment provider.
    pub token: String,
    /// What the shopper chooses.
    pub label: String,
    /// What will happen.
    pub hint: String,
}

/// Something to mend in a form.
#[derive(Debug, Clone, Serialize)]
pub struct FieldError {
    /// The field's name in [`CheckoutValues`]; empty when it concerns the order as a whole.
    pub field: String,
    /// What is wrong and how to mend it, as a sentence.
    pub message: String,
}

/// How an order stands, chooses shape and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Something is still to come.
    Waiting,
    /// All is well.
    Good,
    /// It ended otherwise than hoped.
    Stopped,
}

/// A place on the order's progress line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// Behind us.
    Done,
    /// Here.
    Now,
    /// Still to come.
    Next,
    /// The order ended here.
    Stopped,
}

/// A step of the progress line.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// "Placed", "Confirmed".
    pub label: String,
    /// Where it stands.
    pub state: StepState,
}

/// A row of an order's history.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryRow {
    /// When it happened.
    pub at: Moment,
    /// What happened.
    pub label: String,
    /// More about it.
    pub detail: Option<String>,
}

/// An order, as the one who placed it sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Order {
    /// The number that people quote.
    pub number: String,
    /// The status's wire name (`pending`); compared with the events' to see whether something changed.
    pub status: String,
    /// The status in words: "Waiting for payment".
    pub headline: String,
    /// What that means for the shopper.
    pub detail: String,
    /// Chooses the shape and colour of the headline.
    pub tone: Tone,
    /// The progress line.
    pub steps: Vec<Step>,
    /// The stream of status events, while more can come.
    pub events: Option<String>,
    /// Whether the page reloads itself every 3 s where there is no JavaScript: while payment is decided.
    pub reload: bool,
    /// What was bought.
    pub lines: Vec<Line>,
    /// Subtotal and tax.
    pub amounts: Vec<Amount>,
    /// What was to be paid.
    pub total: String,
    /// Where the mails go.
    pub email: String,
    /// The shipping address, line by line.
    pub address: Vec<String>,
    /// Newest first.
    pub history: Vec<HistoryRow>,
    /// The mailbox of the demonstration, where the confirmation can be read.
    pub mailbox: Option<String>,
}

/// How far a mail has come.
#[derive(Debug, Clone, Serialize)]
pub struct MailState {
    /// Chooses shape and colour.
    pub tone: Tone,
    /// "queued", "sent", "failed".
    pub words: String,
}

/// A mail in the mailbox's list.
#[derive(Debug, Clone, Serialize)]
pub struct MailRow {
    /// The mail's page.
    pub href: String,
    /// Whom it goes to.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// How far it has come.
    pub state: MailState,
    /// When it was written.
    pub at: Moment,
}

/// The mails that would have gone out, where no mail server is set.
#[derive(Debug, Clone, Serialize)]
pub struct Mailbox {
    /// Newest first.
    pub mails: Vec<MailRow>,
    /// The next page's address, when there is one.
    pub next: Option<String>,
}

/// One mail.
#[derive(Debug, Clone, Serialize)]
pub struct Mail {
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// How far it has come.
    pub state: MailState,
    /// When it was written.
    pub at: Moment,
    /// Where the HTML version is served alone, to be framed.
    pub html_src: String,
    /// The plain-text twin.
    pub text: String,
    /// Why the last attempt failed.
    pub failure: Option<String>,
}

/// Something went wrong.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorPage {
    /// The HTTP status.
    pub status: u16,
    /// What happened, as a headline.
    pub title: String,
    /// What happened and what to do, in a sentence or two.
    pub message: String,
    /// Ways on; the first one is drawn as a button.
    pub links: Vec<Link>,
    /// For the shop's people, to find it in the logs.
    pub correlation_id: Option<String>,
}

/// The HTTP API, from its `OpenAPI` 3.1 document.
#[derive(Debug, Clone, Serialize)]
pub struct ApiDocs {
    /// The parsed document.
    pub api: serde_json::Value,
    /// Where the document itself is served.
    pub json_href: String,
}

macro_rules! views {
    ($($page:ty => $template:literal),+ $(,)?) => { $(impl View for $page { const TEMPLATE: &'static str = $template; })+ };
}

views! {
    Home => "home.html",
    List => "list.html",
    Product => "product.html",
    Checkout => "checkout.html",
    Order => "order.html",
    Mailbox => "mailbox.html",
    Mail => "mail.html",
    ErrorPage => "error.html",
    ApiDocs => "api_docs.html",
}
