//! Mails as HTML and as text. One pair of templates sets every kind; what differs is their words, see [`Letter`].

use message::{Fault, HttpUrl};
use minijinja::{
    AutoEscape, Environment, UndefinedBehavior, context,
    value::{Serde, Value},
};
use order_contract::{OrderId, OrderSecret};
use shop_contract::ShopSettings;

use crate::{
    Settings,
    letter::{Letter, Topic},
};

const HTML: &str = "mail.html";
const TEXT: &str = "mail.txt";

/// Sets mails.
pub(crate) struct Templates {
    environment: Environment<'static>,
    /// The shop's own URL, without a slash at its end; empty if it is not known.
    shop_url: String,
    /// Makes the tokens that open orders.
    secret: OrderSecret,
}

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
    pub(crate) fn new(settings: &Settings, secret: OrderSecret) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| match name {
            TEXT => AutoEscape::None,
            _ => AutoEscape::Html,
        });
        let shop_url =
            settings.shop_url.as_ref().map_or("", HttpUrl::as_str).trim_end_matches('/').to_owned();
        environment.add_global("shop_url", Value::from(shop_url.as_str()));
        for (name, source) in
            [(HTML, include_str!("../templates/mail.html")), (TEXT, include_str!("../templates/mail.txt"))]
        {
            environment.add_template(name, source).expect("a template that is compiled in can be read");
        }
        Self { environment, shop_url, secret }
    }

    /// The mail about this topic, as this shop writes it.
    pub(crate) fn render(&self, topic: &Topic, shop: &ShopSettings) -> Result<Rendered, Fault> {
        let letter = Value::from(Serde(Letter::new(topic, shop, self.link(topic.order.id))));
        let render = |name| {
            let template = self.environment.get_template(name)?;
            template.render(context! { ..letter.clone() })
        };
        let fault = |error: minijinja::Error| Fault::internal(format!("a mail cannot be set: {error:#}"));
        Ok(Rendered { html: render(HTML).map_err(fault)?, text: render(TEXT).map_err(fault)? })
    }

    /// The URL that opens an order to its buyer.
    fn link(&self, id: OrderId) -> Option<String> {
        let Self { shop_url, secret, .. } = self;
        (!shop_url.is_empty()).then(|| format!("{shop_url}/orders/{id}?token={}", secret.token(id)))
    }
}

#[cfg(test)]
mod tests;
