//! `If-Match`: a change is made only if the product is as its author last saw it (RFC 9110, 13.1.1).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{HeaderMap, header::IF_MATCH, request::Parts};
use schemars::SchemaGenerator;

use crate::{
    Gateway,
    operation::{Input, Parameter, Signature},
    problems::OTHER_VERSION,
};

/// The version that the request expects; `None` if any will do.
pub(crate) struct IfMatch(pub(crate) Option<i64>);

/// What no product has: the version of a tag that is not one of ours.
const NO_VERSION: i64 = 0;

impl FromRequestParts<Gateway> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Gateway) -> Result<Self, Infallible> {
        Ok(Self(expected(&parts.headers)))
    }
}

fn expected(headers: &HeaderMap) -> Option<i64> {
    let given = headers.get(IF_MATCH)?.to_str().unwrap_or_default().trim();
    if given == "*" {
        return None;
    }
    let tag = given.strip_prefix("W/").unwrap_or(given).trim_matches('"');
    Some(tag.parse().unwrap_or(NO_VERSION))
}

impl Input for IfMatch {
    fn describe(signature: &mut Signature) {
        signature.parameters.push(Parameter {
            name: Some("If-Match"),
            description: "The `version` that you have read, in quotes, as `ETag` says it with the admin key: if the \
                          product has another one by now, nothing is changed.",
            is_required: false,
            schema: SchemaGenerator::subschema_for::<String>,
            example: Some(|| "\"3\"".into()),
        });
        signature.refusals.push(&OTHER_VERSION);
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_version_is_a_tag() {
        let read = |value: &'static str| {
            expected(&HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(value))]))
        };
        assert_eq!(expected(&HeaderMap::new()), None);
        assert_eq!(read("*"), None);
        for three in ["\"3\"", "3", "W/\"3\"", " \"3\" "] {
            assert_eq!(read(three), Some(3), "{three}");
        }
        for other in ["", "\"abc\"", "\"1\", \"2\""] {
            assert_eq!(read(other), Some(NO_VERSION), "{other}");
        }
    }
}
