//! The handlers, one module per part of the visit.

pub(crate) mod beside;
pub(crate) mod browse;
pub(crate) mod checkout;
mod form;
pub(crate) mod order;

use axum::response::{IntoResponse as _, Response};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, REFERRER_POLICY},
};
use web::page::RenderedPage;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A page for one reader alone, kept by nobody.
fn private(draft: RenderedPage) -> Response {
    private_with(StatusCode::OK, draft)
}

fn private_with(status: StatusCode, draft: RenderedPage) -> Response {
    draft.status(status).header(CACHE_CONTROL, NO_STORE).into_response()
}

/// The same for a page whose address opens something: no other page may learn it.
fn secret(draft: RenderedPage) -> Response {
    private(draft.header(REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
}
