//! Requests that are serialised once. What differs from one to the next is overwritten in place, at a fixed width.

use std::ops::Range;

use super::parser::Response;

/// Where a connection takes its requests from.
pub trait Source: Send + 'static {
    /// The next request, head and body, ready to be written.
    fn next(&mut self) -> &[u8];

    /// Whether [`Source::answered`] wants to see bodies.
    fn wants_body(&self) -> bool {
        false
    }

    /// Takes note of the answer to the last request; `body` is empty unless it was wanted.
    fn answered(&mut self, _response: &Response, _body: &[u8]) {}
}

/// The same request again and again.
#[derive(Clone, Debug)]
pub struct Repeated(pub Vec<u8>);

impl Source for Repeated {
    fn next(&mut self) -> &[u8] {
        &self.0
    }
}

/// A request with places that are filled in anew before each sending.
#[derive(Clone, Debug, Default)]
pub struct Template {
    bytes: Vec<u8>,
}

/// A place in a [`Template`].
#[derive(Clone, Debug)]
pub struct Slot(Range<usize>);

impl Slot {
    /// The same place after the template was put behind `offset` other bytes.
    #[must_use]
    pub fn shifted(&self, offset: usize) -> Self {
        Self(self.0.start + offset..self.0.end + offset)
    }
}

impl Template {
    /// Adds bytes that stay.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    /// Adds a place of `width` bytes.
    pub fn slot(&mut self, width: usize) -> Slot {
        let start = self.bytes.len();
        self.bytes.resize(start + width, b'0');
        Slot(start..start + width)
    }

    /// Adds `body` as it stands; its slots are then to be shifted by the returned number of bytes.
    pub fn append(&mut self, body: &Self) -> usize {
        let offset = self.bytes.len();
        self.bytes.extend_from_slice(&body.bytes);
        offset
    }

    /// Writes `value` into `slot`. A value of another width would break the message's framing.
    ///
    /// # Panics
    ///
    /// When the widths differ, or the slot is of a longer template.
    pub fn fill(&mut self, slot: &Slot, value: &[u8]) {
        let place = self.bytes.get_mut(slot.0.clone()).expect("the slot is of this template");
        place.copy_from_slice(value);
    }

    /// The message as it is filled in now.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A request without a body. `headers` are whole lines without their ends.
pub fn get(path: &str, headers: &[String]) -> Vec<u8> {
    head("GET", path, headers, None).into_bytes()
}

/// A request with a body of JSON.
pub fn json(method: &str, path: &str, headers: &[String], body: &[u8]) -> Vec<u8> {
    let mut request = head(method, path, headers, Some(body.len())).into_bytes();
    request.extend_from_slice(body);
    request
}

/// The head of a request, with the empty line.
pub fn head(method: &str, path: &str, headers: &[String], json_len: Option<usize>) -> String {
    use std::fmt::Write as _;

    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    if let Some(len) = json_len {
        let _ = write!(head, "Content-Type: application/json\r\nContent-Length: {len}\r\n");
    }
    for header in headers {
        let _ = write!(head, "{header}\r\n");
    }
    head.push_str("\r\n");
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filled_slots_keep_the_length_and_the_rest() {
        let mut body = Template::default();
        let quantity = body.text(r#"{"quantity":"#).slot(1);
        body.text("}");
        let mut request = Template::default();
        let key = request.text("POST / HTTP/1.1\r\nIdempotency-Key: ").slot(4);
        request.text(&format!("\r\nContent-Length: {}\r\n\r\n", body.bytes().len()));
        let quantity = quantity.shifted(request.append(&body));

        request.fill(&key, b"k001");
        request.fill(&quantity, b"3");

        let expected =
            "POST / HTTP/1.1\r\nIdempotency-Key: k001\r\nContent-Length: 14\r\n\r\n{\"quantity\":3}";
        assert_eq!(request.bytes(), expected.as_bytes());
    }

    #[test]
    #[should_panic(expected = "length")]
    fn a_value_of_another_width_is_a_mistake() {
        let mut template = Template::default();
        let slot = template.slot(4);
        template.fill(&slot, b"too long");
    }

    #[test]
    fn a_json_request_tells_its_length() {
        let request = json("POST", "/orders", &["X-Test: 1".to_owned()], b"{}");
        let expected = "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
            Content-Length: 2\r\nX-Test: 1\r\n\r\n{}";
        assert_eq!(request, expected.as_bytes());
    }
}
