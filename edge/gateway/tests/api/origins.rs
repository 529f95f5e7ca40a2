//! Pages of other origins use the API in a browser, if their origin is allowed.

use http::HeaderMap;
use web::cors::AllowedOrigins;

use crate::{Send as _, Shop, stand_ins::TOKEN};

const OURS: &str = "https://shop.example.org";

fn open() -> Shop {
    Shop::build(true, |settings| {
        settings.origins =
            AllowedOrigins::new(vec![OURS.parse().unwrap(), "http://localhost:3000".parse().unwrap()]);
    })
}

/// The values of a header that is a list, each in small letters.
fn list(headers: &HeaderMap, name: &str) -> Vec<String> {
    let values = headers.get_all(name).iter().flat_map(|value| value.to_str().unwrap().split(','));
    values.map(|value| value.trim().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn a_preflight_is_answered_for_allowed_origins_alone() {
    let shop = open();
    for path in ["/api/v1/orders", "/api/v1/products/copper-kettle", "/api/v1/nothing"] {
        let preflight = |origin: &str| {
            shop.request("OPTIONS", path)
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type,idempotency-key")
        };
        let answer = preflight(OURS).answer().await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), OURS);
        let methods = list(&answer.headers, "access-control-allow-methods");
        assert!(
            ["get", "post", "patch", "delete", "put"].iter().all(|one| methods.contains(&(*one).to_owned()))
        );
        let headers = list(&answer.headers, "access-control-allow-headers");
        for one in ["idempotency-key", "authorization", "prefer", "content-type", "if-none-match", "if-match"]
        {
            assert!(headers.contains(&one.to_owned()), "{one}");
        }
        assert!(list(&answer.headers, "vary").contains(&"origin".to_owned()));
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));

        for other in ["https://shop.example.org.evil.example", "http://shop.example.org", "null", "*", ""] {
            let answer = preflight(other).answer().await;
            assert!(answer.status >= 400, "{other}");
            assert!(!answer.headers.contains_key("access-control-allow-origin"), "{other}");
        }
    }
}

#[tokio::test]
async fn every_answer_can_be_read_by_an_allowed_origin() {
    let shop = open();
    // The second time from memory, before the router; with its validator, unchanged.
    let mut etag = String::new();
    for (path, status) in [
        ("/api/v1/products", 200),
        ("/api/v1/products", 200),
        ("/api/v1/products", 304),
        ("/api/v1/nothing", 404),
        ("/api/v1/orders", 401),
        ("/api/openapi.json", 200),
    ] {
        let get = |origin: Option<&str>| {
            let mut request = shop.request("GET", path);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            if status == 304 { request.header("if-none-match", &etag) } else { request }
        };
        let answer = get(Some(OURS)).answer().await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), OURS, "{path} {status}");
        let exposed = list(&answer.headers, "access-control-expose-headers");
        for one in
            ["location", "etag", "retry-after", "x-request-id", "preference-applied", "www-authenticate"]
        {
            assert!(exposed.contains(&one.to_owned()), "{one}");
        }
        for other in [None, Some("https://other.example"), Some("null")] {
            let answer = get(other).answer().await;
            assert_eq!(answer.status, status);
            assert!(!answer.headers.contains_key("access-control-allow-origin"), "{other:?}");
            assert!(
                list(&answer.headers, "vary").contains(&"origin".to_owned()),
                "{path} {status} {other:?}"
            );
        }
        if status == 200 {
            answer.header("etag").clone_into(&mut etag);
        }
    }
    let placed = shop.place("k1", TOKEN).header("origin", OURS).answer().await;
    assert_eq!(placed.header("access-control-allow-origin"), OURS);
    assert!(!shop.get("/health/ready").await.headers.contains_key("vary"));
}

#[tokio::test]
async fn without_the_setting_nothing_is_said() {
    let shop = Shop::open();
    let preflight = shop.request("OPTIONS", "/api/v1/orders").header("access-control-request-method", "POST");
    let answer = preflight.header("origin", OURS).answer().await;
    assert_eq!(answer.status, 405);
    for _ in 0..2 {
        let answer = shop.request("GET", "/api/v1/products").header("origin", OURS).answer().await;
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
        assert!(!list(&answer.headers, "vary").contains(&"origin".to_owned()));
    }
}
