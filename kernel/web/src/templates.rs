//! HTML from templates (minijinja) that are compiled into the binary.
//!
//! ```
//! use web::templates::Templates;
//!
//! let templates = Templates::new(&[("hello.html", "<h1>{{ name }}</h1>")]).expect("the templates are right");
//! let html = templates.render("hello.html", &serde_json::json!({ "name": "Tom & Co" })).expect("it renders");
//! assert_eq!(html, "<h1>Tom &amp; Co</h1>");
//! ```
//!
//! Every edge's templates can rely on this:
//!
//! - In `.html` and `.svg` everything is escaped; an unknown name is an error, not an empty text.
//! - `{{ price | money }}`: a [`Money`], as a shopper reads it (`₹2,360`).
//! - `{{ placed_at | time }}`: a [`Timestamp`], as a person reads it (`20 November 2026, 23:08`).
//! - `{{ count }} {{ count | plural("item", "items") }}`.

use message::{Fault, Money, Timestamp};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;

use crate::page::RenderedPage;

/// A set of templates that include and extend one another by name.
#[derive(Debug)]
pub struct Templates(Environment<'static>);

impl Templates {
    /// Templates by name and source (`include_str!`). Returns the first syntax error.
    pub fn new(sources: &[(&'static str, &'static str)]) -> Result<Self, Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| match name.rsplit_once('.') {
            Some((_, "txt")) => AutoEscape::None,
            _ => AutoEscape::Html,
        });
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.add_filter("money", |money: Serde<Money>| money.to_string());
        environment.add_filter("time", |time: Serde<Timestamp>| time.for_people());
        environment.add_filter(
            "plural",
            |count: i64, one: String, many: String| if count == 1 { one } else { many },
        );
        for (name, source) in sources {
            environment.add_template(name, source)?;
        }
        Ok(Self(environment))
    }

    /// The environment, to add filters, functions and globals of one edge.
    pub fn environment(&mut self) -> &mut Environment<'static> {
        &mut self.0
    }

    /// Renders the template `name`. An error is a mistake in the template, so it is an internal fault.
    pub fn render(&self, name: &str, context: &impl Serialize) -> Result<String, Fault> {
        let rendered = self.0.get_template(name).and_then(|page| page.render(Serde(context)));
        // The alternate form shows the lines around the mistake.
        rendered.map_err(|error| Fault::internal(format_args!("template {name}: {error:#}")))
    }

    /// Renders the template as an HTML page.
    pub fn html(&self, name: &str, context: &impl Serialize) -> Result<RenderedPage, Fault> {
        self.render(name, context).map(RenderedPage::html)
    }
}

#[cfg(test)]
mod tests {
    use message::Currency;
    use serde_json::json;

    use super::*;

    fn render(source: &'static str, context: &impl Serialize) -> Result<String, Fault> {
        Templates::new(&[("page.html", source)]).unwrap().render("page.html", context)
    }

    #[test]
    fn the_shared_filters_write_for_people() {
        #[derive(Serialize)]
        struct Order {
            total: Money,
            placed: Timestamp,
            items: u32,
        }
        let order = Order {
            total: Money::new(236_000, Currency::INR),
            placed: "2026-11-20T23:08:00Z".parse().unwrap(),
            items: 2,
        };
        let source =
            "{{ total | money }}, {{ placed | time }}, {{ items }} {{ items | plural('item', 'items') }}";
        assert_eq!(render(source, &order).unwrap(), "₹2,360, 20 November 2026, 23:08, 2 items");
    }

    #[test]
    fn everything_is_escaped_and_mistakes_are_faults() {
        assert_eq!(render("{{ x }}", &json!({"x": "<script>'\""})).unwrap(), "&lt;script&gt;&#x27;&quot;");
        assert!(render("{{ missing }}", &json!({})).unwrap_err().to_string().contains("page.html"));
        assert!(render("{{ x | money }}", &json!({"x": "cheap"})).is_err());
        assert!(Templates::new(&[("broken.html", "{% if %}")]).is_err());
    }
}
