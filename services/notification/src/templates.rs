//! Mails as HTML and as text.

use message::{Fault, HttpUrl};
use minijinja::{
    AutoEscape, Environment, UndefinedBehavior, context,
    value::{Serde, Value},
};
use order_contract::Order;
use shop_contract::ShopSettings;

use crate::{Settings, domain::Confirmation};

const HTML: &str = "order_confirmed.html";
const TEXT: &str = "order_confirmed.txt";

/// Sets mails.
pub(crate) struct Templates(Environment<'static>);

/// A mail's two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) html: String,
    pub(crate) text: String,
}

impl Templates {
    /// The templates that are compiled in.
    ///
    /// # Panics
    ///
    /// If one of them cannot be read, which the first test would show.
    #[expect(clippy::expect_used, reason = "the templates are constants, and every test reads them")]
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|name| match name {
            TEXT => AutoEscape::None,
            _ => AutoEscape::Html,
        });
        let shop_url = settings.shop_url.as_ref().map_or("", HttpUrl::as_str);
        templates.add_global("shop_url", Value::from(shop_url.trim_end_matches('/')));
        for (name, source) in [
            (HTML, include_str!("../templates/order_confirmed.html")),
            (TEXT, include_str!("../templates/order_confirmed.txt")),
        ] {
            templates.add_template(name, source).expect("a template that is compiled in can be read");
        }
        Self(templates)
    }

    /// The confirmation of this order, as mails of this shop.
    pub(crate) fn confirmation(&self, order: &Order, shop: &ShopSettings) -> Result<Rendered, Fault> {
        let confirmation = Value::from(Serde(Confirmation::new(order, shop)));
        let render = |name| {
            let template = self.0.get_template(name)?;
            template.render(context! { ..confirmation.clone() })
        };
        let fault = |error: minijinja::Error| Fault::internal(format!("a mail cannot be set: {error:#}"));
        Ok(Rendered { html: render(HTML).map_err(fault)?, text: render(TEXT).map_err(fault)? })
    }
}

#[cfg(test)]
mod tests;
