//! Stock as the merchant sees it: by SKU, what is low, counts, and the adjustments that were made.

use message::{IdempotencyKey, Limit};
use order::Settings;
use order_contract::{
    AdjustStock, AdjustmentEntry, GetStock, ListAdjustments, ListStock, SetStock, StockCount, StockError,
    StockFilter, StockItem, StockReport,
};
use product_contract::{Product, ProductStatus, VariantId};
use testing::{TestBackend, TestShop, db_test};

use crate::common::{
    Products, adjustment, builder, key, place, product, stock, stock_up, tell, with_products,
};

fn count(shop: &TestShop, variant_id: VariantId, available: i64) -> StockCount {
    let (location, reason) = ("main".parse().unwrap(), "counted".parse().unwrap());
    StockCount { key: key(shop), variant_id, location, available, reason }
}

async fn set(shop: &TestShop, count: &StockCount) -> Result<StockReport, StockError> {
    let reports = shop.ask(&SetStock { counts: vec![count.clone()] }).await?;
    Ok(reports[0].clone())
}

async fn adjustments(shop: &TestShop, variant_id: VariantId) -> Vec<AdjustmentEntry> {
    let (mut entries, mut cursor) = (Vec::new(), None);
    loop {
        let limit = Limit::try_from(2).unwrap();
        let page = shop.ask(&ListAdjustments { variant_id, cursor, limit }).await.unwrap();
        entries.extend(page.data);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return entries,
        }
    }
}

#[db_test]
async fn a_count_sets_what_can_be_sold_and_is_recorded_as_its_difference(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variant = stock_up(&shop, 1, 10).await[0];
    shop.ask(&place(&shop, &[(variant, 4)])).await.unwrap();
    let seven = count(&shop, variant, 7);
    let report = set(&shop, &seven).await.unwrap();
    assert_eq!((report.available, report.reserved), (7, 4));
    // Again, and after something else has happened: it was done once.
    shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap();
    assert_eq!(set(&shop, &seven).await.unwrap().available, 6);
    let other = StockCount { available: 8, ..seven.clone() };
    assert_eq!(set(&shop, &other).await.unwrap_err(), StockError::KeyReused);
    // A figure below nothing is a correction, not an error, and stands in the record.
    assert_eq!(set(&shop, &count(&shop, variant, -3)).await.unwrap().available, 0);
    assert_eq!(set(&shop, &count(&shop, variant, 0)).await.unwrap().available, 0);

    let entries = adjustments(&shop, variant).await;
    let made: Vec<_> =
        entries.iter().map(|entry| (entry.delta, entry.counted, entry.available.unwrap())).collect();
    assert_eq!(made, [(0, Some(0), 0), (-6, Some(-3), 0), (1, Some(7), 7), (10, None, 10)]);
    assert!(entries.is_sorted_by(|a, b| a.adjusted_at >= b.adjusted_at));
    assert_eq!((entries[2].key.as_str(), entries[2].reason.as_str()), (seven.key.as_str(), "counted"));
}

#[db_test]
async fn a_page_of_adjustments_goes_on_from_one_of_them(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variants = stock_up(&shop, 2, 10).await;
    let page = async |variant_id, cursor: &str| {
        let (cursor, limit) = (Some(cursor.to_owned()), Limit::default());
        shop.ask(&ListAdjustments { variant_id, cursor, limit }).await
    };
    let oldest = adjustments(&shop, variants[0]).await.pop().unwrap().key;
    assert_eq!(page(variants[0], oldest.as_str()).await.unwrap().data, []);
    for (variant, cursor) in [(variants[0], "x"), (variants[0], ""), (variants[1], oldest.as_str())] {
        let StockError::Invalid(wrong) = page(variant, cursor).await.unwrap_err() else { panic!() };
        assert_eq!(wrong[0].pointer, "/cursor");
    }
}

#[db_test]
async fn counts_and_changes_at_once_add_up(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variant = stock_up(&shop, 1, 0).await[0];
    let counts: Vec<_> = (1..=12).map(|number| count(&shop, variant, number)).collect();
    let changes: Vec<_> = (0..6).map(|_| adjustment(&shop, variant, "main", 5)).collect();
    let setting = counts.iter().map(async |count| drop(set(&shop, count).await.unwrap()));
    let changing = changes.iter().map(async |change| {
        let request = AdjustStock { adjustments: vec![change.clone()], in_advance: false };
        shop.ask(&request).await.unwrap();
    });
    tokio::join!(futures::future::join_all(setting), futures::future::join_all(changing));
    let entries = adjustments(&shop, variant).await;
    assert_eq!(entries.len(), 18);
    let sum: i64 = entries.iter().map(|entry| entry.delta).sum();
    assert_eq!(sum, stock(&shop, variant).await.available);
    for entry in entries.iter().filter(|entry| entry.counted.is_some()) {
        assert_eq!(entry.available, entry.counted, "{entry:?}");
    }
}

#[db_test]
async fn one_key_is_one_count_however_many_send_it(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variant = stock_up(&shop, 1, 3).await[0];
    let seven = count(&shop, variant, 7);
    let all = futures::future::join_all((0..10).map(|_| set(&shop, &seven))).await;
    assert!(all.iter().all(|answer| answer.as_ref().is_ok_and(|report| report.available == 7)), "{all:?}");
    assert_eq!(adjustments(&shop, variant).await.len(), 2);
}

#[db_test]
async fn variants_that_do_not_exist_have_no_stock(on: TestBackend) {
    let products = Products::default();
    let shop = with_products(&on, Settings::default(), products.clone()).start().await;
    let nothing = shop.bus.ids().id();
    let refused = StockError::NoSuchVariants(vec![nothing]);
    assert_eq!(shop.ask(&GetStock { variant_id: nothing }).await.unwrap_err(), refused);
    let adjustments = vec![adjustment(&shop, nothing, "main", 5)];
    let adjust = AdjustStock { adjustments, in_advance: false };
    assert_eq!(shop.ask(&adjust).await.unwrap_err(), refused);
    assert_eq!(set(&shop, &count(&shop, nothing, 5)).await.unwrap_err(), refused);
    let list = ListAdjustments { variant_id: nothing, cursor: None, limit: Limit::default() };
    assert_eq!(shop.ask(&list).await.unwrap_err(), refused);

    // One that exists and was not heard of yet, and one that is created after its stock.
    let kettle = product(&shop, 2);
    products.0.lock().unwrap().products.push(kettle.clone());
    set(&shop, &count(&shop, kettle.variants[0].id, 5)).await.unwrap();
    assert_eq!(stock(&shop, kettle.variants[1].id).await.available, 0);
    shop.ask(&AdjustStock { in_advance: true, ..adjust }).await.unwrap();
    assert_eq!(shop.ask(&GetStock { variant_id: nothing }).await.unwrap_err(), refused);

    // While product does not answer, nobody knows.
    products.0.lock().unwrap().is_down = true;
    let unknown = shop.ask(&GetStock { variant_id: nothing }).await.unwrap_err();
    assert!(matches!(unknown, StockError::Fault(fault) if fault.is_transient()));
    set(&shop, &count(&shop, kettle.variants[0].id, 6)).await.unwrap();
}

#[db_test]
async fn stock_is_listed_by_sku_and_by_what_is_low(on: TestBackend) {
    let shop = builder(&on).start().await;
    let mut kettle = product(&shop, 6);
    // Two with one SKU; the last one belongs to a draft.
    let sku = kettle.variants[0].sku.clone();
    kettle.variants[1].sku = sku;
    let draft = Product {
        id: shop.bus.ids().id(),
        status: ProductStatus::Draft,
        variants: vec![kettle.variants.pop().unwrap()],
        ..kettle.clone()
    };
    let ids: Vec<_> = kettle.variants.iter().map(|variant| variant.id).collect();
    tell(&shop, kettle.clone()).await;
    tell(&shop, draft).await;
    let mut levels = vec![adjustment(&shop, ids[0], "main", 3), adjustment(&shop, ids[0], "annex", 2)];
    levels.extend([(1, 6), (2, 5), (3, 100)].map(|(at, level)| adjustment(&shop, ids[at], "main", level)));
    shop.ask(&AdjustStock { adjustments: levels, in_advance: false }).await.unwrap();

    let all = async |request: ListStock| -> Vec<StockItem> {
        let (mut items, mut cursor) = (Vec::new(), None);
        loop {
            let limit = Limit::try_from(1).unwrap();
            let page = shop.ask(&ListStock { cursor, limit, ..request.clone() }).await.unwrap();
            items.extend(page.data);
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => return items,
            }
        }
    };
    let levels = |items: Vec<StockItem>| -> Vec<_> {
        let mut levels: Vec<_> =
            items.into_iter().map(|item| (item.stock.variant_id, item.stock.available)).collect();
        levels.sort_unstable();
        levels
    };
    let sorted = |mut expected: Vec<(VariantId, i64)>| {
        expected.sort_unstable();
        expected
    };
    let by_sku = ListStock { sku: kettle.variants[0].sku.clone(), ..ListStock::default() };
    assert_eq!(levels(all(by_sku.clone()).await), sorted(vec![(ids[0], 5), (ids[1], 6)]));
    let low = ListStock { level: Some(StockFilter::Low), ..ListStock::default() };
    assert_eq!(levels(all(low.clone()).await), sorted(vec![(ids[0], 5), (ids[2], 5), (ids[4], 0)]));
    let lower = ListStock { threshold: Some(4), ..low.clone() };
    assert_eq!(levels(all(lower).await), [(ids[4], 0)]);
    let out = ListStock { level: Some(StockFilter::Out), ..ListStock::default() };
    assert_eq!(levels(all(out).await), [(ids[4], 0)]);
    assert_eq!(levels(all(ListStock { level: low.level, ..by_sku }).await), [(ids[0], 5)]);
    assert_eq!(all(ListStock::default()).await.len(), 6);
    let one = &all(ListStock { threshold: Some(0), ..low }).await[0];
    assert_eq!((one.title.as_str(), one.for_sale), ("Kettle", true));
    let wrong = ListStock { cursor: Some("x".to_owned()), ..ListStock::default() };
    assert!(matches!(shop.ask(&wrong).await.unwrap_err(), StockError::Invalid(_)));
}

#[db_test]
async fn wrong_counts_are_named_and_change_nothing(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variant = stock_up(&shop, 1, 3).await[0];
    let first = count(&shop, variant, 5);
    let twin = StockCount { available: 2_000_000_000, ..first.clone() };
    let refused = shop.ask(&SetStock { counts: vec![first, twin] }).await.unwrap_err();
    let StockError::Invalid(errors) = refused else { panic!("{refused:?}") };
    let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/counts/1/key", "/counts/1/available"]);
    let none = shop.ask(&SetStock { counts: Vec::new() }).await.unwrap_err();
    assert!(matches!(none, StockError::Invalid(errors) if errors[0].pointer == "/counts"));
    assert_eq!(stock(&shop, variant).await.available, 3);
    let long: IdempotencyKey = "x".repeat(255).parse().unwrap();
    set(&shop, &StockCount { key: long, ..count(&shop, variant, 4) }).await.unwrap();
    assert_eq!(adjustments(&shop, variant).await.len(), 2);
}
