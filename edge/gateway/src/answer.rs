//! What handlers give: responses, each with its type, so that what is documented is what is sent.

use std::marker::PhantomData;

use axum::response::{IntoResponse, Response};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION},
};
use message::{Example, Fault, to_json};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use web::page::CachedPage;

use crate::operation::{Content, Output, ResponseDoc, Signature};

/// What can be a body, and can be shown.
pub(crate) trait Resource: Serialize + DeserializeOwned + JsonSchema + Example {}

impl<T: Serialize + DeserializeOwned + JsonSchema + Example> Resource for T {}

/// 200, with a `T` that is for one reader alone.
pub(crate) struct Private<T>(Response, PhantomData<fn() -> T>);

/// 201, with a `T` and where it is read from now on.
pub(crate) struct Created<T>(Response, PhantomData<fn() -> T>);

/// 202, with a `T` that is stored, and that orders do not follow yet.
pub(crate) struct Stored<T>(Response, PhantomData<fn() -> T>);

/// 200, with a `T` that is the same for everybody, or 304.
pub(crate) struct Public<T>(Response, PhantomData<fn() -> T>);

/// 200, with a `T` that is for the merchant alone, and its version.
pub(crate) struct Versioned<T>(Response, PhantomData<fn() -> T>);

/// 204.
pub(crate) struct Done;

/// 202, with nothing more to say.
pub(crate) struct Noted;

/// One or the other.
pub(crate) enum Either<A, B> {
    One(A),
    Other(B),
}

/// An answer that is for one reader alone.
pub(crate) fn private(status: StatusCode, body: &impl Serialize) -> Result<Response, Fault> {
    Ok(private_bytes(status, to_json(body)?))
}

pub(crate) fn private_bytes(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let body: axum::body::Body = body.into();
    (status, headers, body).into_response()
}

/// What a response that nothing is said of in types is sent with.
pub(crate) fn with(mut response: Response, name: HeaderName, value: HeaderValue) -> Response {
    response.headers_mut().insert(name, value);
    response
}

impl<T> Private<T> {
    pub(crate) fn of(value: &T) -> Result<Self, Fault>
    where
        T: Serialize,
    {
        Ok(Self(private(StatusCode::OK, value)?, PhantomData))
    }
}

impl<T> Versioned<T> {
    /// `value`, which has this version.
    pub(crate) fn of(version: i64, value: &T) -> Result<Self, Fault>
    where
        T: Serialize,
    {
        let tag = HeaderValue::try_from(format!("\"{version}\"")).map_err(Fault::internal)?;
        Ok(Self(with(private(StatusCode::OK, value)?, ETAG, tag), PhantomData))
    }
}

impl<T> Created<T> {
    /// `value`, which is read at `path`.
    pub(crate) fn at(path: &str, value: &T) -> Result<Self, Fault>
    where
        T: Serialize,
    {
        Self::written_at(path, to_json(value)?)
    }

    /// The same, when `value` is JSON already.
    pub(crate) fn written_at(path: &str, json: impl Into<axum::body::Body>) -> Result<Self, Fault> {
        let location = HeaderValue::try_from(path).map_err(Fault::internal)?;
        Ok(Self(with(private_bytes(StatusCode::CREATED, json), LOCATION, location), PhantomData))
    }
}

impl<T> Stored<T> {
    /// `value`, which is read at `path`.
    pub(crate) fn at(path: &str, value: &T) -> Result<Self, Fault>
    where
        T: Serialize,
    {
        let location = HeaderValue::try_from(path).map_err(Fault::internal)?;
        Ok(Self(with(private(StatusCode::ACCEPTED, value)?, LOCATION, location), PhantomData))
    }
}

impl<T> Public<T> {
    /// The page for a request with these headers.
    pub(crate) fn of(page: &CachedPage, headers: &HeaderMap) -> Self {
        Self(page.answer(headers).into_response(), PhantomData)
    }
}

impl<T: Resource> Output for Private<T> {
    fn describe(signature: &mut Signature) {
        signature.answers.push(ResponseDoc::of::<T>(StatusCode::OK));
    }
}

impl<T: Resource> Output for Created<T> {
    fn describe(signature: &mut Signature) {
        let headers = &[("Location", "Where it is read.")];
        signature.answers.push(ResponseDoc { headers, ..ResponseDoc::of::<T>(StatusCode::CREATED) });
    }
}

impl<T: Resource> Output for Stored<T> {
    fn describe(signature: &mut Signature) {
        signature.answers.push(ResponseDoc {
            description: Some(
                "It is stored, but orders are not decided by it yet: they follow within moments, as soon as the order \
                 service answers again.",
            ),
            headers: &[("Location", "Where it is read.")],
            ..ResponseDoc::of::<T>(StatusCode::ACCEPTED)
        });
    }
}

impl<T: Resource> Output for Public<T> {
    fn describe(signature: &mut Signature) {
        let headers = &[("ETag", "Send it back as `If-None-Match`.")];
        signature.answers.push(ResponseDoc { headers, ..ResponseDoc::of::<T>(StatusCode::OK) });
        signature.answers.push(ResponseDoc::UNCHANGED);
    }
}

impl<T: Resource> Output for Versioned<T> {
    fn describe(signature: &mut Signature) {
        let headers = &[("ETag", "Its version: send it back as `If-Match` with a change.")];
        signature.answers.push(ResponseDoc { headers, ..ResponseDoc::of::<T>(StatusCode::OK) });
    }
}

impl Output for Done {
    fn describe(signature: &mut Signature) {
        signature.answers.push(ResponseDoc::empty(StatusCode::NO_CONTENT, "It is done."));
    }
}

impl Output for Noted {
    fn describe(signature: &mut Signature) {
        signature.answers.push(ResponseDoc::empty(StatusCode::ACCEPTED, "The same in every case."));
    }
}

impl<A: Output, B: Output> Output for Either<A, B> {
    fn describe(signature: &mut Signature) {
        A::describe(signature);
        B::describe(signature);
    }
}

impl ResponseDoc {
    /// That the client has it already.
    pub(crate) const UNCHANGED: Self =
        Self::empty(StatusCode::NOT_MODIFIED, "You have it already: `If-None-Match` names it.");

    pub(crate) fn of<T: Resource>(status: StatusCode) -> Self {
        Self { status, description: None, headers: &[], content: Some(Content::json::<T>()) }
    }

    pub(crate) const fn empty(status: StatusCode, description: &'static str) -> Self {
        Self { status, description: Some(description), headers: &[], content: None }
    }
}

impl<T> IntoResponse for Private<T> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<T> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<T> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<T> IntoResponse for Stored<T> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<T> IntoResponse for Public<T> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        (StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response()
    }
}

impl IntoResponse for Noted {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, [(CACHE_CONTROL, "no-store")]).into_response()
    }
}

impl<A: IntoResponse, B: IntoResponse> IntoResponse for Either<A, B> {
    fn into_response(self) -> Response {
        match self {
            Self::One(one) => one.into_response(),
            Self::Other(other) => other.into_response(),
        }
    }
}
