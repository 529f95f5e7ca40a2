//! An incremental parser of HTTP/1.1 responses that does as little as a load generator can get away with.
//!
//! It is fed whatever one read returned. When a read holds a whole answer, which on loopback is nearly always, nothing
//! is copied: the head is scanned in place, and the body is counted, not looked at. Only an answer that arrives in
//! pieces pays for a buffer.

use std::mem;

/// The longest head, and the longest line of a chunked body, that is waited for.
const MAX_HEAD: usize = 64 * 1024;

/// What the parser holds on to for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Nothing but the figures in [`Response`].
    Nothing,
    /// The body.
    Body,
    /// The head as it was sent, and the body.
    HeadAndBody,
}

/// The figures of one complete answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status code, 200 to 599. Informational answers (1xx) are passed over.
    pub status: u16,
    /// The length of the body in bytes, without the framing of chunks.
    pub body_len: u64,
    /// Whether the server lets the connection be used again.
    pub keep_alive: bool,
}

/// Why bytes are not an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not `HTTP/1.x` and a status.
    #[error("the status line is not HTTP/1.x")]
    StatusLine,
    /// A length that is no number, or two that differ.
    #[error("the content length is not a number, or is given twice and differs")]
    ContentLength,
    /// A chunk not framed as in RFC 9112, section 7.1.
    #[error("a chunk does not follow RFC 9112, section 7.1")]
    Chunk,
    /// A head, or a line of a chunked body, without end.
    #[error("the head or a chunk's size line is longer than {MAX_HEAD} bytes")]
    TooLong,
    /// More bytes than the answer has.
    #[error("bytes follow the answer")]
    Surplus,
    /// Fewer bytes than the answer has.
    #[error("the connection ended within an answer")]
    Truncated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Head,
    /// A body with this many bytes still to come.
    Sized(u64),
    ChunkSize,
    /// A chunk with this many bytes still to come.
    Chunk(u64),
    /// The line end behind a chunk's bytes.
    ChunkEnd,
    /// The lines behind the last chunk.
    Trailers,
    /// A body that ends with the connection.
    UntilClosed,
}

/// The parser of one connection. After an answer it is ready for the next.
#[derive(Debug)]
pub struct Parser {
    keep: Keep,
    phase: Phase,
    response: Response,
    /// The beginning of a head or a line whose end has not arrived.
    partial: Vec<u8>,
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Parser {
    /// A parser for a new connection.
    pub fn new(keep: Keep) -> Self {
        Self {
            keep,
            phase: Phase::Head,
            response: Response::default(),
            partial: Vec::new(),
            head: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Forgets a half-read answer, for a new connection.
    pub fn reset(&mut self) {
        self.phase = Phase::Head;
        self.partial.clear();
    }

    /// The body of the last complete answer, if it was to be kept; otherwise empty.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The head of the last complete answer, if it was to be kept; otherwise empty.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Takes in what one read returned. `Some` when it completes the answer.
    pub fn feed(&mut self, mut input: &[u8]) -> Result<Option<Response>, Malformed> {
        loop {
            match self.phase {
                Phase::Head => {
                    let Some(rest) = self.take_head(input)? else { return Ok(None) };
                    input = rest;
                    if self.response.status < 200 {
                        continue;
                    }
                    if self.phase == Phase::Sized(0) {
                        return self.complete(input);
                    }
                }
                Phase::Sized(left) => {
                    let (left, rest) = self.take_body(left, input);
                    self.phase = Phase::Sized(left);
                    return if left == 0 { self.complete(rest) } else { Ok(None) };
                }
                Phase::ChunkSize => {
                    let Some((line, rest)) = self.take_line(input)? else { return Ok(None) };
                    let size = chunk_size(&line)?;
                    self.phase = if size == 0 { Phase::Trailers } else { Phase::Chunk(size) };
                    input = rest;
                }
                Phase::Chunk(left) => {
                    let (left, rest) = self.take_body(left, input);
                    self.phase = Phase::Chunk(left);
                    if left > 0 {
                        return Ok(None);
                    }
                    self.phase = Phase::ChunkEnd;
                    input = rest;
                }
                Phase::ChunkEnd => {
                    let Some((line, rest)) = self.take_line(input)? else { return Ok(None) };
                    if !line.is_empty() {
                        return Err(Malformed::Chunk);
                    }
                    self.phase = Phase::ChunkSize;
                    input = rest;
                }
                Phase::Trailers => {
                    let Some((line, rest)) = self.take_line(input)? else { return Ok(None) };
                    input = rest;
                    if line.is_empty() {
                        return self.complete(input);
                    }
                }
                Phase::UntilClosed => {
                    self.take_body(u64::MAX, input);
                    return Ok(None);
                }
            }
            if input.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Takes in the end of the connection. An answer without a length is complete now; any other is cut off.
    pub fn finish(&mut self) -> Result<Response, Malformed> {
        if self.phase != Phase::UntilClosed {
            return Err(Malformed::Truncated);
        }
        self.phase = Phase::Head;
        Ok(self.response)
    }

    fn complete(&mut self, rest: &[u8]) -> Result<Option<Response>, Malformed> {
        self.phase = Phase::Head;
        if rest.is_empty() { Ok(Some(self.response)) } else { Err(Malformed::Surplus) }
    }

    /// Reads a head that may have begun in an earlier read; gives what follows it.
    fn take_head<'a>(&mut self, input: &'a [u8]) -> Result<Option<&'a [u8]>, Malformed> {
        let before = self.partial.len();
        if before == 0 {
            let Some(head) = Head::parse(input)? else {
                self.partial.extend_from_slice(input);
                return Ok(None);
            };
            self.begin(&head, input);
            return Ok(input.get(head.len..));
        }
        let mut joined = mem::take(&mut self.partial);
        joined.extend_from_slice(input);
        match Head::parse(&joined)? {
            Some(head) => {
                self.begin(&head, &joined);
                joined.clear();
                self.partial = joined;
                Ok(input.get(head.len - before..))
            }
            None if joined.len() > MAX_HEAD => Err(Malformed::TooLong),
            None => {
                self.partial = joined;
                Ok(None)
            }
        }
    }

    /// Starts the answer that `head`, with which `bytes` begin, announces.
    fn begin(&mut self, head: &Head, bytes: &[u8]) {
        self.response = Response { status: head.status, body_len: 0, keep_alive: head.keep_alive };
        self.phase = head.body_phase();
        if self.keep != Keep::Nothing {
            self.body.clear();
        }
        if self.keep == Keep::HeadAndBody {
            self.head.clear();
            self.head.extend_from_slice(bytes.get(..head.len).unwrap_or_default());
        }
        if self.phase == Phase::UntilClosed {
            self.response.keep_alive = false;
        }
    }

    fn take_body<'a>(&mut self, left: u64, input: &'a [u8]) -> (u64, &'a [u8]) {
        let here = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let (body, rest) = input.split_at(here);
        if self.keep != Keep::Nothing {
            self.body.extend_from_slice(body);
        }
        self.response.body_len += here as u64;
        (left - here as u64, rest)
    }

    /// The next line; one that has not ended yet is set aside.
    fn take_line<'a>(&mut self, input: &'a [u8]) -> Result<Option<Line<'a>>, Malformed> {
        let Some((line, rest)) = split_line(input) else {
            self.partial.extend_from_slice(input);
            return if self.partial.len() > MAX_HEAD { Err(Malformed::TooLong) } else { Ok(None) };
        };
        let mut whole = mem::take(&mut self.partial);
        whole.extend_from_slice(line);
        if whole.last() == Some(&b'\r') {
            whole.pop();
        }
        Ok(Some((whole, rest)))
    }
}

/// A line without its end, and the bytes behind it.
type Line<'a> = (Vec<u8>, &'a [u8]);

/// What a head says about the answer.
#[derive(Debug, Default)]
struct Head {
    status: u16,
    /// The length of the head itself, with the empty line.
    len: usize,
    content_length: Option<u64>,
    chunked: bool,
    keep_alive: bool,
}

impl Head {
    /// `None` while the empty line has not arrived.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let Some((status_line, mut rest)) = split_line(bytes) else { return Ok(None) };
        let (minor, status) = parse_status_line(status_line).ok_or(Malformed::StatusLine)?;
        let mut head = Self { status, keep_alive: minor >= 1, ..Self::default() };
        loop {
            let Some((line, after)) = split_line(rest) else { return Ok(None) };
            rest = after;
            match line.first() {
                None | Some(b'\r') => break,
                // Only these letters begin a header that matters here; the others cost one comparison.
                Some(b'c' | b'C' | b't' | b'T') => head.read_header(line)?,
                Some(_) => {}
            }
        }
        head.len = bytes.len() - rest.len();
        Ok(Some(head))
    }

    fn read_header(&mut self, line: &[u8]) -> Result<(), Malformed> {
        if let Some(value) = header_value(line, b"content-length") {
            let length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            if length.is_none() || (self.content_length.is_some() && self.content_length != length) {
                return Err(Malformed::ContentLength);
            }
            self.content_length = length;
        } else if let Some(value) = header_value(line, b"transfer-encoding") {
            self.chunked = value.to_ascii_lowercase().ends_with(b"chunked");
        } else if let Some(value) = header_value(line, b"connection") {
            if value.eq_ignore_ascii_case(b"close") {
                self.keep_alive = false;
            } else if value.eq_ignore_ascii_case(b"keep-alive") {
                self.keep_alive = true;
            }
        }
        Ok(())
    }

    /// How the body is framed: RFC 9112, section 6.3. (HEAD is not among the requests of a load.)
    fn body_phase(&self) -> Phase {
        match self.status {
            ..200 => Phase::Head,
            204 | 304 => Phase::Sized(0),
            _ if self.chunked => Phase::ChunkSize,
            _ => self.content_length.map_or(Phase::UntilClosed, Phase::Sized),
        }
    }
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

/// The minor version and the status of `HTTP/1.1 200 OK`.
fn parse_status_line(line: &[u8]) -> Option<(u8, u16)> {
    let (minor, rest) = line.strip_prefix(b"HTTP/1.")?.split_first()?;
    let digits = rest.strip_prefix(b" ")?.get(..3)?;
    let status = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (minor.is_ascii_digit() && (100..600).contains(&status)).then_some((minor - b'0', status))
}

fn header_value<'a>(line: &'a [u8], lowercase_name: &[u8]) -> Option<&'a [u8]> {
    let (name, value) = line.split_at_checked(lowercase_name.len())?;
    let value = value.strip_prefix(b":")?;
    name.eq_ignore_ascii_case(lowercase_name).then(|| value.trim_ascii())
}

fn chunk_size(line: &[u8]) -> Result<u64, Malformed> {
    let digits = line.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    let text = std::str::from_utf8(digits).map_err(|_| Malformed::Chunk)?;
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Malformed::Chunk);
    }
    u64::from_str_radix(text, 16).map_err(|_| Malformed::Chunk)
}

#[cfg(test)]
#[path = "parser_tests.rs"]
mod tests;
