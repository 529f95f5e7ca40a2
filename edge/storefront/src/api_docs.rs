//! The API's document in words: what [`ApiDocsView`] shows of an `OpenAPI` 3.1 document.
//!
//! A type is described once, and every operation that uses it links to it. So the page grows with the document and not
//! with its square.

mod command;
mod kinds;

use product_contract::Product;
use serde_json::{Map, Value};

use self::command::Samples;
use crate::{
    prose::{html, line},
    views::{ApiAnswer, ApiDocsView, ApiField, ApiGroup, ApiKey, ApiOperation, ApiRefusal, ApiType},
};

/// The methods of a path, in the order in which they are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The tag of operations that have none.
const UNTAGGED: &str = "other";

impl ApiDocsView {
    /// The view of `document`, which is served at `json_href`. Its commands name `product`, which is for sale; without
    /// one, the examples of the document.
    pub fn new(document: &Value, json_href: &str, product: Option<&Product>) -> Self {
        let samples = Samples::of(product);
        let info = |name| text(document.pointer("/info").unwrap_or(&Value::Null), name);
        let (about, codes) = without_table(info("description"));
        Self {
            title: info("title").to_owned(),
            about: html(about),
            codes: html(codes),
            version: info("version").to_owned(),
            openapi: text(document, "openapi").to_owned(),
            json_href: json_href.to_owned(),
            keys: schemes(document).map(|(name, scheme)| key(name, scheme)).collect(),
            shell: command::SHELL.to_owned(),
            groups: groups(document, &samples),
            types: object(document.pointer("/components/schemas"))
                .map(|(name, schema)| described_type(name, schema))
                .collect(),
        }
    }
}

/// The text up to the paragraph that leads to a table, and the rest: the table of codes is for looking things up.
fn without_table(text: &str) -> (&str, &str) {
    let table = text.find("\n\n|").unwrap_or(text.len());
    let lead = text.get(..table).and_then(|before| before.rfind("\n\n"));
    text.split_at(lead.filter(|_| table < text.len()).unwrap_or(text.len()))
}

/// A text of an object; empty where there is none.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn object(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn schemes(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object(document.pointer("/components/securitySchemes"))
}

/// "the admin key"; a token of something is that something's.
fn key_words(scheme: &str) -> String {
    match scheme.strip_suffix("_token") {
        Some(of) => format!("the {of}’s token"),
        None => format!("the {scheme} key"),
    }
}

fn key(name: &str, scheme: &Value) -> ApiKey {
    ApiKey { name: capitalised(&key_words(name)), about: line(text(scheme, "description")) }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// The operations by tag: tags in the order in which the document describes them, then those that it only uses.
fn groups(document: &Value, samples: &Samples) -> Vec<ApiGroup> {
    let described = list(document, "tags");
    let group = |name: &str, about: &str| ApiGroup {
        name: name.to_owned(),
        anchor: format!("tag-{}", anchor(name)),
        about: html(about),
        operations: Vec::new(),
    };
    let mut groups: Vec<_> =
        described.iter().map(|tag| group(text(tag, "name"), text(tag, "description"))).collect();
    for (path, entry) in object(document.get("paths")) {
        for method in METHODS {
            let Some(operation) = entry.get(method) else { continue };
            let tag = list(operation, "tags").first().and_then(Value::as_str).unwrap_or(UNTAGGED);
            let place = groups.iter().position(|known| known.name == tag).unwrap_or_else(|| {
                groups.push(group(tag, ""));
                groups.len() - 1
            });
            let call = Call { document, path, method, shared: list(entry, "parameters"), operation };
            if let Some(group) = groups.get_mut(place) {
                group.operations.push(call.described(samples));
            }
        }
    }
    groups.retain(|group| !group.operations.is_empty());
    groups
}

/// What may stand in a fragment.
fn anchor(name: &str) -> String {
    name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect()
}

/// An operation and where it stands in the document.
struct Call<'a> {
    document: &'a Value,
    path: &'a str,
    method: &'a str,
    /// The parameters of all operations of the path.
    shared: &'a [Value],
    operation: &'a Value,
}

impl<'a> Call<'a> {
    fn described(&self, samples: &Samples) -> ApiOperation {
        let Self { path, method, operation, .. } = *self;
        let id = text(operation, "operationId");
        let named = if id.is_empty() { anchor(&format!("{method}{path}")) } else { id.to_owned() };
        let summary = text(operation, "summary");
        let body = self.body();
        ApiOperation {
            anchor: named,
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: if summary.is_empty() { path } else { summary }.to_owned(),
            about: html(text(operation, "description")),
            access: self.access(),
            command: command::command(self, samples),
            parameters: self.parameters().map(parameter).collect(),
            body: body.map(|(kind, media)| kinds::content(kind, media)),
            answers: self.responses(true).map(|(status, response)| answer(status, response)).collect(),
            refusals: self.responses(false).map(|(status, response)| refusal(status, response)).collect(),
        }
    }

    fn parameters(&self) -> impl Iterator<Item = &'a Value> {
        self.shared.iter().chain(list(self.operation, "parameters"))
    }

    /// The media type of the body, with what the document says of it.
    fn body(&self) -> Option<(&'a String, &'a Value)> {
        object(self.operation.pointer("/requestBody/content")).next()
    }

    /// The answers to what was granted, or those to what was refused.
    fn responses(&self, granted: bool) -> impl Iterator<Item = (&'a String, &'a Value)> {
        object(self.operation.get("responses"))
            .filter(move |(status, _)| status.starts_with(['2', '3']) == granted)
    }

    /// The names of the keys of which one is needed; empty stands for no key.
    fn keys(&self) -> Vec<&'a str> {
        let security = self.operation.get("security").or_else(|| self.document.get("security"));
        let ways = security.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        ways.iter().map(|way| object(Some(way)).next().map_or("", |(name, _)| name)).collect()
    }

    fn access(&self) -> String {
        let keys = self.keys();
        let named: Vec<_> = keys.iter().filter(|key| !key.is_empty()).map(|key| key_words(key)).collect();
        match (named.is_empty(), keys.contains(&"")) {
            (true, _) => "No key is needed.".to_owned(),
            (_, true) => format!("No key is needed; {} shows more.", named.join(" or ")),
            (_, false) => format!("Needs {}.", named.join(" or ")),
        }
    }
}

fn parameter(parameter: &Value) -> ApiField {
    let schema = parameter.get("schema").unwrap_or(&Value::Null);
    ApiField {
        name: text(parameter, "name").to_owned(),
        place: text(parameter, "in").to_owned(),
        kind: kinds::html(schema),
        optional: parameter.get("required") != Some(&Value::Bool(true)),
        about: line(text(parameter, "description")) + &kinds::limits(schema),
    }
}

fn answer(status: &str, response: &Value) -> ApiAnswer {
    let content = object(response.get("content")).next();
    let example = content.and_then(|(_, media)| media.get("example"));
    ApiAnswer {
        status: status.to_owned(),
        about: line(text(response, "description")),
        kind: content.map(|(kind, media)| kinds::content(kind, media)),
        example: example.and_then(|example| serde_json::to_string_pretty(example).ok()),
    }
}

/// The description of a refusal has a paragraph for each code, which begins with it.
fn refusal(status: &str, response: &Value) -> ApiRefusal {
    let description = text(response, "description");
    let codes =
        description.split("\n\n").filter_map(|paragraph| paragraph.strip_prefix('`')?.split('`').next());
    ApiRefusal {
        status: if status == "default" { "any" } else { status }.to_owned(),
        codes: codes.map(ToOwned::to_owned).collect(),
    }
}

fn described_type(name: &str, schema: &Value) -> ApiType {
    let fields: Vec<_> = kinds::properties(schema)
        .map(|(name, property, required)| ApiField {
            name: name.clone(),
            place: String::new(),
            kind: kinds::html(property),
            optional: !required,
            about: line(text(property, "description")) + &kinds::limits(property),
        })
        .collect();
    ApiType {
        name: name.to_owned(),
        anchor: kinds::anchor(name),
        about: html(text(schema, "description")),
        kind: fields.is_empty().then(|| kinds::html(schema)),
        fields,
    }
}
