//! Placing an order once, and the effects of its payment.

use std::collections::HashSet;

use futures::future::join_all;
use testing::{TestBackend, shop_test};

use crate::{
    api::{Ask as _, Stock, basket, fresh_key, paid_by, text, until},
    operating::{end_holds, open},
    paying::until_payments_are,
    shop::{Setup, Shop},
};

#[shop_test]
async fn the_same_key_is_the_same_order(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 50).await;
    let (key, order) = (fresh_key(), basket(&[(&variant, 2)]));

    let first = api.place(&key, &order).await.is(201);
    assert_eq!(api.place(&key, &order).await.is(201), first);
    api.place(&key, &basket(&[(&variant, 3)])).await.refused(422, "idempotency-key-reused");
    api.until_order_is(&text(&first["id"]), "confirmed").await;
    assert_eq!(api.place(&key, &order).await.is(201), first, "the answer of then, whatever came since");

    // Many at once: requests during the first one are asked to come back.
    let key = fresh_key();
    let answers = join_all((0..20).map(|_| api.place(&key, &order))).await;
    let (placed, waiting): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert!(!placed.is_empty());
    let ids: HashSet<_> = placed.iter().map(|answer| text(&answer.json()["id"])).collect();
    assert_eq!(ids.len(), 1);
    for answer in waiting {
        answer.refused(409, "idempotency-key-in-use");
        assert!(!answer.header("retry-after").is_empty());
    }
    assert_eq!(api.place(&key, &order).await.is(201)["id"], placed[0].json()["id"]);

    let missing = api.post("/api/v1/orders", &order).answer().await;
    missing.refused(400, "idempotency-key-missing");
    assert_eq!(api.orders("").await.len(), 2);
}

#[shop_test]
async fn what_is_not_there_is_not_sold(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let (lamp, cup) = (api.sell("lamp", 249_900, 3).await, api.sell("cup", 10_000, 10).await);
    let key = fresh_key();
    let problem = api.place(&key, &basket(&[(&cup, 1), (&lamp, 4)])).await.refused(409, "out-of-stock");
    let shortage = &problem["shortages"][0];
    assert_eq!(problem["shortages"].as_array().unwrap().len(), 1);
    assert_eq!(shortage["variant_id"], lamp.as_str());
    assert_eq!((&shortage["requested"], &shortage["available"]), (&4.into(), &3.into()));
    assert_eq!(problem["errors"][0]["pointer"], "/items/1/quantity");
    assert_eq!(api.stock(&cup).await, Stock { available: 10, reserved: 0, sold: 0 }, "all or nothing");

    // A refusal leaves no trace: the same key can order what is available.
    api.place(&key, &basket(&[(&cup, 1), (&lamp, 3)])).await.is(201);
    let problem = api.place(&fresh_key(), &basket(&[(&lamp, 1)])).await.refused(409, "out-of-stock");
    assert_eq!(problem["shortages"][0]["available"], 0);
}

#[shop_test]
async fn payments_that_are_answered(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let order = basket(&[(&variant, 1)]);
    let place = async |token: &str| {
        text(&api.place(&fresh_key(), &paid_by(order.clone(), token)).await.is(201)["id"])
    };

    let declined = place("tok_declined").await;
    let waiting = until_payments_are(api, &declined, &["failed"]).await;
    assert_eq!(waiting["status"], "pending", "it can be paid again");
    assert_eq!(api.stock(&variant).await, Stock { available: 9, reserved: 1, sold: 0 });
    let cancel = api.request(reqwest::Method::POST, &format!("/api/v1/orders/{declined}/cancel"));
    api.admin(cancel).answer().await.is(200);

    let slow = place("tok_slow").await;
    let quick = place("tok_ok").await;
    api.until_order_is(&quick, "confirmed").await;
    assert_eq!(api.order(&slow).await["status"], "pending", "a slow bank delays no other payment");
    assert_eq!(api.stock(&variant).await, Stock { available: 8, reserved: 1, sold: 1 });
    api.until_order_is(&slow, "confirmed").await;
    assert_eq!(api.stock(&variant).await, Stock { available: 8, reserved: 0, sold: 2 });
}

#[shop_test]
async fn payments_whose_answer_is_lost(backend: TestBackend) {
    let shop = Setup::new(&backend).with("CARAVEL_PAYMENT_ANSWER_WITHIN_MS", "400").start().await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let order = basket(&[(&variant, 1)]);
    let place = async |token: &str| {
        text(&api.place(&fresh_key(), &paid_by(order.clone(), token)).await.is(201)["id"])
    };

    let (lost, silent) = (place("tok_lost").await, place("tok_timeout").await);
    api.until_order_is(&lost, "confirmed").await;
    let waiting = until_payments_are(api, &silent, &["failed"]).await;
    assert_eq!(waiting["status"], "pending");
    assert_eq!(api.stock(&variant).await, Stock { available: 8, reserved: 1, sold: 1 });
    let history = api.admin(api.get(&format!("/api/v1/orders/{lost}/history"))).answer().await.is(200);
    let steps: Vec<_> =
        history["data"].as_array().unwrap().iter().map(|step| text(&step["status"])).collect();
    assert_eq!(steps, ["pending", "confirmed"], "confirmed once");
}

#[shop_test]
async fn an_order_that_is_not_paid_in_time_gives_its_stock_back_once(backend: TestBackend) {
    // The hold ends while the bank is silent.
    let shop = Setup::new(&backend).with("CARAVEL_PAYMENT_ANSWER_WITHIN_MS", "60000").start().await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 10).await;
    let order = paid_by(basket(&[(&variant, 4)]), "tok_timeout");
    let id = text(&api.place(&fresh_key(), &order).await.is(201)["id"]);
    end_holds(&open(&shop, order::NAME, order::MIGRATIONS, &backend).await).await;
    let expired = api.until_order_is(&id, "cancelled").await;
    assert_eq!(expired["cancel_reason"], "expired");
    assert_eq!(api.stock(&variant).await, Stock { available: 10, reserved: 0, sold: 0 });
    // The next rounds find nothing more to give back.
    until("the product's page shows it", || async {
        let product = api.get("/api/v1/products/lamp").answer().await.is(200);
        product["variants"][0]["available"] == 10
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!(api.stock(&variant).await, Stock { available: 10, reserved: 0, sold: 0 });
}

#[shop_test]
async fn a_deferred_order_is_placed_later(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let variant = api.sell("lamp", 249_900, 3).await;
    let accept = |key: &str, count| {
        api.placing(key, &basket(&[(&variant, count)])).header("prefer", "respond-async, wait=1").answer()
    };
    let read = |accepted: &crate::api::Answer| {
        let token = text(&accepted.json()["token"]);
        api.get(accepted.header("location")).bearer_auth(token).answer()
    };
    let key = fresh_key();
    let accepted = accept(&key, 2).await;
    let body = accepted.is(202);
    assert_eq!((&body["status"], accepted.header("preference-applied")), (&"queued".into(), "respond-async"));
    let now = read(&accepted).await;
    assert!(now.status == 202 || now.status == 200, "its page is there at once: {}", now.text());
    until("it is confirmed", || async { read(&accepted).await.json()["status"] == "confirmed" }).await;
    assert_eq!(read(&accepted).await.is(200)["id"], body["id"], "it keeps the id that was promised");

    // A repeated request leads to the same order; another one finds too little left, and says so.
    let again = accept(&key, 2).await;
    until("the same order is found", || async { read(&again).await.json()["id"] == body["id"] }).await;
    let short = accept(&fresh_key(), 2).await;
    until("it is refused", || async { read(&short).await.json()["status"] == "refused" }).await;
    assert_eq!(read(&short).await.is(200)["problem"]["code"], "out-of-stock");
    assert_eq!(api.orders("").await.len(), 1);
    assert_eq!(api.stock(&variant).await, Stock { available: 1, reserved: 0, sold: 2 });
}
