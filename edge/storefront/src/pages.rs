//! The handlers, one module per part of the visit.

pub(crate) mod api_docs;
pub(crate) mod browse;
pub(crate) mod checkout;
pub(crate) mod find;
mod form;
pub(crate) mod mailbox;
pub(crate) mod order;
mod payment;
pub(crate) mod problems;
pub(crate) mod product;
// new-service: pub(crate) mod {{name}};

use axum::{
    extract::{FromRequestParts, Path},
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, REFERRER_POLICY},
    request::Parts,
};
use web::page::RenderedPage;

use crate::{Storefront, refusal::Refusal};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A page for one reader alone, which no cache may keep.
fn private(page: RenderedPage) -> Response {
    private_with(StatusCode::OK, page)
}

fn private_with(status: StatusCode, page: RenderedPage) -> Response {
    page.status(status).header(CACHE_CONTROL, NO_STORE).into_response()
}

/// The same for a page whose URL holds a token: no other page may learn the URL.
fn secret(page: RenderedPage) -> Response {
    private(page.header(REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
}

/// The variable segment of a path. What is not UTF-8 names nothing.
pub(crate) struct Segment(String);

impl FromRequestParts<Storefront> for Segment {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, storefront: &Storefront) -> Result<Self, Refusal> {
        let path = Path::from_request_parts(parts, storefront).await;
        path.map(|Path(segment)| Self(segment)).map_err(|_| Refusal::not_found())
    }
}
