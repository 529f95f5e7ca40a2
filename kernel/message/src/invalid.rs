//! Errors about values that cannot be built from the input.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is wrong with a value, as an instruction for its author ("expected …").
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{0}")]
pub struct Invalid(String);

impl Invalid {
    /// `expected` describes a valid value.
    pub fn new(expected: impl Into<String>) -> Self {
        Self(expected.into())
    }

    /// The same, with the field's position in the message.
    pub fn at(self, pointer: impl Into<String>) -> FieldError {
        FieldError { pointer: pointer.into(), detail: self.0 }
    }
}

/// A wrong field of a message: where it stands, and what is expected there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the message, `/items/0/quantity`.
    pub pointer: String,
    /// What is expected there, for a person.
    pub detail: String,
}

impl FieldError {
    /// The field at `pointer` is not what is expected.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}
