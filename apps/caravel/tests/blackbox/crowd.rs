//! A sale: two thousand buyers at once for a hundred units.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng, seq::SliceRandom as _};
use serde_json::Value;
use testing::{Place, db_test};
use tokio::{sync::Barrier, task::JoinSet, time::Duration};

use crate::{
    api::{Api, Ask as _, basket, until},
    shop::Shop,
};

const BUYERS: usize = 2000;
const VARIANTS: usize = 4;
const UNITS_EACH: i64 = 25;
const UNITS: i64 = 100;

#[db_test]
async fn two_thousand_buyers_get_a_hundred_units(place: Place) {
    let shop = Shop::start(&place).await;
    let api = &shop.api;
    let mut variants = Vec::new();
    for number in 0..VARIANTS {
        variants.push(api.sell(&format!("thing-{number}"), 10_000, UNITS_EACH).await);
    }

    let over = Arc::new(AtomicBool::new(false));
    let watcher = tokio::spawn(watch(api.clone(), variants.clone(), Arc::clone(&over)));
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
    // A buyer of one unit is refused only when none is left, so nothing is left over either.
    assert_eq!(units, UNITS);
    assert_eq!(api.orders("").await.len(), placed.len());

    until("every order is confirmed", || async { api.orders("&status=pending").await.is_empty() }).await;
    assert_eq!(api.orders("&status=confirmed").await.len(), placed.len());
    for variant in &variants {
        let stock = api.stock(variant).await;
        assert_eq!((stock.available, stock.reserved, stock.sold), (0, 0, UNITS_EACH));
    }
}

/// A basket per buyer: most want one thing, others up to three in any order.
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

/// The order, or nothing if it was out of stock; comes back when the shop is busy, as it is asked to.
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

/// Looks all the time whether units were made or lost.
async fn watch(api: Api, variants: Vec<String>, over: Arc<AtomicBool>) {
    while !over.load(Ordering::Relaxed) {
        for variant in &variants {
            let request = api.admin(api.get(&format!("/api/v1/stock/{variant}")));
            // In the rush it may be told to come back.
            if request.try_answer().await.is_ok_and(|answer| answer.status == 200) {
                let stock = api.stock(variant).await;
                assert_eq!(stock.sum(), UNITS_EACH, "{stock:?}");
                assert!(stock.available >= 0 && stock.reserved >= 0 && stock.sold >= 0, "{stock:?}");
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn quantity(order: &Value) -> i64 {
    order["lines"].as_array().unwrap().iter().map(|line| line["quantity"].as_i64().unwrap()).sum()
}
