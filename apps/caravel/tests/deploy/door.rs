//! nginx apart from its cache: upstreams, retries, and what stays closed.

use std::{collections::HashMap, net::SocketAddr, sync::atomic::Ordering, time::Duration};

use http::Method;
use serde_json::Value;
use testing::nginx::{self, Nginx, Upstreams};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    program,
    stand_in::{StandIn, Visitor, dying, page, send, until},
};

const AT_ONCE: Duration = Duration::ZERO;

async fn named(name: &'static str) -> StandIn {
    StandIn::start(AT_ONCE, move |_| page("no-store", name)).await
}

#[test]
fn the_configuration_is_one() {
    let checked = nginx::check_configuration();
    let said = program::said(&checked);
    assert!(checked.status.success() && !said.contains("[warn]"), "{said}");
}

#[tokio::test]
async fn each_path_goes_to_its_edge() {
    let (gateway, storefront) = (named("gateway").await, named("storefront").await);
    let behind = Upstreams { gateway: vec![gateway.socket], storefront: vec![storefront.socket] };
    let nginx = Nginx::in_front_of(&behind);
    let visitor = Visitor::of(nginx.socket());
    let pages = [
        "/",
        "/products",
        "/products/kettle",
        "/checkout",
        "/orders/order_1",
        "/orders/order_1/events",
        "/mailbox",
        "/api/docs",
        "/assets/shop.css",
        "/nothing",
        "/apish",
        "/media",
    ];
    let api = [
        "/api",
        "/api/",
        "/api/v1/products",
        "/api/v1/orders",
        "/api/v1/orders/order_1",
        "/api/openapi.json",
        "/api/v1/stock/variant_1/adjustments",
        "/media/a.svg",
        "/health/ready",
        "/health/live",
        "/metrics",
    ];
    for (paths, edge) in [(&pages[..], "storefront"), (&api[..], "gateway")] {
        for path in paths {
            let answer = visitor.get(path).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, edge), "{path}");
        }
    }
}

#[tokio::test]
async fn figures_and_health_are_closed_and_the_version_is_hidden() {
    let edge = named("edge").await;
    let nginx = Nginx::as_deployed(&Upstreams::both([edge.socket]));
    for path in [
        "/metrics",
        "/metrics?x=1",
        "//metrics",
        "/%6Detrics",
        "/api/../metrics",
        "/api/%2e%2e/metrics",
        "/products/..%2fmetrics",
        "/health/ready",
        "/health/live",
        "/health/../metrics",
    ] {
        let answer =
            raw(nginx.socket(), &format!("GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n"))
                .await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(answer.contains("\r\nServer: nginx\r\n"), "{answer}");
    }
    for path in ["/../etc/passwd", "/products/../../etc/passwd"] {
        let answer =
            raw(nginx.socket(), &format!("GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n"))
                .await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{path}: {answer}");
    }
    assert_eq!(edge.asked().len(), 0, "{:?}", edge.asked());
    assert_eq!(Visitor::of(nginx.socket()).get("/").await.body, "edge");
}

async fn raw(socket: SocketAddr, request: &str) -> String {
    let mut connection = TcpStream::connect(socket).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn edges_get_the_ip_address_of_the_client() {
    let edge = named("edge").await;
    let nginx = Nginx::in_front_of(&Upstreams::both([edge.socket]));
    let forged = [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "for=203.0.113.9"),
        ("host", "shop.example:8080"),
        ("x-request-id", "0192f3a4-5b6c-7d8e-9f01-23456789abcd"),
    ];
    Visitor::of(nginx.socket()).get_with("/api/v1/products?limit=2", &forged).await;
    let asked = &edge.asked()[0];
    assert_eq!(asked.header("x-forwarded-for"), "127.0.0.1");
    assert_eq!(asked.header("x-forwarded-proto"), "http");
    assert_eq!((asked.header("x-forwarded-host"), asked.header("forwarded")), ("", ""));
    assert_eq!(asked.header("host"), "shop.example:8080", "forms are checked against it");
    assert_eq!(asked.header("x-request-id"), forged[5].1);
    assert_eq!(asked.path, "/api/v1/products?limit=2");
}

#[tokio::test]
async fn a_token_does_not_reach_the_log() {
    let edge = named("edge").await;
    let behind = Upstreams { storefront: vec![edge.socket], gateway: vec![program::free_socket()] };
    let nginx = Nginx::in_front_of(&behind);
    let visitor = Visitor::of(nginx.socket());
    assert_eq!(visitor.get("/orders/order_1?token=hush").await.status, 200);
    assert_eq!(visitor.get("/api/v1/orders/order_2?token=hush").await.status, 503);
    until("both are logged", async || nginx.log().contains("order_2")).await;
    let log = nginx.log();
    assert!(!log.contains("hush"), "{log}");
    let line = |order: &str| -> Value {
        serde_json::from_str(log.lines().find(|line| line.contains(order)).unwrap()).unwrap()
    };
    let (one, two) = (line("order_1"), line("order_2"));
    assert_eq!((&one["status"], &one["path"]), (&200.into(), &"/orders/order_1".into()));
    assert_eq!((&two["status"], &two["upstream_status"]), (&503.into(), &"502".into()));
}

/// An edge that works and one that dies of each request, with the number of its deaths.
async fn half_dead() -> (StandIn, Nginx, Visitor, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let (dead, deaths) = dying().await;
    let living = StandIn::start(AT_ONCE, |asked| page("no-store", asked.body.clone())).await;
    let nginx = Nginx::in_front_of(&Upstreams::both([dead, living.socket]));
    let visitor = Visitor::of(nginx.socket());
    (living, nginx, visitor, deaths)
}

#[tokio::test]
async fn what_can_be_repeated_is_asked_of_another_edge() {
    for (method, path) in [
        (Method::GET, "/products"),
        (Method::GET, "/api/v1/products"),
        (Method::POST, "/api/v1/orders"),
        (Method::POST, "/api/v1/stock/variant_1/adjustments"),
        (Method::POST, "/checkout"),
    ] {
        let (living, _nginx, visitor, deaths) = half_dead().await;
        for number in 0..8 {
            let request = visitor.request(method.clone(), path);
            // As long as a large order.
            let body = if method == Method::POST { format!("{number:4000}") } else { String::new() };
            let request = request.header("idempotency-key", format!("key-{number}")).body(body.clone());
            let answer = send(request).await;
            assert_eq!((answer.status, answer.body), (200, body), "{method} {path}");
        }
        assert!(deaths.load(Ordering::SeqCst) > 0, "{method} {path}: nothing was tried");
        assert_eq!(living.asked().len(), 8, "{method} {path}");
    }
}

#[tokio::test]
async fn what_cannot_be_repeated_is_asked_once() {
    for (method, path) in [
        (Method::POST, "/api/v1/products"),
        (Method::PATCH, "/api/v1/products/product_1"),
        (Method::POST, "/api/v1/orders/order_1/cancel"),
    ] {
        let (living, _nginx, visitor, deaths) = half_dead().await;
        let mut answers = HashMap::<u16, usize>::new();
        for _ in 0..8 {
            let answer = send(visitor.request(method.clone(), path).body("{}")).await;
            *answers.entry(answer.status).or_default() += 1;
            if answer.status != 200 {
                assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
            }
        }
        let deaths = deaths.load(Ordering::SeqCst);
        assert!(deaths > 0, "{method} {path}: nothing was tried");
        assert_eq!(answers, HashMap::from([(200, 8 - deaths), (503, deaths)]), "{method} {path}");
        assert_eq!(living.asked().len(), 8 - deaths, "{method} {path}");
    }
}

#[tokio::test]
async fn without_any_edge_the_error_is_the_shops_own() {
    let nginx = Nginx::in_front_of(&Upstreams::both([program::free_socket()]));
    let visitor = Visitor::of(nginx.socket());
    for path in ["/api/v1/products", "/media/a.svg", "/api/v1/orders"] {
        let answer = visitor.get(path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (503, "application/problem+json"),
            "{path}"
        );
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&"unavailable".into(), &503.into()));
        assert_eq!(
            (answer.header("retry-after"), answer.header("cache-control")),
            ("2", "no-store"),
            "{path}"
        );
    }
    for path in ["/", "/products/kettle", "/orders/order_1", "/checkout"] {
        let answer = visitor.get(path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (503, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(answer.body.contains("Back in a moment"), "{path}: {}", answer.body);
        assert_eq!(
            (answer.header("retry-after"), answer.header("cache-control")),
            ("2", "no-store"),
            "{path}"
        );
    }
}
