//! Every kind of wrong body gets a clear problem.

mod support;

use std::time::{Duration, Instant};

use axum::{
    Extension, Router,
    routing::{get, post},
};
use http::StatusCode;
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Answer, Running, start_router};
use web::{body::BodyLimits, form, json};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only parsed")]
struct Order {
    email: String,
    items: Vec<Item>,
    #[serde(default)]
    gift: Option<bool>,
    #[serde(default)]
    speed: Option<Speed>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only parsed")]
struct Item {
    variant: String,
    quantity: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Speed {
    Slow,
    Fast,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only parsed")]
struct ListQuery {
    limit: u8,
}

fn server() -> Running {
    let limits = BodyLimits { bytes: 1000, time: Duration::from_millis(300) };
    let router = Router::new()
        .route("/orders", post(|_: json::Body<Order>| async { StatusCode::CREATED }))
        .route("/form", post(|form::FormBody(item): form::FormBody<Item>| async move { item.variant }))
        .layer(Extension(limits))
        .route("/default", post(|_: json::Body<Value>| async { StatusCode::CREATED }))
        .route("/list", get(|_: form::Params<ListQuery>| async {}));
    start_router(router)
}

async fn post_json(server: &Running, body: &str) -> Answer {
    let length = body.len();
    let head = "Host: shop\r\nContent-Type: application/json; charset=utf-8\r\nConnection: close";
    server
        .exchange(&format!("POST /orders HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}"))
        .await
}

#[tokio::test]
async fn what_is_wrong_is_pointed_at() {
    let server = server();
    let item = |fields: &str| {
        format!(r#"{{"email":"a@b.c","items":[{{"variant":"v","quantity":1}},{{{fields}}}]}}"#)
    };
    for (body, pointer, detail) in [
        (
            item(r#""variant":"w","quantity":-1"#),
            "/items/1/quantity",
            "expected a whole number from 0 to 4294967295, not -1",
        ),
        (
            item(r#""variant":"w","quantity":1.5"#),
            "/items/1/quantity",
            "expected a whole number from 0 to 4294967295, not 1.5",
        ),
        (
            item(r#""variant":"w","quantity":1e9"#),
            "/items/1/quantity",
            "expected a whole number from 0 to 4294967295, not 1000000000.0",
        ),
        (
            item(r#""variant":"w","quantity":"two""#),
            "/items/1/quantity",
            "expected a whole number from 0 to 4294967295, not the text \"two\"",
        ),
        (
            item(r#""variant":"w","quantity":null"#),
            "/items/1/quantity",
            "expected a whole number from 0 to 4294967295, not null",
        ),
        (item(r#""variant":{},"quantity":1"#), "/items/1/variant", "expected text, not an object"),
        (item(r#""variant":"w""#), "/items/1/quantity", "is required"),
        (
            item(r#""variant":"w","quantity":1,"colour/x":2"#),
            "/items/1/colour~1x",
            "is not known here; known are variant, quantity",
        ),
        (item(r#""variant":"w","variant":"x","quantity":1"#), "/items/1/variant", "is given twice"),
        (r#"{"items":[]}"#.to_owned(), "/email", "is required"),
        (r#"{"email":"a","items":{}}"#.to_owned(), "/items", "expected a list, not an object"),
        (
            r#"{"email":"a","items":[],"gift":"yes"}"#.to_owned(),
            "/gift",
            "expected true or false, not the text \"yes\"",
        ),
        (
            r#"{"email":"a","items":[],"speed":"warp"}"#.to_owned(),
            "/speed",
            "expected one of slow, fast, not warp",
        ),
        (r"[]".to_owned(), "", "expected an object, not a list"),
        (r"7".to_owned(), "", "expected an object, not 7"),
    ] {
        let answer = post_json(&server, &body).await;
        assert_eq!(answer.status(), 422, "{body}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let problem = answer.json();
        assert_eq!(problem["code"], "invalid-body");
        assert_eq!(problem["errors"], json!([{"pointer": pointer, "detail": detail}]), "{body}");
    }
    let fine = r#"{"email":"مرحبا🎉@b.c","items":[{"variant":"v","quantity":1}],"gift":true,"speed":"fast"}"#;
    assert_eq!(post_json(&server, fine).await.status(), 201);
}

#[tokio::test]
async fn what_is_not_json_is_told_where() {
    let server = server();
    for (body, detail) in [
        ("", "The body is empty; JSON is expected."),
        ("{\n \"email\": oops}", "Not JSON at line 2, column 11: expected value."),
        ("{\"email\":\"a\"", "Not JSON at line 1, column 12: EOF while parsing an object."),
        ("{\"email\":\"a\",\"items\":[]} x", "Not JSON at line 1, column 26: trailing characters."),
    ] {
        let answer = post_json(&server, body).await;
        let problem = answer.json();
        let found = (answer.status(), &problem["code"], &problem["detail"]);
        assert_eq!(found, (400, &json!("malformed-json"), &json!(detail)));
    }
    let deep = "[".repeat(500);
    let problem = json::parse::<Value>(deep.as_bytes()).unwrap_err();
    assert_eq!(problem.text(), "Nested too deeply at line 1, column 128.");
}

#[tokio::test]
async fn only_what_is_declared_as_json_is_read() {
    let server = server();
    for (content_type, status) in [
        ("Content-Type: text/plain\r\n", 415),
        ("", 415),
        ("Content-Type: application/jsonp\r\n", 415),
        ("Content-Type: application/json; charset=utf-16\r\n", 415),
        ("Content-Type: application/json; Charset=\"UTF-8\"\r\n", 201),
        ("Content-Type: application/vnd.api+json\r\n", 201),
    ] {
        let head = format!("POST /default HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{content_type}");
        let answer = server.exchange(&format!("{head}Content-Length: 2\r\n\r\n{{}}")).await;
        assert_eq!(answer.status(), status, "{content_type}: {answer:?}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_refused_by_the_name_of_its_coding() {
    let server = server();
    for (codings, status) in [
        ("Content-Encoding: gzip\r\n", 415),
        ("Content-Encoding: br\r\n", 415),
        ("Content-Encoding: identity, deflate\r\n", 415),
        ("Content-Encoding: identity\r\nContent-Encoding: zstd\r\n", 415),
        ("Content-Encoding: \u{1}\r\n", 400),
        ("Content-Encoding: Identity\r\n", 201),
        ("Content-Encoding:\r\n", 201),
    ] {
        for content_type in ["/default|application/json", "/form|application/x-www-form-urlencoded"] {
            let (path, content_type) = content_type.split_once('|').unwrap();
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Type: {content_type}\r\n{codings}"
            );
            let answer = server.exchange(&format!("{head}Content-Length: 2\r\n\r\n{{}}")).await;
            if status != 415 {
                assert!(path == "/form" || answer.status() == status, "{codings}: {answer:?}");
                continue;
            }
            assert_eq!(answer.status(), 415, "{codings}: {answer:?}");
            assert_eq!(answer.header("accept-encoding"), Some("identity"));
            assert!(answer.json()["detail"].as_str().unwrap().contains("Content-Encoding"), "{answer:?}");
        }
    }
}

#[test]
fn a_byte_order_mark_is_skipped_and_other_encodings_are_named() {
    assert_eq!(json::parse::<Value>(b"\xef\xbb\xbf{\"a\":1}").unwrap(), json!({"a": 1}));
    let problem = json::parse::<Order>(b"\xef\xbb\xbf{\"items\":[]}").unwrap_err();
    assert_eq!(problem.errors().first().map(|error| error.pointer.as_str()), Some("/email"));
    let problem = json::parse::<Value>(b"\xef\xbb\xbf").unwrap_err();
    assert_eq!(problem.text(), "The body is empty; JSON is expected.");
    let utf16: Vec<u8> = "\u{feff}{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [utf16.as_slice(), b"{\"a\":\"\xe9\"}", b"{\0\"\0"] {
        assert!(json::parse::<Value>(bytes).unwrap_err().text().contains("UTF-8"), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_huge_body_is_refused_announced_or_not() {
    let server = server();
    let head = "Host: shop\r\nContent-Type: application/json\r\n";
    let announced =
        server.exchange(&format!("POST /orders HTTP/1.1\r\n{head}Content-Length: 1001\r\n\r\n")).await;
    assert_eq!((announced.status(), announced.json()["max_bytes"].clone()), (413, json!(1000)));
    assert_eq!(announced.header("connection"), Some("close"));

    let chunk = format!("1f4\r\n{}\r\n", "x".repeat(500));
    let chunked =
        format!("POST /orders HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(3));
    assert_eq!(server.exchange(&chunked).await.status(), 413);

    // A client that sends everything before it reads still sees the response.
    let length = 3 << 20;
    let whole =
        format!("POST /orders HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n{}", "x".repeat(length));
    assert_eq!(server.exchange(&whole).await.status(), 413);

    let by_default = format!("POST /default HTTP/1.1\r\n{head}Content-Length: 65537\r\n\r\n");
    assert_eq!(server.exchange(&by_default).await.status(), 413);
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let server = server();
    let began = Instant::now();
    let mut client = server.connect().await;
    client.send("POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{").await;
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        client.send(" ").await;
    }
    let answer = client.rest().await;
    assert_eq!((answer.status(), &answer.json()["code"]), (408, &json!("body-timeout")));
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn forms_and_parameters_are_held_to_the_same() {
    let server = server();
    let post = async |content_type: &str, body: &str| {
        let head = "POST /form HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Type: ";
        server
            .exchange(&format!("{head}{content_type}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
            .await
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(post(form, "variant=a+b&quantity=1").await.body, b"a b");
    assert_eq!(post("text/plain", "variant=a").await.status(), 415);
    assert_eq!(post(form, &"x".repeat(1001)).await.status(), 413);
    let wrong = post(form, "variant=a&quantity=-1").await;
    assert_eq!((wrong.status(), &wrong.json()["code"]), (422, &json!("invalid-body")));

    let list =
        server.exchange("GET /list?limit=999 HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").await;
    assert_eq!((list.status(), &list.json()["code"]), (400, &json!("invalid-query")));
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in ".*") {
        let _ = json::parse::<Order>(body.as_bytes());
    }

    #[test]
    fn every_wrong_value_is_located(quantity in prop_oneof![Just(json!({})), Just(json!([1])), any::<bool>().prop_map(Value::from), ".*".prop_map(Value::from), (u64::from(u32::MAX) + 1..).prop_map(Value::from)]) {
        let body = json!({"email": "a", "items": [{"variant": "v", "quantity": quantity}]}).to_string();
        let problem = json::parse::<Order>(body.as_bytes()).unwrap_err();
        prop_assert_eq!(problem.errors().first().map(|error| error.pointer.as_str()), Some("/items/0/quantity"));
    }
}
