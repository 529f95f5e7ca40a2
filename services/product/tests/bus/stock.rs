use futures::future::join_all;
use message::{Envelope, Headers};
use order_contract::{StockChanged, StockLevel};
use product_contract::{ChangeProduct, ImportProducts, ProductChange, ProductId, VariantId};
use testing::db_test;

use crate::*;

fn level(variant_id: VariantId, available: i64, version: i64) -> StockLevel {
    StockLevel { variant_id, available, version }
}

fn stock_changed(shop: &TestShop, levels: Vec<StockLevel>) -> Envelope {
    let ids = shop.bus.ids();
    let event = StockChanged { id: ids.id(), levels };
    Envelope::event(&event, Headers::new(shop.bus.correlation()), ids).unwrap()
}

/// Delivers events that have arrived together.
async fn deliver(shop: &TestShop, events: Vec<Vec<StockLevel>>) {
    let events = events.into_iter().map(|levels| stock_changed(shop, levels)).collect();
    shop.deliver(product::NAME, events).await.unwrap();
}

async fn available(shop: &TestShop, product: &Product) -> Vec<i64> {
    get(shop, product).await.variants.iter().map(|variant| variant.available).collect()
}

/// The products that each event named.
async fn purged(shop: &TestShop) -> Vec<Vec<ProductId>> {
    shop.settled().await;
    shop.recorded::<AvailabilityChanged>().into_iter().map(|event| event.products).collect()
}

#[db_test]
async fn levels_are_mirrored_and_an_older_one_never_replaces_a_newer(backend: TestBackend) {
    let shop = shop(&backend).await;
    let product = create(&shop, &kettle(&shop, "copper-kettle")).await.unwrap();
    let [small, large] = [product.variants[0].id, product.variants[1].id];
    deliver(&shop, vec![vec![level(small, 7, 3), level(large, 9, 1)]]).await;
    assert_eq!(available(&shop, &product).await, [7, 9]);
    deliver(&shop, vec![vec![level(small, 8, 2)], vec![level(large, 8, 2)]]).await;
    assert_eq!(available(&shop, &product).await, [7, 8]);
    deliver(&shop, vec![vec![level(small, 5, 5)], vec![level(small, 6, 4)]]).await;
    assert_eq!(available(&shop, &product).await, [5, 8]);
    // Stock is no change of the product itself.
    assert_eq!(get(&shop, &product).await.version, 1);
    assert_eq!(purged(&shop).await, vec![vec![product.id]; 3]);
    assert_eq!(told(&shop, &product).len(), 1);
}

#[db_test]
async fn what_shoppers_would_not_see_is_not_told(backend: TestBackend) {
    let shop = shop(&backend).await;
    let product = create(&shop, &kettle(&shop, "copper-kettle")).await.unwrap();
    let small = product.variants[0].id;
    deliver(&shop, vec![vec![level(small, 7, 1)]]).await;
    // Older, the same, newer with the same number, and of a variant that has no product.
    deliver(&shop, vec![vec![level(small, 9, 0)]]).await;
    deliver(&shop, vec![vec![level(small, 9, 1)]]).await;
    deliver(&shop, vec![vec![level(small, 6, 2)], vec![level(small, 7, 3)]]).await;
    deliver(&shop, vec![vec![level(nobody(), 7, 1)]]).await;
    assert_eq!(purged(&shop).await, [[product.id]]);
    // The version was taken over nevertheless.
    deliver(&shop, vec![vec![level(small, 6, 2)]]).await;
    assert_eq!(available(&shop, &product).await, [7, 0]);
}

#[db_test]
async fn a_sale_names_its_product_once_for_each_batch(backend: TestBackend) {
    let shop = shop(&backend).await;
    let [one, other] = ["one", "other"].map(|slug| kettle(&shop, slug));
    let one = create(&shop, &one).await.unwrap();
    let other = create(&shop, &other).await.unwrap();
    let [small, large] = [one.variants[0].id, one.variants[1].id];
    let mut sale: Vec<_> = (0..500).map(|sold| vec![level(small, 500 - sold, sold)]).collect();
    sale.push(vec![level(large, 3, 1), level(other.variants[0].id, 4, 1)]);
    deliver(&shop, sale).await;
    assert_eq!(available(&shop, &one).await, [1, 3]);
    assert_eq!(available(&shop, &other).await, [4, 0]);
    let mut both = vec![one.id, other.id];
    both.sort();
    assert_eq!(purged(&shop).await, [both]);
}

#[db_test]
async fn an_event_that_comes_twice_counts_once(backend: TestBackend) {
    let shop = shop(&backend).await;
    let product = create(&shop, &kettle(&shop, "copper-kettle")).await.unwrap();
    let event = stock_changed(&shop, vec![level(product.variants[0].id, 7, 1)]);
    shop.deliver(product::NAME, vec![event.clone(), event.clone()]).await.unwrap();
    shop.deliver(product::NAME, vec![event]).await.unwrap();
    assert_eq!(available(&shop, &product).await, [7, 0]);
    assert_eq!(purged(&shop).await, [[product.id]]);
}

#[db_test]
async fn a_level_that_comes_before_its_product_is_not_lost(backend: TestBackend) {
    let shop = shop(&backend).await;
    let [created, imported] = ["created", "imported"].map(|slug| kettle(&shop, slug));
    let variant = |new: &NewProduct| new.variants[1].id.unwrap();
    deliver(&shop, vec![vec![level(variant(&created), 7, 2), level(variant(&imported), 8, 2)]]).await;
    deliver(&shop, vec![vec![level(variant(&created), 9, 1)]]).await;
    let product = create(&shop, &created).await.unwrap();
    assert_eq!(product.variants[1].available, 7);
    shop.ask(&ImportProducts { products: vec![imported.clone()] }).await.unwrap();
    shop.settled().await;
    let told: Vec<_> = shop.recorded::<ProductChanged>().into_iter().map(|event| event.product).collect();
    assert_eq!([&told[0], &told[1]].map(|product| product.variants[1].available), [7, 8]);
    assert_eq!(available(&shop, &told[1]).await, [0, 8]);
    // A change tells the known level as well.
    let change = ProductChange { description: Some(String::new()), ..Default::default() };
    let request = ChangeProduct { id: product.id, expected_version: None, change };
    let changed = shop.ask(&request).await.unwrap().product;
    assert_eq!(changed.variants[1].available, 7);
}

#[db_test]
async fn a_level_that_comes_together_with_its_product_is_seen_or_told(backend: TestBackend) {
    let shop = shop(&backend).await;
    for round in 0..20 {
        let new = kettle(&shop, &format!("kettle-{round}"));
        let variant = new.variants[0].id.unwrap();
        let (product, ()) =
            futures::join!(create(&shop, &new), deliver(&shop, vec![vec![level(variant, 7, 1)]]));
        let product = product.unwrap();
        assert_eq!(available(&shop, &product).await, [7, 0]);
        let was_told = purged(&shop).await.contains(&vec![product.id]);
        assert_ne!(product.variants[0].available == 7, was_told);
    }
}

#[db_test]
async fn batches_at_once_do_not_lock_each_other_out(backend: TestBackend) {
    let shop = shop(&backend).await;
    let new: Vec<_> = (0..20).map(|at| kettle(&shop, &format!("kettle-{at}"))).collect();
    let variants: Vec<_> = new.iter().flat_map(|new| &new.variants).map(|new| new.id.unwrap()).collect();
    let mut work = Vec::new();
    for version in 1..=10 {
        let mut levels: Vec<_> = variants.iter().map(|id| level(*id, version * 10, version)).collect();
        if version % 2 == 0 {
            levels.reverse();
        }
        work.push(deliver(&shop, vec![levels]));
    }
    let import = ImportProducts { products: new.clone() };
    let (created, _) = futures::join!(shop.ask(&import), join_all(work));
    assert_eq!(created.unwrap().created, 20);
    for new in &new {
        let product = create(&shop, new).await.unwrap();
        assert_eq!(available(&shop, &product).await, [100, 100]);
    }
    assert_eq!(shop.dead_letters().await, 0);
}
