//! `[keys]`: the keys that the settings give. Those of the data folder have the same form.

use std::{fmt, str::FromStr};

use message::Invalid;
use runtime::settings::Secret;
use serde::Deserialize;

/// `[keys]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    #[serde(deserialize_with = "message::unless_empty")]
    pub(crate) admin: Option<AdminKey>,
    #[serde(deserialize_with = "message::unless_empty")]
    pub(crate) secret: Option<SigningSecret>,
}

/// What the merchant's clients send as `Bearer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AdminKey(Secret);

/// The shortest admin key, in characters.
const SHORTEST: usize = 32;

impl AdminKey {
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl FromStr for AdminKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        // What RFC 6750 allows behind `Bearer`.
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "-._~+/=".contains(letter);
        if text.len() >= SHORTEST && text.chars().all(fits) {
            Ok(Self(Secret::new(text)))
        } else {
            let expected = format!("expected at least {SHORTEST} letters, digits or any of - . _ ~ + / =");
            Err(Invalid::new(expected))
        }
    }
}

/// What the links to orders are signed with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SigningSecret(pub(crate) [u8; 32]);

impl FromStr for SigningSecret {
    type Err = Invalid;

    fn from_str(digits: &str) -> Result<Self, Invalid> {
        bytes(digits).map(Self).ok_or_else(|| {
            Invalid::new("expected 64 hexadecimal digits, such as `openssl rand -hex 32` prints")
        })
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// What 64 hexadecimal digits stand for.
fn bytes(digits: &str) -> Option<[u8; 32]> {
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_a_form_and_are_never_shown() {
        let digits = "0f".repeat(32);
        let secret: SigningSecret = digits.parse().unwrap();
        assert_eq!(secret.0, [0x0f; 32]);
        let key: AdminKey = digits.parse().unwrap();
        assert_eq!(key.expose(), digits);
        assert!(!format!("{secret:?}{key:?}").contains("0f"));
        assert!("+f".repeat(32).parse::<SigningSecret>().is_err());
        for wrong in ["", "short", &"ä".repeat(40), &"a b".repeat(20)] {
            assert!(wrong.parse::<AdminKey>().is_err() && wrong.parse::<SigningSecret>().is_err(), "{wrong}");
        }
    }
}
