//! Listen addresses: where a socket listens.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Deserializer, de::Error};

/// Reads a listen address, and says what is missing in a text that is none.
pub(crate) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let wrong = if text.parse::<IpAddr>().is_ok() { "the port is missing" } else { "not a listen address" };
        format!("{wrong}; write IP address and port, such as 127.0.0.1:8080, or 0.0.0.0:80 to be reached from everywhere")
    })
}

/// One that must be set.
pub(super) fn required<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    listen_address(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// One that may be left empty.
pub(super) fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() { Ok(None) } else { listen_address(&text).map(Some).map_err(D::Error::custom) }
}
