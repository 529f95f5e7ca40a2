//! Postal addresses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Country, Example, ShortText, example::valid};

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

impl Example for Address {
    fn example() -> Self {
        Self {
            name: valid("Mira Nair".parse()),
            line1: valid("14 Lake Road".parse()),
            line2: Some(valid("Flat 3".parse())),
            city: valid("Kochi".parse()),
            region: Some(valid("Kerala".parse())),
            postal_code: valid("682001".parse()),
            country: valid("IN".parse()),
        }
    }
}
