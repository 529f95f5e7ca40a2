use super::*;

const SIZED: &[u8] = b"HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED: &[u8] = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n\
    5\r\nhello\r\nA;name=value\r\n, caravel!\r\n0\r\nServer-Timing: db\r\n\r\n";

/// Feeds `bytes` in pieces of at most `size`; only the last piece may complete the answer.
fn feed_in_pieces(parser: &mut Parser, bytes: &[u8], size: usize) -> Response {
    let mut pieces = bytes.chunks(size).peekable();
    while let Some(piece) = pieces.next() {
        let answer = parser.feed(piece).unwrap();
        match answer {
            Some(response) if pieces.peek().is_none() => return response,
            Some(_) => panic!("complete before the last piece"),
            None => {}
        }
    }
    panic!("not complete after the last piece")
}

fn parse(bytes: &[u8]) -> Result<Option<Response>, Malformed> {
    Parser::new(Keep::Nothing).feed(bytes)
}

#[test]
fn every_split_gives_the_same_answer() {
    for (bytes, status, body) in [(SIZED, 200, b"hello".as_slice()), (CHUNKED, 201, b"hello, caravel!")] {
        for size in 1..=bytes.len() {
            let mut parser = Parser::new(Keep::HeadAndBody);
            let expected = Response { status, body_len: body.len() as u64, keep_alive: true };
            assert_eq!(feed_in_pieces(&mut parser, bytes, size), expected, "pieces of {size}");
            assert_eq!(parser.body(), body);
            assert!(parser.head().starts_with(b"HTTP/1.1 20") && parser.head().ends_with(b"\r\n\r\n"));
        }
    }
}

#[test]
fn one_parser_reads_answer_after_answer() {
    let mut parser = Parser::new(Keep::Body);
    for size in [1, 7, 1000] {
        feed_in_pieces(&mut parser, SIZED, size);
        assert_eq!(parser.body(), b"hello");
        feed_in_pieces(&mut parser, CHUNKED, size);
        assert_eq!(parser.body(), b"hello, caravel!");
    }
}

#[test]
fn nothing_is_kept_unless_asked() {
    let mut parser = Parser::new(Keep::Nothing);
    assert_eq!(parser.feed(SIZED).unwrap().unwrap().body_len, 5);
    assert!(parser.body().is_empty() && parser.head().is_empty());
}

#[test]
fn connection_header_and_version_decide_on_reuse() {
    let keep_alive = |bytes: &[u8]| parse(bytes).unwrap().unwrap().keep_alive;
    assert!(keep_alive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assert!(!keep_alive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nconnection: Close\r\n\r\n"));
    assert!(!keep_alive(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assert!(keep_alive(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"));
}

#[test]
fn statuses_without_a_body_end_with_the_head() {
    for status in ["204 No Content", "304 Not Modified"] {
        let bytes = format!("HTTP/1.1 {status}\r\nContent-Length: 9\r\n\r\n");
        assert_eq!(parse(bytes.as_bytes()).unwrap().unwrap().body_len, 0);
    }
}

#[test]
fn informational_answers_are_passed_over() {
    let bytes =
        [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", SIZED].concat();
    for size in [1, 10, bytes.len()] {
        assert_eq!(feed_in_pieces(&mut Parser::new(Keep::Nothing), &bytes, size).status, 200);
    }
}

#[test]
fn a_body_without_length_ends_with_the_connection() {
    let mut parser = Parser::new(Keep::Body);
    assert_eq!(parser.feed(b"HTTP/1.1 200 OK\r\n\r\nuntil").unwrap(), None);
    assert_eq!(parser.feed(b" the end").unwrap(), None);
    assert_eq!(parser.finish().unwrap(), Response { status: 200, body_len: 13, keep_alive: false });
    assert_eq!(parser.body(), b"until the end");
}

#[test]
fn an_end_within_an_answer_is_an_error() {
    for cut in [0, 10, SIZED.len() - 1] {
        let mut parser = Parser::new(Keep::Nothing);
        assert_eq!(parser.feed(&SIZED[..cut]).unwrap(), None);
        assert_eq!(parser.finish(), Err(Malformed::Truncated));
        parser.reset();
        assert_eq!(parser.feed(SIZED).unwrap().unwrap().status, 200);
    }
}

#[test]
fn what_is_not_http_is_refused() {
    let twice = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello";
    let chunk =
        |body: &str| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into_bytes();
    for (bytes, error) in [
        (b"SSH-2.0-OpenSSH\r\n\r\n".to_vec(), Malformed::StatusLine),
        (b"HTTP/2 200\r\n\r\n".to_vec(), Malformed::StatusLine),
        (b"HTTP/1.1 20x OK\r\n\r\n".to_vec(), Malformed::StatusLine),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n".to_vec(), Malformed::ContentLength),
        (twice.to_vec(), Malformed::ContentLength),
        ([SIZED, b"!"].concat(), Malformed::Surplus),
        (chunk("0\r\n\r\n!"), Malformed::Surplus),
        (chunk("five\r\n"), Malformed::Chunk),
        (chunk("+5\r\nhello"), Malformed::Chunk),
        (chunk("\r\n"), Malformed::Chunk),
        (chunk("3\r\nhello\r\n"), Malformed::Chunk),
        (chunk("11111111111111111\r\n"), Malformed::Chunk),
        (chunk(&"1".repeat(MAX_HEAD + 1)), Malformed::TooLong),
    ] {
        assert_eq!(parse(&bytes), Err(error), "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn an_endless_head_is_given_up() {
    let mut parser = Parser::new(Keep::Nothing);
    let mut outcome = parser.feed(b"HTTP/1.1 200 OK\r\nX-Filler: ");
    for _ in 0..100 {
        outcome = outcome.and_then(|_| parser.feed(&[b'x'; 1024]));
    }
    assert_eq!(outcome, Err(Malformed::TooLong));
}
