//! An operation of the API as one value: what is served, what the document says of it, and what tests walk through.
//!
//! What a handler takes and gives is in its signature, and is read from there: each type that a handler can take is an
//! `Input`, each that it can give an `Output`. Beside that an operation has its names and the refusals that its
//! services give.

use std::time::Duration;

use axum::{
    Extension,
    extract::State,
    handler::Handler,
    response::IntoResponse,
    routing::{MethodFilter, MethodRouter, on},
};
use http::{HeaderMap, StatusCode};
use message::{Example, from_json, to_json};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use web::{
    body::BodyLimits,
    problem::{Code, Problem},
};

use crate::Gateway;

/// One operation.
pub struct Operation {
    /// In lower case, as the document has it.
    pub method: &'static str,
    /// With its variable parts in braces.
    pub path: &'static str,
    /// What generated clients call it.
    pub id: &'static str,
    /// What it belongs to.
    pub tag: &'static Tag,
    /// A few words.
    pub summary: &'static str,
    /// A few sentences.
    pub description: &'static str,
    /// What it takes and gives.
    pub signature: Signature,
    pub(crate) route: MethodRouter<Gateway>,
}

/// What several operations belong to.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag {
    /// One word.
    pub name: &'static str,
    /// A sentence.
    pub about: &'static str,
}

/// What an operation takes and gives.
#[derive(Debug, Default)]
pub struct Signature {
    /// The variable part of its path, and its headers.
    pub parameters: Vec<Parameter>,
    /// Its query: an object, each of whose properties is a parameter.
    pub query: Option<SchemaOf>,
    /// Its body.
    pub body: Option<Content>,
    /// What it is answered with when it is granted.
    pub answers: Vec<ResponseDoc>,
    /// Why it may be refused.
    pub refusals: Vec<&'static Code>,
    /// The keys of which it needs one; `None` is no key.
    pub keys: Vec<Option<&'static str>>,
}

/// How the schema of a type is made; with a generator that gathers the types that it refers to.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The variable part of a path, or a header.
#[derive(Debug)]
pub struct Parameter {
    /// Its name; the variable parts of a path have their names in the path.
    pub name: Option<&'static str>,
    /// What it is for.
    pub description: &'static str,
    /// Whether it must be there.
    pub is_required: bool,
    /// What it is.
    pub schema: SchemaOf,
    /// A right one.
    pub example: Option<fn() -> Value>,
}

/// What an operation is answered with.
#[derive(Debug)]
pub struct ResponseDoc {
    /// Its status.
    pub status: StatusCode,
    /// What it says; what its type says, unless given.
    pub description: Option<&'static str>,
    /// Its headers, each with what it is for.
    pub headers: &'static [(&'static str, &'static str)],
    /// Its body.
    pub content: Option<Content>,
}

/// A body.
#[derive(Debug)]
pub struct Content {
    /// Its media type.
    pub media_type: &'static str,
    /// What it is.
    pub schema: SchemaOf,
    /// A right one.
    pub example: Option<fn() -> Value>,
    /// Reads it and writes it again.
    pub rewrite: fn(&[u8]) -> Result<Vec<u8>, Problem>,
}

impl Content {
    /// The JSON of a `T`, which `read` reads.
    pub(crate) fn json<T: Serialize + DeserializeOwned + JsonSchema + Example>() -> Self {
        Self {
            media_type: "application/json",
            schema: SchemaGenerator::subschema_for::<T>,
            example: Some(|| serde_json::to_value(T::example()).unwrap_or_default()),
            rewrite: |bytes| Ok(to_json(&from_json::<T>(bytes)?)?.into()),
        }
    }

    /// JSON of any form.
    pub(crate) fn any() -> Self {
        Self { schema: |_| Schema::default(), ..Self::text("application/json") }
    }

    /// Text that is passed on as it is.
    pub(crate) fn text(media_type: &'static str) -> Self {
        Self {
            media_type,
            schema: SchemaGenerator::subschema_for::<String>,
            example: None,
            rewrite: |bytes| Ok(bytes.to_vec()),
        }
    }
}

/// Something that a handler takes.
pub(crate) trait Input {
    /// Says what of a request it is, and which refusals it gives by itself.
    fn describe(signature: &mut Signature);
}

/// What a handler gives when it grants.
pub(crate) trait Output: IntoResponse {
    /// Says what it answers with.
    fn describe(signature: &mut Signature);
}

/// Handlers, whose signatures say what they take and give. `T` is as [`Handler`] has it.
pub(crate) trait Described<T> {
    fn signature() -> Signature;
}

macro_rules! described {
    ($($input:ident)*) => {
        impl<F, Answered, Granted, Refused, M, $($input),*> Described<(M, $($input,)*)> for F
        where
            F: Fn($($input),*) -> Answered,
            Answered: Future<Output = Result<Granted, Refused>>,
            Granted: Output,
            $($input: Input,)*
        {
            fn signature() -> Signature {
                let mut signature = Signature::default();
                $($input::describe(&mut signature);)*
                Granted::describe(&mut signature);
                signature
            }
        }
    };
}

described!(A);
described!(A B);
described!(A B C);
described!(A B C D);
described!(A B C D E);
described!(A B C D E G);
described!(A B C D E G H);

/// Only the machinery's.
impl Input for State<Gateway> {
    fn describe(_: &mut Signature) {}
}

/// For what any answer may depend on: `If-None-Match`, `Accept-Encoding`.
impl Input for HeaderMap {
    fn describe(_: &mut Signature) {}
}

macro_rules! methods {
    ($($method:ident $filter:ident)*) => {$(
        pub(crate) fn $method<H, T>(id: &'static str, path: &'static str, handler: H) -> Operation
        where
            H: Handler<T, Gateway> + Described<T>,
            T: 'static,
        {
            let route = on(MethodFilter::$filter, handler);
            Operation {
                method: stringify!($method), path, id, tag: &UNTAGGED, summary: "", description: "", route,
                signature: H::signature(),
            }
        }
    )*};
}

methods! { get GET post POST patch PATCH delete DELETE }

/// The limits of bodies that hold a whole product, with its description and its variants.
pub(crate) const LARGE_BODY: BodyLimits = BodyLimits { bytes: 8 << 20, time: Duration::from_mins(1) };

static UNTAGGED: Tag = Tag { name: "", about: "" };

impl Operation {
    /// In a few words, and in a few sentences.
    pub(crate) fn says(self, summary: &'static str, description: &'static str) -> Self {
        Self { summary, description, ..self }
    }

    /// Accepts bodies within these limits instead of the usual ones.
    pub(crate) fn takes(self, limits: BodyLimits) -> Self {
        Self { route: self.route.layer(Extension(limits)), ..self }
    }

    /// May also be refused for these reasons.
    pub(crate) fn refuses(mut self, codes: &[&'static Code]) -> Self {
        self.signature.refusals.extend(codes);
        self
    }

    /// Reads a body within these limits.
    pub(crate) fn limited(self, limits: BodyLimits) -> Self {
        Self { route: self.route.layer(axum::Extension(limits)), ..self }
    }

    /// Belongs to `tag`.
    pub(crate) fn tagged(self, tag: &'static Tag) -> Self {
        Self { tag, ..self }
    }
}
