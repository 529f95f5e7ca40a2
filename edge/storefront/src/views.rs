//! View models: what each page shows, in the words in which it shows it.
//!
//! Handlers fill these structs; templates only place them. Money, dates and stock are finished text here ("₹2,360",
//! "only 3 left"), so that one language or currency is decided in one place and a template cannot get it wrong.
//! In a template the page's struct is `page` and [`Site`] is `site`.

mod buying;
mod service;
mod shop;

use serde::Serialize;

pub use buying::{
    Amount, Checkout, CheckoutValues, Country, FieldError, HistoryRow, Line, Order, PaymentChoice, Step,
    StepState,
};
pub use service::{ApiDocs, ErrorPage, Mail, MailRow, MailState, Mailbox};
pub use shop::{Card, Collection, Home, List, Product, Stock, StockLevel, Variant};

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

impl Link {
    /// A link to another page.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), current: false }
    }
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

/// A moment in UTC.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    /// RFC 3339, for machines.
    pub iso: String,
    /// For people: "20 November 2026, 14:05".
    pub words: String,
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
