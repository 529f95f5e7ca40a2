//! An order whose payment fails is paid again, and its money goes back in parts.

use std::time::Instant;

use futures::future::join_all;
use serde_json::{Value, json};
use testing::{TestBackend, shop_test};

use crate::{
    api::{Api, Ask as _, PATIENCE, Stock, basket, fresh_key, paid_by, text},
    shop::Shop,
};

/// Waits until an order's payments are in these states, and returns the order.
pub(crate) async fn until_payments_are(api: &Api, id: &str, states: &[&str]) -> Value {
    let began = Instant::now();
    loop {
        let order = api.order(id).await;
        let payments = order["payments"].as_array().unwrap().iter();
        if payments.map(|payment| payment["state"].as_str().unwrap()).eq(states.iter().copied()) {
            return order;
        }
        assert!(began.elapsed() < PATIENCE, "the payments are not {states:?}: {order}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[shop_test]
async fn declined_paid_again_once_and_refunded_in_two_parts(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let order = paid_by(basket(&[(&variant, 2)]), "tok_declined");
    let placed = api.place(&fresh_key(), &order).await.is(201);
    let (id, token) = (text(&placed["id"]), text(&placed["token"]));
    let declined = until_payments_are(api, &id, &["failed"]).await;
    assert_eq!((&declined["status"], &declined["cancel_reason"]), (&"pending".into(), &Value::Null));
    assert_eq!(declined["payments"][0]["failure"], "The card was declined. Try another way to pay.");
    assert_eq!(api.stock(&variant).await, Stock { available: 8, reserved: 2, sold: 0 });

    // Many clicks at once, each a payment of its own: one pays.
    let path = format!("/api/v1/orders/{id}/payments");
    let pay = |key: String| {
        let body = json!({"payment": {"provider": "test", "token": "tok_lost"}});
        api.post(&path, &body).header("idempotency-key", key).bearer_auth(&token).answer()
    };
    let answers = join_all((0..10).map(|_| pay(fresh_key()))).await;
    let (granted, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(granted.len(), 1);
    for answer in refused {
        assert_eq!(answer.refused(409, "not-payable")["reason"], "under_way");
    }
    let paid = until_payments_are(api, &id, &["failed", "captured"]).await;
    assert_eq!((&paid["status"], &paid["paid"]), (&"confirmed".into(), &placed["total"]));
    assert_eq!(api.stock(&variant).await, Stock { available: 8, reserved: 0, sold: 2 });
    assert_eq!(pay(fresh_key()).await.refused(409, "not-payable")["reason"], "paid");

    for to in ["processing", "shipped", "delivered"] {
        let advance = api.post(&format!("/api/v1/orders/{id}/advance"), &json!({"to": to}));
        api.admin(advance).answer().await.is(200);
    }
    let refund = |key: &str, body: Value| {
        let request = api.post(&format!("/api/v1/orders/{id}/refunds"), &body);
        api.admin(request).header("idempotency-key", key).answer()
    };
    let one = json!({"lines": [{"variant_id": variant, "quantity": 1}], "reason": "a dent", "restock": true});
    let key = fresh_key();
    let part = refund(&key, one.clone()).await.is(201);
    assert_eq!(refund(&key, one).await.is(201)["refunds"], part["refunds"], "the same key refunds once");
    assert_eq!((&part["status"], &part["refunded"]["amount"]), (&"delivered".into(), &249_900.into()));
    let too_much = json!({"amount": {"amount": 249_901, "currency": "INR"}, "reason": "all of it"});
    refund(&fresh_key(), too_much).await.refused(409, "too-much");
    let rest = refund(&fresh_key(), json!({"reason": "and the other"})).await.is(201);
    assert_eq!((&rest["status"], &rest["refunded"]), (&"refunded".into(), &rest["paid"]));
    let began = Instant::now();
    while api.order(&id).await["refunds"].as_array().unwrap().iter().any(|one| one["state"] != "refunded") {
        assert!(began.elapsed() < PATIENCE, "the money is not back");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(api.stock(&variant).await, Stock { available: 9, reserved: 0, sold: 1 });
}

#[shop_test]
async fn a_lost_parcel_gives_its_money_back(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let id = text(&api.place(&fresh_key(), &basket(&[(&variant, 1)])).await.is(201)["id"]);
    api.until_order_is(&id, "confirmed").await;
    let lost = |reason: &str| {
        api.admin(api.post(&format!("/api/v1/orders/{id}/lost"), &json!({"reason": reason}))).answer()
    };
    lost("too early").await.refused(409, "invalid-transition");
    for to in ["processing", "shipped"] {
        let advance = api.post(&format!("/api/v1/orders/{id}/advance"), &json!({"to": to}));
        api.admin(advance).answer().await.is(200);
    }
    let order = lost("it went overboard").await.is(200);
    assert_eq!((&order["status"], &order["cancel_reason"]), (&"cancelled".into(), &"lost".into()));
    assert_eq!(
        (&order["refunded"], &order["refunds"][0]["reason"]),
        (&order["paid"], &"it went overboard".into())
    );
    assert_eq!(api.stock(&variant).await, Stock { available: 9, reserved: 0, sold: 1 });
    until_payments_are(api, &id, &["refunded"]).await;
}
