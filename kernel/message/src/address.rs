//! Postal addresses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Country, ShortText};

/// Where a parcel goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// To whom.
    pub name: ShortText,
    /// Street and number.
    pub line1: ShortText,
    /// Flat, floor, landmark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<ShortText>,
    /// City.
    pub city: ShortText,
    /// State or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<ShortText>,
    /// PIN or ZIP code.
    pub postal_code: ShortText,
    /// ISO 3166-1 alpha-2: `IN`.
    pub country: Country,
}
