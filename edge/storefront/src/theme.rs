//! The theme: templates, stylesheet, script and icon, compiled in so that one binary is the whole shop.
//!
//! An asset's address carries a fingerprint of its bytes, so that it may be cached for ever and is never stale.

use std::fmt::Write as _;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use sha2::{Digest, Sha256};

use crate::views::{Site, View};

/// The policy that every page is written for: no inline style, no inline script, nothing from elsewhere.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     form-action 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";

macro_rules! files {
    ($folder:literal: $($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../", $folder, "/", $name)))),+] };
}

const TEMPLATES: &[(&str, &str)] = files!("templates":
    "base.html", "parts.html", "home.html", "list.html", "product.html", "checkout.html", "order.html", "mailbox.html",
    "mail.html", "error.html", "api_docs.html",
);

const ASSETS: &[(&str, &str)] = files!("assets": "shop.css", "shop.js", "icon.svg");

/// A file of the theme, ready to be served.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The file's name with its fingerprint: `shop.1f0a9c3e.css`.
    pub name: String,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The file.
    pub body: &'static str,
}

/// A page that could not be drawn: a fault of the theme, never of the visitor.
#[derive(Debug, thiserror::Error)]
#[error("template {template}: {source:#}")]
pub struct Error {
    /// The template's file name.
    template: &'static str,
    source: minijinja::Error,
}

/// Draws pages.
pub struct Theme {
    templates: Environment<'static>,
    assets: Vec<Asset>,
}

impl Theme {
    /// The theme that is compiled in.
    pub fn new() -> Result<Self, Error> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        templates.add_filter("prose", prose);
        templates.add_filter("pretty", pretty);
        for &(template, source) in TEMPLATES {
            templates.add_template(template, source).map_err(|source| Error { template, source })?;
        }
        let assets: Vec<_> = ASSETS.iter().map(|&(name, body)| Asset::new(name, body)).collect();
        for ((original, _), asset) in ASSETS.iter().zip(&assets) {
            let global = original.replace('.', "_");
            templates.add_global(global, Value::from(format!("/assets/{}", asset.name)));
        }
        Ok(Self { templates, assets })
    }

    /// The files that pages refer to under `/assets/`.
    pub fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// The page as HTML.
    pub fn render<V: View>(&self, site: &Site, page: &V) -> Result<String, Error> {
        let fail = |source| Error { template: V::TEMPLATE, source };
        let template = self.templates.get_template(V::TEMPLATE).map_err(fail)?;
        template
            .render(context! { site => Value::from(Serde(site)), page => Value::from(Serde(page)) })
            .map_err(fail)
    }
}

impl Asset {
    fn new(name: &str, body: &'static str) -> Self {
        let mut fingerprint = String::new();
        for byte in Sha256::digest(body).iter().take(6) {
            // Writing to a String cannot fail.
            let _ = write!(fingerprint, "{byte:02x}");
        }
        let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
        let content_type = match extension {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        Self { name: format!("{stem}.{fingerprint}.{extension}"), content_type, body }
    }
}

/// Plain text as HTML paragraphs: an empty line parts them, words between backticks are set as code.
fn prose(text: &str) -> Value {
    let mut html = String::with_capacity(text.len() + 16);
    for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        html.push_str("<p>");
        for (place, piece) in paragraph.split('`').enumerate() {
            let code = place % 2 == 1;
            html.push_str(if code { "<code>" } else { "" });
            push_escaped(&mut html, piece);
            html.push_str(if code { "</code>" } else { "" });
        }
        html.push_str("</p>\n");
    }
    Value::from_safe_string(html)
}

fn push_escaped(html: &mut String, text: &str) {
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

/// A value as indented JSON; the template's escaping makes it safe to show.
fn pretty(value: &Value) -> Result<String, minijinja::Error> {
    serde_json::to_string_pretty(value)
        .map_err(|error| minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses() {
        Theme::new().unwrap();
    }

    #[test]
    fn prose_escapes_what_it_wraps() {
        let html = prose("Salt & <b>pepper</b>\n\nUse `a < b`.");
        assert_eq!(
            html.as_str().unwrap(),
            "<p>Salt &amp; &lt;b&gt;pepper&lt;/b&gt;</p>\n<p>Use <code>a &lt; b</code>.</p>\n"
        );
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
        let (_, script) = ASSETS.iter().find(|(name, _)| *name == "shop.js").unwrap();
        assert!(script.len() < 3072, "shop.js has {} bytes", script.len());
    }
}
