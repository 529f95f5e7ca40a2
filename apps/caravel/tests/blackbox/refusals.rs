//! Bad input of every kind: a clear 4xx problem, and nothing changes.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use testing::{TestBackend, shop_test};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

use crate::{
    api::{Api, Ask as _, basket, fresh_key, text},
    shop::Shop,
};

/// A mistake in an order, and the expected problem.
struct Wrong {
    what: &'static str,
    /// The changed field.
    at: &'static str,
    value: Value,
    /// The problem's pointer, if it differs.
    pointer: Option<&'static str>,
}

fn wrong(what: &'static str, at: &'static str, value: Value) -> Wrong {
    Wrong { what, at, value, pointer: None }
}

fn table(variant: &str) -> Vec<Wrong> {
    let quantity = "/items/0/quantity";
    let item = json!({"variant_id": variant, "quantity": 1});
    // Well-formed, but unknown.
    let nobodys = "variant_01h455vb4pex5vsknk084sn02q";
    vec![
        wrong("a quantity of nothing", quantity, json!(0)),
        wrong("a quantity below nothing", quantity, json!(-1)),
        wrong("half a unit", quantity, json!(1.5)),
        wrong("a thousand million", quantity, json!(1_000_000_000)),
        wrong("more than a number holds", quantity, json!(1e30)),
        wrong("a number as text", quantity, json!("1")),
        wrong("no quantity", quantity, Value::Null),
        wrong("a quantity in a list", quantity, json!([1])),
        wrong("an unknown variant", "/items/0/variant_id", json!(nobodys)),
        wrong(
            "a product's id for a variant's",
            "/items/0/variant_id",
            json!(nobodys.replace("variant", "product")),
        ),
        wrong("nonsense for an id", "/items/0/variant_id", json!("'; DROP TABLE orders; --")),
        wrong("an empty id", "/items/0/variant_id", json!("")),
        wrong("no items", "/items", json!([])),
        wrong("items that are no list", "/items", json!({})),
        Wrong {
            pointer: Some("/items/0/variant_id"),
            ..wrong("ten thousand empty items", "/items", Value::Array(vec![json!({}); 10_000]))
        },
        Wrong {
            pointer: Some("/items"),
            ..wrong("a hundred and one items", "/items", Value::Array(vec![item.clone(); 101]))
        },
        Wrong {
            pointer: Some("/items/1/variant_id"),
            ..wrong("a variant twice", "/items", json!([item.clone(), item.clone()]))
        },
        wrong("an unknown field of an item", "/items/0/price", json!(1)),
        wrong("an unknown field", "/discount", json!(99)),
        wrong("no address for mails", "/email", json!("mira")),
        wrong("two addresses for mails", "/email", json!("mira@example.org, eve@example.org")),
        wrong(
            "a header in an address for mails",
            "/email",
            json!("mira@example.org\r\nBcc: eve@example.org"),
        ),
        wrong("an empty name", "/shipping_address/name", json!("")),
        wrong("blanks for a name", "/shipping_address/name", json!("   ")),
        wrong("a control character", "/shipping_address/line1", json!("a\u{0}b")),
        wrong("a very long line", "/shipping_address/city", json!("x".repeat(201))),
        wrong("a country in words", "/shipping_address/country", json!("India")),
        wrong("an unknown field of an address", "/shipping_address/planet", json!("Mars")),
        wrong("no address", "/shipping_address", Value::Null),
        wrong("a token that is no text", "/payment/token", json!({"a": 1})),
        wrong("no payment", "/payment", json!("cash")),
    ]
}

#[shop_test]
async fn an_order_that_is_not_right_changes_nothing(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let before = state(api, &variant).await;

    for Wrong { what, at, value, pointer } in table(&variant) {
        let mut order = basket(&[(&variant, 1)]);
        put(&mut order, at, value);
        let answer = api.place(&fresh_key(), &order).await;
        assert_eq!(answer.status, 422, "{what}: {}", answer.text());
        let problem = answer.refused(422, "invalid-body");
        let errors = problem["errors"].as_array().unwrap();
        let pointer = pointer.unwrap_or(at);
        assert!(errors.iter().any(|error| error["pointer"] == pointer), "{what}: {problem}");
        assert!(errors.iter().all(|error| !text(&error["detail"]).is_empty()), "{what}: {problem}");
        assert_eq!(state(api, &variant).await, before, "{what}");
    }
    for field in ["email", "items", "shipping_address", "payment"] {
        let mut order = basket(&[(&variant, 1)]);
        order.as_object_mut().unwrap().remove(field);
        let problem = api.place(&fresh_key(), &order).await.refused(422, "invalid-body");
        assert!(problem.to_string().contains(field), "{problem}");
    }
    let many = basket(&vec![(&variant, 1); 10_000]);
    api.place(&fresh_key(), &many).await.refused(413, "body-too-large");
    let mut order = basket(&[(&variant, 0)]);
    order["email"] = json!("mira");
    order["shipping_address"]["country"] = json!("india");
    let problem = api.place(&fresh_key(), &order).await.refused(422, "invalid-body");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 3, "all mistakes at once: {problem}");
    assert_eq!(state(api, &variant).await, before);
}

#[shop_test]
async fn a_body_that_is_no_order_changes_nothing(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let before = state(api, &variant).await;
    let right = basket(&[(&variant, 1)]).to_string();
    let deep = "[".repeat(30_000);
    let twice = right.replacen("{\"email\"", "{\"email\":\"eve@example.org\",\"email\"", 1);
    let mut not_utf8 = right.clone().into_bytes();
    let at = right.find("Mira").unwrap();
    not_utf8[at] = 0xff;

    for (what, body, status) in [
        ("nothing", Vec::new(), 400),
        ("no JSON", b"email=mira".to_vec(), 400),
        ("half of it", right.as_bytes()[..right.len() / 2].to_vec(), 400),
        ("more after it", format!("{right}{right}").into_bytes(), 400),
        ("not UTF-8", not_utf8, 400),
        ("very deep", deep.into_bytes(), 422),
        ("null", b"null".to_vec(), 422),
        ("a list", b"[]".to_vec(), 422),
        ("a number", b"1e400".to_vec(), 400),
        ("a field twice", twice.into_bytes(), 422),
    ] {
        let request = api.request(Method::POST, "/api/v1/orders").header("idempotency-key", fresh_key());
        let answer = request.header("content-type", "application/json").body(body).answer().await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        answer.refused(status, if status == 400 { "malformed-json" } else { "invalid-body" });
        assert_eq!(state(api, &variant).await, before, "{what}");
    }

    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    {
        let request = api.request(Method::POST, "/api/v1/orders").header("idempotency-key", fresh_key());
        let answer = request.header("content-type", content_type).body(right.clone()).answer().await;
        answer.refused(415, "unsupported-media-type");
    }
    for (what, key) in [("empty", ""), ("with a blank", "a b"), ("long", &"k".repeat(256))] {
        let problem = api.placing(key, &basket(&[(&variant, 1)])).answer().await;
        problem.refused(400, "idempotency-key-missing");
        assert_eq!(state(api, &variant).await, before, "a key that is {what}");
    }
    let dry_run = api.post("/api/v1/orders?dry_run=true", &basket(&[(&variant, 1)]));
    let dry_run = dry_run.header("idempotency-key", fresh_key()).answer().await;
    dry_run.refused(422, "invalid-parameter");
    let method = api.request(Method::PUT, "/api/v1/orders").answer().await;
    method.refused(405, "method-not-allowed");
    assert!(method.header("allow").contains("POST"));
    api.get("/api/v1/nothing").answer().await.refused(404, "not-found");
    assert_eq!(state(api, &variant).await, before);
}

#[shop_test]
async fn a_huge_or_a_slow_body_is_cut_off(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let before = state(api, &variant).await;

    // Once the size is announced, once it only shows.
    let announced = head("content-length: 100000000");
    let answer = talk(api, &announced, &[]).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("body-too-large"), "{answer}");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let answer = talk(api, &head("transfer-encoding: chunked"), &[chunk.as_bytes(), chunk.as_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    let began = Instant::now();
    let mut slow = connect(api).await;
    slow.write_all(head("content-length: 500").as_bytes()).await.unwrap();
    let dripped = async {
        loop {
            if slow.write_all(b" ").await.is_err() {
                break;
            }
            let mut answer = [0; 4096];
            if let Ok(Ok(length)) =
                tokio::time::timeout(Duration::from_millis(300), slow.read(&mut answer)).await
            {
                return String::from_utf8_lossy(&answer[..length]).into_owned();
            }
        }
        String::new()
    }
    .await;
    assert!(dripped.starts_with("HTTP/1.1 408"), "{dripped}");
    assert!(dripped.contains("body-timeout"), "{dripped}");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());

    // A client that disconnects has placed no order either.
    let order = basket(&[(&variant, 1)]).to_string();
    let mut broken = connect(api).await;
    broken.write_all(head(&format!("content-length: {}", order.len())).as_bytes()).await.unwrap();
    broken.write_all(&order.as_bytes()[..order.len() - 1]).await.unwrap();
    drop(broken);
    sleep(Duration::from_millis(300)).await;
    assert_eq!(state(api, &variant).await, before);
}

#[shop_test]
async fn names_of_every_script_are_kept_as_they_are(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    for name in ["😀 👩‍👩‍👧‍👦", "מירה לוי", "ميرا", "मीरा राव", "O'Neil <b>&amp;</b>", "{{ 7 * 7 }}", "ＭＩＲＡ"]
    {
        let mut order = basket(&[(&variant, 1)]);
        order["shipping_address"]["name"] = json!(name);
        let placed = api.place(&fresh_key(), &order).await.is(201);
        let (id, token) = (text(&placed["id"]), text(&placed["token"]));
        let kept = api.until_order_is(&id, "confirmed").await;
        assert_eq!(kept["shipping_address"]["name"], name);
        let page = api.get(&format!("/orders/{id}?token={token}")).answer().await;
        assert_eq!(page.status, 200);
        assert!(!page.text().contains("<b>&amp;</b>") && !page.text().contains("<br>49"), "{}", page.text());
    }
}

/// Everything that a refused order must leave unchanged.
async fn state(api: &Api, variant: &str) -> (crate::api::Stock, usize) {
    (api.stock(variant).await, api.orders("").await.len())
}

/// Sets the value at `pointer`, whether or not it exists.
fn put(body: &mut Value, pointer: &str, value: Value) {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[field] = value;
}

/// The head of a request that places an order.
fn head(length: &str) -> String {
    format!(
        "POST /api/v1/orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
         idempotency-key: {}\r\n{length}\r\n\r\n",
        fresh_key()
    )
}

async fn connect(api: &Api) -> TcpStream {
    TcpStream::connect(api.base_url().strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends this, and returns everything that arrives until the server closes or a few seconds have passed.
async fn talk(api: &Api, head: &str, body: &[&[u8]]) -> String {
    let mut connection = connect(api).await;
    connection.write_all(head.as_bytes()).await.unwrap();
    for part in body {
        // The server may have rejected it by now.
        let _ = connection.write_all(part).await;
    }
    let mut answer = Vec::new();
    let read = connection.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(5), read).await;
    String::from_utf8_lossy(&answer).into_owned()
}
