//! Placing orders once, and what becomes of them.

use std::{
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use cache::Counters;
use gateway::resources::{History, QueuedOrder};
use message::ListPage;
use order_contract::{CancelReason, Order, OrderStatus, PlacedOrder};
use serde_json::json;
use web::{client::TrustedProxies, limit::RateLimit};

use crate::{
    Send as _, Shop,
    stand_ins::{TOKEN, new_order, order_id, variant_id},
};

fn path(rest: &str) -> String {
    format!("/api/v1/orders/{}{rest}", order_id())
}

/// Waits until `condition` holds, for as long as a slow machine may need.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !condition().await {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not come to pass");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_order_is_placed_and_read_where_it_says() {
    let shop = Shop::open();
    let answer = shop.place("k1", "mira").answer().await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"));
    assert!(answer.header("x-request-id").starts_with("req_"));
    let placed: PlacedOrder = answer.read();
    assert_eq!((placed.number, placed.status, placed.lines.len()), (1042, OrderStatus::Pending, 2));
    assert_eq!(answer.json()["total"], json!({"amount": 499_800, "currency": "INR"}));
    let read = shop.request("GET", answer.header("location")).bearer_auth(&placed.token).answer().await;
    assert_eq!((read.status, read.read::<Order>().id), (200, placed.id));
}

#[tokio::test]
async fn the_same_again_is_answered_the_same_and_another_with_its_key_is_refused() {
    let shop = Shop::open();
    let first = shop.place("k1", "mira").answer().await;
    let again = shop.place("k1", "mira").answer().await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(shop.desk.placed.load(SeqCst), 1);
    let other = shop.place("k1", "noor").answer().await;
    assert_eq!((other.status, other.code().as_str()), (422, "idempotency-key-reused"));
}

#[tokio::test]
async fn a_key_whose_request_is_under_way_is_in_use() {
    let shop = Shop::open();
    let slow = tokio::spawn(shop.place("k1", "slow").answer());
    until(async || shop.desk.slow.load(SeqCst) == 1).await;
    let second = shop.place("k1", "slow").answer().await;
    assert_eq!((second.status, second.code().as_str()), (409, "idempotency-key-in-use"));
    assert_eq!(second.header("retry-after"), "1");
    assert_eq!(shop.place("k2", "mira").answer().await.status, 201);
    shop.desk.go.notify_one();
    let first = slow.await.unwrap();
    assert_eq!(first.status, 201);
    assert_eq!(shop.place("k1", "slow").answer().await.text, first.text);
}

#[tokio::test]
async fn a_client_that_goes_away_frees_its_key() {
    let shop = Shop::open();
    let gone = shop.place("k1", "slow").timeout(Duration::from_millis(200)).send().await;
    assert!(gone.unwrap_err().is_timeout());
    until(async || shop.place("k1", "mira").answer().await.status == 201).await;
}

#[tokio::test]
async fn shortages_are_told_with_their_places() {
    let shop = Shop::open();
    let answer = shop.place("k1", "sold-out").answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "out-of-stock"));
    assert_eq!(answer.pointers(), ["/items/1/quantity", "/items/0/quantity"]);
    assert_eq!(
        answer.json()["shortages"],
        json!([
            {"variant_id": variant_id(2), "requested": 1, "available": 0},
            {"variant_id": variant_id(1), "requested": 2, "available": 1},
        ])
    );
}

#[tokio::test]
async fn another_price_is_a_conflict_with_both() {
    let shop = Shop::open();
    let expecting = |total: serde_json::Value| {
        let mut order = new_order();
        order["email"] = json!("changed@example.org");
        order["expected_total"] = total;
        shop.request("POST", "/api/v1/orders").header("idempotency-key", "k1").json(&order)
    };
    let answer = expecting(json!({"amount": 10_000, "currency": "INR"})).answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "price-changed"));
    assert_eq!(answer.pointers(), ["/expected_total"]);
    let problem = answer.json();
    assert_eq!(problem["expected"], json!({"amount": 10_000, "currency": "INR"}));
    assert_eq!(problem["current"]["total"], json!({"amount": 499_800, "currency": "INR"}));
    assert_eq!(problem["current"]["lines"].as_array().unwrap().len(), 2);
    assert_eq!(problem["detail"], "The total is ₹4,998 now, not ₹100.");
    for wrong in [json!(100), json!({"amount": 1.5, "currency": "INR"}), json!({"amount": 1})] {
        let answer = expecting(wrong).answer().await;
        assert_eq!(answer.status, 422);
        assert!(answer.pointers()[0].starts_with("/expected_total"), "{}", answer.text);
    }
}

#[tokio::test]
async fn every_failure_behind_has_its_status() {
    let shop = Shop::open();
    for (buyer, status, code, retry_after) in [
        ("unknown", 422, "invalid-body", ""),
        ("in-progress", 409, "idempotency-key-in-use", "1"),
        ("new", 503, "not-known-yet", "1"),
        ("busy", 503, "busy", "1"),
        ("down", 503, "unavailable", "1"),
        ("late", 504, "timeout", ""),
        ("broken", 500, "internal", ""),
        ("panic", 500, "internal", ""),
    ] {
        let answer = shop.place(buyer, buyer).answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{buyer}");
        assert_eq!(answer.header("retry-after"), retry_after, "{buyer}");
        assert!(!answer.text.contains("secret"));
    }
    assert_eq!(shop.place("k", "unknown").answer().await.pointers(), ["/items/0/variant_id"]);
}

#[tokio::test]
async fn an_order_exists_only_for_its_buyer_and_the_merchant() {
    let shop = Shop::open();
    for rest in ["", "/history"] {
        let by_header = shop.request("GET", &path(rest)).bearer_auth(TOKEN).answer().await;
        let by_address = shop.get(&path(&format!("{rest}?token={TOKEN}"))).await;
        let by_key = shop.request("GET", &path(rest)).admin().answer().await;
        assert_eq!([by_header.status, by_address.status, by_key.status], [200; 3]);
        assert_eq!(by_header.header("cache-control"), "no-store");
        let nobody = shop.get(&path(rest)).await;
        assert_eq!((nobody.status, nobody.code().as_str()), (401, "unauthorized"));
        assert!(nobody.header("www-authenticate").starts_with("Bearer"));
        let other = shop.request("GET", &path(rest)).bearer_auth("another").answer().await;
        let none = shop.get(&format!("/api/v1/orders/{}{rest}?token={TOKEN}", variant_id(1))).await;
        assert_eq!((other.status, other.code().as_str()), (404, "not-found"));
        assert_eq!(none.status, 404);
        // The two cannot be told apart.
        assert_eq!(other.text, none.text);
    }
    let history: History = shop.request("GET", &path("/history")).bearer_auth(TOKEN).answer().await.read();
    assert_eq!(history.data[0].status, OrderStatus::Pending);
}

#[tokio::test]
async fn buyer_and_merchant_cancel_and_readdress() {
    let shop = Shop::open();
    let cancelled = shop.request("POST", &path("/cancel")).bearer_auth(TOKEN).answer().await;
    assert_eq!(cancelled.read::<Order>().cancel_reason, Some(CancelReason::Requested));
    assert_eq!(shop.request("POST", &path("/cancel")).bearer_auth("another").answer().await.status, 404);

    let mut address = new_order()["shipping_address"].clone();
    address["name"] = json!("مريم");
    let change = json!({"shipping_address": address});
    let changed = shop.request("PATCH", &path("")).bearer_auth(TOKEN).json(&change).answer().await;
    assert_eq!(changed.read::<Order>().shipping_address.name.as_str(), "مريم");
    address["name"] = json!("Too Late");
    let change = json!({"shipping_address": address});
    let late = shop.request("PATCH", &path("")).admin().json(&change).answer().await;
    assert_eq!((late.status, late.code().as_str()), (409, "address-fixed"));
    assert!(late.json()["detail"].as_str().unwrap().starts_with("The address cannot be changed"));
}

#[tokio::test]
async fn the_merchant_moves_orders_on() {
    let shop = Shop::open();
    let advance = |body: serde_json::Value| shop.request("POST", &path("/advance")).json(&body);
    let step = json!({"to": "shipped", "tracking": {"company": "Blue Dart", "number": "1"}});
    let shipped = advance(step.clone()).admin().answer().await.read::<Order>();
    assert_eq!((shipped.status, shipped.tracking.unwrap().number.as_str()), (OrderStatus::Shipped, "1"));
    let refused = advance(json!({"to": "refunded"})).admin().answer().await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "invalid-transition"));
    assert_eq!(refused.json()["detail"], "An order that is pending cannot become refunded.");
    assert_eq!(advance(step.clone()).answer().await.status, 401);
    assert_eq!(advance(step).bearer_auth(TOKEN).answer().await.status, 401);
}

#[tokio::test]
async fn the_merchant_lists_orders() {
    let shop = Shop::open();
    let list = "/api/v1/orders?status=shipped&email=mira%40example.org&limit=3&cursor=abc";
    let answer = shop.request("GET", list).admin().answer().await;
    let page: ListPage<Order> = answer.read();
    assert_eq!((answer.status, page.next_cursor.as_deref()), (200, Some("next")));
    let asked = shop.desk.listed.lock().unwrap().take().unwrap();
    assert_eq!((asked.status, asked.limit.get()), (Some(OrderStatus::Shipped), 3));
    assert_eq!((asked.email.unwrap().as_str(), asked.cursor.as_deref()), ("mira@example.org", Some("abc")));
    for (key, challenge) in [("", "Bearer realm=\"caravel\""), ("wrong", "error=\"invalid_token\"")] {
        let request = shop.request("GET", "/api/v1/orders");
        let request = if key.is_empty() { request } else { request.bearer_auth(key) };
        let refused = request.answer().await;
        assert_eq!((refused.status, refused.code().as_str()), (401, "unauthorized"));
        assert!(refused.header("www-authenticate").ends_with(challenge));
    }
}

#[tokio::test]
async fn an_order_is_accepted_when_the_client_would_not_wait() {
    let shop = Shop::open();
    let accepted = shop.place("k1", "mira").header("prefer", "respond-async").answer().await;
    assert_eq!((accepted.status, accepted.header("preference-applied")), (202, "respond-async"));
    let queued: QueuedOrder = accepted.read();
    assert_eq!(queued.status, "queued");
    assert_eq!(accepted.header("location"), format!("/api/v1/orders/{}", queued.id));
    assert_eq!(shop.desk.placed.load(SeqCst), 0);
    let wish = shop.desk.wished.lock().unwrap().pop().unwrap();
    assert_eq!((wish.id, wish.order.idempotency_key.as_str()), (queued.id, "k1"));

    // Nobody has placed it yet.
    let read = shop.request("GET", accepted.header("location")).bearer_auth(&queued.token).answer().await;
    assert_eq!((read.status, read.header("retry-after")), (202, "1"));
    assert_eq!(read.read::<QueuedOrder>().id, queued.id);
    let cancel = format!("{}/cancel", accepted.header("location"));
    let cancelled = shop.request("POST", &cancel).bearer_auth(&queued.token).answer().await;
    assert_eq!((cancelled.status, cancelled.code().as_str()), (409, "order-queued"));
    for token in ["accepted.", "accepted.00000000000000000000000000000000", TOKEN] {
        let guess = shop.request("GET", accepted.header("location")).bearer_auth(token).answer().await;
        assert_eq!((guess.status, guess.code().as_str()), (404, "not-found"), "{token}");
    }
}

#[tokio::test]
async fn under_pressure_orders_are_accepted_that_cannot_be_placed_at_once() {
    let shop = Shop::open_under(order_contract::DeferralPolicy::UnderPressure);
    for (key, buyer) in [("k1", "busy"), ("k2", "down"), ("k3", "late")] {
        let accepted = shop.place(key, buyer).answer().await;
        assert_eq!((accepted.status, accepted.header("preference-applied")), (202, ""), "{buyer}");
    }
    assert_eq!(shop.place("k4", "mira").answer().await.status, 201);
    assert_eq!(shop.place("k5", "sold-out").answer().await.status, 409);
    assert_eq!(shop.place("k6", "broken").answer().await.status, 500);
    assert_eq!(shop.desk.wished.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn who_orders_too_often_is_told_when_to_come_back() {
    let limit = RateLimit::per_minute("orders", 2, Counters::new(), TrustedProxies::loopback());
    let shop = Shop::open_limited(limit);
    for key in ["one", "two"] {
        let placed = shop.place(key, "ada").answer().await;
        assert_eq!(placed.status, 201, "{}", placed.text);
        assert!(placed.header("ratelimit").starts_with("\"orders\";r="), "{:?}", placed.headers);
    }
    let refused = shop.place("three", "ada").answer().await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "too-many-requests"));
    assert!((1..=60).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    // Orders are read as often as anybody likes, and other buyers behind the same proxy are others.
    assert_eq!(shop.request("GET", "/api/v1/orders").admin().answer().await.status, 200);
    let other = shop.place("four", "ada").header("x-forwarded-for", "198.51.100.7");
    assert_eq!(other.answer().await.status, 201);
}

#[tokio::test]
async fn an_order_is_paid_again_and_refunded_or_says_why_not() {
    let shop = Shop::open();
    let pay = |token: &str| {
        let body = json!({"payment": {"provider": "test", "token": token}});
        shop.request("POST", &path("/payments")).json(&body).header("idempotency-key", "k1")
    };
    let paid = pay("tok_ok").bearer_auth(TOKEN).answer().await;
    assert_eq!((paid.status, paid.header("location")), (201, path("").as_str()));
    assert_eq!(paid.read::<Order>().id, order_id());
    let refused = pay("under-way").bearer_auth(TOKEN).answer().await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "not-payable"));
    assert_eq!(refused.json()["reason"], "under_way");
    let reused = pay("reused").bearer_auth(TOKEN).answer().await;
    assert_eq!((reused.status, reused.code().as_str()), (422, "idempotency-key-reused"));
    assert_eq!(pay("tok_ok").answer().await.status, 401);
    let body = json!({"payment": {"provider": "test", "token": "tok_ok"}});
    let keyless = shop.request("POST", &path("/payments")).json(&body).bearer_auth(TOKEN).answer().await;
    assert_eq!((keyless.status, keyless.code().as_str()), (400, "idempotency-key-missing"));

    let refund = |body: serde_json::Value| {
        shop.request("POST", &path("/refunds")).json(&body).header("idempotency-key", "k2")
    };
    let amount = |amount| json!({"amount": {"amount": amount, "currency": "INR"}, "reason": "dented"});
    assert_eq!(refund(amount(100)).bearer_auth(crate::KEY).answer().await.status, 201);
    assert_eq!(refund(amount(100)).bearer_auth(TOKEN).answer().await.status, 401, "the merchant's alone");
    let refused = refund(amount(101)).bearer_auth(crate::KEY).answer().await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "too-much"));
    assert_eq!(refused.json()["refundable"], json!({"amount": 100, "currency": "INR"}));
    let neither = json!({"lines": [{"variant_id": variant_id(1)}], "reason": "dented"});
    let neither = refund(neither).bearer_auth(crate::KEY).answer().await;
    assert_eq!((neither.status, neither.pointers()), (422, vec!["/lines/0".to_owned()]));
    let lost = shop.request("POST", &path("/lost")).json(&json!({"reason": "gone"}));
    let lost = lost.bearer_auth(crate::KEY).answer().await;
    assert_eq!((lost.status, lost.code().as_str()), (409, "invalid-transition"));
}
