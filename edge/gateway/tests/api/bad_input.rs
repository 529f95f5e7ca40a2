//! Bad input of every kind: a clear 4xx with every place that is wrong, and nothing changes.

use std::sync::atomic::Ordering::SeqCst;

use serde_json::{Value, json};

use crate::{
    Send as _, Shop,
    stand_ins::{TOKEN, new_order, new_product, order_id, variant_id},
};

/// Leaves the field out.
const NOTHING: &str = "(nothing)";

/// `body` with `value` at `pointer`.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(fields) if value == json!(NOTHING) => {
            fields.remove(last);
        }
        Value::Object(fields) => {
            fields.insert(last.to_owned(), value);
        }
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer} is in nothing"),
    }
    body
}

#[tokio::test]
async fn wrong_orders_are_told_where() {
    let shop = Shop::open();
    let long = "x".repeat(201);
    let item = json!({"variant_id": variant_id(1), "quantity": 1});
    // What is set, to what, and what is pointed at.
    for (place, value, pointer) in [
        ("/email", json!(NOTHING), "/email"),
        ("/email", json!(null), "/email"),
        ("/email", json!(7), "/email"),
        ("/email", json!("nobody"), "/email"),
        ("/email", json!("a b@example.org"), "/email"),
        ("/email", json!("a@example.org\r\nBcc: all@example.org"), "/email"),
        ("/items", json!(NOTHING), "/items"),
        ("/items", json!("two"), "/items"),
        ("/items", json!({}), "/items"),
        ("/items", json!([]), "/items"),
        ("/items", json!(vec![item.clone(); 101]), "/items"),
        ("/items", json!([item.clone(), item.clone()]), "/items/1/variant_id"),
        ("/items/0", json!(null), "/items/0"),
        ("/items/1", json!("kettle"), "/items/1"),
        ("/items/0/quantity", json!(NOTHING), "/items/0/quantity"),
        ("/items/0/quantity", json!(0), "/items/0/quantity"),
        ("/items/1/quantity", json!(-1), "/items/1/quantity"),
        ("/items/0/quantity", json!(1.5), "/items/0/quantity"),
        ("/items/0/quantity", json!(1e9), "/items/0/quantity"),
        ("/items/0/quantity", json!(1_000_000_000), "/items/0/quantity"),
        ("/items/0/quantity", json!(10_001), "/items/0/quantity"),
        ("/items/0/quantity", json!(u64::MAX), "/items/0/quantity"),
        ("/items/0/quantity", json!("2"), "/items/0/quantity"),
        ("/items/0/quantity", json!(true), "/items/0/quantity"),
        ("/items/0/variant_id", json!(NOTHING), "/items/0/variant_id"),
        ("/items/0/variant_id", json!(17), "/items/0/variant_id"),
        ("/items/0/variant_id", json!("17"), "/items/0/variant_id"),
        ("/items/0/variant_id", json!(order_id().to_string()), "/items/0/variant_id"),
        ("/items/0/variant_id", json!("variant_zzzzzzzzzzzzzzzzzzzzzzzzzz"), "/items/0/variant_id"),
        ("/items/0/price", json!(1), "/items/0/price"),
        ("/shipping_address", json!(NOTHING), "/shipping_address"),
        ("/shipping_address", json!("14 Lake Road"), "/shipping_address"),
        ("/shipping_address/name", json!(""), "/shipping_address/name"),
        ("/shipping_address/name", json!(" Mira"), "/shipping_address/name"),
        ("/shipping_address/name", json!("Mi\u{0}ra"), "/shipping_address/name"),
        ("/shipping_address/line1", json!("a\nb"), "/shipping_address/line1"),
        ("/shipping_address/line2", json!(["Flat 3"]), "/shipping_address/line2"),
        ("/shipping_address/city", json!(long), "/shipping_address/city"),
        ("/shipping_address/postal_code", json!(682_001), "/shipping_address/postal_code"),
        ("/shipping_address/country", json!("India"), "/shipping_address/country"),
        ("/shipping_address/country", json!("in"), "/shipping_address/country"),
        ("/shipping_address/zip", json!("1"), "/shipping_address/zip"),
        ("/payment", json!(NOTHING), "/payment"),
        ("/payment", json!([]), "/payment"),
        ("/payment/token", json!(""), "/payment/token"),
        ("/payment/cvv", json!("123"), "/payment/cvv"),
        ("/total", json!(1), "/total"),
        ("/idempotency_key", json!("k"), "/idempotency_key"),
    ] {
        let order = with(new_order(), place, value.clone());
        let request = shop.request("POST", "/api/v1/orders").header("idempotency-key", "k1");
        let answer = request.json(&order).answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "invalid-body"), "{place} {value}");
        assert_eq!(
            answer.pointers().first().map(String::as_str),
            Some(pointer),
            "{place} {value}: {}",
            answer.text
        );
    }
    assert_eq!(shop.desk.placed.load(SeqCst), 0);
}

#[tokio::test]
async fn every_mistake_of_a_body_is_told_at_once() {
    let shop = Shop::open();
    let order = json!({
        "email": "nobody",
        "items": [
            {"variant_id": "kettle", "quantity": 0},
            {"variant_id": variant_id(1), "quantity": 1, "gift": true},
            {"quantity": 1.5},
        ],
        "shipping_address": {"name": "", "line1": "14 Lake Road", "country": "India", "postal_code": 1},
        "coupon": "FREE",
    });
    let request = shop.request("POST", "/api/v1/orders").header("idempotency-key", "k1");
    let answer = request.json(&order).answer().await;
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/coupon",
            "/email",
            "/items/0/quantity",
            "/items/0/variant_id",
            "/items/1/gift",
            "/items/2/quantity",
            "/items/2/variant_id",
            "/payment",
            "/shipping_address/country",
            "/shipping_address/name",
            "/shipping_address/postal_code",
        ]
    );
    // However many there are, the answer stays short, and comes.
    let items = vec![json!({"variant_id": 1, "quantity": "many"}); 500];
    let order = with(new_order(), "/items", json!(items));
    let request = shop.request("POST", "/api/v1/orders").header("idempotency-key", "k1");
    assert_eq!(request.json(&order).answer().await.pointers().len(), 20);
}

#[tokio::test]
async fn bodies_that_are_no_json_are_told_so() {
    let shop = Shop::open();
    let whole = new_order().to_string();
    let cut = &whole[..whole.len() - 2];
    let deep = "[".repeat(200);
    let lines = format!("{{\"items\":[{}]}}", vec![r#"{"variant_id":"x","quantity":1}"#; 10_000].join(","));
    let twice = whole.replacen('{', r#"{"email":"a@example.org","#, 1);
    for (name, content_type, body, status, code) in [
        ("nothing", Some("application/json"), "", 400, "malformed-json"),
        ("words", Some("application/json"), "two kettles, please", 400, "malformed-json"),
        ("cut off", Some("application/json"), cut, 400, "malformed-json"),
        ("too much", Some("application/json"), "{} {}", 422, "invalid-body"),
        ("deep", Some("application/json"), deep.as_str(), 422, "invalid-body"),
        ("null", Some("application/json"), "null", 422, "invalid-body"),
        ("a list", Some("application/json"), "[]", 422, "invalid-body"),
        ("a field twice", Some("application/json; charset=utf-8"), twice.as_str(), 422, "invalid-body"),
        ("a form", Some("application/x-www-form-urlencoded"), "email=a", 415, "unsupported-media-type"),
        ("no type", None, whole.as_str(), 415, "unsupported-media-type"),
        ("10,000 lines", Some("application/json"), lines.as_str(), 413, "body-too-large"),
    ] {
        let request =
            shop.request("POST", "/api/v1/orders").header("idempotency-key", "k1").body(body.to_owned());
        let request =
            content_type.into_iter().fold(request, |request, kind| request.header("content-type", kind));
        let answer = request.answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{name}: {}", answer.text);
    }
    assert_eq!(shop.desk.placed.load(SeqCst), 0);
}

#[tokio::test]
async fn idempotency_keys_are_needed_and_checked() {
    let shop = Shop::open();
    let missing = shop.request("POST", "/api/v1/orders").json(&new_order()).answer().await;
    assert_eq!((missing.status, missing.code().as_str()), (400, "idempotency-key-missing"));
    let long = "k".repeat(256);
    for key in ["", "two words", "schlüssel", &long] {
        let answer = shop.place(key, "mira").answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "idempotency-key-missing"), "{key}");
        assert_eq!(answer.pointers(), ["Idempotency-Key"]);
    }
    let adjustments = format!("/api/v1/stock/{}/adjustments", variant_id(1));
    let adjustment = json!({"delta": 1, "reason": "found"});
    let missing = shop.request("POST", &adjustments).admin().json(&adjustment).answer().await;
    assert_eq!((missing.status, missing.code().as_str()), (400, "idempotency-key-missing"));
    assert!(shop.desk.adjusted.lock().unwrap().is_none());
}

#[tokio::test]
async fn wrong_bodies_elsewhere_are_told_where() {
    let shop = Shop::open();
    let order = format!("/api/v1/orders/{}", order_id());
    let advance = format!("{order}/advance");
    let adjustments = format!("/api/v1/stock/{}/adjustments", variant_id(1));
    let product = format!("/api/v1/products/{}", crate::stand_ins::product_id(1));
    let adjustment = || json!({"delta": 1, "reason": "found"});
    let address = || json!({"shipping_address": new_order()["shipping_address"]});
    for (method, path, body, place, value) in [
        ("POST", &adjustments, adjustment(), "/delta", json!(0)),
        ("POST", &adjustments, adjustment(), "/delta", json!(1.5)),
        ("POST", &adjustments, adjustment(), "/delta", json!(1_000_000_001)),
        ("POST", &adjustments, adjustment(), "/delta", json!("3")),
        ("POST", &adjustments, adjustment(), "/reason", json!("")),
        ("POST", &adjustments, adjustment(), "/reason", json!(NOTHING)),
        ("POST", &adjustments, adjustment(), "/location", json!(7)),
        ("POST", &adjustments, adjustment(), "/locaton", json!("main")),
        ("POST", &advance, json!({}), "/to", json!(NOTHING)),
        ("POST", &advance, json!({}), "/to", json!("sunk")),
        ("POST", &advance, json!({}), "/to", json!("cancelled")),
        (
            "POST",
            &advance,
            json!({"to": "shipped", "tracking": {"company": "A", "number": "1"}}),
            "/tracking/number",
            json!(1),
        ),
        ("PATCH", &order, json!({}), "/status", json!("shipped")),
        ("PATCH", &order, address(), "/shipping_address/country", json!("XXX")),
        ("POST", &"/api/v1/products".to_owned(), new_product(), "/slug", json!("No Slug")),
        ("POST", &"/api/v1/products".to_owned(), new_product(), "/title", json!("a\tb")),
        ("POST", &"/api/v1/products".to_owned(), new_product(), "/status", json!("hidden")),
        ("POST", &"/api/v1/products".to_owned(), new_product(), "/variants/0/price", json!(100)),
        ("POST", &"/api/v1/products".to_owned(), new_product(), "/variants/0/price/amount", json!(1.5)),
        (
            "POST",
            &"/api/v1/products".to_owned(),
            new_product(),
            "/variants/0/price/currency",
            json!("rupees"),
        ),
        ("PATCH", &product, json!({}), "/price", json!(1)),
        ("PATCH", &product, json!({}), "/title", json!("")),
    ] {
        let request = shop.request(method, path).admin().header("idempotency-key", "k1");
        let answer = request.json(&with(body, place, value.clone())).answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "invalid-body"), "{path} {place} {value}");
        assert_eq!(
            answer.pointers().first().map(String::as_str),
            Some(place),
            "{path} {value}: {}",
            answer.text
        );
    }
    assert!(shop.desk.adjusted.lock().unwrap().is_none());
}

#[tokio::test]
async fn wrong_parameters_are_told_by_name() {
    let shop = Shop::open();
    let order = format!("/api/v1/orders/{}?token={TOKEN}&token={TOKEN}", order_id());
    for (path, pointers) in [
        ("/api/v1/products?limit=0", vec!["?limit"]),
        ("/api/v1/products?limit=101", vec!["?limit"]),
        ("/api/v1/products?limit=ten", vec!["?limit"]),
        ("/api/v1/products?page=2&limit=-1", vec!["?page", "?limit"]),
        ("/api/v1/products?cursor=", vec!["?cursor"]),
        ("/api/v1/products?cursor=made-up", vec!["?cursor"]),
        ("/api/v1/products?status=draft&cursor=made-up", vec!["?cursor"]),
        ("/api/v1/products?limit=1&limit=2", vec!["?limit"]),
        ("/api/v1/products?collection=a%00b", vec!["?collection"]),
        ("/api/v1/products?status=hidden", vec!["?status"]),
        ("/api/v1/products/kettle?fields=id", vec!["?fields"]),
        ("/api/v1/collections?limit=1", vec!["?limit"]),
        ("/api/v1/orders?status=lost&email=nobody", vec!["?status", "?email"]),
        (order.as_str(), vec!["?token"]),
        ("/api/openapi.json?v=2", vec!["?v"]),
        ("/media/abc1.svg?w=100", vec!["?w"]),
    ] {
        let answer = shop.request("GET", path).admin().answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "invalid-parameter"), "{path}");
        assert_eq!(answer.pointers(), pointers, "{path}");
    }
    let request = shop.request("POST", "/api/v1/orders?dry_run=1").header("idempotency-key", "k1");
    let answer = request.json(&new_order()).answer().await;
    assert_eq!((answer.status, answer.pointers()), (422, vec!["?dry_run".to_owned()]));
    assert_eq!(shop.desk.placed.load(SeqCst), 0);
}

#[tokio::test]
async fn a_path_that_is_nearly_right_is_answered_with_the_right_one() {
    let shop = Shop::open();
    for (path, near) in [
        ("/api/v1/products/", json!("/api/v1/products")),
        ("/api/v1/product", json!("/api/v1/products")),
        ("/api/V1/Products", json!("/api/v1/products")),
        ("/api/v1/prodcuts/copper-kettle/", json!("/api/v1/products/copper-kettle")),
        ("/api/v1/wishlists", Value::Null),
        ("/api/v1/%ff", Value::Null),
        ("/api", Value::Null),
    ] {
        let answer = shop.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"), "{path}");
        assert_eq!(answer.json()["near"], near, "{path}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(near.as_str().is_none_or(|near| detail.contains(near)), "{detail}");
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_names_nothing() {
    let shop = Shop::open();
    for path in [
        "/api/v1/products/%ff",
        "/api/v1/products/%E0%A4",
        "/api/v1/orders/%ff",
        "/api/v1/orders/%ff/history",
        "/api/v1/stock/%ff",
        "/media/%ff",
    ] {
        let answer = shop.request("GET", path).admin().answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"), "{path}");
    }
    let answer = shop.get("/api/v1/products?cursor=%ff").await;
    assert!((400..500).contains(&answer.status), "{}", answer.text);
    answer.code();
}
