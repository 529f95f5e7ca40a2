//! View models: what each rendered page shows, in the words in which it shows it.
//!
//! Handlers fill these structs; templates only arrange them. Money, dates and stock are finished text here ("₹2,360",
//! "only 3 left"), so that one language or currency is decided in one place and a template cannot get it wrong.
//! In a template the view is `page` and [`Site`] is `site`.

mod api_docs;
mod buying;
mod catalogue;
mod error;
mod find;
mod mailbox;
mod problems;
// new-service: mod {{name}};

use serde::Serialize;

pub use api_docs::{ApiAnswer, ApiDocsView, ApiField, ApiGroup, ApiKey, ApiOperation, ApiRefusal, ApiType};
pub use buying::{
    AmountRow, CheckoutValues, CheckoutView, FieldMessage, HistoryRow, LineRow, MoneyRow, Offer, OrderView,
    ParcelView, PayForm, PaymentGroup, PaymentOption, ProgressStep, SellerView, StepState,
};
pub use catalogue::{
    Card, CollectionRow, HomeView, ListView, OptionChoice, OptionGroup, ProductView, StockBadge, Supply,
};
pub use error::ErrorView;
pub use find::FindView;
pub use mailbox::{MailBadge, MailRow, MailView, MailboxView};
pub use problems::{ProblemRow, ProblemsView};
// new-service: pub use {{name}}::{{Name}}View;

/// A struct of this module, and the template that renders it.
pub trait View: Serialize {
    /// The template's file name in `templates/`.
    const TEMPLATE: &'static str;
}

/// The frame of every page. [`crate::theme::Theme`] adds the paths of stylesheet, script and icon.
#[derive(Debug, Clone, Serialize)]
pub struct Site {
    /// The shop's name.
    pub name: String,
    /// The half sentence that goes with the name; may be empty.
    pub tagline: String,
    /// The path of the logo; the theme's own mark, if there is none.
    pub logo: Option<String>,
    /// The links in the header, in order.
    pub nav: Vec<Link>,
    /// The quieter links in the footer.
    pub footer: Vec<Link>,
    /// The links that the law asks for, in the footer.
    pub legal: Vec<Link>,
    /// The merchant's texts in the footer, one a paragraph.
    pub texts: Vec<String>,
    /// The footer's last line: that this is a demonstration; may be empty.
    pub notice: String,
    /// What stands beside the notice: the pages that are for developers.
    pub developer: Vec<Link>,
}

/// A link, and whether it leads to the page that it stands on.
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

/// A picture with its size in CSS pixels, so that the page does not jump when it loads.
#[derive(Debug, Clone, Serialize)]
pub struct PictureView {
    /// The path of the file.
    pub src: String,
    /// What is to be seen, for those who do not see it.
    pub alt: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// A moment.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    /// RFC 3339, for machines.
    pub iso: String,
    /// For people, in the shop's time zone, which it names: "20 November 2026, 14:05 IST".
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
    HomeView => "home.html",
    ListView => "list.html",
    ProductView => "product.html",
    CheckoutView => "checkout.html",
    OrderView => "order.html",
    MailboxView => "mailbox.html",
    MailView => "mail.html",
    ErrorView => "error.html",
    FindView => "find.html",
    ApiDocsView => "api_docs.html",
    ProblemsView => "problems.html",
    // new-service: {{Name}}View => "{{name}}.html",
}

#[cfg(test)]
mod tests {
    use std::fs;

    /// The public structs of a source text, each with its fields.
    fn structs(source: &str) -> Vec<(&str, Vec<&str>)> {
        let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in source.lines() {
            if let Some(name) = line.strip_prefix("pub struct ").and_then(|rest| rest.strip_suffix(" {")) {
                found.push((name, Vec::new()));
            } else if let Some((name, _)) =
                line.strip_prefix("    pub ").and_then(|rest| rest.split_once(": "))
                && let Some((_, fields)) = found.last_mut()
            {
                fields.push(name);
            }
        }
        found
    }

    /// Whether a template has this access to a field, and not one to a longer name.
    fn reads(template: &str, access: &str) -> bool {
        template.match_indices(access).any(|(at, _)| {
            !template[at + access.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
        })
    }

    #[test]
    fn what_a_view_has_a_template_shows() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/views");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let sources: Vec<String> = files.map(|file| fs::read_to_string(file).unwrap()).collect();
        assert!(sources.len() > 4, "the views of {folder}");
        for (name, fields) in sources.iter().flat_map(|source| structs(source)) {
            // A page's own template reads it as `page`; parts of pages are read wherever they are drawn.
            let own = include_str!("views.rs").lines().find_map(|line| {
                line.trim_start().strip_prefix(name)?.strip_prefix(" => \"")?.strip_suffix("\",")
            });
            for field in fields {
                let shown = crate::theme::TEMPLATES.iter().any(|(file, template)| match own {
                    Some(own) => *file == own && reads(template, &format!("page.{field}")),
                    None => reads(template, &format!(".{field}")),
                });
                let place = own.unwrap_or("*.html");
                assert!(shown, "templates/{place} does not show the field `{field}` of {name}");
            }
        }
    }
}
