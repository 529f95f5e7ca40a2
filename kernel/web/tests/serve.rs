//! The server with clients that behave, and with clients that do not.

mod support;

use std::{
    convert::Infallible,
    io::Read as _,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use cache::{CacheLimits, Tags};
use http::{HeaderMap, HeaderName, HeaderValue};
use support::{Running, short, start, start_router};
use tokio::{io::AsyncReadExt as _, time::sleep};
use tokio_util::sync::CancellationToken;
use web::{
    page::{PageCache, RenderedPage},
    serve::{Server, ServerLimits},
};

const CLOSE: &str = "Host: shop\r\nConnection: close\r\n\r\n";

fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "routed" }))
        .route("/boats/vega", get(|| async { "routed" }).post(|| async { "posted" }))
        .route("/slow", get(|| async { sleep(Duration::from_millis(700)).await }))
        .route("/endless", get(|| async { std::future::pending::<()>().await }))
        .route("/large", get(|| async { "x".repeat(64 << 20) }))
}

async fn with_pages() -> (Running, Tags, String) {
    let tags = Tags::new();
    let limits = CacheLimits { max_bytes: 1 << 20, time_to_live: Duration::from_mins(1) };
    let mut common = HeaderMap::new();
    common.insert(HeaderName::from_static("x-common"), HeaderValue::from_static("yes"));
    let pages = PageCache::new("test", &tags, limits, common);
    let body = "<p>A boat, and a fast one.</p>".repeat(100);
    let rendered = RenderedPage::html(body.clone()).tags(["boat:vega", "boats"]);
    pages.get_or_render("/boats/vega", async { Ok::<_, Infallible>(rendered) }).await.unwrap();
    (start(Server::new(router()).fast_path(move |head| pages.answer(head))), tags, body)
}

#[tokio::test]
async fn a_cached_page_is_answered_ahead_of_the_router_until_it_is_purged() {
    let (server, tags, body) = with_pages().await;
    let answer = server.exchange(&format!("GET /boats/vega HTTP/1.1\r\n{CLOSE}")).await;
    assert_eq!((answer.status(), answer.body.as_slice()), (200, body.as_bytes()));
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("content-length"), Some(body.len().to_string().as_str()));
    assert_eq!(answer.header("cache-tag"), Some("boat:vega,boats"));
    assert_eq!(answer.header("vary"), Some("accept-encoding"));
    assert_eq!(answer.header("x-common"), Some("yes"));
    assert!(answer.header("cache-control").unwrap().contains("stale-while-revalidate="));
    assert!(answer.header("date").is_some());

    let other = server.exchange(&format!("GET /boats/vega?x=1 HTTP/1.1\r\n{CLOSE}")).await;
    assert_eq!(other.body, b"routed");
    let posted = server.exchange(&format!("POST /boats/vega HTTP/1.1\r\nContent-Length: 0\r\n{CLOSE}")).await;
    assert_eq!(posted.body, b"posted");

    tags.purge("boats");
    let purged = server.exchange(&format!("GET /boats/vega HTTP/1.1\r\n{CLOSE}")).await;
    assert_eq!(purged.body, b"routed");
}

#[tokio::test]
async fn head_sends_the_same_headers_and_no_body() {
    let (server, _, body) = with_pages().await;
    let answer = server.exchange(&format!("HEAD /boats/vega HTTP/1.1\r\n{CLOSE}")).await;
    assert_eq!((answer.status(), answer.body.len()), (200, 0));
    assert_eq!(answer.header("content-length"), Some(body.len().to_string().as_str()));
    assert!(answer.header("etag").is_some());
}

#[tokio::test]
async fn gzip_goes_to_those_who_take_it_under_an_etag_of_its_own() {
    let (server, _, body) = with_pages().await;
    let fetch =
        async |headers: &str| server.exchange(&format!("GET /boats/vega HTTP/1.1\r\n{headers}{CLOSE}")).await;
    let plain = fetch("").await;
    let gzip = fetch("Accept-Encoding: br, GZIP;q=0.8\r\n").await;
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    assert!(gzip.body.len() < body.len() / 4);
    let mut text = String::new();
    flate2::read::GzDecoder::new(gzip.body.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, body);
    assert_ne!(gzip.header("etag"), plain.header("etag"));
    for refused in
        ["Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip; q=0.000\r\n"]
    {
        assert_eq!(fetch(refused).await.header("content-encoding"), None, "{refused}");
    }

    for known in [plain.header("etag").unwrap(), gzip.header("etag").unwrap()] {
        for form in [known.to_owned(), format!("\"other\", W/{known}")] {
            let answer = fetch(&format!("Accept-Encoding: gzip\r\nIf-None-Match: {form}\r\n")).await;
            assert_eq!((answer.status(), answer.body.len()), (304, 0));
            assert_eq!(answer.header("etag"), Some(known));
            assert_eq!(answer.header("content-length"), None);
            assert!(answer.header("cache-control").is_some());
        }
    }
    assert_eq!(fetch("If-None-Match: \"other\"\r\n").await.status(), 200);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_turn() {
    let (server, _, body) = with_pages().await;
    let get = "GET /boats/vega HTTP/1.1\r\nHost: shop\r\n\r\n";
    let answer = server
        .exchange(&format!(
            "{get}{get}GET / HTTP/1.1\r\nHost: shop\r\n\r\nGET /boats/vega HTTP/1.1\r\n{CLOSE}"
        ))
        .await;
    let all = answer.head + &String::from_utf8(answer.body).unwrap();
    assert_eq!(all.matches("HTTP/1.1 200 OK").count(), 4);
    assert_eq!(all.matches(&body).count(), 3);
    assert_eq!(all.matches("routed").count(), 1);
}

#[tokio::test]
async fn a_head_that_drips_is_cut_off() {
    let server = start(Server::new(router()).limits(short()));
    let mut client = server.connect().await;
    let began = Instant::now();
    client.send("GET / HTTP/1.1\r\n").await;
    let (mut read, mut write) = client.0.into_split();
    let drip = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        loop {
            if write.write_all(b"X-Drip: drop\r\n").await.is_err() {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    let mut bytes = Vec::new();
    let _ = read.read_to_end(&mut bytes).await;
    let took = began.elapsed();
    assert!((Duration::from_millis(280)..Duration::from_secs(3)).contains(&took), "{took:?}");
    drip.abort();
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let server = start(Server::new(router()).limits(short()));
    let mut client = server.connect().await;
    // Twice as long as the limit for heads, and still answered.
    client.send("GET /slow HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    client.until("\r\n\r\n").await;
    let began = Instant::now();
    assert_eq!(client.rest().await.head, "");
    let took = began.elapsed();
    assert!((Duration::from_secs(1)..Duration::from_secs(6)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let server = start(Server::new(router()).limits(short()));
    let mut client = server.connect().await;
    client.send("GET /large HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    sleep(Duration::from_millis(1500)).await;
    let mut received = Vec::new();
    let _ = client.0.read_to_end(&mut received).await;
    assert!(received.len() < 64 << 20, "the rest was not sent");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_and_idle_ones_make_room() {
    let limits = ServerLimits { connections: 1, idle: Duration::from_mins(1), ..short() };
    let server = start(Server::new(router()).limits(limits));
    let mut first = server.connect().await;
    first.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    first.until("routed").await;
    let began = Instant::now();
    let second = server.exchange(&format!("GET / HTTP/1.1\r\n{CLOSE}")).await;
    assert_eq!(second.body, b"routed");
    assert!(began.elapsed() > Duration::from_millis(20), "it had to wait");
    assert_eq!(first.rest().await.head, "", "the idle one was closed for it");
}

#[tokio::test]
async fn a_head_of_any_size_is_refused() {
    let server = start_router(router());
    let answer =
        server.exchange(&format!("GET / HTTP/1.1\r\nX-Large: {}\r\n{CLOSE}", "x".repeat(100_000))).await;
    assert_eq!(answer.status(), 431);
    assert_eq!(server.exchange("this is not HTTP\r\n\r\n").await.status(), 400);
}

#[tokio::test]
async fn stopping_waits_for_what_is_under_way() {
    let server = start(Server::new(router()).limits(short()));
    let (mut fresh, mut idle, mut busy) =
        (server.connect().await, server.connect().await, server.connect().await);
    idle.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    idle.until("routed").await;
    busy.send("GET /slow HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    sleep(Duration::from_millis(100)).await;

    server.stop.cancel();
    assert_eq!(fresh.rest().await.head, "", "nothing was asked on it");
    assert_eq!(idle.rest().await.head, "");
    let answer = busy.rest().await;
    assert_eq!((answer.status(), answer.header("connection")), (200, Some("close")));
    assert_eq!(server.ended.await.unwrap().cut_off, 0);
    assert!(tokio::net::TcpStream::connect(server.listens_at).await.is_err(), "the listener is closed");
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut_off() {
    let server =
        start(Server::new(router()).limits(ServerLimits { drain: Duration::from_millis(200), ..short() }));
    let mut client = server.connect().await;
    client.send("GET /endless HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    server.stop.cancel();
    assert_eq!(server.ended.await.unwrap().cut_off, 1);
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(client.rest().await.head, "");
}

#[tokio::test]
async fn a_retired_server_answers_every_open_connection_once_more() {
    let retire = CancellationToken::new();
    let server = start(Server::new(router()).limits(short()).retire(retire.clone()));
    let (mut active, mut idle) = (server.connect().await, server.connect().await);
    active.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    active.until("routed").await;
    idle.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    idle.until("routed").await;

    retire.cancel();
    sleep(Duration::from_millis(50)).await;
    assert!(!server.ended.is_finished(), "the clients do not know yet");
    assert!(tokio::net::TcpStream::connect(server.listens_at).await.is_err(), "the listener is closed");
    active.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    let last = active.rest().await;
    assert_eq!((last.status(), last.header("connection")), (200, Some("close")));
    assert_eq!(idle.rest().await.head, "", "it had its time");
    assert_eq!(server.ended.await.unwrap().cut_off, 0);
}

#[tokio::test]
async fn a_retired_server_without_connections_ends_at_once() {
    let retire = CancellationToken::new();
    let long = ServerLimits { farewell: Duration::from_mins(1), ..short() };
    let server = start(Server::new(router()).limits(long).retire(retire.clone()));
    retire.cancel();
    assert_eq!(server.ended.await.unwrap().cut_off, 0);

    let retire = CancellationToken::new();
    let server = start(Server::new(router()).limits(long).retire(retire.clone()));
    let mut idle = server.connect().await;
    idle.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    idle.until("routed").await;
    retire.cancel();
    sleep(Duration::from_millis(50)).await;
    server.stop.cancel();
    assert_eq!(server.ended.await.unwrap().cut_off, 0, "who is stopped says no farewell");
}
