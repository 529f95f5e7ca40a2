//! What other systems and the merchant attach to things.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor},
};
use serde_json::Number;

use crate::{
    Example, Invalid, stored,
    text::{one_line, several_lines},
};

/// The most keys.
const MOST_KEYS: usize = 50;
/// The most characters of a key, and of a text.
const LONGEST_KEY: usize = 40;
const LONGEST_TEXT: usize = 500;

/// Short facts that the shop keeps and returns, and does not read: at most 50, with keys of at most 40 characters and
/// texts of at most 500.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, MetadataValue>);

/// A value of [`Metadata`]: a text, a number, or true or false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MetadataValue {
    /// A text.
    Text(String),
    /// A number, as it was written.
    Number(Number),
    /// True or false.
    Bool(bool),
}

impl Metadata {
    /// Metadata of these keys and values.
    ///
    /// # Errors
    ///
    /// If they are too many, or one of them too long.
    pub fn new(entries: impl IntoIterator<Item = (String, MetadataValue)>) -> Result<Self, Invalid> {
        let mut metadata = BTreeMap::new();
        for (key, value) in entries {
            check(&key, &value, metadata.len())?;
            metadata.insert(key, value);
        }
        Ok(Self(metadata))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&MetadataValue> {
        self.0.get(key)
    }

    /// All of them, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &MetadataValue)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

impl fmt::Display for MetadataValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Bool(truth) => truth.fmt(f),
        }
    }
}

fn check(key: &str, value: &MetadataValue, before: usize) -> Result<(), Invalid> {
    if before >= MOST_KEYS {
        return Err(Invalid::new(format!("expected at most {MOST_KEYS} keys")));
    }
    let shown: String = key.chars().take(LONGEST_KEY).collect();
    one_line(key, 1..=LONGEST_KEY).map_err(|error| Invalid::new(format!("the key {shown:?}: {error}")))?;
    match value {
        MetadataValue::Text(text) => several_lines(text, 0..=LONGEST_TEXT)
            .map_err(|error| Invalid::new(format!("the value of {shown:?}: {error}"))),
        MetadataValue::Number(_) | MetadataValue::Bool(_) => Ok(()),
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Metadata;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
        let mut metadata = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value().map_err(|_| {
                A::Error::custom(format!("the value of {key:?}: expected a text, a number, true or false"))
            })?;
            if !stored::is_stored() {
                check(&key, &value, metadata.len()).map_err(A::Error::custom)?;
            }
            if metadata.insert(key.clone(), value).is_some() {
                return Err(A::Error::custom(format!("the key {key:?} is given twice")));
            }
        }
        Ok(Metadata(metadata))
    }
}

impl JsonSchema for Metadata {
    fn schema_name() -> Cow<'static, str> {
        "Metadata".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Short facts that the shop keeps and returns, and does not read: at most 50, with keys of at \
                            most 40 characters and texts of at most 500.",
            "maxProperties": MOST_KEYS,
            "propertyNames": { "pattern": r"^\S(.*\S)?$", "maxLength": LONGEST_KEY },
            "additionalProperties": {
                "anyOf": [
                    { "type": "string", "maxLength": LONGEST_TEXT },
                    { "type": "number" },
                    { "type": "boolean" },
                ],
            },
        })
    }
}

impl Example for Metadata {
    fn example() -> Self {
        let text = MetadataValue::Text("A-17".to_owned());
        Self([("erp_id".to_owned(), text), ("gift".to_owned(), MetadataValue::Bool(true))].into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(json: &Value) -> Result<Metadata, String> {
        serde_json::from_str(&json.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn metadata_are_scalars_and_come_back_as_they_were() {
        let given = json!({ "Gift message": "For you!\n🎂", "a": "", "b": 1.5, "c": 9_007_199_254_740_993_u64, "d": true });
        let metadata = read(&given).unwrap();
        assert_eq!(serde_json::to_value(&metadata).unwrap(), given);
        assert_eq!(metadata.get("b").map(ToString::to_string).as_deref(), Some("1.5"));
    }

    #[test]
    fn metadata_are_bounded() {
        let many: serde_json::Map<_, _> = (0..51).map(|at| (format!("key-{at}"), json!(at))).collect();
        assert!(read(&Value::Object(many)).unwrap_err().starts_with("expected at most 50 keys"));
        for (value, words) in [
            (json!(null), "the value of \"k\": expected a text, a number, true or false"),
            (json!([1]), "the value of \"k\": expected a text, a number, true or false"),
            (json!({}), "the value of \"k\": expected a text, a number, true or false"),
            (json!("x".repeat(501)), "the value of \"k\": expected at most 500 characters, not 501"),
            (json!("a\u{0}"), "the value of \"k\": expected no control characters"),
        ] {
            let refused = read(&json!({ "k": value })).unwrap_err();
            assert!(refused.starts_with(words), "{refused}");
        }
        assert!(
            read(&json!({ "": 1 })).unwrap_err().starts_with("the key \"\": expected 1 to 40 characters")
        );
        let long = "k".repeat(41);
        assert!(read(&json!({ long: 1 })).unwrap_err().starts_with("the key \"kkk"));
        assert!(
            serde_json::from_str::<Metadata>(r#"{"a":1,"a":2}"#).unwrap_err().to_string().contains("twice")
        );
    }
}
