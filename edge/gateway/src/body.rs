//! Bodies, as the types that handlers want, or with everything that is wrong with them.

use axum::extract::{FromRequest, Request};
use message::{Example, FieldError};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use web::{
    json,
    problem::{BODY_TIMEOUT, BODY_TOO_LARGE, INVALID_BODY, MALFORMED_JSON, Problem, UNSUPPORTED_MEDIA_TYPE},
};

use crate::{
    Gateway,
    operation::{Content, Input, Signature},
};

/// A type that clients send.
pub(crate) trait Sent: Serialize + DeserializeOwned + JsonSchema + Example + Send + 'static {
    /// What is wrong although every field by itself is right.
    fn check(&self) -> Vec<FieldError> {
        Vec::new()
    }
}

/// A body as a `T`.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: Sent> FromRequest<Gateway> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, gateway: &Gateway) -> Result<Self, Problem> {
        let json::Body(value) = json::Body::from_request(request, gateway).await?;
        checked(value).map(Self)
    }
}

impl<T: Sent> Input for Body<T> {
    fn describe(signature: &mut Signature) {
        signature.body = Some(Content {
            rewrite: |bytes| Ok(message::to_json(&checked(json::parse::<T>(bytes)?)?)?.into()),
            ..Content::json::<T>()
        });
        signature.refusals.extend([
            &MALFORMED_JSON,
            &BODY_TIMEOUT,
            &BODY_TOO_LARGE,
            &UNSUPPORTED_MEDIA_TYPE,
            &INVALID_BODY,
        ]);
    }
}

fn checked<T: Sent>(value: T) -> Result<T, Problem> {
    let errors = value.check();
    if errors.is_empty() { Ok(value) } else { Err(Problem::invalid(errors)) }
}
