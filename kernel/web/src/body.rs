//! Reads request bodies, within a limit of size and time.

use std::time::Duration;

use axum::extract::Request;
use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE},
};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use tokio::time::timeout;

use crate::problem::{BODY_TIMEOUT, BODY_TOO_LARGE, MALFORMED_JSON, Problem, UNSUPPORTED_MEDIA_TYPE};

/// The limits of a body. A route sets its own with the layer `axum::Extension(BodyLimits { … })`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// The largest size.
    pub bytes: usize,
    /// The longest time from its first byte to its last.
    pub time: Duration,
}

impl Default for BodyLimits {
    /// 64 KiB in 10 seconds.
    fn default() -> Self {
        Self { bytes: 64 * 1024, time: Duration::from_secs(10) }
    }
}

/// Reads the whole body of `request`, within the limits of its route.
pub async fn read(request: Request) -> Result<Bytes, Problem> {
    check_encoding(request.headers())?;
    let limits = request.extensions().get::<BodyLimits>().copied().unwrap_or_default();
    let body = request.into_body();
    // A request that announces too much is rejected before the body is sent.
    if body.size_hint().lower() > limits.bytes as u64 {
        return Err(too_large(limits.bytes));
    }
    match timeout(limits.time, gather(body, limits.bytes)).await {
        Ok(read) => read,
        Err(_) => Err(closing(Problem::new(&BODY_TIMEOUT).detail(format!(
            "The body did not arrive within {} s. Nothing was done; send it again.",
            limits.time.as_secs_f32()
        )))),
    }
}

async fn gather(mut body: axum::body::Body, most: usize) -> Result<Bytes, Problem> {
    let mut whole = Bytes::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| closing(Problem::new(&MALFORMED_JSON).detail("The body broke off.")))?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > most {
            return Err(too_large(most));
        }
        // Nearly every body arrives in one piece, which is then not copied.
        whole = if whole.is_empty() {
            data
        } else {
            let mut joined = BytesMut::from(whole);
            joined.extend_from_slice(&data);
            joined.freeze()
        };
    }
    Ok(whole)
}

fn too_large(most: usize) -> Problem {
    let detail = format!("At most {most} bytes are accepted here. Nothing was done.");
    closing(Problem::new(&BODY_TOO_LARGE).detail(detail).with("max_bytes", most))
}

/// Closes the connection: the rest of the body would otherwise be read as the next request.
fn closing(problem: Problem) -> Problem {
    problem.header(CONNECTION, HeaderValue::from_static("close"))
}

/// Rejects a body that is compressed: its size would be known only after the work.
fn check_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let codings = headers.get_all(CONTENT_ENCODING).into_iter().flat_map(|value| {
        value.to_str().unwrap_or("unreadable").split(',').map(str::trim).filter(|coding| !coding.is_empty())
    });
    for coding in codings {
        if !coding.eq_ignore_ascii_case("identity") {
            let detail = format!("Send the body as it is, without Content-Encoding: {coding:.80}.");
            return Err(closing(
                Problem::new(&UNSUPPORTED_MEDIA_TYPE)
                    .detail(detail)
                    .header(ACCEPT_ENCODING, HeaderValue::from_static("identity")),
            ));
        }
    }
    Ok(())
}

/// Rejects a body whose declared type is not `is_right`; `expected` names the right one.
pub(crate) fn check_type(
    headers: &HeaderMap,
    expected: &'static str,
    is_right: impl Fn(&str) -> bool,
) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    let essence = given.and_then(|value| value.split(';').next()).map(str::trim);
    if essence.is_some_and(is_right) {
        let charset = given.and_then(charset).unwrap_or("utf-8");
        if ["utf-8", "utf8", "us-ascii"].iter().any(|read| charset.eq_ignore_ascii_case(read)) {
            return Ok(());
        }
        let detail = format!("Send {expected} in UTF-8, not in {charset:.80}.");
        return Err(Problem::new(&UNSUPPORTED_MEDIA_TYPE).detail(detail));
    }
    let detail = match essence {
        Some(essence) => format!("Send {expected}, not {essence:.80}."),
        None => format!("Send {expected}, and say so: Content-Type: {expected}"),
    };
    Err(Problem::new(&UNSUPPORTED_MEDIA_TYPE).detail(detail))
}

/// The parameter `charset` of a media type, without its quotes.
fn charset(media_type: &str) -> Option<&str> {
    media_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}
