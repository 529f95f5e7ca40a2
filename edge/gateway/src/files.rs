//! Media: pictures that never change, because their names do.

use std::str::FromStr;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use edge_common::paths;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
};
use message::{Example, Fault, Invalid};
use product_contract::{FileKey, GetFile};
use schemars::JsonSchema;
use serde::Serialize;
use web::page::RenderedPage;

use crate::{
    Gateway,
    operation::{Content, Operation, Output, ResponseDoc, Signature, get},
    path::{Name, Path},
    problems::Refusal,
    query::{Nothing, Query},
};

pub(crate) fn operations() -> [Operation; 1] {
    [get("get_media", "/media/{file}", read).says(
        "A picture",
        "Under the name that products give. What has a name never changes, so it may be kept for ever.",
    )]
}

/// A picture can hold scripts. Shown by itself, it runs none, loads nothing, and is of no origin.
const SANDBOX: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
);

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const SVG: &str = "image/svg+xml";

/// The name of a file: at most 80 small letters, digits and dots.
#[derive(Serialize, JsonSchema)]
struct FileName(#[schemars(with = "String")] FileKey);

impl FromStr for FileName {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.';
        if name.len() <= 80 && name.bytes().all(known) {
            Ok(Self(FileKey(name.to_owned())))
        } else {
            Err(Invalid::new("expected the name of a file"))
        }
    }
}

impl Example for FileName {
    fn example() -> Self {
        Self(FileKey::example())
    }
}

impl Name for FileName {
    const ABOUT: &'static str = "The file's name, from a product's `pictures`.";
    const NOTHING: &'static str = "There is no such file.";
}

/// 200, with a picture, or 304.
struct Picture(Response);

impl IntoResponse for Picture {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for Picture {
    fn describe(signature: &mut Signature) {
        let picture = ResponseDoc::empty(StatusCode::OK, "The picture.");
        signature
            .answers
            .extend([ResponseDoc { content: Some(Content::text(SVG)), ..picture }, ResponseDoc::UNCHANGED]);
    }
}

async fn read(
    State(gateway): State<Gateway>,
    _: Query<Nothing>,
    Path(FileName(key)): Path<FileName>,
    headers: HeaderMap,
) -> Result<Picture, Refusal> {
    let path = paths::media(&key);
    let page = gateway.0.media.get_or_render(&path, draw(&gateway, key)).await?;
    Ok(Picture(page.answer(&headers).into_response()))
}

async fn draw(gateway: &Gateway, key: FileKey) -> Result<RenderedPage, Refusal> {
    let file = gateway.ask(&GetFile { key }).await?.ok_or_else(FileName::nothing)?;
    let media_type = HeaderValue::try_from(file.media_type).map_err(Fault::internal)?;
    Ok(RenderedPage::new(SVG, file.text)
        .header(CONTENT_TYPE, media_type)
        .header(CACHE_CONTROL, FOR_EVER)
        .header(CONTENT_SECURITY_POLICY, SANDBOX))
}
