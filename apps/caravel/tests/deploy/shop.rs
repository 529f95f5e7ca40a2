//! nginx in front of the real program.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use testing::nginx::{Nginx, Upstreams};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    program::Shop,
    stand_in::{Got, Visitor, send, until},
};

fn in_front_of(shop: &Shop) -> (Nginx, Visitor) {
    let nginx = Nginx::in_front_of(&Upstreams::both([shop.socket()]));
    let visitor = Visitor::of(nginx.socket());
    (nginx, visitor)
}

/// The path of a product's page, and the id of a variant that is in stock.
async fn a_product(visitor: &Visitor) -> (String, String) {
    let products: Value = serde_json::from_str(&visitor.get("/api/v1/products?limit=50").await.body).unwrap();
    let products = products["data"].as_array().unwrap();
    let variants = products.iter().flat_map(|product| {
        product["variants"].as_array().unwrap().iter().map(move |variant| (product, variant))
    });
    let mut in_stock = variants.filter(|(_, variant)| variant["available"].as_i64().unwrap() > 0);
    let (product, variant) = in_stock.next().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (format!("/products/{}", text(&product["slug"])), text(&variant["id"]))
}

/// Places an order that stays pending for a while: its id and its token.
async fn an_order(visitor: &Visitor, variant: &str) -> (String, String) {
    let order = json!({
        "email": "mira@example.org", "items": [{"variant_id": variant, "quantity": 1}],
        "shipping_address": {
            "name": "Mira Rao", "line1": "14 Canal Street", "city": "Pune", "postal_code": "411001", "country": "IN",
        },
        "payment": {"provider": "test", "token": "tok_slow"},
    });
    let request = visitor.request(Method::POST, "/api/v1/orders").header("idempotency-key", "an-order");
    let placed = send(request.json(&order)).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let placed: Value = serde_json::from_str(&placed.body).unwrap();
    (placed["id"].as_str().unwrap().to_owned(), placed["token"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn pages_are_kept_orders_are_not_and_a_stopped_shop_can_be_looked_at() {
    let mut shop = Shop::start(true);
    let (_nginx, visitor) = in_front_of(&shop);
    let direct = Visitor::of(shop.socket());
    let (product, variant) = a_product(&visitor).await;
    let picture: Value = serde_json::from_str(&visitor.get("/api/v1/products?limit=1").await.body).unwrap();
    let picture = picture["data"][0]["pictures"][0]["url"].as_str().unwrap().to_owned();

    for path in ["/", "/products", product.as_str(), "/api/docs", picture.as_str()] {
        let first = visitor.get(path).await;
        assert_eq!((first.status, first.cache()), (200, "MISS"), "{path}");
        let again = visitor.get(path).await;
        assert_eq!((again.cache(), &again.body), ("HIT", &first.body), "{path}");
        let ours = direct.get(path).await;
        assert_eq!(&first.body, &ours.body, "{path}");
        for header in
            ["etag", "cache-control", "content-security-policy", "content-type", "x-content-type-options"]
        {
            assert_eq!(again.header(header), ours.header(header), "{path}: {header}");
            assert!(!again.header(header).is_empty(), "{path}: {header}");
        }
        let known = visitor.get_with(path, &[("if-none-match", ours.header("etag"))]).await;
        assert_eq!((known.status, known.cache(), known.body.as_str()), (304, "HIT", ""), "{path}");
        assert_eq!(known.header("etag"), ours.header("etag"), "{path}");
    }
    let squeezed = visitor.get_with("/", &[("accept-encoding", "gzip")]).await;
    assert_eq!((squeezed.cache(), squeezed.header("content-encoding")), ("MISS", "gzip"));
    let squeezed = visitor.get_with("/", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!((squeezed.cache(), squeezed.header("content-encoding")), ("HIT", "gzip"));

    let (id, token) = an_order(&visitor, &variant).await;
    let order = format!("/orders/{id}?token={token}");
    for path in [&order, &format!("/api/v1{order}"), "/mailbox", "/api/v1/products", "/health/ready"] {
        for _ in 0..2 {
            let answer = visitor.get(path).await;
            assert_eq!((answer.status, answer.cache()), (200, ""), "{path}");
        }
    }
    let list = visitor.get("/api/v1/products").await;
    let known = visitor.get_with("/api/v1/products", &[("if-none-match", list.header("etag"))]).await;
    assert_eq!((known.status, known.body.as_str()), (304, ""), "the gateway knows it too");

    shop.kill();
    until("what is kept is no longer fresh, and still shown", async || {
        let answer = visitor.get(&product).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.cache() == "STALE"
    })
    .await;
    assert_eq!((visitor.get("/").await.status, visitor.get(&picture).await.status), (200, 200));
    assert_eq!(visitor.get(&order).await.status, 503);
    assert_eq!(visitor.get("/api/v1/products").await.status, 503);
}

#[tokio::test]
async fn an_open_order_page_shows_its_payment_at_once() {
    let shop = Shop::start(true);
    let (_nginx, visitor) = in_front_of(&shop);
    let (_, variant) = a_product(&visitor).await;
    let (id, token) = an_order(&visitor, &variant).await;
    let stream = visitor.request(Method::GET, &format!("/orders/{id}/events?token={token}"));
    let mut stream = stream.send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut received = String::new();
    let mut next = async |received: &mut String| {
        let chunk = timeout(Duration::from_secs(20), stream.chunk()).await.expect("it is held back").unwrap();
        received.push_str(&String::from_utf8_lossy(&chunk.expect("the stream continues")));
    };
    next(&mut received).await;
    assert!(received.contains("pending") && !received.contains("confirmed"), "each by itself: {received}");
    while !received.contains("confirmed") {
        next(&mut received).await;
    }
}

#[tokio::test]
async fn one_of_two_shops_dies_and_no_reader_notices() {
    let (mut first, second) = (Shop::start(false), Shop::start(false));
    let nginx = Nginx::in_front_of(&Upstreams::both([first.socket(), second.socket()]));
    let visitor = Visitor::of(nginx.socket());
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let visitor = visitor.clone();
            tokio::spawn(async move {
                let began = Instant::now();
                let mut answers = Vec::<Got>::new();
                while began.elapsed() < Duration::from_secs(2) {
                    answers.push(visitor.get("/api/v1/products").await);
                }
                answers
            })
        })
        .collect();
    sleep(Duration::from_millis(500)).await;
    first.kill();
    let mut count = 0;
    for reader in readers {
        for answer in reader.await.unwrap() {
            assert_eq!(answer.status, 200, "{answer:?}");
            count += 1;
        }
    }
    assert!(count > 100, "{count} were too few for a result");
    let (first, second) = (first.socket().to_string(), second.socket().to_string());
    let log = nginx.log();
    let asked = |socket: &str| log.lines().filter(|line| line.contains(socket)).count();
    assert!(asked(&first) > 10 && asked(&second) > 10, "both were asked while both were there");
}

#[tokio::test]
async fn a_body_that_is_too_large_or_too_slow_is_refused_in_our_words() {
    let shop = Shop::start(false);
    let (nginx, visitor) = in_front_of(&shop);
    let key = shop.admin_key();
    let large = visitor.request(Method::POST, "/api/v1/orders").bearer_auth(&key);
    let large = large.header("idempotency-key", "large").header("content-type", "application/json");
    let large = large.body(" ".repeat(100_000));
    let answer = send(large).await;
    assert_eq!((answer.status, answer.header("content-type")), (413, "application/problem+json"));
    assert!(answer.body.contains("body-too-large"), "{}", answer.body);

    let mut slow = TcpStream::connect(nginx.socket()).await.unwrap();
    let head = "POST /api/v1/orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
                idempotency-key: slow\r\ncontent-length: 500\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut answer = [0; 4096];
    let length = loop {
        slow.write_all(b" ").await.unwrap();
        if let Ok(read) = timeout(Duration::from_millis(300), slow.read(&mut answer)).await {
            break read.unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(15), "it is let drip");
    };
    let answer = String::from_utf8_lossy(&answer[..length]);
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("body-timeout"), "{answer}");
}
