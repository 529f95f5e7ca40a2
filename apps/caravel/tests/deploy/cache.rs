//! nginx's cache: as long as the headers allow, and nothing without their permission.

use std::time::Duration;

use axum::response::IntoResponse as _;
use futures::future::join_all;
use http::{HeaderName, HeaderValue, StatusCode};
use testing::nginx::{Nginx, Upstreams};
use tokio::time::sleep;

use crate::stand_in::{Asked, StandIn, Visitor, page, until};

const AT_ONCE: Duration = Duration::ZERO;

fn in_front_of(edge: &StandIn) -> (Nginx, Visitor) {
    let nginx = Nginx::in_front_of(&Upstreams::both([edge.socket]));
    let visitor = Visitor::of(nginx.socket());
    (nginx, visitor)
}

#[tokio::test]
async fn a_page_is_fresh_for_its_time_and_old_only_while_it_is_refreshed() {
    let edge = StandIn::start(AT_ONCE, |asked| {
        page("public, max-age=0, s-maxage=1, stale-while-revalidate=60", asked.count.to_string())
    })
    .await;
    let (_nginx, visitor) = in_front_of(&edge);
    let first = visitor.get("/products/kettle").await;
    assert_eq!((first.status, first.cache(), first.body.as_str()), (200, "MISS", "1"));
    let second = visitor.get("/products/kettle").await;
    assert_eq!((second.cache(), second.body.as_str()), ("HIT", "1"));
    assert_eq!(second.header("cache-control"), first.header("cache-control"), "browsers get the same");

    until("its time is over, and no request waits for the next copy", async || {
        let answer = visitor.get("/products/kettle").await;
        assert!(["HIT", "STALE", "UPDATING"].contains(&answer.cache()), "{answer:?}");
        answer.cache() == "STALE" && answer.body == "1"
    })
    .await;
    until("the new one is there", async || visitor.get("/products/kettle").await.body == "2").await;
}

#[tokio::test]
async fn nothing_older_than_the_headers_allow_is_shown() {
    let edge = StandIn::start(AT_ONCE, |asked| {
        page("public, max-age=0, s-maxage=1, stale-while-revalidate=1", asked.count.to_string())
    })
    .await;
    let (_nginx, visitor) = in_front_of(&edge);
    assert_eq!(visitor.get("/").await.body, "1");
    sleep(Duration::from_millis(3100)).await;
    let answer = visitor.get("/").await;
    assert_eq!((answer.cache(), answer.body.as_str()), ("EXPIRED", "2"));
}

#[tokio::test]
async fn an_old_copy_is_refreshed_by_its_etag() {
    let edge = StandIn::start(AT_ONCE, |asked| {
        let mut answer = page("public, s-maxage=1", "the page");
        answer.headers_mut().insert("etag", HeaderValue::from_static("\"v1\""));
        if asked.header("if-none-match") == "\"v1\"" {
            *answer.body_mut() = axum::body::Body::empty();
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
        }
        answer
    })
    .await;
    let (_nginx, visitor) = in_front_of(&edge);
    assert_eq!(visitor.get("/").await.body, "the page");
    let known = visitor.get_with("/", &[("if-none-match", "\"v1\"")]).await;
    assert_eq!((known.status, known.cache(), known.body.as_str()), (304, "HIT", ""));
    assert_eq!(known.header("etag"), "\"v1\"");
    assert_eq!(edge.asked().len(), 1, "nginx knew by itself");
    until("it is refreshed without being sent again", async || {
        let answer = visitor.get("/").await;
        assert_eq!(answer.body, "the page");
        answer.cache() == "REVALIDATED"
    })
    .await;
    let again = visitor.get("/").await;
    assert_eq!(again.cache(), "HIT", "and is fresh again");
}

/// The headers of a page that any cache may keep.
const PUBLIC: &str = "public, max-age=0, s-maxage=60, stale-while-revalidate=60";

fn public_with(asked: &Asked, name: &'static str, value: &'static str) -> axum::response::Response {
    let mut answer = page(PUBLIC, asked.count.to_string());
    answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    answer
}

#[tokio::test]
async fn what_may_not_be_kept_is_not() {
    let edge = StandIn::start(AT_ONCE, |asked| match asked.path.as_str() {
        "/no-store" => page("no-store", asked.count.to_string()),
        "/private" => page("private, max-age=60", asked.count.to_string()),
        "/silent" => asked.count.to_string().into_response(),
        "/cookie" => public_with(asked, "set-cookie", "who=mira"),
        "/varies" => public_with(asked, "vary", "cookie"),
        _ => page(PUBLIC, asked.count.to_string()),
    })
    .await;
    let (_nginx, visitor) = in_front_of(&edge);
    assert_eq!(visitor.get("/kept").await.body, "1");
    assert_eq!(visitor.get("/kept").await.body, "1", "else this test could not fail");
    for path in [
        "/no-store",
        "/private",
        "/silent",
        "/cookie",
        "/varies",
        // Even if an edge should allow it.
        "/orders/order_1?token=t",
        "/orders/order_1/events?token=t",
        "/orders",
        "/mailbox",
        "/mailbox/mail_1/html",
        "/checkout?variant=v",
        "/api/v1/orders",
        "/api/v1/orders/order_1?token=t",
        "/api/v1/products",
        "/api/v1/products/kettle",
        "/api/v1/stock/variant_1",
        "/health/ready",
        "/metrics",
    ] {
        let first = visitor.get(path).await;
        let second = visitor.get(path).await;
        assert_eq!((first.status, first.body.as_str()), (200, "1"), "{path}");
        assert_eq!((second.status, second.body.as_str()), (200, "2"), "{path}: {}", second.cache());
    }
    let key = [("authorization", "Bearer key")];
    assert_eq!(visitor.get_with("/kept", &key).await.body, "2", "a request with a key reaches the edge");
    assert_eq!(visitor.get("/kept").await.body, "1", "and no other client gets that answer");
}

#[tokio::test]
async fn there_are_two_variants_of_a_page() {
    let edge = StandIn::start(AT_ONCE, |asked| {
        let mut answer = page(PUBLIC, format!("{}:{}", asked.header("accept-encoding"), asked.count));
        answer.headers_mut().insert("vary", HeaderValue::from_static("accept-encoding"));
        answer
    })
    .await;
    let (_nginx, visitor) = in_front_of(&edge);
    for (accepted, body) in [
        ("gzip, deflate, br, zstd", "gzip:1"),
        ("gzip", "gzip:1"),
        ("br;q=1.0, gzip;q=0.8", "gzip:1"),
        ("deflate,gzip", "gzip:1"),
        ("", ":2"),
        ("identity", ":2"),
        ("br", ":2"),
        ("gzip;q=0", ":2"),
        ("gzip; q=0.0, br", ":2"),
        ("x-gzip", ":2"),
    ] {
        let answer = visitor.get_with("/", &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.body, body, "{accepted:?}");
    }
}

#[tokio::test]
async fn a_reload_brings_a_new_page_for_all() {
    let edge = StandIn::start(AT_ONCE, |asked| page(PUBLIC, asked.count.to_string())).await;
    let (_nginx, visitor) = in_front_of(&edge);
    assert_eq!(visitor.get("/").await.body, "1");
    let reloaded = visitor.get_with("/", &[("cache-control", "no-cache")]).await;
    assert_eq!((reloaded.cache(), reloaded.body.as_str()), ("BYPASS", "2"));
    let after = visitor.get("/").await;
    assert_eq!((after.cache(), after.body.as_str()), ("HIT", "2"));
}

#[tokio::test]
async fn many_requests_for_a_new_page_cost_one() {
    let pause = Duration::from_millis(300);
    let edge = StandIn::start(pause, |asked| page(PUBLIC, asked.count.to_string())).await;
    let (_nginx, visitor) = in_front_of(&edge);
    let answers = join_all((0..50).map(|_| visitor.get("/products/new"))).await;
    assert!(answers.iter().all(|answer| (answer.status, answer.body.as_str()) == (200, "1")), "{answers:?}");
    assert_eq!(edge.asked().len(), 1);
}

#[tokio::test]
async fn an_edge_that_fails_does_not_take_the_pages_with_it() {
    let edge = StandIn::start(AT_ONCE, |asked| match asked.count {
        1 => page("public, s-maxage=1", "the page").into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "busy").into_response(),
    })
    .await;
    let (_nginx, visitor) = in_front_of(&edge);
    assert_eq!(visitor.get("/").await.body, "the page");
    until("the edge was asked again, and could not", async || {
        let answer = visitor.get("/").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "the page"), "{answer:?}");
        edge.asked().len() > 1 && answer.cache() == "STALE"
    })
    .await;
    assert_eq!(visitor.get("/api/v1/products").await.status, 200, "counted by its own path");
    assert_eq!(visitor.get("/api/v1/products").await.body, "busy", "the API hides nothing");
}
