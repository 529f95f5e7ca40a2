//! serde's messages in words for whoever sent the body, who knows JSON but not Rust.

use message::FieldError;
use serde_json::Value;

/// The message without the " at line 1 column 2" that `serde_json` adds.
pub(super) fn without_position(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(what, _)| what)
}

/// Appends a reference token (RFC 6901, 3).
pub(super) fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
}

/// What is wrong with a field that is not there.
pub(super) const REQUIRED: &str = "is required";

/// What is wrong with a field of another name than the `known` ones.
pub(super) fn unknown(known: &[&str]) -> String {
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("is not known here; known are {known}")
}

/// A value, in words.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) => format!("the text \"{text:.80}\""),
        other => other.to_string(),
    }
}

/// What a doc comment says of a type, to go on a sentence with: its first letter small, without marks and full stop.
pub(super) fn phrase(description: &str) -> String {
    let text = description.split("\n\n").next().unwrap_or_default().trim_end_matches('.').replace('`', "");
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        // Not of an abbreviation.
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text,
    }
}

/// What is wrong at `pointer`, in our words where serde's are for programmers.
pub(super) fn explain(mut pointer: String, message: &str) -> FieldError {
    let message = without_position(message);
    if let Some(field) = quoted(message, "missing field ") {
        push(&mut pointer, field);
        return FieldError::new(pointer, REQUIRED);
    }
    if let Some(field) = quoted(message, "unknown field ") {
        point_at(&mut pointer, field);
        return FieldError::new(pointer, format!("is not known here; known are {}", alternatives(message)));
    }
    if let Some(field) = quoted(message, "duplicate field ") {
        point_at(&mut pointer, field);
        return FieldError::new(pointer, "is given twice");
    }
    if let Some(variant) = quoted(message, "unknown variant ") {
        return FieldError::new(
            pointer,
            format!("expected one of {}, not {variant:.80}", alternatives(message)),
        );
    }
    if message.starts_with("invalid length ") && message.contains(", expected struct ") {
        return FieldError::new(pointer, "expected an object, not a list");
    }
    let mismatch = ["invalid type: ", "invalid value: "].iter().find_map(|start| message.strip_prefix(start));
    match mismatch.and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((given, expected)) => {
            FieldError::new(pointer, format!("expected {}, not {}", wanted(expected), found(given)))
        }
        None => FieldError::new(pointer, message),
    }
}

fn quoted<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    message.strip_prefix(start)?.strip_prefix('`')?.split('`').next()
}

/// What serde lists as "expected `a` or `b`" or "expected one of `a`, `b`, `c`".
fn alternatives(message: &str) -> String {
    let known = message.split_once(", expected ").map_or("none", |(_, known)| known);
    known.trim_start_matches("one of ").replace("` or `", "`, `").replace('`', "")
}

/// Some messages come with the field as the last of the path already.
fn point_at(pointer: &mut String, field: &str) {
    let mut token = String::new();
    push(&mut token, field);
    if !pointer.ends_with(&token) {
        pointer.push_str(&token);
    }
}

fn wanted(expected: &str) -> String {
    let range = |least: i128, most: i128| format!("a whole number from {least} to {most}");
    match expected {
        "u8" => range(0, u8::MAX.into()),
        "u16" => range(0, u16::MAX.into()),
        "u32" => range(0, u32::MAX.into()),
        "i8" => range(i8::MIN.into(), i8::MAX.into()),
        "i16" => range(i16::MIN.into(), i16::MAX.into()),
        "i32" => range(i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => "a whole number".to_owned(),
        "u64" | "usize" => "a whole number, not below 0".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a string" | "a borrowed string" | "a character" => "text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        "unit" | "null" => "null".to_owned(),
        _ if expected.starts_with("struct ") => "an object".to_owned(),
        _ if expected.starts_with("enum ") || expected == "string or map" => {
            "one of the known words".to_owned()
        }
        _ => expected.to_owned(),
    }
}

fn found(given: &str) -> String {
    let value = |kind: &str| {
        let value = given.strip_prefix(kind)?.trim().trim_matches('`');
        Some(format!("{value:.80}"))
    };
    match given {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        _ => value("integer")
            .or_else(|| value("floating point"))
            .or_else(|| value("boolean"))
            .or_else(|| value("string").map(|text| format!("the text {text}")))
            .unwrap_or_else(|| given.to_owned()),
    }
}
