//! What a service answers and emits, listed with schemas and examples, for documentation and for other languages.
//!
//! A contract crate has one `contract()`, which registers each message by its Rust types: names and schemas follow from
//! the code, and examples are real values that the same code wrote.
//!
//! Every process reads the names at its start; the schemas, which only documentation needs, are made when they are asked for.

use std::{borrow::Cow, cell::OnceCell};

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::{Serialize, Serializer, de::DeserializeOwned, ser::SerializeStruct as _};
use serde_json::{Map, Value, value::RawValue};

use crate::{Aggregate, Event, Fault, Message, Request, from_json, to_json};

pub use crate::example::valid;

/// The messages of one service.
#[derive(Debug)]
pub struct Contract {
    /// The service's name.
    pub service: &'static str,
    /// What it is there for.
    pub doc: &'static str,
    /// What it answers, in the order of registration.
    pub requests: Vec<RequestEntry>,
    /// What it emits, in the order of registration.
    pub events: Vec<EventEntry>,
    /// The names of the events that it reacts to.
    pub reactions: Vec<&'static str>,
    /// Those among them that it receives also while reactions are paused.
    pub never_paused: Vec<&'static str>,
    definitions: OnceCell<Map<String, Value>>,
}

/// A message that is answered.
#[derive(Debug, Serialize)]
pub struct RequestEntry {
    /// [`Message::NAME`].
    pub name: &'static str,
    /// What it asks for.
    pub request: Part,
    /// What it is answered with when it is granted.
    pub reply: Part,
    /// What it is answered with when it is refused.
    pub error: Part,
}

/// A fact.
#[derive(Debug, Serialize)]
pub struct EventEntry {
    /// [`Message::NAME`].
    pub name: &'static str,
    /// What the example is about.
    pub aggregate: Aggregate,
    /// What it tells.
    pub event: Part,
}

/// One type that travels.
#[derive(Debug, Serialize)]
pub struct Part {
    /// The type's name; its schema stands under it in [`Contract::definitions`], unless it is made of other types.
    #[serde(rename = "type")]
    pub type_name: Cow<'static, str>,
    schema: LazySchema,
    /// A real value.
    pub example: Box<RawValue>,
    #[serde(skip)]
    rewrite: fn(&[u8]) -> Result<bytes::Bytes, Fault>,
}

/// How a schema is made; with a generator that gathers the types that it refers to.
#[derive(Debug)]
struct LazySchema(fn(&mut SchemaGenerator) -> Schema);

impl Serialize for LazySchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0)(&mut generator()).serialize(serializer)
    }
}

impl Part {
    /// Its JSON schema (2020-12).
    pub fn schema(&self) -> Schema {
        (self.schema.0)(&mut generator())
    }

    /// Reads this JSON as the type and writes it again.
    pub fn rewrite(&self, json: &str) -> Result<bytes::Bytes, Fault> {
        (self.rewrite)(json.as_bytes())
    }
}

impl Contract {
    /// The contract of `service`, which is there for what `doc` says.
    pub fn new(service: &'static str, doc: &'static str) -> Self {
        let (requests, events, reactions) = (Vec::new(), Vec::new(), Vec::new());
        let never_paused = Vec::new();
        Self { service, doc, requests, events, reactions, never_paused, definitions: OnceCell::new() }
    }

    /// It answers `R`; with an example of the request, of what grants and of what refuses it.
    ///
    /// # Panics
    ///
    /// When an example cannot be written as JSON.
    #[must_use]
    pub fn request<R>(mut self, request: &R, reply: &R::Reply, error: &R::Error) -> Self
    where
        R: Request + JsonSchema,
        R::Reply: JsonSchema,
        R::Error: JsonSchema,
    {
        let (request, reply, error) = (part(request), part(reply), part(error));
        self.requests.push(RequestEntry { name: R::NAME, request, reply, error });
        self
    }

    /// It emits `E`; with an example.
    ///
    /// # Panics
    ///
    /// When the example cannot be written as JSON.
    #[must_use]
    pub fn event<E: Event + JsonSchema>(mut self, event: &E) -> Self {
        let (aggregate, event) = (event.aggregate(), part(event));
        self.events.push(EventEntry { name: <E as Message>::NAME, aggregate, event });
        self
    }

    /// It reacts to the events of these names. They are told as names, because the services that emit them may react to
    /// what this one emits.
    #[must_use]
    pub fn reacts_to(mut self, names: &[&'static str]) -> Self {
        self.reactions.extend(names);
        self
    }

    /// It reacts to the events of these names also while reactions are paused: they keep copies by which it decides, and a
    /// decision by an old copy is a wrong one. So they should be few.
    #[must_use]
    pub fn reacts_always_to(mut self, names: &[&'static str]) -> Self {
        self.never_paused.extend(names);
        self.reacts_to(names)
    }

    /// The types that the schemas refer to, by name.
    pub fn definitions(&self) -> &Map<String, Value> {
        self.definitions.get_or_init(|| {
            let mut generator = generator();
            for (_, part) in self.parts() {
                (part.schema.0)(&mut generator);
            }
            let mut definitions = generator.take_definitions(false);
            definitions.values_mut().for_each(for_people);
            definitions
        })
    }

    /// What the doc comment of a type says.
    pub fn doc_of(&self, type_name: &str) -> Option<&str> {
        self.definitions().get(type_name)?.get("description")?.as_str()
    }

    /// Every type that travels, with the name of the message that it belongs to.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &Part)> {
        let requests = self
            .requests
            .iter()
            .flat_map(|entry| [&entry.request, &entry.reply, &entry.error].map(|part| (entry.name, part)));
        requests.chain(self.events.iter().map(|entry| (entry.name, &entry.event)))
    }
}

/// All of it, for programs.
impl Serialize for Contract {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut contract = serializer.serialize_struct("Contract", 7)?;
        contract.serialize_field("service", self.service)?;
        contract.serialize_field("doc", self.doc)?;
        contract.serialize_field("requests", &self.requests)?;
        contract.serialize_field("events", &self.events)?;
        contract.serialize_field("reactions", &self.reactions)?;
        contract.serialize_field("never_paused", &self.never_paused)?;
        contract.serialize_field("$defs", self.definitions())?;
        contract.end()
    }
}

fn part<T: Serialize + DeserializeOwned + JsonSchema>(example: &T) -> Part {
    Part {
        type_name: T::schema_name(),
        schema: LazySchema(SchemaGenerator::subschema_for::<T>),
        example: serde_json::value::to_raw_value(example).expect("examples are plain data"),
        rewrite: |json| to_json(&from_json::<T>(json)?),
    }
}

fn generator() -> SchemaGenerator {
    schemas("/$defs")
}

/// Describes types, and gathers those that they refer to under `definitions_path`, a JSON pointer.
///
/// What may be left out when it is read is shown as optional: readers shall not count on it.
pub fn schemas(definitions_path: &'static str) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    settings.with(|settings| settings.definitions_path = definitions_path.into()).into_generator()
}

/// Takes the links out of doc comments, which lead nowhere outside of the code.
pub fn for_people(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = text.replace("[`", "`").replace("`]", "`");
            }
            fields.values_mut().for_each(for_people);
        }
        Value::Array(items) => items.iter_mut().for_each(for_people),
        _ => {}
    }
}
