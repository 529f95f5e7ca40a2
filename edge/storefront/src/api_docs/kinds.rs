//! The types of JSON schemas in words.

use serde_json::Value;

use super::{list, object};
use crate::theme::push_escaped;

/// The fragment that leads to a type.
pub(super) fn anchor(name: &str) -> String {
    format!("type-{name}")
}

/// The type as HTML; a type with a name links to its description.
pub(super) fn html(schema: &Value) -> String {
    let mut html = String::new();
    push(&mut html, schema);
    html
}

/// The type of a body; what is not JSON says so.
pub(super) fn content(media_type: &str, media: &Value) -> String {
    let mut html = String::new();
    if media_type == "application/json" || media_type == "application/problem+json" {
        push(&mut html, media.get("schema").unwrap_or(&Value::Null));
    } else {
        push_code(&mut html, media_type);
    }
    html
}

fn push(html: &mut String, schema: &Value) {
    let choices = ["oneOf", "anyOf", "allOf"].map(|keyword| list(schema, keyword)).concat();
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        html.push_str("<a href=\"#");
        push_escaped(html, &anchor(name));
        html.push_str("\">");
        push_escaped(html, name);
        html.push_str("</a>");
    } else if !list(schema, "enum").is_empty() {
        push_all(html, list(schema, "enum"), |html, value| push_code(html, &words(value)));
    } else if let Some(value) = schema.get("const") {
        push_code(html, &words(value));
    } else if !choices.is_empty() {
        push_all(html, &choices, push);
    } else {
        push_plain(html, schema);
    }
}

/// A schema without a name: "text (date-time) or null", "list of Item".
fn push_plain(html: &mut String, schema: &Value) {
    let kinds = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.clone(),
        Some(kind) => vec![kind.clone()],
        None => return html.push_str("any"),
    };
    push_all(html, &kinds, |html, kind| match kind.as_str() {
        Some("array") => {
            html.push_str("list of ");
            push(html, schema.get("items").unwrap_or(&Value::Null));
        }
        Some("string") => push_named(html, "text", schema),
        Some("integer") => html.push_str("whole number"),
        Some("boolean") => html.push_str("true or false"),
        Some(kind) => push_escaped(html, kind),
        None => {}
    });
}

fn push_named(html: &mut String, name: &str, schema: &Value) {
    html.push_str(name);
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        html.push_str(" (");
        push_escaped(html, format);
        html.push(')');
    }
}

fn push_all(html: &mut String, values: &[Value], push: impl Fn(&mut String, &Value)) {
    for (index, value) in values.iter().enumerate() {
        html.push_str(if index == 0 { "" } else { " or " });
        push(html, value);
    }
}

fn push_code(html: &mut String, code: &str) {
    html.push_str("<code>");
    push_escaped(html, code);
    html.push_str("</code>");
}

/// A value as it is written in JSON, texts without their quotes.
fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// The limits of a value as sentences, as HTML; each with a blank before it.
pub(super) fn limits(schema: &Value) -> String {
    let mut html = String::new();
    let limits = [
        ("minimum", " At least ", ""),
        ("maximum", " At most ", ""),
        ("minLength", " At least ", " characters"),
        ("maxLength", " At most ", " characters"),
        ("minItems", " At least ", " items"),
        ("maxItems", " At most ", " items"),
    ];
    for (keyword, before, after) in limits {
        if let Some(limit) = schema.get(keyword) {
            html.push_str(before);
            push_escaped(&mut html, &words(limit));
            html.push_str(after);
            html.push('.');
        }
    }
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        html.push_str(" Without it: ");
        push_code(&mut html, &words(default));
        html.push('.');
    }
    html
}

/// The fields of an object, each with whether it must be there; those of `allOf` too.
pub(super) fn properties(schema: &Value) -> Box<dyn Iterator<Item = (&String, &Value, bool)> + '_> {
    let required = list(schema, "required");
    let own = object(schema.get("properties"))
        .map(move |(name, property)| (name, property, required.iter().any(|known| known == name)));
    Box::new(own.chain(list(schema, "allOf").iter().flat_map(properties)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_have_words_and_links() {
        let item = json!({"$ref": "#/components/schemas/Item"});
        for (schema, words) in [
            (json!({}), "any"),
            (json!({"type": "string", "format": "date-time"}), "text (date-time)"),
            (json!({"type": ["integer", "null"]}), "whole number or null"),
            (json!({"type": "array", "items": item}), "list of <a href=\"#type-Item\">Item</a>"),
            (json!({"anyOf": [item, {"type": "null"}]}), "<a href=\"#type-Item\">Item</a> or null"),
            (json!({"enum": ["a", "<b>"]}), "<code>a</code> or <code>&lt;b&gt;</code>"),
        ] {
            assert_eq!(html(&schema), words, "{schema}");
        }
        let limited = json!({"minimum": 1, "maximum": 9, "default": "x"});
        assert_eq!(limits(&limited), " At least 1. At most 9. Without it: <code>x</code>.");
    }
}
