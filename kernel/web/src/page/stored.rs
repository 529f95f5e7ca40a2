//! The encoding of pages in the shared level.
//!
//! ```text
//! u32  length of the head, big endian
//! head JSON: {"status":200,"headers":[["content-type","text/html"]],"plain":20480,"gzip":true}
//! body, in gzip if the head says so
//! ```
//!
//! One representation of the body is enough: inflating costs a twentieth of compressing, memory in the shared level is
//! expensive, and a gzip body carries its own checksum. Headers that all pages of an edge have are not stored; each
//! process adds its own.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use super::RenderedPage;

/// The version of this encoding, part of every key.
pub(super) const VERSION: u32 = 1;

/// In bytes. An entry that claims to be larger is rejected.
const MOST: usize = 16 << 20;

#[derive(Serialize, Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    plain: usize,
    gzip: bool,
}

/// Encodes a page, with its compressed body if it has one. `None` if a header is not text.
pub(super) fn encode(rendered: &RenderedPage, gzip: Option<&Bytes>) -> Option<Bytes> {
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let head = Head {
        status: rendered.status.as_u16(),
        headers: rendered.headers.iter().map(header).collect::<Option<_>>()?,
        plain: rendered.body.len(),
        gzip: gzip.is_some(),
    };
    let head = serde_json::to_vec(&head).ok()?;
    let body = gzip.unwrap_or(&rendered.body);
    let length = u32::try_from(head.len()).ok()?.to_be_bytes();
    Some([&length, head.as_slice(), body.as_ref()].concat().into())
}

/// Decodes what [`encode`] wrote. `None` for anything else.
pub(super) fn decode(mut value: Bytes, tags: Vec<String>) -> Option<(RenderedPage, Option<Bytes>)> {
    let length = u32::from_be_bytes(*value.first_chunk()?);
    let end = usize::try_from(length).ok()?.checked_add(size_of::<u32>())?;
    let head: Head = serde_json::from_slice(value.get(size_of::<u32>()..end)?).ok()?;
    let body = value.split_off(end);
    let mut headers = HeaderMap::new();
    for (name, value) in &head.headers {
        headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
    }
    let (body, gzip) = if head.gzip { (inflate(&body, head.plain)?, Some(body)) } else { (body, None) };
    if body.len() != head.plain {
        return None;
    }
    Some((RenderedPage { status: StatusCode::from_u16(head.status).ok()?, body, tags, headers }, gzip))
}

/// Inflates to exactly `length` bytes; `None` otherwise.
fn inflate(gzip: &[u8], length: usize) -> Option<Bytes> {
    let mut plain = Vec::with_capacity(Some(length).filter(|length| *length <= MOST)?);
    // One byte more than expected: only a reader that reaches the end of gzip checks the sum.
    GzDecoder::new(gzip).take(length as u64 + 1).read_to_end(&mut plain).ok()?;
    Some(plain.into())
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_TYPE, LINK};
    use proptest::prelude::*;

    use super::*;
    use crate::page::rendered::compress;

    fn rendered(body: String) -> RenderedPage {
        RenderedPage::html(body)
            .status(StatusCode::NOT_FOUND)
            .header(LINK, HeaderValue::from_static("</a>; rel=next"))
            .tags(["a", "b"])
    }

    fn encoded(rendered: &RenderedPage) -> Bytes {
        let gzip = compress(&rendered.headers, &rendered.body).map(Bytes::from);
        encode(rendered, gzip.as_ref()).unwrap()
    }

    #[test]
    fn pages_come_back_as_they_were() {
        for body in ["short".to_owned(), "long ".repeat(1000)] {
            let before = rendered(body);
            let (after, gzip) = decode(encoded(&before), before.tags.clone()).unwrap();
            assert_eq!((after.status, &after.body, &after.tags), (before.status, &before.body, &before.tags));
            assert_eq!(after.headers, before.headers);
            assert_eq!(gzip.is_some(), before.body.len() > 1000);
        }
        let binary = rendered(String::new()).header(CONTENT_TYPE, HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(encode(&binary, None), None, "cannot be written as text");
    }

    proptest! {
        #[test]
        fn a_damaged_page_is_none_or_has_the_same_body(at in 0..5000_usize, bit in 0..8, cut: bool) {
            let before = rendered("many words ".repeat(500));
            let whole = encoded(&before);
            let at = at % whole.len();
            let mut damaged = whole.to_vec();
            if cut { damaged.truncate(at) } else { damaged[at] ^= 1_u8 << bit }
            if let Some((after, _)) = decode(damaged.into(), Vec::new()) {
                prop_assert_eq!(after.body, before.body);
            }
        }

        #[test]
        fn anything_else_is_nothing(bytes: Vec<u8>) {
            prop_assert!(decode(bytes.into(), Vec::new()).is_none());
        }
    }
}
