//! Refusals.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A refusal (RFC 9457). Some codes have more members, which their descriptions name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "type": "/problems/invalid-body", "title": "Something in the body is not accepted", "status": 422,
    "code": "invalid-body", "detail": "/items/0/quantity: expected a whole number from 1 to 10000.",
    "errors": [{"pointer": "/items/0/quantity", "detail": "expected a whole number from 1 to 10000"}],
}))]
pub struct Problem {
    /// An address that stands for the code.
    pub r#type: String,
    /// A few words for a person, the same every time.
    pub title: String,
    /// The status that it was answered with.
    pub status: u16,
    /// What programs compare; it never changes.
    pub code: String,
    /// What happened this time, for a person.
    pub detail: String,
    /// The places that are wrong.
    #[serde(default)]
    pub errors: Vec<FieldError>,
    /// What finds it in the shop's logs, when the mistake is ours.
    pub correlation_id: Option<String>,
    /// With `out-of-stock`: what is missing.
    #[serde(default)]
    pub shortages: Vec<Shortage>,
}

shapes! {
    /// A place that is wrong.
    FieldError {
        /// A JSON pointer (RFC 6901) into the body, `/items/0/quantity`; of the address, `?name`; or a header's name.
        pointer: String,
        /// What is expected there, for a person.
        detail: String,
    }

    /// What an order asks for and the stock does not have.
    Shortage {
        /// Which variant.
        variant_id: String,
        /// How many were asked for.
        requested: i64,
        /// How many are left.
        available: i64,
    }
}
