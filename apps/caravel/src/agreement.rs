//! What the API acknowledges is what orders are decided by, from the very next order on: the gateway, `product` and `order`
//! together, on both databases, also while no event is published.

use std::{collections::HashMap, sync::Arc};

use axum::{Router, body::Body};
use bus::Relays;
use cache::Tags;
use edge_common::shop::ShopCopy;
use gateway::{AdminKey, Gateway, Hooks, Settings};
use http::{Request, StatusCode};
use message::Example as _;
use order_contract::OrderSecret;
use serde_json::{Value, json};
use shop_contract::ShopSettings;
use testing::{TestBackend, TestShop, db_test};
use tower::ServiceExt as _;

const KEY: &str = "the key of the merchant, who changes prices";

/// How often the merchant changes something.
const ROUNDS: i64 = 200;

struct Api {
    router: Router,
    shop: TestShop,
}

impl Api {
    async fn open(on: &TestBackend, relays: Relays) -> Self {
        let order = |db| order::service(db, order::Settings::default(), OrderSecret::example());
        let shop = TestShop::builder(on)
            .service(product::NAME, product::MIGRATIONS, product::service)
            .service(order::NAME, order::MIGRATIONS, order)
            .relays(relays)
            .start()
            .await;
        let hooks = Hooks {
            ready: Arc::new(|| Box::pin(async { (true, Value::Null) })),
            metrics: Arc::new(String::new),
        };
        let tags = Tags::new();
        let copy = ShopCopy::new(shop.bus.clone(), tags.clone(), ShopSettings::default());
        let settings = Settings::new(AdminKey::new(KEY), OrderSecret::example(), copy, tags);
        let gateway = Gateway::new(shop.bus.clone(), settings, hooks);
        Self { router: gateway.router(), shop }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let key = message::hex(&self.shop.bus.ids().bytes::<16>());
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .header("authorization", format!("Bearer {KEY}"))
            .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) });
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Creates a product and puts some of it in stock; returns its path and its variant.
    async fn create(&self, slug: &str) -> (String, Value) {
        let product = json!({
            "slug": slug, "title": "Kettle", "status": "published",
            "variants": [{"sku": slug, "price": {"amount": 1, "currency": "INR"}}],
        });
        let (status, product) = self.send("POST", "/api/v1/products", product).await;
        assert_eq!(status, StatusCode::CREATED, "{product}");
        let variant = product["variants"][0]["id"].clone();
        let path = format!("/api/v1/stock/{}/adjustments", variant.as_str().unwrap());
        let (status, stock) = self.send("POST", &path, json!({"delta": 1000, "reason": "in"})).await;
        assert_eq!(status, StatusCode::CREATED, "{stock}");
        (format!("/api/v1/products/{}", product["id"].as_str().unwrap()), variant)
    }

    async fn order(&self, variant: &Value, expected: Option<i64>) -> (StatusCode, Value) {
        let mut order = json!({
            "email": "mira@example.org",
            "items": [{"variant_id": variant, "quantity": 1}],
            "shipping_address": {
                "name": "Mira", "line1": "14 Lake Road", "city": "Kochi", "postal_code": "682001", "country": "IN",
            },
            "payment": {"provider": "test", "token": "tok_ok"},
        });
        if let Some(amount) = expected {
            order["expected_total"] = json!({"amount": amount, "currency": "INR"});
        }
        self.send("POST", "/api/v1/orders", order).await
    }

    /// The price that anybody reads.
    async fn shown(&self, path: &str) -> Option<i64> {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let found = response.status() == StatusCode::OK;
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let product: Value = serde_json::from_slice(&bytes).unwrap();
        found.then(|| product["variants"][0]["price"]["amount"].as_i64().unwrap())
    }
}

async fn change_and_order(on: TestBackend, relays: Relays) {
    let api = Api::open(&on, relays).await;
    let (path, variant) = api.create("kettle").await;
    for round in 1..=ROUNDS {
        let price =
            json!({"variants": [{"id": variant, "price": {"amount": 1000 + round, "currency": "INR"}}]});
        assert_eq!(api.send("PATCH", &path, price).await.0, StatusCode::OK);
        assert_eq!(api.shown(&path).await, Some(1000 + round));
        let expected = (round % 2 == 0).then_some(1000 + round);
        let (status, order) = api.order(&variant, expected).await;
        assert_eq!((status, order["total"]["amount"].as_i64()), (StatusCode::CREATED, Some(1000 + round)));
        if round % 8 == 0 {
            let (status, problem) = api.order(&variant, Some(999 + round)).await;
            assert_eq!((status, problem["code"].as_str()), (StatusCode::CONFLICT, Some("price-changed")));
            assert_eq!(api.send("PATCH", &path, json!({"status": "draft"})).await.0, StatusCode::OK);
            assert_eq!(api.shown(&path).await, None);
            let (status, _) = api.order(&variant, None).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(api.send("PATCH", &path, json!({"status": "published"})).await.0, StatusCode::OK);
            let (_, new) = api.create(&format!("new-{round}")).await;
            assert_eq!(api.order(&new, Some(1)).await.0, StatusCode::CREATED);
        }
    }
    api.shop.stop().await;
}

#[db_test]
async fn a_change_that_was_acknowledged_decides_about_the_next_order(on: TestBackend) {
    change_and_order(on, Relays::Run).await;
}

#[db_test]
async fn it_does_so_while_reactions_are_paused(on: TestBackend) {
    change_and_order(on, Relays::Only(HashMap::new())).await;
}

#[db_test]
async fn changes_from_elsewhere_reach_the_deciding_copy_while_reactions_are_paused(on: TestBackend) {
    let api = Api::open(&on, Relays::Only(HashMap::from([("product", vec!["product.changed"])]))).await;
    let (path, variant) = api.create("kettle").await;
    // Not through the gateway, which would wait for it.
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let change = serde_json::from_value(json!({"status": "draft"})).unwrap();
    api.shop.ask(&product_contract::ChangeProduct { id, expected_version: None, change }).await.unwrap();
    api.shop.until("it is off sale", async || api.order(&variant, None).await.0 != StatusCode::CREATED).await;
}
