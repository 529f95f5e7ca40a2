//! The paths of pages and media.

use std::fmt::Write as _;

use order_contract::OrderId;
use product_contract::{FileKey, Slug};

/// What stands in a path as it is, besides letters and digits (RFC 3986, 2.3).
const UNRESERVED: &[u8] = b"-_.~";

/// The text as one segment of a path or one value of a query, percent-encoded.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || UNRESERVED.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// The text of one percent-encoded segment; `None` if it is not text, or a percent sign begins no code.
pub fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, others)) = rest.split_first() {
        rest = others;
        if first == b'%' {
            let (code, others) = rest.split_at_checked(2)?;
            let code =
                std::str::from_utf8(code).ok().filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()))?;
            bytes.push(u8::from_str_radix(code, 16).ok()?);
            rest = others;
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The file of a picture.
pub fn media(key: &FileKey) -> String {
    format!("/media/{}", encoded(&key.0))
}

/// The page of a product.
pub fn product(slug: &Slug) -> String {
    format!("/products/{}", encoded(slug.as_str()))
}

/// The first list page of a collection.
pub fn collection(name: &str) -> String {
    format!("/products?collection={}", encoded(name))
}

/// The page of an order; `token` opens it.
pub fn order(id: OrderId, token: &str) -> String {
    format!("/orders/{id}?token={}", encoded(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded_so_that_browsers_leave_them_alone() {
        assert_eq!(collection("Tea & rest"), "/products?collection=Tea%20%26%20rest");
        assert_eq!(encoded("मेज"), "%E0%A4%AE%E0%A5%87%E0%A4%9C");
        assert_eq!(decoded(&encoded("मेज / 5%")).as_deref(), Some("मेज / 5%"));
        for wrong in ["%", "%4", "%zz", "%+1", "%ff", "a%E0%A4"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
        assert_eq!(product(&"café-½".parse().unwrap()), "/products/caf%C3%A9-%C2%BD");
        assert_eq!(media(&FileKey("0a.svg".into())), "/media/0a.svg");
    }
}
