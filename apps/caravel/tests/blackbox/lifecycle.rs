//! The lifecycle of an order, and who may change it.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{TestBackend, shop_test};

use crate::{
    api::{Ask as _, Stock, basket, fresh_key, text},
    shop::Shop,
};

#[shop_test]
async fn an_order_is_moved_on_step_by_step(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let placed = api.place(&fresh_key(), &basket(&[(&variant, 1)])).await.is(201);
    let path = format!("/api/v1/orders/{}", text(&placed["id"]));
    let advance = |body: Value| api.admin(api.post(&format!("{path}/advance"), &body)).answer();
    api.until_order_is(&text(&placed["id"]), "confirmed").await;

    advance(json!({"to": "delivered"})).await.refused(409, "invalid-transition");
    advance(json!({"to": "cancelled"})).await.refused(422, "invalid-body");
    advance(json!({"to": "processing"})).await.is(200);
    let address = address("Flat 5");
    let changed = api.request(Method::PATCH, &path).json(&json!({"shipping_address": address}));
    let changed = api.admin(changed).answer().await.is(200);
    assert_eq!(changed["shipping_address"], address);

    let tracking = json!({"company": "Delhivery", "number": "D-42"});
    let shipped = advance(json!({"to": "shipped", "tracking": tracking})).await.is(200);
    assert_eq!(shipped["tracking"], tracking);
    assert_eq!(
        advance(json!({"to": "shipped"})).await.is(200)["version"],
        shipped["version"],
        "granted twice"
    );
    let late = api.request(Method::PATCH, &path).json(&json!({"shipping_address": address}));
    api.admin(late).answer().await.refused(409, "address-fixed");
    let late = api.admin(api.request(Method::POST, &format!("{path}/cancel"))).answer().await;
    late.refused(409, "invalid-transition");
    advance(json!({"to": "delivered"})).await.is(200);
    assert_eq!(advance(json!({"to": "refunded"})).await.is(200)["status"], "refunded");

    let history = api.admin(api.get(&format!("{path}/history"))).answer().await.is(200);
    let steps: Vec<_> =
        history["data"].as_array().unwrap().iter().map(|step| text(&step["status"])).collect();
    assert_eq!(steps, ["pending", "confirmed", "processing", "shipped", "delivered", "refunded"]);
    assert_eq!(api.stock(&variant).await.sum(), 10);
}

#[shop_test]
async fn a_buyer_cancels_and_the_stock_goes_back_once(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let placed = api.place(&fresh_key(), &basket(&[(&variant, 4)])).await.is(201);
    let (id, token) = (text(&placed["id"]), text(&placed["token"]));
    api.until_order_is(&id, "confirmed").await;
    assert_eq!(api.stock(&variant).await, Stock { available: 6, reserved: 0, sold: 4 });
    for _ in 0..2 {
        let cancel = api.request(Method::POST, &format!("/api/v1/orders/{id}/cancel")).bearer_auth(&token);
        let cancelled = cancel.answer().await.is(200);
        assert_eq!(
            (&cancelled["status"], &cancelled["cancel_reason"]),
            (&"cancelled".into(), &"requested".into())
        );
        assert_eq!(api.stock(&variant).await, Stock { available: 10, reserved: 0, sold: 0 });
    }
    let path = format!("/api/v1/orders/{id}");
    let late = api.request(Method::PATCH, &path).json(&json!({"shipping_address": address("Flat 5")}));
    late.bearer_auth(&token).answer().await.refused(409, "address-fixed");
}

#[shop_test]
async fn an_order_that_is_not_yours_does_not_exist_for_you(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let mine = api.place(&fresh_key(), &basket(&[(&variant, 1)])).await.is(201);
    let other = api.place(&fresh_key(), &basket(&[(&variant, 1)])).await.is(201);
    let (id, token, wrong) = (text(&mine["id"]), text(&mine["token"]), text(&other["token"]));
    let before = api.until_order_is(&id, "confirmed").await;

    let path = format!("/api/v1/orders/{id}");
    let unknown = format!("/api/v1/orders/{}", id.replace(|letter: char| letter.is_ascii_digit(), "0"));
    let change = json!({"shipping_address": address("Elsewhere")});
    let requests = |path: &str| {
        [
            api.get(path),
            api.get(&format!("{path}/history")),
            api.request(Method::POST, &format!("{path}/cancel")),
            api.request(Method::PATCH, path).json(&change),
        ]
    };
    let mut refusals = Vec::new();
    for request in requests(&path) {
        request.answer().await.refused(401, "unauthorized");
    }
    for request in requests(&path).into_iter().chain(requests(&unknown)) {
        let mut refusal = request.bearer_auth(&wrong).answer().await.refused(404, "not-found");
        refusal.as_object_mut().unwrap().remove("correlation_id");
        refusals.push(refusal);
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "only its owner can see whether it exists");
    api.get(&format!("{path}?token={wrong}")).answer().await.refused(404, "not-found");
    api.get("/api/v1/orders/nonsense").bearer_auth(&token).answer().await.refused(404, "not-found");
    assert_eq!(api.order(&id).await, before);
    api.get(&path).bearer_auth(&token).answer().await.is(200);
}

#[shop_test]
async fn what_is_the_merchants_needs_the_admin_key(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let placed = api.place(&fresh_key(), &basket(&[(&variant, 1)])).await.is(201);
    let (id, token) = (text(&placed["id"]), text(&placed["token"]));
    api.until_order_is(&id, "confirmed").await;
    let before =
        (api.order(&id).await, api.stock(&variant).await, api.list("/api/v1/products?limit=9").await);

    let requests = || {
        let adjustment = json!({"delta": 5, "reason": "a gift"});
        let stock = api.post(&format!("/api/v1/stock/{variant}/adjustments"), &adjustment);
        [
            api.get("/api/v1/orders"),
            api.post("/api/v1/products", &crate::api::new_product("mine", 1)),
            api.request(Method::PATCH, "/api/v1/products/lamp").json(&json!({"title": "Mine"})),
            api.post(&format!("/api/v1/orders/{id}/advance"), &json!({"to": "processing"})),
            stock.header("idempotency-key", fresh_key()),
        ]
    };
    for request in requests() {
        let refused = request.answer().await;
        refused.refused(401, "unauthorized");
        assert!(refused.header("www-authenticate").starts_with("Bearer"));
    }
    let short = &api.admin_key()[1..];
    for wrong in [token.as_str(), short, "x"] {
        for request in requests() {
            request.bearer_auth(wrong).answer().await.refused(401, "unauthorized");
        }
    }
    let brief = api.get(&format!("/api/v1/stock/{variant}")).bearer_auth(short).answer().await.is(200);
    assert!(brief.get("sold").is_none(), "{brief}");
    let after = (api.order(&id).await, api.stock(&variant).await, api.list("/api/v1/products?limit=9").await);
    assert_eq!(before, after);
}

fn address(line2: &str) -> Value {
    json!({
        "name": "Mira Rao", "line1": "3 Hill Road", "line2": line2, "city": "Mumbai", "postal_code": "400050",
        "country": "IN",
    })
}
