//! Who asks: somebody with the admin key, somebody with an order's token, or anybody.

use std::fmt;

use axum::extract::FromRequestParts;
use http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
    request::Parts,
};
use order_contract::Access;
use schemars::JsonSchema;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use web::problem::{Problem, UNAUTHORIZED};

use crate::{
    Gateway,
    operation::{Input, Signature},
    query::Query,
};

/// What the document calls the admin key.
const ADMIN: &str = "admin";

/// What the document calls the token that opens an order.
const ORDER_TOKEN: &str = "order_token";

/// The keys that the document knows, each with what it is.
pub(crate) const KEYS: [(&str, &str); 2] = [
    (ADMIN, "The admin key, which the first start prints and stores in `admin.key`."),
    (ORDER_TOKEN, "The `token` of the answer that placed the order."),
];

/// The key that opens what is the merchant's alone. It is not shown by `{:?}`.
#[derive(Clone)]
pub struct AdminKey(Box<str>);

impl AdminKey {
    /// This key.
    pub fn new(key: impl Into<Box<str>>) -> Self {
        Self(key.into())
    }

    /// Compares in a time that does not tell how much of `given` is right.
    fn is(&self, given: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(given.as_bytes()))
    }
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey(…)")
    }
}

/// What `Authorization: Bearer …` (RFC 6750) says, if it is sent.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(AUTHORIZATION)?;
    let (scheme, token) = given.to_str().unwrap_or_default().split_once(' ').unwrap_or_default();
    // Any other scheme is a key that opens nothing, rather than no key.
    Some(if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" })
}

/// The merchant; everybody else is refused before anything of the request is looked at.
pub(crate) struct Admin;

impl FromRequestParts<Gateway> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Problem> {
        match bearer(&parts.headers) {
            Some(key) if gateway.0.admin_key.is(key) => Ok(Self),
            Some(_) => {
                Err(refused("This is not the admin key.", r#"Bearer realm="caravel", error="invalid_token""#))
            }
            None => Err(refused(
                "This is for the merchant: send the admin key as `Authorization: Bearer KEY`.",
                r#"Bearer realm="caravel""#,
            )),
        }
    }
}

/// Whether it is the merchant who asks for what everybody may read. A wrong key opens no more than none: finished
/// pages are answered without looking at keys, and one URL shall not answer now so, now otherwise.
pub(crate) struct IsAdmin(pub(crate) bool);

impl FromRequestParts<Gateway> for IsAdmin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Self::Rejection> {
        Ok(Self(bearer(&parts.headers).is_some_and(|key| gateway.0.admin_key.is(key))))
    }
}

/// The merchant, or else the refusal for those who ask for what is the merchant's alone.
impl Input for Result<Admin, Problem> {
    fn describe(signature: &mut Signature) {
        signature.keys.extend([None, Some(ADMIN)]);
        signature.refusals.push(&UNAUTHORIZED);
    }
}

impl Input for Admin {
    fn describe(signature: &mut Signature) {
        signature.keys.push(Some(ADMIN));
        signature.refusals.push(&UNAUTHORIZED);
    }
}

impl Input for IsAdmin {
    fn describe(signature: &mut Signature) {
        signature.keys.extend([None, Some(ADMIN)]);
    }
}

/// What opens an order, in its URL.
#[derive(Deserialize, JsonSchema)]
struct Key {
    /// The order's token, for links; better sent as a header.
    token: Option<String>,
}

/// Who asks for an order: by header, or by `?token=`, which is the one parameter that operations on an order take.
pub(crate) struct Asker(pub(crate) Access);

impl FromRequestParts<Gateway> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Problem> {
        let Query(Key { token }) = Query::from_request_parts(parts, gateway).await?;
        match (bearer(&parts.headers), token) {
            (Some(key), _) if gateway.0.admin_key.is(key) => Ok(Self(Access::Admin)),
            (Some(token), _) => Ok(Self(Access::Token(token.to_owned()))),
            (None, Some(token)) => Ok(Self(Access::Token(token))),
            (None, None) => Err(refused(
                "Send the order's token, as `Authorization: Bearer TOKEN` or `?token=`, or the admin key.",
                r#"Bearer realm="caravel""#,
            )),
        }
    }
}

impl Input for Asker {
    fn describe(signature: &mut Signature) {
        Query::<Key>::describe(signature);
        signature.keys.extend([Some(ORDER_TOKEN), Some(ADMIN)]);
        signature.refusals.push(&UNAUTHORIZED);
    }
}

fn refused(detail: &'static str, challenge: &'static str) -> Problem {
    Problem::new(&UNAUTHORIZED).detail(detail).header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_key_is_sent_as_a_bearer_token() {
        assert_eq!(bearer(&sent("Bearer k1")), Some("k1"));
        assert_eq!(bearer(&sent("bearer  k1 ")), Some("k1"));
        assert_eq!(bearer(&sent("Basic k1")), Some(""));
        assert_eq!(bearer(&sent("Bearer")), Some(""));
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    #[test]
    fn no_key_at_all_opens_nothing_and_no_key_is_shown() {
        assert!(!AdminKey::new("").is(""));
        assert!(AdminKey::new("k1").is("k1"));
        assert!(!AdminKey::new("k1").is("k2") && !AdminKey::new("k1").is("k"));
        assert!(!format!("{:?}", AdminKey::new("k1")).contains("k1"));
    }
}
