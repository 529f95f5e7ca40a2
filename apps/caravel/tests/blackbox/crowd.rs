//! Many at once: two thousand buyers for a hundred units, and orders that are placed, declined, cancelled and expire.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng, seq::SliceRandom as _};
use reqwest::Method;
use serde_json::Value;
use testing::{TestBackend, fleet_test, shop_test};
use tokio::{sync::Barrier, task::JoinSet, time::Duration};

use crate::{
    api::{Api, Ask as _, Stock, basket, paid_by, text, until},
    operating::{end_holds, open},
    shop::{Setup, Shop},
};

const BUYERS: usize = 2000;
const VARIANTS: usize = 4;
const UNITS_EACH: i64 = 25;
const UNITS: i64 = 100;

/// So few units that some orders are refused until others give their stock back.
const LIVELY_UNITS: i64 = 30;
const LIVELY_BUYERS: u64 = 8;
const LIVELY_ORDERS: u32 = 25;

#[shop_test]
async fn two_thousand_buyers_get_a_hundred_units(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    let mut variants = Vec::new();
    for number in 0..VARIANTS {
        variants.push(api.sell(&format!("thing-{number}"), 10_000, UNITS_EACH).await);
    }

    let over = Arc::new(AtomicBool::new(false));
    let watcher = tokio::spawn(watch(api.clone(), variants.clone(), UNITS_EACH, Arc::clone(&over)));
    let together = Arc::new(Barrier::new(BUYERS));
    let mut buyers = JoinSet::new();
    for (number, order) in baskets(&variants).into_iter().enumerate() {
        let (api, together) = (api.clone(), Arc::clone(&together));
        buyers.spawn(async move {
            together.wait().await;
            buy(&api, &format!("buyer-{number}"), &order).await
        });
    }
    let answers = buyers.join_all().await;
    over.store(true, Ordering::Relaxed);
    watcher.await.unwrap();

    let placed: Vec<&Value> = answers.iter().flatten().collect();
    let units: i64 = placed.iter().map(|order| quantity(order)).sum();
    // A buyer of one unit is refused only when none is left, so none is left over either.
    assert_eq!(units, UNITS);
    assert_eq!(api.orders("").await.len(), placed.len());

    until("every order is confirmed", || async { api.orders("&status=pending").await.is_empty() }).await;
    assert_eq!(api.orders("&status=confirmed").await.len(), placed.len());
    for variant in &variants {
        let stock = api.stock(variant).await;
        assert_eq!((stock.available, stock.reserved, stock.sold), (0, 0, UNITS_EACH));
    }
}

#[shop_test]
async fn no_way_of_an_order_makes_or_loses_a_unit(backend: TestBackend) {
    let shop = Setup::new(&backend).with("CARAVEL_PAYMENT_ANSWER_WITHIN_MS", "300").start().await;
    let api = &shop.api;
    let mut variants = Vec::new();
    for number in 0..3 {
        variants.push(api.sell(&format!("thing-{number}"), 10_000, LIVELY_UNITS).await);
    }

    let over = Arc::new(AtomicBool::new(false));
    let watcher = tokio::spawn(watch(api.clone(), variants.clone(), LIVELY_UNITS, Arc::clone(&over)));
    // Holds end as soon as they begin: payments, cancellations and expiries all race for the same orders.
    let orders = open(&shop, order::NAME, order::MIGRATIONS, &backend).await;
    let is_over = Arc::clone(&over);
    let impatience = tokio::spawn(async move {
        while !is_over.load(Ordering::Relaxed) {
            end_holds(&orders).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut buyers = JoinSet::new();
    for buyer in 0..LIVELY_BUYERS {
        buyers.spawn(live(api.clone(), variants.clone(), buyer));
    }
    buyers.join_all().await;
    until("nothing is pending", || async { api.orders("&status=pending").await.is_empty() }).await;
    over.store(true, Ordering::Relaxed);
    watcher.await.unwrap();
    impatience.await.unwrap();

    let confirmed = api.orders("&status=confirmed").await;
    let cancelled = api.orders("&status=cancelled").await;
    assert!(!confirmed.is_empty() && !cancelled.is_empty());
    let reasons = |reason: &str| cancelled.iter().filter(|order| order["cancel_reason"] == reason).count();
    assert!(reasons("requested") > 0 && reasons("expired") > 0, "{cancelled:?}");
    for variant in &variants {
        let lines = confirmed.iter().flat_map(|order| order["lines"].as_array().unwrap());
        let lines = lines.filter(|line| line["variant_id"] == variant.as_str());
        let sold: i64 = lines.map(|line| line["quantity"].as_i64().unwrap()).sum();
        let stock = api.stock(variant).await;
        assert_eq!((stock.reserved, stock.sold, stock.sum()), (0, sold, LIVELY_UNITS));
    }
}

#[fleet_test]
async fn an_order_that_cannot_be_placed_at_once_is_deferred(backend: TestBackend) {
    const UNITS: i64 = 400;
    // So few orders may wait that most of a rush finds no room.
    let setup = Setup::new(&backend).with("CARAVEL_ORDER_QUEUE", "2").with("CARAVEL_ORDER_BATCH", "2");
    let shop = setup.with("CARAVEL_SHOP_INTAKE", "under_pressure").start().await;
    let api = &shop.api;
    let variant = api.sell("thing", 10_000, UNITS).await;
    let together = Arc::new(Barrier::new(500));
    let mut buyers = JoinSet::new();
    for number in 0..500 {
        let (api, together, order) = (api.clone(), Arc::clone(&together), basket(&[(&variant, 1)]));
        buyers.spawn(async move {
            together.wait().await;
            api.place(&format!("buyer-{number}"), &order).await
        });
    }
    let answers = buyers.join_all().await;
    let with = |status: u16| answers.iter().filter(move |answer| answer.status == status);
    assert_eq!(with(201).count() + with(202).count() + with(409).count(), 500, "no buyer is sent away");
    assert!(with(202).count() > 0, "there was a rush");

    let (mut confirmed, mut refused) = (0, with(409).count());
    for answer in with(201).chain(with(202)) {
        let order = answer.json();
        let path = format!("/api/v1/orders/{}", text(&order["id"]));
        let read = async || api.get(&path).bearer_auth(text(&order["token"])).answer().await.json();
        let decided = || async { matches!(read().await["status"].as_str(), Some("confirmed" | "refused")) };
        until("it is decided over", decided).await;
        if read().await["status"] == "confirmed" {
            confirmed += 1;
        } else {
            refused += 1;
        }
    }
    assert_eq!((confirmed, refused), (UNITS, 100));
    assert_eq!(api.stock(&variant).await, Stock { available: 0, reserved: 0, sold: UNITS });
}

#[fleet_test]
async fn every_order_may_be_deferred(backend: TestBackend) {
    let setup = Setup::new(&backend);
    let mut shop = setup.clone().start().await;
    let variant = shop.api.sell("thing", 10_000, 3).await;
    shop.stop().await;
    let shop = setup.with("CARAVEL_SHOP_INTAKE", "always").start().await;
    let api = &shop.api;
    let accepted = api.place("buyer", &basket(&[(&variant, 1)])).await;
    let order = accepted.is(202);
    let path = format!("/api/v1/orders/{}", text(&order["id"]));
    until("it is confirmed", || async {
        api.get(&path).bearer_auth(text(&order["token"])).answer().await.json()["status"] == "confirmed"
    })
    .await;
}

/// Orders random baskets, pays in every way, and sometimes cancels.
async fn live(api: Api, variants: Vec<String>, buyer: u64) {
    let mut random = SmallRng::seed_from_u64(buyer);
    for number in 0..LIVELY_ORDERS {
        let first = random.random_range(0..variants.len());
        let items: Vec<_> = (0..random.random_range(1..=2))
            .map(|step| (&variants[(first + step) % variants.len()], random.random_range(1..=3)))
            .collect();
        let token = ["tok_ok", "tok_declined", "tok_lost", "tok_timeout"][random.random_range(0..4)];
        let order = paid_by(basket(&items), token);
        let Some(placed) = buy(&api, &format!("lively-{buyer}-{number}"), &order).await else { continue };
        if random.random_bool(0.4) {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
            let path = format!("/api/v1/orders/{}/cancel", text(&placed["id"]));
            let cancel = api.request(Method::POST, &path).bearer_auth(text(&placed["token"]));
            cancel.answer().await.is(200);
        }
    }
}

/// A basket per buyer: most want one product, others up to three in any order.
fn baskets(variants: &[String]) -> Vec<Value> {
    let mut random = SmallRng::seed_from_u64(1);
    let mut baskets: Vec<Value> = (0..BUYERS)
        .map(|number| {
            let mut wanted: Vec<&String> = variants.iter().collect();
            wanted.shuffle(&mut random);
            let items = if number % 2 == 0 { 1 } else { random.random_range(1..=3) };
            let items = wanted.into_iter().take(items);
            let most = if number % 2 == 0 { 1 } else { 3 };
            let items: Vec<_> = items.map(|variant| (variant, random.random_range(1..=most))).collect();
            basket(&items)
        })
        .collect();
    baskets.shuffle(&mut random);
    baskets
}

/// The order, or `None` if it was out of stock. Retries while the shop is busy, as it is asked to.
async fn buy(api: &Api, key: &str, order: &Value) -> Option<Value> {
    loop {
        let answer = api.place(key, order).await;
        match answer.status {
            201 => return Some(answer.json()),
            503 => tokio::time::sleep(Duration::from_millis(500)).await,
            _ => {
                answer.refused(409, "out-of-stock");
                return None;
            }
        }
    }
}

/// Checks continuously whether units were made or lost.
async fn watch(api: Api, variants: Vec<String>, units: i64, over: Arc<AtomicBool>) {
    while !over.load(Ordering::Relaxed) {
        for variant in &variants {
            let request = api.admin(api.get(&format!("/api/v1/stock/{variant}")));
            // In the rush it may be asked to come back.
            if request.try_answer().await.is_ok_and(|answer| answer.status == 200) {
                let stock = api.stock(variant).await;
                assert_eq!(stock.sum(), units, "{stock:?}");
                assert!(stock.available >= 0 && stock.reserved >= 0 && stock.sold >= 0, "{stock:?}");
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn quantity(order: &Value) -> i64 {
    order["lines"].as_array().unwrap().iter().map(|line| line["quantity"].as_i64().unwrap()).sum()
}
