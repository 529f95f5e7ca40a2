//! Posted forms and URL parameters, with the same limits as JSON and problems instead of bare texts.

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, Query, Request, rejection::FormRejection},
};
use http::{Request as HttpRequest, header::CONTENT_TYPE, request::Parts};
use serde::de::DeserializeOwned;

use crate::{
    body::{check_type, read},
    problem::{INVALID_BODY, INVALID_QUERY, Problem},
};

/// The media type that browsers post.
const FORM: &str = "application/x-www-form-urlencoded";

/// A posted form, as a `T`.
#[derive(Debug, Clone, Copy)]
pub struct FormBody<T>(pub T);

/// The parameters of the URL's query, as a `T`.
#[derive(Debug, Clone, Copy)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for FormBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        check_type(request.headers(), FORM, |essence| essence.eq_ignore_ascii_case(FORM))?;
        let bytes = read(request).await?;
        let mut whole = HttpRequest::post("/").body(bytes.into()).unwrap_or_default();
        whole.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(FORM));
        match Form::<T>::from_request(whole, state).await {
            Ok(Form(value)) => Ok(Self(value)),
            Err(FormRejection::FailedToDeserializeFormBody(error)) => {
                Err(Problem::new(&INVALID_BODY).detail(format!("{}.", cause(&error))))
            }
            Err(error) => Err(Problem::new(&INVALID_BODY).detail(error.to_string())),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => Err(Problem::new(&INVALID_QUERY).detail(format!("{}.", cause(&error)))),
        }
    }
}

/// The innermost error: axum wraps it in texts about extractors.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
