//! Media: pictures that never change, because their names do.

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
};
use product_contract::{FileKey, GetFile};
use web::{page::RenderedPage, problem::Problem};

use crate::{
    Gateway,
    problems::{Refusal, not_found},
    query::{NoParams, Segment},
};

/// A picture can hold scripts. Shown by itself, it runs none, loads nothing, and is of no origin.
const SANDBOX: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
);

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// A picture
///
/// Under the name that products give. What has a name never changes, so it may be kept for ever.
#[utoipa::path(get, path = "/media/{file}", tag = "catalogue", operation_id = "get_media",
    params(("file" = String, Path, description = "The file's name, from a product's `pictures`.")),
    responses(
        (status = 200, description = "The picture.", body = String, content_type = "image/svg+xml"),
        (status = 304, description = "You have it already: `If-None-Match` names it."),
        (status = 404, description = "`not-found`: there is no such file."),
    ))]
pub(crate) async fn read(
    State(gateway): State<Gateway>,
    _: NoParams,
    file: Segment,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = file.ok().and_then(|Path(file)| key(file)).ok_or_else(no_file)?;
    let address = address(&key);
    let page = gateway.0.media.get_or_render(&address, draft(&gateway, key)).await?;
    Ok(page.answer(&headers).into_response())
}

async fn draft(gateway: &Gateway, key: FileKey) -> Result<RenderedPage, Problem> {
    let file = gateway.ask(&GetFile { key }).await.map_err(Refusal::problem)?.ok_or_else(no_file)?;
    let media_type = HeaderValue::try_from(file.media_type).map_err(message::Fault::internal)?;
    Ok(RenderedPage::new("image/svg+xml", file.text)
        .header(CONTENT_TYPE, media_type)
        .header(CACHE_CONTROL, FOR_EVER)
        .header(CONTENT_SECURITY_POLICY, SANDBOX))
}

/// Where a file is found.
pub(crate) fn address(key: &FileKey) -> String {
    format!("/media/{}", key.0)
}

/// A name that could be a file's: whatever else is asked for is not looked up.
fn key(name: String) -> Option<FileKey> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.';
    (name.len() <= 80 && name.bytes().all(known)).then_some(FileKey(name))
}

fn no_file() -> Problem {
    not_found("There is no such file.")
}
