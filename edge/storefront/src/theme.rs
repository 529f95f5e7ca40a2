//! The theme: templates, stylesheet, script and pictures, compiled in so that one binary is the whole shop.
//!
//! No template has an inline style or script, so that the pages' policy can forbid both.

use http::HeaderMap;
use message::Fault;
use minijinja::{Output, State, value::Value};
use serde::Serialize;
use web::{assets::Assets, templates::Templates};

use crate::views::{Site, View};

macro_rules! texts {
    ($folder:literal: $($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../", $folder, "/", $name)))),+] };
}
macro_rules! files {
    ($folder:literal: $($name:literal),+ $(,)?) => { &[$(($name, include_bytes!(concat!("../", $folder, "/", $name)))),+] };
}

pub(crate) const TEMPLATES: &[(&str, &str)] = texts!("templates":
    "base.html", "parts.html", "home.html", "list.html", "product.html", "checkout.html", "order.html", "mailbox.html", "problems.html",
    "mail.html", "error.html", "find.html", "api_docs.html",
    // new-service: "{{name}}.html",
);

/// The files that pages refer to, by name: `shop.css` is `{{ shop_css }}` in a template.
pub const FILES: &[(&str, &[u8])] = files!("assets": "shop.css", "shop.js", "icon.svg", "no-picture.svg");

/// Renders pages.
#[derive(Debug)]
pub struct Theme {
    templates: Templates,
    assets: Assets,
}

/// The variables of a template.
#[derive(Serialize)]
struct Context<'a, V> {
    site: &'a Site,
    page: &'a V,
}

impl Theme {
    /// The theme that is compiled in; its files are served with the `common` headers.
    ///
    /// Fails if a template is not well-formed, which the tests of this crate would have shown.
    pub fn new(common: &HeaderMap) -> Result<Self, Fault> {
        let mut templates = Templates::new(TEMPLATES).map_err(Fault::internal)?;
        let assets = Assets::new("/assets", FILES, common);
        let environment = templates.environment();
        environment.set_formatter(write);
        environment.add_filter("prose", |text: &str| Value::from_safe_string(crate::prose::html(text)));
        for (name, _) in FILES {
            let url = assets.url(name).map(ToOwned::to_owned);
            environment.add_global(name.replace(['.', '-'], "_"), Value::from(url));
        }
        Ok(Self { templates, assets })
    }

    /// The files, to be served.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// The page as HTML. An error is a fault of the theme, never of the visitor.
    pub fn render<V: View>(&self, site: &Site, page: &V) -> Result<String, Fault> {
        self.templates.render(V::TEMPLATE, &Context { site, page })
    }
}

/// Writes text escaped. The library's own way escapes every `/` too, which makes paths longer and hard to read.
fn write(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => {
            let mut html = String::with_capacity(text.len() + 16);
            push_escaped(&mut html, text);
            Ok(out.write_str(&html)?)
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// Appends text so that a browser shows it as it is.
pub(crate) fn push_escaped(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses() {
        Theme::new(&HeaderMap::new()).unwrap();
    }

    #[test]
    fn nothing_inline_that_the_policy_would_block() {
        for (name, source) in TEMPLATES {
            assert!(!source.contains(" style=") && !source.contains("<style"), "{name} has an inline style");
            assert!(
                !source.contains("<script>") && !source.contains(" onclick="),
                "{name} has an inline script"
            );
        }
    }

    #[test]
    fn the_script_stays_small() {
        let (_, script) = FILES.iter().find(|(name, _)| *name == "shop.js").unwrap();
        assert!(script.len() < 8192, "shop.js has {} bytes", script.len());
    }
}
