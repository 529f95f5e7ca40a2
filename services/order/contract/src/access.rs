//! Who may see an order: a caller with its token. Tokens are computed, not stored, so every process that has the shop's
//! secret can give the token of an order that is not placed yet.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use message::Example;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::{Access, OrderId};

/// The shop's secret; it opens every order.
#[derive(Clone)]
pub struct OrderSecret([u8; 32]);

/// How much of the code is the token: 128 bits cannot be guessed.
const TOKEN_BYTES: usize = 16;

/// What receipts begin with.
const RECEIPT: &str = "accepted.";

impl OrderSecret {
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

    /// The token of a deferred order. It opens the order as any token does; while there is no order yet, it proves that
    /// one was accepted.
    pub fn deferred_token(&self, id: OrderId) -> String {
        format!("{RECEIPT}{}", self.token(id))
    }

    /// Whether `access` opens the order.
    pub fn opens(&self, id: OrderId, access: &Access) -> bool {
        match access {
            Access::Admin => true,
            Access::Token(given) => {
                let given = given.strip_prefix(RECEIPT).unwrap_or(given);
                self.token(id).as_bytes().ct_eq(given.as_bytes()).into()
            }
        }
    }

    /// Whether `access` is the receipt of the order.
    pub fn is_deferred_token(&self, id: OrderId, access: &Access) -> bool {
        matches!(access, Access::Token(given) if given.starts_with(RECEIPT)) && self.opens(id, access)
    }
}

impl fmt::Debug for OrderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderSecret(…)")
    }
}

/// Opens the orders of examples.
impl Example for OrderSecret {
    fn example() -> Self {
        Self::new([7; 32])
    }
}

/// Opens the example of an order.
impl Example for Access {
    fn example() -> Self {
        Self::Token(OrderSecret::example().token(Example::example()))
    }
}

#[cfg(test)]
mod tests {
    use message::Id;

    use super::*;

    #[test]
    fn a_token_opens_its_own_order_only() {
        let secret = OrderSecret::new([7; 32]);
        let [one, two]: [OrderId; 2] = [1_u128, 2].map(|bits| Id::from_uuid(uuid::Uuid::from_u128(bits)));
        let token = secret.token(one);
        assert_eq!(token.len(), 2 * TOKEN_BYTES);
        assert!(secret.opens(one, &Access::Token(token.clone())));
        assert!(!secret.opens(two, &Access::Token(token.clone())));
        assert!(!secret.opens(one, &Access::Token(String::new())));
        assert!(!OrderSecret::new([8; 32]).opens(one, &Access::Token(token)));
        assert!(secret.opens(one, &Access::Admin));
        assert!(
            !secret.is_deferred_token(one, &Access::Token(secret.token(one)))
                && !secret.is_deferred_token(one, &Access::Admin)
        );
        let receipt = Access::Token(secret.deferred_token(one));
        assert!(secret.opens(one, &receipt) && secret.is_deferred_token(one, &receipt));
        assert!(!secret.opens(two, &receipt) && !secret.is_deferred_token(two, &receipt));
        assert_eq!(format!("{secret:?}"), "OrderSecret(…)");
    }
}
