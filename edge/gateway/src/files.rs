//! Media: pictures, uploaded by the merchant. They never change, because their names do.

use std::{str::FromStr, time::Duration};

use axum::{
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Response},
};
use edge_common::paths;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
};
use message::{Example, Fault, FieldError, Invalid};
use product_contract::{FileKey, GetFile, ProductError, PutMedia, StoredMedia};
use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use web::{
    body::{self, BodyLimits},
    page::RenderedPage,
    problem::{BODY_TIMEOUT, BODY_TOO_LARGE, INVALID_BODY, Problem, UNSUPPORTED_MEDIA_TYPE},
};

use crate::{
    Gateway,
    access::Admin,
    answer::Created,
    operation::{Content, Input, Operation, Output, ResponseDoc, Signature, get, post},
    path::{Name, Path},
    problems::{IntoProblem as _, Refusal},
    query::{Nothing, Query},
};

pub(crate) fn operations() -> [Operation; 2] {
    [
        post("create_media", "/api/v1/media", create)
            .says(
                "Upload a picture",
                "Send the file itself: a JPEG, PNG or WebP of at most 10 MiB and 50 million pixels, or an SVG of at most \
                 64 KiB without scripts. `Content-Type` may name its type. The `key` is what `pictures` of products take as \
                 `file`. The same file gets the same key, so it can be sent again.",
            )
            .limited(BodyLimits { bytes: 10 << 20, time: Duration::from_mins(1) }),
        get("get_media", "/media/{file}", read).says(
            "A picture",
            "Under the name that products give. What has a name never changes, so it may be kept for ever.",
        ),
    ]
}

/// The types that are taken.
const TAKEN: HeaderValue = HeaderValue::from_static("image/jpeg, image/png, image/webp, image/svg+xml");

/// A picture that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Media")]
pub struct MediaResource {
    /// What pictures of products take as `file`.
    pub key: FileKey,
    /// Where it is; it never changes.
    pub url: String,
    /// `image/jpeg`, `image/png`, `image/webp` or `image/svg+xml`.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its width in pixels, as it is shown: turned as its EXIF orientation says. `null` for an SVG that does not say.
    pub width: Option<u32>,
    /// Its height in pixels.
    pub height: Option<u32>,
}

impl From<StoredMedia> for MediaResource {
    fn from(StoredMedia { key, media_type, size, width, height }: StoredMedia) -> Self {
        Self { url: paths::media(&key), key, media_type, size, width, height }
    }
}

impl Example for MediaResource {
    fn example() -> Self {
        StoredMedia::example().into()
    }
}

/// The bytes of a file, with the type that its sender names.
struct Upload(PutMedia);

impl FromRequest<Gateway> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Gateway) -> Result<Self, Problem> {
        let media_type =
            request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("unreadable"));
        let media_type = media_type.map(ToOwned::to_owned);
        if media_type.as_deref().is_some_and(|given| given.trim_start().starts_with("multipart/")) {
            return Err(unsupported(
                "Send each file by itself as the body of a request, not a form of several parts.",
            ));
        }
        Ok(Self(PutMedia { bytes: body::read(request).await?.into(), media_type }))
    }
}

impl Input for Upload {
    fn describe(signature: &mut Signature) {
        signature.body = Some(Content {
            schema: |_| json_schema!({ "type": "string", "format": "binary" }),
            ..Content::text("application/octet-stream")
        });
        signature.refusals.extend([&BODY_TIMEOUT, &BODY_TOO_LARGE, &UNSUPPORTED_MEDIA_TYPE, &INVALID_BODY]);
    }
}

fn unsupported(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(&UNSUPPORTED_MEDIA_TYPE).detail(detail).header(ACCEPT, TAKEN)
}

async fn create(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Upload(request): Upload,
) -> Result<Created<MediaResource>, Refusal> {
    let media = gateway.ask(&request).await.map_err(|error| Refusal(refused(error)))?;
    let media = MediaResource::from(media);
    Ok(Created::at(&media.url, &media)?)
}

/// The file is the whole body, so nothing in it can be pointed at.
fn refused(error: ProductError) -> Problem {
    match error {
        ProductError::Invalid(errors) => match errors.iter().find(|error| error.pointer == "/media_type") {
            Some(FieldError { detail, .. }) => unsupported(format!("The file: {detail}.")),
            None => Problem::invalid(
                errors.into_iter().map(|error| FieldError { pointer: String::new(), ..error }),
            ),
        },
        other => other.into_problem(),
    }
}

/// A picture can hold scripts. Shown by itself, it runs none, loads nothing, and is of no origin.
const SANDBOX: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
);

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const SVG: &str = "image/svg+xml";

/// The name of a file: at most 100 small letters, digits and dots.
#[derive(Serialize, JsonSchema)]
struct FileName(#[schemars(with = "String")] FileKey);

impl FromStr for FileName {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.';
        if name.len() <= 100 && name.bytes().all(known) {
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
        let picture = ResponseDoc::empty(StatusCode::OK, "The picture, as SVG, JPEG, PNG or WebP.");
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
    let content = if file.bytes.is_empty() { file.text.into() } else { file.bytes.0 };
    // Compressed already, or not: the cache goes by the type.
    Ok(RenderedPage::new(SVG, content)
        .header(CONTENT_TYPE, media_type)
        .header(CACHE_CONTROL, FOR_EVER)
        .header(CONTENT_SECURITY_POLICY, SANDBOX))
}
