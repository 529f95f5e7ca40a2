//! Compares a contract with its list of messages and with the schemas of its types.

use std::collections::BTreeSet;

use message::Contract;
use regex_lite::Regex;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Checks that `contract` shows every one of the crate's `messages` (the `MESSAGES` of [`message::messages!`]), that each
/// example fits its schema, and that each is the same after it was read and written again.
///
/// # Panics
///
/// When one of these does not hold; the message says which and how to mend it.
pub fn check_contract(contract: &Contract, messages: &[&str]) {
    let shown = contract.parts().map(|(name, _)| name).collect::<BTreeSet<_>>();
    let listed = messages.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(
        shown, listed,
        "contract() shows the left, messages! lists the right: register the missing ones there"
    );
    for (name, part) in contract.parts() {
        let (example, type_name) = (part.example.get(), &part.type_name);
        let value: Value = serde_json::from_str(example).expect("examples are JSON");
        if let Err(wrong) = fits(&value, part.schema().as_value(), contract.definitions()) {
            panic!("{name}: the example of {type_name} does not fit its schema: {wrong}");
        }
        let again = part.rewrite(example).unwrap_or_else(|fault| panic!("{name}: {type_name}: {fault}"));
        assert_eq!(again, example, "{name}: {type_name} changes when it is read and written");
        assert!(
            part.schema().get("$ref").is_none() || contract.doc_of(type_name).is_some(),
            "{type_name} has no doc comment"
        );
    }
}

/// Checks that what `T` reads and what its schema allows is the same: all of `good`, none of `bad`.
///
/// # Panics
///
/// When the two disagree about a value.
pub fn check_schema<T: DeserializeOwned + JsonSchema>(good: &[Value], bad: &[Value]) {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let schema = generator.subschema_for::<T>();
    for (values, wanted) in [(good, true), (bad, false)] {
        for value in values {
            assert_eq!(T::deserialize(value).is_ok(), wanted, "{} as {value}", T::schema_name());
            let fit = fits(value, schema.as_value(), generator.definitions());
            assert_eq!(fit.is_ok(), wanted, "the schema of {} on {value}: {fit:?}", T::schema_name());
        }
    }
}

/// Whether a value keeps to a schema, as far as contracts write schemas; an unknown keyword is an error, so that
/// nothing is passed over.
fn fits(value: &Value, schema: &Value, definitions: &Map<String, Value>) -> Result<(), String> {
    let Value::Object(schema) = schema else {
        return if *schema == Value::Bool(true) { Ok(()) } else { Err(format!("{value} is not wanted")) };
    };
    schema.iter().try_for_each(|(keyword, rule)| {
        keeps_to(value, keyword, rule, schema, definitions)
            .and_then(|kept| if kept { Ok(()) } else { Err(format!("{value} breaks {keyword}: {rule}")) })
    })
}

fn keeps_to(
    value: &Value,
    keyword: &str,
    rule: &Value,
    schema: &Map<String, Value>,
    definitions: &Map<String, Value>,
) -> Result<bool, String> {
    let list = || rule.as_array().into_iter().flatten();
    let passes = |schema: &&Value| fits(value, schema, definitions).is_ok();
    let number = |number: &Value| number.as_i64().unwrap_or_default();
    let length = || value.as_str().map_or(0, |text| i64::try_from(text.chars().count()).unwrap_or(i64::MAX));
    Ok(match keyword {
        "title" | "description" | "default" | "format" | "examples" => true,
        "type" if rule.is_array() => list().any(|kind| is(value, kind)),
        "type" => is(value, rule),
        "const" => value == rule,
        "enum" => list().any(|known| known == value),
        "maxProperties" => value
            .as_object()
            .is_none_or(|fields| i64::try_from(fields.len()).unwrap_or(i64::MAX) <= number(rule)),
        "propertyNames" => {
            for name in value.as_object().into_iter().flat_map(Map::keys) {
                fits(&Value::String(name.clone()), rule, definitions)?;
            }
            true
        }
        "minimum" => value.as_i64().is_none_or(|value| value >= number(rule)),
        "maximum" => value.as_i64().is_none_or(|value| value <= number(rule)),
        "minLength" => !value.is_string() || length() >= number(rule),
        "maxLength" => !value.is_string() || length() <= number(rule),
        "pattern" => {
            let pattern = Regex::new(rule.as_str().unwrap_or_default()).map_err(|error| error.to_string())?;
            value.as_str().is_none_or(|text| pattern.is_match(text))
        }
        "required" => value
            .as_object()
            .is_none_or(|fields| list().filter_map(Value::as_str).all(|name| fields.contains_key(name))),
        "properties" => {
            for (name, schema) in rule.as_object().into_iter().flatten() {
                if let Some(field) = value.get(name) {
                    fits(field, schema, definitions).map_err(|wrong| format!("{name}: {wrong}"))?;
                }
            }
            true
        }
        "additionalProperties" if rule.is_object() => {
            others_fit(value, rule, schema.get("properties"), definitions)?;
            true
        }
        "additionalProperties" | "unevaluatedProperties" if *rule == Value::Bool(false) => {
            let known = schema.get("properties").and_then(Value::as_object);
            value.as_object().is_none_or(|fields| {
                fields.keys().all(|name| known.is_some_and(|known| known.contains_key(name)))
            })
        }
        "items" => {
            for item in value.as_array().into_iter().flatten() {
                fits(item, rule, definitions)?;
            }
            true
        }
        "$ref" => {
            let name = rule.as_str().and_then(|path| path.strip_prefix("#/$defs/")).unwrap_or_default();
            let target = definitions.get(name).ok_or_else(|| format!("{rule} leads nowhere"))?;
            return fits(value, target, definitions).map(|()| true);
        }
        "allOf" => {
            for schema in list() {
                fits(value, schema, definitions)?;
            }
            true
        }
        "anyOf" => list().any(|schema| passes(&schema)),
        "oneOf" => list().filter(passes).count() == 1,
        unknown => return Err(format!("the check does not know the keyword {unknown}: {rule}")),
    })
}

/// Whether the fields that are not `known` fit `schema`.
fn others_fit(
    value: &Value,
    schema: &Value,
    known: Option<&Value>,
    definitions: &Map<String, Value>,
) -> Result<(), String> {
    let fields = value.as_object().into_iter().flatten();
    fields.filter(|(name, _)| known.is_none_or(|known| known.get(name.as_str()).is_none())).try_for_each(
        |(name, field)| fits(field, schema, definitions).map_err(|wrong| format!("{name}: {wrong}")),
    )
}

fn is(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap_or_default() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use message::{
        Address, Country, Currency, Email, IdempotencyKey, Limit, ListPage, Locale, LongText, MessageId,
        Metadata, Money, ShortText,
    };
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_is_found() {
        let definitions = json!({ "Boat": {
            "type": "object",
            "properties": { "name": { "type": "string", "pattern": "^[a-z]+$", "maxLength": 5 },
                "sails": { "type": ["integer", "null"], "minimum": 1 } },
            "required": ["name"], "additionalProperties": false,
        }});
        let definitions = definitions.as_object().unwrap();
        let boats = json!({ "type": "array", "items": { "$ref": "#/$defs/Boat" } });
        let fits = |value: Value| fits(&value, &boats, definitions);
        fits(json!([{ "name": "dhow", "sails": 2 }, { "name": "dory", "sails": null }, { "name": "dory" }]))
            .unwrap();
        for wrong in [
            json!({}),
            json!([{}]),
            json!([{ "name": "Dhow" }]),
            json!([{ "name": "baghlah" }]),
            json!([{ "name": "dhow", "sails": 0 }]),
            json!([{ "name": "dhow", "sails": "two" }]),
            json!([{ "name": "dhow", "oars": 2 }]),
        ] {
            assert!(fits(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_kernels_types_have_honest_schemas() {
        let (id, long) = ("msg_01h455vb4pex5vsknk084sn02q", "msg_81h455vb4pex5vsknk084sn02q");
        check_schema::<MessageId>(
            &[json!(id)],
            &[json!(long), json!("msg_"), json!(id.to_uppercase()), json!(format!("{id}0")), json!(1)],
        );
        check_schema::<Currency>(&[json!("INR")], &[json!("inr"), json!("IN"), json!("INRS"), json!("")]);
        check_schema::<Limit>(&[json!(1), json!(100)], &[json!(0), json!(101), json!("20"), json!(null)]);
        check_schema::<Money>(
            &[json!({ "amount": -5, "currency": "EUR" })],
            &[
                json!({ "amount": 0.5, "currency": "EUR" }),
                json!({ "amount": 5 }),
                json!({ "amount": 5, "currency": "EUR", "tax": 1 }),
            ],
        );
        check_schema::<ListPage<Limit>>(
            &[json!({ "data": [1], "next_cursor": null }), json!({ "data": [] })],
            &[json!({ "data": [0] }), json!({ "next_cursor": "a" })],
        );
    }

    #[test]
    fn the_schemas_of_text_types_allow_what_is_read() {
        let long = |count| json!("a".repeat(count));
        let [local, part] = [64, 63].map(|count| "b".repeat(count));
        let mail = json!(format!("{local}@{part}.{part}.{}", "b".repeat(61)));
        let no_mail = json!(format!("{local}@{part}.{part}.{}", "b".repeat(62)));
        check_schema::<Email>(
            &[json!("mira@example.org"), json!("मीरा@उदाहरण.भारत"), mail],
            &[json!(""), json!("@"), json!("a@"), json!("a@b@c"), json!("a b@c"), no_mail],
        );
        check_schema::<IdempotencyKey>(
            &[json!("!"), json!("a/~"), long(255)],
            &[json!(""), json!("a b"), json!("ä"), long(256)],
        );
        let texts = [json!("a"), json!("O'Neil b"), json!("मीरा"), long(200)];
        check_schema::<ShortText>(&texts, &[json!(""), json!(" a"), json!("a "), json!("a\nb"), long(201)]);
        check_schema::<Country>(
            &[json!("IN")],
            &[json!("in"), json!("IND"), json!("I"), json!("UK"), json!("XX")],
        );
        check_schema::<Locale>(
            &[json!("en"), json!("zh-Hant-TW")],
            &[json!("en_IN"), json!("e"), json!("en-")],
        );
        check_schema::<LongText>(&[json!("a\nb"), json!(" a")], &[json!(""), json!("\n"), long(2001)]);
        let many: serde_json::Map<_, _> = (0..51).map(|at| (format!("k{at}"), json!(at))).collect();
        check_schema::<Metadata>(
            &[json!({}), json!({ "a": "", "b": 1.5, "c": true })],
            &[
                json!({ "a": null }),
                json!({ "a": [] }),
                json!({ "": 1 }),
                json!({ "a": long(501) }),
                json!(many),
                json!([]),
            ],
        );
        check_schema::<Address>(
            &[json!({ "name": "Mira", "line1": "4", "country": "HK" })],
            &[
                json!({ "name": "Mira", "line1": "4" }),
                json!({ "name": "Mira", "line1": "4", "country": "UK" }),
            ],
        );
    }
}
