//! The shell command that calls an operation.

use std::fmt::Write as _;

use message::Example as _;
use order_contract::{OrderId, OrderSecret};
use product_contract::{Picture, Product, ProductId, VariantId};
use serde_json::Value;

use super::{Call, text};

/// What the commands expect to be set. The script of the page puts the shop's own address into the first line.
pub(super) const SHELL: &str = "SHOP=https://shop.example.org\n\
                                KEY=…      # the admin key\n\
                                ORDER=…    # `id` and\n\
                                TOKEN=…    # `token` of the answer that placed an order";

/// Pairs of an example of the document and what stands for it in commands.
#[derive(Debug, Clone)]
pub(super) struct Samples(Vec<(String, String)>);

impl Samples {
    /// Of the product's variants, one of which something is left, if there is one.
    pub(super) fn of(product: Option<&Product>) -> Self {
        let example = Product::example();
        let mut pairs = vec![
            (OrderId::example().to_string(), "$ORDER".to_owned()),
            (OrderSecret::example().token(OrderId::example()), "$TOKEN".to_owned()),
        ];
        if let Some(product) = product {
            let left = product.variants.iter().find(|variant| variant.available > 0);
            pairs.push((ProductId::example().to_string(), product.id.to_string()));
            pairs.push((example.slug.to_string(), product.slug.to_string()));
            if let Some(variant) = left.or(product.variants.first()) {
                pairs.push((VariantId::example().to_string(), variant.id.to_string()));
            }
            if let Some(picture) = product.pictures.first() {
                pairs.push((Picture::example().file.0, picture.file.0.clone()));
            }
        }
        Self(pairs)
    }

    fn put_into(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (example, sample)| text.replace(example, sample))
    }
}

/// The command. Values that differ from caller to caller are the variables of [`SHELL`].
pub(super) fn command(call: &Call<'_>, samples: &Samples) -> String {
    let body = call.body();
    let method = match (call.method, body) {
        ("get", _) | ("post", Some(_)) => String::new(),
        (method, _) => format!(" -X {}", method.to_uppercase()),
    };
    let mut command = format!("curl{method} \"$SHOP{}\"", samples.put_into(&url(call)));
    for header in headers(call) {
        command.push_str(" \\\n  -H ");
        command.push_str(&header);
    }
    if let Some((media_type, media)) = body {
        // Writing to a string cannot fail.
        let _ = write!(command, " \\\n  -H \"Content-Type: {media_type}\" \\\n  {}", data(media, samples));
    }
    command
}

/// The path with the examples of its variables, and the query as far as it must be sent.
fn url(call: &Call<'_>) -> String {
    let mut url = call.path.to_owned();
    let mut mark = '?';
    for parameter in call.parameters() {
        let (name, example) = (text(parameter, "name"), parameter.get("example").and_then(Value::as_str));
        let braces = format!("{{{name}}}");
        match text(parameter, "in") {
            "path" => url = url.replace(&braces, example.unwrap_or(&braces)),
            "query" if parameter.get("required") == Some(&Value::Bool(true)) => {
                let _ = write!(url, "{mark}{name}={}", example.unwrap_or("…"));
                mark = '&';
            }
            _ => {}
        }
    }
    url
}

/// The headers that must be sent, in double quotes.
fn headers(call: &Call<'_>) -> Vec<String> {
    let keys = call.keys();
    let key = match keys.first() {
        None | Some(&"") => None,
        Some(&"admin") => Some("\"Authorization: Bearer $KEY\"".to_owned()),
        Some(_) => Some("\"Authorization: Bearer $TOKEN\"".to_owned()),
    };
    let required = call.parameters().filter(|parameter| {
        text(parameter, "in") == "header" && parameter.get("required") == Some(&Value::Bool(true))
    });
    let header = |parameter: &Value| match text(parameter, "name") {
        // Each run is a new request.
        "Idempotency-Key" => "\"Idempotency-Key: try-$(date +%s)\"".to_owned(),
        name => format!("\"{name}: {}\"", text(parameter, "example")),
    };
    key.into_iter().chain(required.map(header)).collect()
}

/// JSON in single quotes; anything else comes from a file.
fn data(media: &Value, samples: &Samples) -> String {
    match media.get("example").and_then(|example| serde_json::to_string_pretty(example).ok()) {
        Some(json) => format!("-d '{}'", samples.put_into(&json).replace('\'', r"'\''")),
        None => "--data-binary @FILE".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn commanded(path: &str, method: &str, operation: &Value) -> String {
        let document = Value::Null;
        let call = Call { document: &document, path, method, shared: &[], operation };
        command(&call, &Samples::of(Some(&Product::example())))
    }

    #[test]
    fn a_command_sends_what_is_needed() {
        let id = json!({"name": "id", "in": "path", "example": OrderId::example()});
        let key = json!({"name": "Idempotency-Key", "in": "header", "required": true, "example": "k"});
        let prefer = json!({"name": "Prefer", "in": "header"});
        let operation = json!({
            "parameters": [id, key, prefer],
            "security": [{"order_token": []}, {"admin": []}],
            "requestBody": {"content": {"application/json": {"example": {"name": "O'Hara"}}}},
        });
        assert_eq!(
            commanded("/orders/{id}", "patch", &operation),
            "curl -X PATCH \"$SHOP/orders/$ORDER\" \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  \
             -H \"Idempotency-Key: try-$(date +%s)\" \\\n  -H \"Content-Type: application/json\" \\\n  \
             -d '{\n  \"name\": \"O'\\''Hara\"\n}'"
        );
        assert_eq!(commanded("/stock", "get", &json!({"security": [{}]})), "curl \"$SHOP/stock\"");
        let upload = json!({"requestBody": {"content": {"image/png": {}}}, "security": [{"admin": []}]});
        assert!(commanded("/media", "post", &upload).ends_with("--data-binary @FILE"));
    }
}
