//! Paths that are nearly right: links pasted from mails and chats end in a slash, a dot or a bracket, and other shops wrote
//! capitals. They lead to the one right path, if that exists.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use edge_common::paths;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode, Uri,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, IF_NONE_MATCH, LOCATION},
};
use tower::ServiceExt as _;

/// Redirects requests whose path leads nowhere and whose mended path leads somewhere.
pub(crate) fn around(router: Router) -> Router {
    router.clone().layer(middleware::from_fn_with_state(router, redirect))
}

async fn redirect(State(router): State<Router>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let Some(mended) = mended(request.uri()) else { return next.run(request).await };
    let mut headers = request.headers().clone();
    let mut response = next.run(request).await;
    if response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    headers.remove(IF_NONE_MATCH);
    if let Some(location) = existing(router, &mended, headers).await {
        *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
        *response.body_mut() = Body::empty();
        let headers = response.headers_mut();
        headers.remove(CONTENT_LENGTH);
        headers.remove(CONTENT_TYPE);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(LOCATION, location);
    }
    response
}

/// Where the page at `path` is, if there is one: here, or where that path leads.
async fn existing(router: Router, path: &str, headers: HeaderMap) -> Option<HeaderValue> {
    let mut request = Request::get(path).body(Body::empty()).ok()?;
    *request.headers_mut() = headers;
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    match response.status() {
        StatusCode::OK => HeaderValue::try_from(path).ok(),
        StatusCode::PERMANENT_REDIRECT | StatusCode::MOVED_PERMANENTLY => {
            response.headers().get(LOCATION).cloned()
        }
        _ => None,
    }
}

/// Path and query in small letters and without what was pasted along; `None` if that changes nothing.
fn mended(uri: &Uri) -> Option<String> {
    let segments = uri.path().split('/').filter(|segment| !segment.is_empty());
    let mut segments: Vec<String> =
        segments.map(|segment| Some(paths::decoded(segment)?.to_lowercase())).collect::<Option<_>>()?;
    while let Some(last) = segments.last_mut() {
        let kept = last.trim_end_matches(is_pasted).len();
        last.truncate(kept);
        if kept > 0 {
            break;
        }
        segments.pop();
    }
    let segments: Vec<String> = segments.iter().map(|segment| paths::encoded(segment)).collect();
    let mut mended = format!("/{}", segments.join("/"));
    if let Some(query) = uri.query().map(without_pasted).filter(|query| !query.is_empty()) {
        mended.push('?');
        mended.push_str(query);
    }
    (uri.path_and_query()?.as_str() != mended).then_some(mended)
}

/// What ends no path of ours: punctuation around a link, blanks.
fn is_pasted(letter: char) -> bool {
    !letter.is_alphanumeric() && !"-_=~".contains(letter)
}

/// A query without the punctuation at its end, be it encoded or not.
fn without_pasted(mut query: &str) -> &str {
    loop {
        let shorter = query.trim_end_matches(|letter| is_pasted(letter) && letter != '%');
        let shorter = match shorter.len().checked_sub(3).and_then(|at| shorter.split_at_checked(at)) {
            Some((rest, last)) if last.starts_with('%') && is_pasted_code(last) => rest,
            _ => shorter,
        };
        if shorter.len() == query.len() {
            return query;
        }
        query = shorter;
    }
}

/// One punctuation mark of ASCII, or a byte of a longer letter that stands at the end as a whole.
fn is_pasted_code(code: &str) -> bool {
    paths::decoded(code).is_some_and(|letter| letter.chars().all(is_pasted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pasted_along_is_taken_off() {
        for (path, right) in [
            ("/products/", Some("/products")),
            ("//products//first//", Some("/products/first")),
            ("/Products/First", Some("/products/first")),
            ("/products/first.", Some("/products/first")),
            ("/products/first)", Some("/products/first")),
            ("/products/first/).", Some("/products/first")),
            ("/products/first%5D", Some("/products/first")),
            ("/products/first%E2%80%9D", Some("/products/first")),
            ("/products/first%20%0A", Some("/products/first")),
            ("/products/FIRST/?a=B", Some("/products/first?a=B")),
            ("/orders/order_1?token=aB-_)", Some("/orders/order_1?token=aB-_")),
            ("/orders/order_1?token=aB%29.", Some("/orders/order_1?token=aB")),
            ("/products?collection=Tea%20%26%20rest)", Some("/products?collection=Tea%20%26%20rest")),
            (
                "/products/%E0%A4%95%E0%A5%87%E0%A4%A4%E0%A4%B2%E0%A5%80/",
                Some("/products/%E0%A4%95%E0%A5%87%E0%A4%A4%E0%A4%B2%E0%A5%80"),
            ),
            ("/products/CAF%C3%89", Some("/products/caf%C3%A9")),
            ("//evil.example/", Some("/evil.example")),
            ("/%2F%2Fevil.example/", Some("/%2F%2Fevil.example")),
            ("/)", Some("/")),
            ("/", None),
            ("/products/first", None),
            ("/products?cursor=abc=", None),
            ("/products/%ff/", None),
        ] {
            assert_eq!(mended(&path.parse().unwrap()).as_deref(), right, "{path}");
        }
    }
}
