//! JSON for people: fields in their order, short things on one line.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// How many characters a line may have.
const WIDTH: usize = 100;

/// A JSON value that keeps the order of its fields.
#[derive(Debug)]
pub(super) enum Json {
    /// `null`, a boolean, a number or a text, as it is written.
    Plain(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The value over as many lines as it needs.
    pub(super) fn pretty(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0, 0);
        text
    }

    /// The same, with the keywords of a JSON schema in the order that they are read in.
    pub(super) fn schema(mut self) -> Self {
        self.sort();
        self
    }

    fn sort(&mut self) {
        match self {
            Self::Plain(_) => {}
            Self::List(items) => items.iter_mut().for_each(Self::sort),
            Self::Object(fields) => {
                // Stable: what is not named here stays in its place, in the middle.
                fields.sort_by_key(|(name, _)| match name.as_str() {
                    "$ref" => 0,
                    "type" => 1,
                    "required" => 4,
                    "properties" => 5,
                    "description" => 6,
                    _ => 3,
                });
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        // Fields may be called like keywords.
                        ("properties", Self::Object(properties)) => {
                            for (_, property) in properties.iter_mut() {
                                property.sort();
                            }
                        }
                        (_, value) => value.sort(),
                    }
                }
            }
        }
    }

    /// Writes the value; the line that it begins on is indented by `indent` and already holds `used` characters.
    fn write(&self, text: &mut String, indent: usize, used: usize) {
        let line = self.to_string();
        let (open, close) = match self {
            Self::List(items) if !items.is_empty() => ('[', ']'),
            Self::Object(fields) if !fields.is_empty() => ('{', '}'),
            _ => return text.push_str(&line),
        };
        if indent + used + line.chars().count() < WIDTH {
            return text.push_str(&line);
        }
        text.push(open);
        if let Self::List(items) = self
            && items.iter().all(|item| matches!(item, Self::Plain(_)))
        {
            fill(text, items, indent + 2);
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            return text.push(close);
        }
        let entries: Vec<(String, &Self)> = match self {
            Self::Object(fields) => {
                fields.iter().map(|(name, value)| (format!("{}: ", quoted(name)), value)).collect()
            }
            Self::List(items) => items.iter().map(|item| (String::new(), item)).collect(),
            Self::Plain(_) => Vec::new(),
        };
        for (index, (name, value)) in entries.iter().enumerate() {
            text.push_str(if index > 0 { ",\n" } else { "\n" });
            text.push_str(&" ".repeat(indent + 2));
            text.push_str(name);
            value.write(text, indent + 2, name.chars().count());
        }
        text.push('\n');
        text.push_str(&" ".repeat(indent));
        text.push(close);
    }
}

/// On one line.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Object(fields) if fields.is_empty() => f.write_str("{}"),
            Self::Object(fields) => {
                f.write_str("{ ")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}{}: {value}", if index > 0 { ", " } else { "" }, quoted(name))?;
                }
                f.write_str(" }")
            }
        }
    }
}

/// Writes short items over as few lines as hold them.
fn fill(text: &mut String, items: &[Json], indent: usize) {
    let mut used = WIDTH;
    for (index, item) in items.iter().enumerate() {
        let item = item.to_string();
        let length = item.chars().count() + 2;
        text.push_str(if index > 0 { "," } else { "" });
        if used + length > WIDTH {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            used = indent;
        } else {
            text.push(' ');
        }
        used += length;
        text.push_str(&item);
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Plain("null".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Plain(quoted(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_things_stay_on_one_line_and_fields_in_their_order() {
        let long = "x".repeat(60);
        let json: Json =
            serde_json::from_str(&format!(r#"{{"b":["{long}","{long}"],"a":{{"n":1}},"e":[]}}"#)).unwrap();
        let wanted = format!(
            "{{\n  \"b\": [\n    \"{long}\",\n    \"{long}\"\n  ],\n  \"a\": {{ \"n\": 1 }},\n  \"e\": []\n}}"
        );
        assert_eq!(json.pretty(), wanted);
    }

    #[test]
    fn a_schema_says_its_type_first_and_a_field_is_no_keyword() {
        let schema = r#"{"description":"d","pattern":"p","properties":{"required":{"minimum":1,"type":"integer"},"a":true},"type":"object"}"#;
        let json: Json = serde_json::from_str(schema).unwrap();
        assert_eq!(
            json.schema().to_string(),
            concat!(
                r#"{ "type": "object", "pattern": "p", "#,
                r#""properties": { "required": { "type": "integer", "minimum": 1 }, "a": true }, "description": "d" }"#
            )
        );
    }
}
