//! Values of settings that several crates have: they are checked while they are read.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error};

crate::checked_text! {
    /// A URL of the web: `https://shop.example.org` or `http://127.0.0.1:4318/v1/traces`.
    pub struct HttpUrl {
        fits: is_http_url,
        expected: "a URL with its scheme and host, such as https://shop.example.org",
        schema: { "format": "uri", "pattern": "^https?://" },
    }
}

impl HttpUrl {
    /// Whether it is encrypted.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

fn is_http_url(text: &str) -> bool {
    let rest =
        ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_visible = text.chars().all(|character| !character.is_whitespace() && !character.is_control());
    is_visible && is_host_with_port(authority)
}

/// Whether this is a host, perhaps with a port; an IPv6 address stands in brackets.
fn is_host_with_port(authority: &str) -> bool {
    let (is_host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']').unwrap_or_default();
        (host.parse::<std::net::Ipv6Addr>().is_ok(), port)
    } else {
        let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        (!host.is_empty() && !host.contains('@'), port)
    };
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    is_host && (port.is_empty() || is_port(port))
}

/// Reads a whole number from `LOW` to `HIGH`, for `#[serde(deserialize_with = "message::within::<_, 1, 100>")]`.
///
/// # Errors
///
/// If the number is not in these bounds; the message names them.
pub fn within<'de, D: Deserializer<'de>, const LOW: u32, const HIGH: u32>(from: D) -> Result<u32, D::Error> {
    let number = i64::deserialize(from)?;
    u32::try_from(number).ok().filter(|number| (LOW..=HIGH).contains(number)).ok_or_else(|| {
        D::Error::custom(format!("{number} is out of range; expected a whole number from {LOW} to {HIGH}"))
    })
}

/// Reads a text that may be empty, which means that nothing is set.
///
/// # Errors
///
/// If the text is neither empty nor a `T`.
pub fn unless_empty<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = String::deserialize(from)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Sample {
        #[serde(deserialize_with = "within::<_, 1, 100>")]
        count: u32,
        #[serde(deserialize_with = "unless_empty")]
        url: Option<HttpUrl>,
    }

    fn sample(count: i64, url: &str) -> Result<Sample, String> {
        serde_json::from_value(json!({"count": count, "url": url})).map_err(|error| error.to_string())
    }

    #[test]
    fn a_url_has_a_scheme_and_a_host() {
        for good in [
            "http://localhost",
            "https://shop.example.org/",
            "https://shop.example.org:8443/a?b#c",
            "http://127.0.0.1:4318/v1/traces",
            "http://[::1]:80",
        ] {
            assert!(good.parse::<HttpUrl>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "localhost",
            "shop.example.org",
            "ftp://a",
            "https://",
            "https:///a",
            "http://:80",
            "http://a:b",
            "http://a:70000",
            "http://a b",
            "http://u:p@a",
            "http://[::1",
            "HTTP//a",
            "https://a\n.b",
        ] {
            assert!(bad.parse::<HttpUrl>().is_err(), "{bad}");
        }
        assert!("https://a".parse::<HttpUrl>().unwrap().is_https());
    }

    #[test]
    fn numbers_have_bounds_and_empty_texts_are_none() {
        assert_eq!(sample(100, "").unwrap(), Sample { count: 100, url: None });
        assert_eq!(sample(1, "http://a").unwrap().url.unwrap().as_str(), "http://a");
        for count in [0, 101, -1, i64::MAX] {
            let refused = sample(count, "").unwrap_err();
            assert!(
                refused.contains(&format!("{count} is out of range; expected a whole number from 1 to 100"))
            );
        }
        assert!(sample(1, "a").unwrap_err().contains("such as https://shop.example.org"));
    }
}
