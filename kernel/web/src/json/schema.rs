//! Everything that is wrong with a value, by the schema of what it should be.
//!
//! A parser stops at the first mistake; whoever fills in a form wants to know all of them.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use message::FieldError;
use regex_lite::Regex;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::wording;

/// The schemas that were asked for, of each type one.
static SCHEMAS: LazyLock<RwLock<HashMap<TypeId, Arc<Schema>>>> = LazyLock::new(RwLock::default);

/// At most so many mistakes are reported: a body with more has another problem.
const MOST_MISTAKES: usize = 20;

/// At most so many values are looked at, so that a wrong body costs little more than a right one.
const MOST_VALUES: usize = 5000;

/// What a value should be.
#[derive(Debug)]
pub struct Schema {
    root: Value,
    definitions: Map<String, Value>,
    /// Every pattern in it, compiled.
    patterns: HashMap<String, Regex>,
}

impl Schema {
    /// What a `T` is read from. It is made when it is first asked for, and kept.
    pub fn of<T: JsonSchema + 'static>() -> Arc<Self> {
        let id = TypeId::of::<T>();
        let known = SCHEMAS.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        known.unwrap_or_else(|| {
            let made = Arc::new(Self::make::<T>());
            let mut schemas = SCHEMAS.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(schemas.entry(id).or_insert(made))
        })
    }

    fn make<T: JsonSchema>() -> Self {
        let mut generator = message::contract::schemas("/$defs");
        let root = T::json_schema(&mut generator).to_value();
        let definitions = generator.take_definitions(false);
        let mut patterns = HashMap::new();
        definitions.values().chain([&root]).for_each(|schema| compile(schema, &mut patterns));
        Self { root, definitions, patterns }
    }

    /// The names of the fields that it has.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.root
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str)
    }

    /// Whether a field is a whole number.
    pub fn is_number(&self, field: &str) -> bool {
        let field = self.root.get("properties").and_then(|fields| fields.get(field));
        field
            .map(|schema| self.resolved(schema))
            .is_some_and(|schema| schema.get("type").is_some() && allows(schema, "integer"))
    }

    /// Everything that is wrong with `value`, beginning with the `first` mistake that its parser found: of one place the
    /// parser knows best what it expects, but the places after that it has not looked at.
    pub fn mistakes(&self, value: &Value, first: Option<FieldError>) -> Vec<FieldError> {
        let mut walk = Walk { schema: self, pointer: String::new(), found: Vec::new(), left: MOST_VALUES };
        walk.visit(&self.root, value);
        let mut found = walk.found;
        if let Some(first) = first {
            found.retain(|mistake| mistake.pointer != first.pointer);
            found.insert(0, first);
        }
        found.truncate(MOST_MISTAKES);
        found
    }

    /// The schema itself, or the one it refers to.
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        name.and_then(|name| self.definitions.get(name)).unwrap_or(schema)
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    pointer: String,
    found: Vec<FieldError>,
    /// How many values it still looks at.
    left: usize,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, schema: &'a Value, value: &Value) {
        if self.is_over() {
            return;
        }
        self.left -= 1;
        let is_named = schema.get("$ref").is_some();
        let schema = self.schema.resolved(schema);
        if let Some(choices) = choices(schema) {
            return self.choose(choices, value);
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            for part in parts {
                self.visit(part, value);
            }
        }
        let kind = kind(value);
        if !allows(schema, kind) {
            return self.report(format!("expected {}, not {}", expected(schema), wording::shown(value)));
        }
        match value {
            Value::Object(fields) => self.visit_object(schema, fields),
            Value::Array(items) => self.visit_list(schema, items),
            Value::String(text) => self.visit_text(schema, text, is_named),
            Value::Number(number) if !is_within(schema, number) => {
                self.report(format!("expected {}, not {number}", expected(schema)));
            }
            _ => {}
        }
    }

    fn visit_object(&mut self, schema: &'a Value, fields: &Map<String, Value>) {
        let empty = Map::new();
        let known = schema.get("properties").and_then(Value::as_object);
        let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        for (name, value) in fields {
            match known.and_then(|known| known.get(name)) {
                Some(schema) => self.at(name, |walk| walk.visit(schema, value)),
                None if is_closed => {
                    let names: Vec<_> = known.unwrap_or(&empty).keys().map(String::as_str).collect();
                    self.at(name, |walk| walk.report(wording::unknown(&names)));
                }
                None => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str).filter(|name| !fields.contains_key(*name)) {
            self.at(name, |walk| walk.report(wording::REQUIRED));
        }
    }

    fn visit_list(&mut self, schema: &'a Value, items: &[Value]) {
        let bound =
            |keyword| schema.get(keyword).and_then(Value::as_u64).and_then(|bound| bound.try_into().ok());
        let (least, most) = (bound("minItems").unwrap_or(0), bound("maxItems").unwrap_or(usize::MAX));
        if !(least..=most).contains(&items.len()) {
            let wanted =
                if most == usize::MAX { format!("at least {least}") } else { format!("{least} to {most}") };
            self.report(format!("expected {wanted} items, not {}", items.len()));
        }
        if let Some(schema) = schema.get("items") {
            for (index, item) in items.iter().take(most).enumerate() {
                if self.is_over() {
                    return;
                }
                self.at(&index.to_string(), |walk| walk.visit(schema, item));
            }
        }
    }

    fn visit_text(&mut self, schema: &Value, text: &str, is_named: bool) {
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            if !words.iter().any(|word| word == text) {
                self.report(format!("expected one of {}, not {text:.80}", listed(words.iter())));
            }
            return;
        }
        let most = schema.get("maxLength").and_then(Value::as_u64);
        let fits = most.is_none_or(|most| text.chars().count() as u64 <= most);
        let pattern = schema.get("pattern").and_then(Value::as_str);
        let compiled = pattern.and_then(|pattern| self.schema.patterns.get(pattern));
        if fits && compiled.is_none_or(|pattern| pattern.is_match(text)) {
            return;
        }
        // A field's description is about the field; that of a type says what the type is.
        let described = schema.get("description").and_then(Value::as_str).filter(|_| is_named);
        let start = pattern.and_then(|pattern| pattern.strip_prefix('^')).unwrap_or_default();
        let start: String =
            start.chars().take_while(|letter| letter.is_ascii_alphabetic() || *letter == '_').collect();
        self.report(match described {
            Some(description) => format!("expected {}", wording::phrase(description)),
            None if start.is_empty() => "expected text of another form".to_owned(),
            None => format!("expected an id that begins with {start}"),
        });
    }

    /// A value of several that are possible: one that fits, or else the first that is more than null.
    fn choose(&mut self, choices: &'a [Value], value: &Value) {
        let mut usual = None;
        for choice in choices {
            if let Some(word) = choice.get("const") {
                if word == value {
                    return;
                }
                continue;
            }
            let found = self.attempt(choice, value);
            if found.is_empty() {
                return;
            }
            if usual.is_none() && choice.get("type") != Some(&"null".into()) {
                usual = Some(found);
            }
        }
        let words = listed(choices.iter().filter_map(|choice| choice.get("const")));
        if words.is_empty() {
            self.found.extend(usual.unwrap_or_default());
        } else {
            let given = value.as_str().map_or_else(|| wording::shown(value), |text| format!("{text:.80}"));
            self.report(format!("expected one of {words}, not {given}"));
        }
    }

    /// What would be wrong if the value had to be of this schema.
    fn attempt(&mut self, schema: &'a Value, value: &Value) -> Vec<FieldError> {
        let found = std::mem::take(&mut self.found);
        self.visit(schema, value);
        std::mem::replace(&mut self.found, found)
    }

    /// Whether enough was found or looked at.
    fn is_over(&self) -> bool {
        self.left == 0 || self.found.len() >= MOST_MISTAKES
    }

    fn at(&mut self, token: &str, then: impl FnOnce(&mut Self)) {
        if !self.is_over() {
            let length = self.pointer.len();
            wording::push(&mut self.pointer, token);
            then(self);
            self.pointer.truncate(length);
        }
    }

    fn report(&mut self, detail: impl Into<String>) {
        self.found.push(FieldError::new(self.pointer.clone(), detail));
    }
}

/// Compiles every pattern in a schema.
fn compile(schema: &Value, patterns: &mut HashMap<String, Regex>) {
    match schema {
        Value::Object(keywords) => {
            if let Some(Value::String(pattern)) = keywords.get("pattern")
                && let Ok(compiled) = Regex::new(pattern)
            {
                patterns.insert(pattern.clone(), compiled);
            }
            keywords.values().for_each(|part| compile(part, patterns));
        }
        Value::Array(parts) => parts.iter().for_each(|part| compile(part, patterns)),
        _ => {}
    }
}

fn choices(schema: &Value) -> Option<&[Value]> {
    ["anyOf", "oneOf"].iter().find_map(|keyword| schema.get(keyword)?.as_array()).map(Vec::as_slice)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a schema allows values of this kind at all.
fn allows(schema: &Value, kind: &str) -> bool {
    let is_it = |allowed: &Value| allowed == kind || (allowed == "number" && kind == "integer");
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is_it),
        Some(allowed) => is_it(allowed),
        None => true,
    }
}

fn is_within(schema: &Value, number: &serde_json::Number) -> bool {
    let bound = |keyword| schema.get(keyword).and_then(Value::as_i64);
    // More than an i64 holds is more than any bound.
    let number = number.as_i64().unwrap_or(i64::MAX);
    bound("minimum").is_none_or(|least| number >= least) && bound("maximum").is_none_or(|most| number <= most)
}

fn expected(schema: &Value) -> String {
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().find(|kind| *kind != "null").and_then(Value::as_str),
        kind => kind.and_then(Value::as_str),
    };
    let bound = |keyword| schema.get(keyword).and_then(Value::as_i64);
    match (kind, bound("minimum"), bound("maximum")) {
        (Some("integer"), Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
        (Some("integer"), Some(least), None) => format!("a whole number, not below {least}"),
        (Some("integer"), ..) => "a whole number".to_owned(),
        (Some("number"), ..) => "a number".to_owned(),
        (Some("string"), ..) => "text".to_owned(),
        (Some("boolean"), ..) => "true or false".to_owned(),
        (Some("array"), ..) => "a list".to_owned(),
        (Some("object"), ..) => "an object".to_owned(),
        _ => "another value".to_owned(),
    }
}

fn listed<'a>(words: impl Iterator<Item = &'a Value>) -> String {
    words.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
