//! Static files inside the binary, under names that change with their content, so that browsers can keep them for ever.
//!
//! ```
//! use http::HeaderMap;
//! use web::assets::Assets;
//!
//! let assets = Assets::new("/assets", &[("shop.css", b"body { margin: 0 }")], &HeaderMap::new());
//! assert_eq!(assets.url("shop.css"), Some("/assets/shop.997facec.css"));
//! ```

use std::{collections::HashMap, sync::Arc};

use axum::{Router, extract::Request, response::IntoResponse, routing::get};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::CACHE_CONTROL};

use crate::{
    page::{CachedPage, PageResponse, RenderedPage, content_hash},
    serve::Head,
};

/// A year without revalidation: other content has another name.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The number of hash digits in a name.
const DIGITS: usize = 8;

/// Embedded files by URL. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Assets(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    prefix: &'static str,
    urls: HashMap<&'static str, String>,
    pages: HashMap<String, CachedPage>,
}

impl Assets {
    /// The files, by name and content (`include_bytes!`), served under `prefix` with the `common` headers.
    pub fn new(prefix: &'static str, files: &[(&'static str, &'static [u8])], common: &HeaderMap) -> Self {
        let mut urls = HashMap::new();
        let mut pages = HashMap::new();
        for (name, content) in files {
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
            let hash = content_hash(content);
            let url = format!("{prefix}/{stem}.{}.{extension}", hash.get(..DIGITS).unwrap_or(&hash));
            let rendered =
                RenderedPage::new(content_type(extension), *content).header(CACHE_CONTROL, FOR_EVER);
            pages.insert(url.clone(), rendered.finish(common));
            urls.insert(*name, url);
        }
        Self(Arc::new(Inner { prefix, urls, pages }))
    }

    /// The URL path of the file `name`.
    pub fn url(&self, name: &str) -> Option<&str> {
        self.0.urls.get(name).map(String::as_str)
    }

    /// For [`crate::serve::Server::fast_path`]: the response to a `GET` or `HEAD` for one of the files.
    pub fn answer(&self, head: &Head<'_>) -> Option<PageResponse> {
        if !matches!(*head.method, Method::GET | Method::HEAD) {
            return None;
        }
        Some(self.0.pages.get(head.uri.path())?.answer(head.headers))
    }

    /// The same files as a router.
    pub fn router(&self) -> Router {
        let assets = self.clone();
        let serve = move |request: Request| {
            let answer = assets.answer(&Head::of(&request));
            async move {
                answer.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
            }
        };
        Router::new().route(&format!("{}/{{*file}}", self.0.prefix), get(serve))
    }
}

fn content_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
