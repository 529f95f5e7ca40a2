//! Who may see an order: whoever has its token. Tokens are reckoned, not stored.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use order_contract::{Access, OrderId};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// The shop's secret; whoever knows it can open every order.
#[derive(Clone)]
pub struct Secret([u8; 32]);

/// How much of the code is the token: 128 bits cannot be guessed.
const TOKEN_BYTES: usize = 16;

impl Secret {
    /// The secret with these random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The token that opens the order: the beginning of HMAC-SHA-256 (RFC 2104) over its id, in hexadecimal.
    #[expect(clippy::missing_panics_doc, reason = "HMAC takes keys of any length")]
    pub fn token(&self, id: OrderId) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length");
        mac.update(id.uuid().as_bytes());
        message::hex(mac.finalize().into_bytes().get(..TOKEN_BYTES).unwrap_or_default())
    }

    /// Whether `access` opens the order.
    pub fn opens(&self, id: OrderId, access: &Access) -> bool {
        match access {
            Access::Admin => true,
            Access::Token(token) => self.token(id).as_bytes().ct_eq(token.as_bytes()).into(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use message::Id;

    use super::*;

    #[test]
    fn a_token_opens_its_own_order_only() {
        let secret = Secret::new([7; 32]);
        let [one, two]: [OrderId; 2] = [1_u128, 2].map(|bits| Id::from_uuid(uuid::Uuid::from_u128(bits)));
        let token = secret.token(one);
        assert_eq!(token.len(), 2 * TOKEN_BYTES);
        assert!(secret.opens(one, &Access::Token(token.clone())));
        assert!(!secret.opens(two, &Access::Token(token.clone())));
        assert!(!secret.opens(one, &Access::Token(String::new())));
        assert!(!Secret::new([8; 32]).opens(one, &Access::Token(token)));
        assert!(secret.opens(one, &Access::Admin));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
