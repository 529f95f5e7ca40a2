//! The catalogue: what shoppers read, and what the merchant writes.

use reqwest::Method;
use serde_json::json;
use testing::{TestBackend, shop_test};

use crate::{
    api::{Ask as _, fresh_key, new_product, text, until},
    shop::Shop,
};

#[shop_test]
async fn a_known_page_is_not_sent_again_until_it_changes(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("kettle", 349_900, 5).await;
    for path in ["/api/v1/products/kettle", "/api/v1/products", "/", "/products/kettle", "/api/openapi.json"]
    {
        let first = api.get(path).answer().await;
        assert_eq!(first.status, 200, "{path}");
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{path}: {tag:?}");
        assert!(first.header("cache-control").contains("stale-while-revalidate"), "{path}");
        let again = api.get(path).header("if-none-match", &tag).answer().await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, tag.as_str()), "{path}");
        let other = api.get(path).header("if-none-match", "\"other\"").answer().await;
        assert_eq!((other.status, other.body), (200, first.body), "{path}");
    }

    let tag = api.get("/api/v1/products/kettle").answer().await.header("etag").to_owned();
    api.adjust(&variant, 2).await.is(201);
    until("the page is another", || async {
        let answer = api.get("/api/v1/products/kettle").header("if-none-match", &tag).answer().await;
        answer.status == 200 && answer.json()["variants"][0]["available"] == 7
    })
    .await;
}

#[shop_test]
async fn lists_come_in_pages(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    for number in 0..5 {
        let product = new_product(&format!("thing-{number}"), 100);
        api.admin(api.post("/api/v1/products", &product)).answer().await.is(201);
    }
    let all = api.list("/api/v1/products?limit=2").await;
    let slugs: Vec<_> = all.iter().map(|product| text(&product["slug"])).collect();
    assert_eq!(slugs, ["thing-4", "thing-3", "thing-2", "thing-1", "thing-0"]);
    assert_eq!(api.list("/api/v1/products?limit=100&collection=Things").await.len(), 5);
    assert!(api.list("/api/v1/products?limit=100&collection=Nothing").await.is_empty());

    for query in ["limit=0", "limit=101", "limit=x", "colour=red", "cursor=", "limit=1&limit=2"] {
        let refused = api.get(&format!("/api/v1/products?{query}")).answer().await;
        let problem = refused.refused(422, "invalid-parameter");
        let pointer = format!("?{}", query.split('=').next().unwrap());
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{query}");
    }
}

#[shop_test]
async fn the_merchant_writes_and_all_clients_read(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let draft = {
        let mut product = new_product("secret", 100);
        product["status"] = json!("draft");
        api.admin(api.post("/api/v1/products", &product)).answer().await.is(201)
    };
    let path = format!("/api/v1/products/{}", text(&draft["id"]));
    api.get(&path).answer().await.refused(404, "not-found");
    api.get("/api/v1/products?status=draft").answer().await.refused(401, "unauthorized");
    api.admin(api.get(&path)).answer().await.is(200);

    let change =
        api.request(Method::PATCH, &path).json(&json!({"status": "published", "title": "No secret"}));
    api.admin(change).answer().await.is(200);
    assert_eq!(api.get(&path).answer().await.is(200)["title"], "No secret");

    let again = api.admin(api.post("/api/v1/products", &new_product("secret", 100))).answer().await;
    again.refused(409, "slug-taken");
}

#[shop_test]
async fn stock_is_adjusted_once_per_key_and_never_below_nothing(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("cup", 100, 5).await;
    let path = format!("/api/v1/stock/{variant}/adjustments");
    let adjust = |key: &str, delta: i64| {
        let request = api.post(&path, &json!({"delta": delta, "reason": "counted"}));
        api.admin(request).header("idempotency-key", key).answer()
    };
    let key = fresh_key();
    assert_eq!(adjust(&key, 4).await.is(201)["available"], 9);
    assert_eq!(adjust(&key, 4).await.is(201)["available"], 9);
    adjust(&key, 5).await.refused(422, "idempotency-key-reused");
    let problem = adjust(&fresh_key(), -10).await.refused(409, "not-enough-stock");
    assert_eq!(problem["available"], 9);
    adjust(&fresh_key(), 0).await.refused(422, "invalid-body");
    assert_eq!(adjust(&fresh_key(), -9).await.is(201)["available"], 0);

    let brief = api.get(&format!("/api/v1/stock/{variant}")).answer().await.is(200);
    assert_eq!(brief, json!({"variant_id": variant, "available": 0}));
}
