//! Texts that may be missing, as tables and forms leave them: null, `""` and blanks are none.

use message::Patch;
use serde::{Deserialize as _, Deserializer, de::Error};

/// Reads a text that may be missing.
pub(crate) fn text_or_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String, Error: std::fmt::Display>,
{
    let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.trim().is_empty());
    text.map(|text| T::try_from(text).map_err(D::Error::custom)).transpose()
}

/// The same for a change.
pub(crate) fn text_or_reset<'de, D, T>(deserializer: D) -> Result<Patch<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String, Error: std::fmt::Display>,
{
    text_or_none(deserializer).map(or_reset)
}

/// The change to this value.
pub(crate) fn or_reset<T>(value: Option<T>) -> Patch<T> {
    value.map_or(Patch::Reset, Patch::Set)
}
