//! Rate limits, as clients see them.

use axum::{Router, routing::post};
use cache::Counters;
use http::Method;
use web::{client::TrustedProxies, limit::RateLimit};

mod support;
use support::{Answer, Running, start_router};

const ORDERS: &str = "/orders";

fn limit(most: u32) -> RateLimit {
    RateLimit::per_minute("orders", most, Counters::new(), TrustedProxies::loopback())
}

fn router(limit: &RateLimit) -> Router {
    let router = Router::new()
        .route(ORDERS, post(|| async { "placed" }).get(|| async { "list" }))
        .route("/other", post(|| async { "other" }));
    limit.around(router, &Method::POST, ORDERS)
}

async fn ask(server: &Running, method: &str, path: &str, forwarded: &str) -> Answer {
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\nConnection: close\r\n");
    server.exchange(&format!("{head}X-Forwarded-For: {forwarded}\r\n\r\n")).await
}

#[tokio::test]
async fn one_client_too_many_times_is_refused_and_the_others_are_not() {
    let server = start_router(router(&limit(2)));
    for left in [1, 0] {
        let placed = ask(&server, "POST", ORDERS, "198.51.100.1").await;
        assert_eq!(placed.status(), 200);
        assert_eq!(placed.header("ratelimit-policy"), Some("\"orders\";q=2;w=60"));
        let state = placed.header("ratelimit").unwrap();
        assert!(state.starts_with(&format!("\"orders\";r={left};t=")), "{state}");
    }
    let refused = ask(&server, "POST", ORDERS, "198.51.100.1").await;
    assert_eq!((refused.status(), &refused.json()["code"]), (429, &"too-many-requests".into()));
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    let pause: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&pause), "{pause}");
    assert_eq!(refused.header("ratelimit"), Some(format!("\"orders\";r=0;t={pause}").as_str()));

    assert_eq!(ask(&server, "POST", ORDERS, "198.51.100.2").await.status(), 200);
    for (method, path) in [("GET", ORDERS), ("POST", "/other")] {
        let free = ask(&server, method, path, "198.51.100.1").await;
        assert_eq!((free.status(), free.header("ratelimit")), (200, None), "{method} {path}");
    }
    // Whatever the client claims, it counts as one client.
    assert_eq!(ask(&server, "POST", ORDERS, "6.6.6.6, 198.51.100.1").await.status(), 429);
}

#[tokio::test]
async fn edges_with_one_limit_count_together() {
    let limit = limit(1);
    let (gateway, storefront) = (start_router(router(&limit)), start_router(router(&limit)));
    assert_eq!(ask(&gateway, "POST", ORDERS, "198.51.100.1").await.status(), 200);
    assert_eq!(ask(&storefront, "POST", ORDERS, "198.51.100.1").await.status(), 429);
}

#[tokio::test]
async fn no_limit_counts_nothing() {
    let server = start_router(router(&limit(0)));
    for _ in 0..5 {
        let placed = ask(&server, "POST", ORDERS, "198.51.100.1").await;
        assert_eq!((placed.status(), placed.header("ratelimit")), (200, None));
    }
}
