//! What the guard does for every response, whatever the handler does.

mod support;

use std::time::Duration;

use axum::{
    Extension, Router, middleware,
    response::sse::Event,
    routing::{get, post},
};
use futures::{StreamExt as _, stream};
use http::HeaderMap;
use message::{Clock, CorrelationId, Fault, IdSource};
use serde_json::json;
use support::{Running, start, start_router};
use tokio_util::sync::CancellationToken;
use web::{
    assets::Assets,
    guard::Guard,
    problem::Problem,
    security::{SecurityHeaders, refuse_cross_site},
    serve::Server,
    sse::Streams,
};

fn guarded() -> Running {
    let router = Router::new()
        .route("/id", get(|Extension(id): Extension<CorrelationId>| async move { id.to_string() }))
        .route("/panic", get(panicking))
        .route("/fault", get(|| async { Problem::from(Fault::internal("a secret of ours")) }))
        .route("/slow", get(|| async { std::future::pending::<()>().await }))
        .route("/form", post(|| async { "posted" }))
        .layer(middleware::from_fn(refuse_cross_site));
    let guard = Guard::new(
        IdSource::random(Clock::system()),
        SecurityHeaders::for_pages().https_only(Duration::from_hours(1)),
    );
    start_router(guard.time_limit(Duration::from_millis(200)).around(router))
}

async fn panicking() -> &'static str {
    panic!("a secret of ours")
}

fn get_with(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n{headers}Connection: close\r\n\r\n")
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_security_headers() {
    let server = guarded();
    for path in ["/id", "/panic", "/fault", "/slow", "/nowhere", "/form"] {
        let answer = server.exchange(&get_with(path, "")).await;
        assert!(answer.header("x-request-id").unwrap().starts_with("req_"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=3600"), "{path}");
        assert!(
            answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_well_formed_id_is_kept_and_others_are_not() {
    let server = guarded();
    let ours = "req_01h455vb4pex5vsknk084sn02q";
    for (sent, kept) in [
        (ours, Some(ours)),
        ("01890a5d-ac96-774b-bcce-b302099a8057", Some(ours)),
        ("01890a5dac96774bbcceb302099a8057", Some(ours)),
        ("order_01h455vb4pex5vsknk084sn02q", None),
        ("<script>", None),
    ] {
        let answer = server.exchange(&get_with("/id", &format!("X-Request-Id: {sent}\r\n"))).await;
        let id = answer.header("x-request-id").unwrap();
        assert_eq!(String::from_utf8_lossy(&answer.body), id);
        match kept {
            Some(kept) => assert_eq!(id, kept),
            None => assert_ne!(id, sent),
        }
    }
}

#[tokio::test]
async fn failures_are_problems_that_tell_nothing_of_our_insides() {
    let server = guarded();
    for (path, status, code) in [
        ("/panic", 500, "internal"),
        ("/fault", 500, "internal"),
        ("/slow", 504, "timeout"),
        ("/nowhere", 404, "not-found"),
        ("/form", 405, "method-not-allowed"),
    ] {
        let answer = server.exchange(&get_with(path, "")).await;
        let problem = answer.json();
        assert_eq!((answer.status(), &problem["code"]), (status, &json!(code)));
        assert!(!problem.to_string().contains("secret"));
        if status >= 500 {
            assert_eq!(problem["correlation_id"].as_str(), answer.header("x-request-id"), "{path}");
        }
    }
    let refused = server.exchange(&get_with("/form", "")).await;
    assert_eq!(refused.header("allow"), Some("POST"));
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let server = guarded();
    let post = async |headers: &str| {
        let head = "POST /form HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\nConnection: close\r\n";
        server.exchange(&format!("{head}{headers}\r\n")).await
    };
    assert_eq!(post("Sec-Fetch-Site: same-origin\r\nOrigin: http://shop.example\r\n").await.body, b"posted");
    assert_eq!(post("").await.body, b"posted");
    for headers in ["Sec-Fetch-Site: cross-site\r\n", "Origin: http://evil.example\r\n", "Origin: null\r\n"] {
        let refused = post(headers).await;
        assert_eq!((refused.status(), &refused.json()["code"]), (403, &json!("cross-site")));
    }
}

#[tokio::test]
async fn streams_beat_and_are_counted_and_end_with_the_server() {
    let stop = CancellationToken::new();
    let streams = Streams::new(1, stop.clone()).heartbeat(Duration::from_millis(50));
    let open = move || async move {
        let status = stream::iter([Event::default().event("status").data("pending")]);
        streams.open(status.chain(stream::pending()))
    };
    let server = start_router(Router::new().route("/live", get(open)));
    let mut watching = server.connect().await;
    watching.send("GET /live HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    let head = watching.until("event: status\ndata: pending\n\n").await;
    assert!(head.contains("text/event-stream") && head.contains("x-accel-buffering: no"), "{head}");
    watching.until(":\n\n").await;

    let refused = server.exchange(&get_with("/live", "")).await;
    assert_eq!((refused.status(), refused.header("retry-after")), (503, Some("5")));

    stop.cancel();
    watching.until("0\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.stop.cancel();
    assert_eq!(server.ended.await.unwrap().cut_off, 0);
}

#[tokio::test]
async fn a_stream_whose_client_left_gives_its_place_back() {
    let streams = Streams::new(1, CancellationToken::new()).heartbeat(Duration::from_millis(20));
    let open = move || async move { streams.open(stream::pending()) };
    let server = start_router(Router::new().route("/live", get(open)));
    for _ in 0..5 {
        let mut watching = server.connect().await;
        watching.send("GET /live HTTP/1.1\r\nHost: shop\r\n\r\n").await;
        watching.until("200 OK").await;
        drop(watching);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_the_name_of_their_content() {
    let css: &[u8] = b"body { color: #1C2126 }";
    let assets = Assets::new("/assets", &[("shop.css", css)], &SecurityHeaders::for_pages().to_map());
    let url = assets.url("shop.css").unwrap().to_owned();
    let routed = start_router(assets.router());
    let fast = start(Server::new(Router::new()).fast_path(move |head| assets.answer(head)));
    for server in [routed, fast] {
        let answer = server.exchange(&get_with(&url, "")).await;
        assert_eq!((answer.status(), answer.body.as_slice()), (200, css));
        assert_eq!(answer.header("content-type"), Some("text/css; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(server.exchange(&get_with("/assets/shop.00000000.css", "")).await.status(), 404);
    }
    let other = Assets::new("/assets", &[("shop.css", b"other")], &HeaderMap::new());
    assert_ne!(other.url("shop.css"), Some(url.as_str()));
}
