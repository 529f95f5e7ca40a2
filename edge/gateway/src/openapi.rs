//! The OpenAPI 3.1 document, made from the table of operations.

use std::{collections::BTreeMap, fmt::Write as _};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use message::{contract, to_json};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use web::{
    page::RenderedPage,
    problem::{BUSY, Code, INTERNAL, TIMEOUT, UNAVAILABLE},
};

use crate::{
    Gateway,
    access::KEYS,
    operation::{Content, Operation, Output, Parameter, ResponseDoc, Signature, get},
    problems::{self, ProblemResource, Refusal},
    query::{Nothing, Query},
    routes::{self, TAGS},
};

pub(crate) fn operations() -> [Operation; 1] {
    [get("get_openapi", "/api/openapi.json", read).says("This document", "OpenAPI 3.1.")]
}

const PROBLEM: &str = "application/problem+json";

/// 200, with the document, or 304.
struct Document(Response);

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for Document {
    fn describe(signature: &mut Signature) {
        let document = ResponseDoc::empty(StatusCode::OK, "The document.");
        signature
            .answers
            .extend([ResponseDoc { content: Some(Content::any()), ..document }, ResponseDoc::UNCHANGED]);
    }
}

async fn read(
    State(gateway): State<Gateway>,
    _: Query<Nothing>,
    headers: HeaderMap,
) -> Result<Document, Refusal> {
    let draft = async { Ok::<_, Refusal>(RenderedPage::json(to_json(&openapi())?)) };
    let page = gateway.0.pages.get_or_render("/api/openapi.json", draft).await?;
    Ok(Document(page.answer(&headers).into_response()))
}

/// The API's description.
pub fn openapi() -> Value {
    let mut schemas = Schemas(contract::schemas("/components/schemas"));
    let mut paths = Map::new();
    for operation in routes::operations() {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        set(path, operation.method, schemas.operation(&operation));
    }
    let tags: Vec<_> = TAGS.iter().map(|tag| json!({ "name": tag.name, "description": tag.about })).collect();
    let keys: Map<_, _> = KEYS
        .iter()
        .map(|(name, about)| {
            ((*name).to_owned(), json!({ "type": "http", "scheme": "bearer", "description": about }))
        })
        .collect();
    let description = introduction();
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Caravel", "version": env!("CARGO_PKG_VERSION"), "description": description },
        "tags": tags,
        "components": { "schemas": schemas.finish(&mut paths), "securitySchemes": keys },
        "paths": paths,
    })
}

/// Describes operations, and gathers the types that they are made of.
struct Schemas(SchemaGenerator);

impl Schemas {
    fn operation(&mut self, operation: &Operation) -> Value {
        let Operation { path, id, tag, summary, description, signature, .. } = operation;
        let mut described = json!({
            "operationId": id, "tags": [tag.name], "summary": summary, "description": description,
            "responses": self.responses(signature),
        });
        let parameters = self.parameters(path, signature);
        if !parameters.is_empty() {
            set(&mut described, "parameters", parameters);
        }
        if let Some(body) = &signature.body {
            set(&mut described, "requestBody", json!({ "required": true, "content": self.content(body) }));
        }
        if !signature.keys.is_empty() {
            let one = |key: Option<&str>| match key {
                Some(key) => json!({ key: [] }),
                None => json!({}),
            };
            set(&mut described, "security", signature.keys.iter().copied().map(one).collect::<Value>());
        }
        described
    }

    fn parameters(&mut self, path: &str, signature: &Signature) -> Vec<Value> {
        // What has no name of its own is the next variable part of the path.
        let mut variables = path.split(['{', '}']).skip(1).step_by(2);
        let mut parameters = Vec::new();
        for parameter in &signature.parameters {
            let variable = if parameter.name.is_none() { variables.next() } else { None };
            parameters.push(self.parameter(variable.unwrap_or_default(), parameter));
        }
        let query = signature.query.map(|query| query(&mut self.0).to_value()).unwrap_or_default();
        for (name, schema) in query.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let description = description.unwrap_or_else(|| "".into());
            // What is not sent is not there: a parameter is never null.
            let schema = without_null(schema);
            parameters.push(json!({
                "name": name, "in": "query", "required": false, "description": description, "schema": schema,
            }));
        }
        parameters
    }

    fn parameter(&mut self, variable: &str, parameter: &Parameter) -> Value {
        let Parameter { name, description, is_required, schema, example } = parameter;
        let mut described = json!({
            "name": name.unwrap_or(variable), "in": if name.is_some() { "header" } else { "path" },
            "required": is_required, "description": description, "schema": schema(&mut self.0).to_value(),
        });
        if let Some(example) = example {
            set(&mut described, "example", example());
        }
        described
    }

    fn content(&mut self, content: &Content) -> Value {
        let mut described = json!({ "schema": (content.schema)(&mut self.0).to_value() });
        if let Some(example) = content.example {
            set(&mut described, "example", example());
        }
        json!({ content.media_type: described })
    }

    fn responses(&mut self, signature: &Signature) -> Map<String, Value> {
        let mut responses = Map::new();
        for answer in &signature.answers {
            // The first of several with one status says most.
            let described = self.answer(answer);
            responses.entry(answer.status.as_str()).or_insert(described);
        }
        let mut refusals = BTreeMap::<_, Vec<&Code>>::new();
        for code in &signature.refusals {
            let codes = refusals.entry(code.status.as_str()).or_default();
            if !codes.contains(code) {
                codes.push(code);
            }
        }
        for (status, codes) in refusals {
            responses.insert(status.to_owned(), self.refusal(&codes));
        }
        let others = self.refusal(&[&BUSY, &UNAVAILABLE, &TIMEOUT, &INTERNAL]);
        responses.insert("default".to_owned(), others);
        responses
    }

    fn answer(&mut self, answer: &ResponseDoc) -> Value {
        let content = answer.content.as_ref().map(|content| self.content(content));
        let about = content.as_ref().and_then(|content| {
            let schema = content.as_object()?.values().next()?.get("schema")?;
            self.description(schema)
        });
        let description = answer.description.map(ToOwned::to_owned).or(about).unwrap_or_default();
        let mut described = json!({ "description": description });
        if let Some(content) = content {
            set(&mut described, "content", content);
        }
        if !answer.headers.is_empty() {
            let header = |(name, about): &(&str, &str)| {
                ((*name).to_owned(), json!({ "description": about, "schema": { "type": "string" } }))
            };
            set(&mut described, "headers", answer.headers.iter().map(header).collect::<Map<_, _>>());
        }
        described
    }

    fn refusal(&mut self, codes: &[&Code]) -> Value {
        let lines: Vec<_> = codes.iter().map(|code| format!("`{}`: {}", code.name, code.meaning)).collect();
        let schema = self.0.subschema_for::<ProblemResource>().to_value();
        json!({ "description": lines.join("\n\n"), "content": { PROBLEM: { "schema": schema } } })
    }

    /// What a schema, or the one it refers to, says of itself.
    fn description(&self, schema: &Value) -> Option<String> {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        let schema = name.and_then(|name| self.0.definitions().get(name)).unwrap_or(schema);
        schema.get("description")?.as_str().map(ToOwned::to_owned)
    }

    /// The types that were referred to. Texts and numbers are written where they stand, with what is known of them.
    fn finish(mut self, paths: &mut Map<String, Value>) -> Map<String, Value> {
        let definitions = self.0.take_definitions(false);
        let (leaves, mut types): (Map<_, _>, Map<_, _>) =
            definitions.into_iter().partition(|(_, schema)| is_leaf(schema));
        for schema in types.values_mut().chain(paths.values_mut()) {
            for_clients(schema, &leaves);
        }
        types
    }
}

/// Sets a field of an object.
fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value.into());
    }
}

/// Whether it is a text or a number of a certain form.
fn is_leaf(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "string" || kind == "integer")
}

/// Writes a schema as generators of clients understand it best.
fn for_clients(schema: &mut Value, leaves: &Map<String, Value>) {
    match schema {
        Value::Object(fields) => {
            inline(fields, leaves);
            list_words(fields);
            for (name, value) in fields.iter_mut().filter(|(name, _)| *name != "example") {
                for_clients(value, leaves);
                if let ("description", Value::String(text)) = (name.as_str(), value) {
                    *text = text.replace("[`", "`").replace("`]", "`");
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| for_clients(item, leaves)),
        _ => {}
    }
}

/// Replaces a reference to a leaf by the leaf; what is said of the place itself goes before what the leaf says.
fn inline(fields: &mut Map<String, Value>, leaves: &Map<String, Value>) {
    let name = fields.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    if let Some(Value::Object(leaf)) = name.and_then(|name| leaves.get(name)) {
        fields.remove("$ref");
        for (keyword, value) in leaf {
            fields.entry(keyword).or_insert_with(|| value.clone());
        }
    }
    // Of something or null that is no type of its own, generators make one if it is written as a choice.
    if let Some([leaf, null]) = fields.get("anyOf").and_then(Value::as_array).map(Vec::as_slice)
        && null == &json!({ "type": "null" })
        && let Some(path) = leaf.get("$ref").and_then(Value::as_str)
        && let Some(Value::Object(leaf)) = leaves.get(path.rsplit('/').next().unwrap_or_default())
    {
        fields.remove("anyOf");
        for (keyword, value) in leaf {
            let value = if keyword == "type" { json!([value, "null"]) } else { value.clone() };
            fields.entry(keyword).or_insert(value);
        }
    }
}

/// A choice among words as an enumeration, which says what each word means.
fn list_words(fields: &mut Map<String, Value>) {
    let Some(choices) = fields.get("oneOf").and_then(Value::as_array) else { return };
    let Some(words) = choices.iter().map(|choice| choice.get("const").cloned()).collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let mut text = fields.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    text.push('\n');
    for choice in choices {
        let said = |keyword| choice.get(keyword).and_then(Value::as_str).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = write!(text, "\n- `{}`: {}", said("const"), said("description"));
    }
    fields.remove("oneOf");
    fields.insert("type".to_owned(), "string".into());
    fields.insert("enum".to_owned(), words.into());
    fields.insert("description".to_owned(), text.into());
}

/// The schema of a value that is there.
fn without_null(mut schema: Value) -> Value {
    if let Some(first) = schema.get("anyOf").and_then(|choices| choices.get(0)) {
        return first.clone();
    }
    if let Some(first) = schema.get("type").and_then(|kinds| kinds.get(0)).cloned() {
        set(&mut schema, "type", first);
    }
    if let Some(keywords) = schema.as_object_mut() {
        keywords.retain(|keyword, value| keyword != "default" || !value.is_null());
    }
    schema
}

/// The document's first words, and the table of codes.
fn introduction() -> String {
    let mut text = String::from(
        "The HTTP API of a Caravel shop.\n\n\
         - Bodies are JSON in UTF-8, at most 64 KiB; unknown fields and unknown parameters are refused.\n\
         - Money is in minor units with its currency, times are RFC 3339 in UTC, ids begin with what they name.\n\
         - Lists answer `{\"data\": […], \"next_cursor\": …}`; send `next_cursor` back as `?cursor=` for the next page.\n\
         - The same `Idempotency-Key` again gets the same answer, and nothing is done twice.\n\
         - Every answer has an `X-Request-Id`, which finds it in the shop's logs; send your own UUID if you like.\n\n\
         Refusals are problems (RFC 9457). Programs look at `code`:\n\n| code | status | meaning |\n|---|---|---|\n",
    );
    for code in problems::all() {
        for cell in ["| ", code.name, " | ", code.status.as_str(), " | ", code.meaning, " |\n"] {
            text.push_str(cell);
        }
    }
    text
}
