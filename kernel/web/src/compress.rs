//! Compression of the responses that no page cache has compressed: pages for one reader, error pages.
//!
//! ```
//! use axum::{Router, middleware, routing::get};
//!
//! let router: Router = Router::new().route("/", get(|| async { "a page".repeat(999) }));
//! let router = router.layer(middleware::from_fn(web::compress::responses));
//! ```
//!
//! Compression tells apart a text that repeats a secret of the same page from one that does not (BREACH). Pages that hold a
//! secret which stays the same must not show what another site can write into them; [`security::refuse_cross_site`] keeps
//! posted forms of other sites away.
//!
//! [`security::refuse_cross_site`]: crate::security::refuse_cross_site

use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use http::{
    HeaderValue,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, VARY},
};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use crate::page::{accepts_gzip, compress, is_worth_compressing};

/// In bytes. A larger body is sent as it is: compressing it would hold up the thread.
const MOST: u64 = 4 << 20;

/// Layer that compresses text whose length is known and that has no encoding and no validator yet, if the client accepts
/// gzip. Streams pass as they are.
pub async fn responses(request: Request, next: Next) -> Response {
    let accepted = accepts_gzip(request.headers());
    let response = next.run(request).await;
    let headers = response.headers();
    let is_ready = headers.contains_key(CONTENT_ENCODING) || headers.contains_key(ETAG);
    if is_ready || response.body().size_hint().exact().is_none_or(|length| length > MOST) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The length is known: the bytes are there.
    let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Response::from_parts(parts, Body::empty());
    };
    if !is_worth_compressing(&parts.headers, &bytes) {
        return Response::from_parts(parts, bytes.into());
    }
    parts.headers.append(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
    let Some(compressed) = accepted.then(|| compress(&parts.headers, &bytes)).flatten() else {
        return Response::from_parts(parts, bytes.into());
    };
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, compressed.into())
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::Request as HttpRequest, middleware::from_fn, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    async fn asked(path: &str, encodings: &str) -> Response {
        let text = |text: String| ([("content-type", "text/html")], text);
        let router: Router = Router::new()
            .route("/long", get(move || async move { text("word ".repeat(999)) }))
            .route("/short", get(move || async move { text("word".into()) }))
            .route(
                "/stream",
                get(|| async {
                    let words = futures::stream::iter(vec![Ok::<_, std::io::Error>("word ".repeat(999))]);
                    ([("content-type", "text/html")], Body::from_stream(words))
                }),
            )
            .layer(from_fn(responses));
        let request = HttpRequest::get(path).header(ACCEPT_ENCODING, encodings).body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn text_of_known_length_is_compressed_where_that_is_accepted() {
        let long = asked("/long", "br, gzip").await;
        assert_eq!(
            (&long.headers()[CONTENT_ENCODING], &long.headers()[VARY]),
            (&"gzip".parse().unwrap(), &"accept-encoding".parse().unwrap())
        );
        assert!(long.into_body().collect().await.unwrap().to_bytes().len() < 200);
        let plain = asked("/long", "gzip;q=0").await;
        assert!(!plain.headers().contains_key(CONTENT_ENCODING) && plain.headers().contains_key(VARY));
        assert_eq!(plain.into_body().collect().await.unwrap().to_bytes().len(), 4995);
        for path in ["/short", "/stream"] {
            assert!(!asked(path, "gzip").await.headers().contains_key(CONTENT_ENCODING), "{path}");
        }
    }
}
