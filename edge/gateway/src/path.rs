//! The variable part of a path, as the type that a handler wants; what cannot be one names nothing.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use message::Example;
use order_contract::OrderId;
use product_contract::{ProductId, VariantId};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use web::problem::{NOT_FOUND, Problem};

use crate::{
    Gateway,
    operation::{Input, Parameter, Signature},
};

/// What a path names a thing by.
pub(crate) trait Name: FromStr + Serialize + JsonSchema + Example {
    /// What it is, for the document.
    const ABOUT: &'static str;
    /// What is said when there is nothing of this name.
    const NOTHING: &'static str;

    /// There is nothing of this name.
    fn nothing() -> Problem {
        Problem::new(&NOT_FOUND).detail(Self::NOTHING)
    }
}

impl Name for ProductId {
    const ABOUT: &'static str = "The product's id.";
    const NOTHING: &'static str = "There is no such product.";
}

impl Name for VariantId {
    const ABOUT: &'static str = "The variant.";
    const NOTHING: &'static str = "There is no such variant.";
}

/// An order that is not the asker's is not told apart from one that is not there.
impl Name for OrderId {
    const ABOUT: &'static str = "The order.";
    const NOTHING: &'static str = "There is no such order, or it is not yours.";
}

/// The variable part of the path as a `T`.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: Name> FromRequestParts<Gateway> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Problem> {
        // What is not even text names nothing either.
        let text = axum::extract::Path::<String>::from_request_parts(parts, gateway).await;
        text.ok().and_then(|axum::extract::Path(text)| text.parse().ok()).map(Self).ok_or_else(T::nothing)
    }
}

/// The two variable parts of the path: a thing, and one of its parts.
pub(crate) struct Paths<A, B>(pub(crate) A, pub(crate) B);

impl<A: Name, B: Name> FromRequestParts<Gateway> for Paths<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Problem> {
        let texts = axum::extract::Path::<(String, String)>::from_request_parts(parts, gateway).await;
        let axum::extract::Path((whole, part)) = texts.map_err(|_| A::nothing())?;
        Ok(Self(whole.parse().map_err(|_| A::nothing())?, part.parse().map_err(|_| B::nothing())?))
    }
}

impl<A: Name, B: Name> Input for Paths<A, B> {
    fn describe(signature: &mut Signature) {
        Path::<A>::describe(signature);
        Path::<B>::describe(signature);
    }
}

impl<T: Name> Input for Path<T> {
    fn describe(signature: &mut Signature) {
        signature.parameters.push(Parameter {
            name: None,
            description: T::ABOUT,
            is_required: true,
            schema: SchemaGenerator::subschema_for::<T>,
            example: Some(|| serde_json::to_value(T::example()).unwrap_or_default()),
        });
        signature.refusals.push(&NOT_FOUND);
    }
}
