//! Placing orders, through the bus, on both databases.

use std::collections::HashSet;

use crate::common::{adjustment, builder, deliver, place, product, stock, stock_up, tell};
use order::{Settings, TaxSettings};
use order_contract::{
    Access, AdjustStock, CancelOrder, GetOrder, ListOrders, OrderError, OrderPlaced, OrderStatus, PlaceError,
    QuoteOrder, StockChanged, StockError,
};
use testing::{TestBackend, db_test};

#[db_test]
async fn an_order_holds_its_stock_and_is_published(on: TestBackend) {
    let shop = builder(&on).record::<OrderPlaced>().record::<StockChanged>().start().await;
    let variants = stock_up(&shop, 2, 10).await;
    let placed = shop.ask(&place(&shop, &[(variants[0], 2), (variants[1], 1)])).await.unwrap();
    assert_eq!(placed.status, OrderStatus::Pending);
    assert_eq!(placed.number, 1001);
    let totals = placed.totals;
    assert_eq!((totals.subtotal.amount, totals.tax.amount, totals.total.amount), (30_000, 5_400, 35_400));
    let held = stock(&shop, variants[0]).await;
    assert_eq!((held.available, held.reserved, held.sold), (8, 2, 0));

    let access = Access::Token(placed.token.clone());
    let order = shop.ask(&GetOrder { id: placed.id, access }).await.unwrap();
    assert_eq!(order.lines, placed.lines);
    assert_eq!(order.totals, placed.totals);
    assert_eq!(order.held_until, placed.held_until);
    shop.settled().await;
    let events = shop.recorded::<OrderPlaced>();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].id, events[0].total), (placed.id, totals.total));
    let levels = shop.recorded::<StockChanged>().pop().unwrap().levels;
    let mut published: Vec<_> =
        levels.iter().map(|level| (level.variant_id, level.available, level.version)).collect();
    published.sort_unstable_by_key(|(_, available, _)| *available);
    assert_eq!(published, [(variants[0], 8, 2), (variants[1], 9, 2)]);
}

#[db_test]
async fn an_order_is_nobody_elses(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variants = stock_up(&shop, 1, 10).await;
    let mine = shop.ask(&place(&shop, &[(variants[0], 1)])).await.unwrap();
    let other = shop.ask(&place(&shop, &[(variants[0], 1)])).await.unwrap();
    for token in ["", "0", other.token.as_str()] {
        let access = Access::Token(token.to_owned());
        let refused = shop.ask(&GetOrder { id: mine.id, access: access.clone() }).await.unwrap_err();
        assert_eq!(refused, OrderError::NotFound);
        assert_eq!(shop.ask(&CancelOrder { id: mine.id, access }).await.unwrap_err(), OrderError::NotFound);
    }
}

#[db_test]
async fn the_same_key_gives_the_same_answer_and_no_second_order(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variants = stock_up(&shop, 1, 10).await;
    let request = place(&shop, &[(variants[0], 3)]);
    let first = shop.ask(&request).await.unwrap();
    // Also after the order has moved on.
    shop.ask(&CancelOrder { id: first.id, access: Access::Admin }).await.unwrap();
    assert_eq!(shop.ask(&request).await.unwrap(), first);
    let mut other = request.clone();
    other.email = "someone@example.org".parse().unwrap();
    assert_eq!(shop.ask(&other).await.unwrap_err(), PlaceError::KeyReused);
    assert_eq!(shop.ask(&ListOrders::default()).await.unwrap().data.len(), 1);
    let report = stock(&shop, variants[0]).await;
    assert_eq!((report.available, report.reserved, report.sold), (10, 0, 0));
}

#[db_test]
async fn many_at_once_with_one_key_are_one_order(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variants = stock_up(&shop, 1, 100).await;
    let request = place(&shop, &[(variants[0], 1)]);
    let answers = futures::future::join_all((0..50).map(|_| shop.ask(&request))).await;
    let mut ids = HashSet::new();
    for answer in answers {
        match answer {
            Ok(placed) => drop(ids.insert(placed.id)),
            Err(error) => assert_eq!(error, PlaceError::InProgress),
        }
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(stock(&shop, variants[0]).await.reserved, 1);
}

#[db_test]
async fn what_is_short_is_named_and_nothing_is_taken(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variants = stock_up(&shop, 2, 3).await;
    let refused = shop.ask(&place(&shop, &[(variants[0], 1), (variants[1], 4)])).await.unwrap_err();
    let PlaceError::OutOfStock(shortages) = refused else { panic!("{refused:?}") };
    assert_eq!(shortages.len(), 1);
    assert_eq!((shortages[0].variant_id, shortages[0].available), (variants[1], 3));
    assert_eq!(stock(&shop, variants[0]).await.available, 3);
}

#[db_test]
async fn stock_is_taken_from_the_first_location_that_has_it(on: TestBackend) {
    let settings = Settings { locations: vec!["main".parse().unwrap()], ..Settings::default() };
    let shop = crate::common::with_settings(&on, settings).start().await;
    let variants = stock_up(&shop, 1, 2).await;
    let annex = adjustment(&shop, variants[0], "annex", 5);
    shop.ask(&AdjustStock { adjustments: vec![annex], in_advance: false }).await.unwrap();
    let placed = shop.ask(&place(&shop, &[(variants[0], 4)])).await.unwrap();
    let places = |report: order_contract::StockReport| -> Vec<_> {
        report.locations.iter().map(|at| (at.location.to_string(), at.available, at.reserved)).collect()
    };
    assert_eq!(places(stock(&shop, variants[0]).await), [("annex".into(), 3, 2), ("main".into(), 0, 2)]);
    shop.ask(&CancelOrder { id: placed.id, access: Access::Admin }).await.unwrap();
    assert_eq!(places(stock(&shop, variants[0]).await), [("annex".into(), 5, 0), ("main".into(), 2, 0)]);
}

#[db_test]
async fn prices_are_those_of_the_moment(on: TestBackend) {
    let shop = builder(&on).start().await;
    let mut kettle = product(&shop, 1);
    let variant = kettle.variants[0].id;
    tell(&shop, kettle.clone()).await;
    let adjustments = vec![adjustment(&shop, variant, "main", 10)];
    shop.ask(&AdjustStock { adjustments, in_advance: false }).await.unwrap();
    let before = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap();
    let old = kettle.clone();
    kettle.version = 2;
    kettle.variants[0].price.amount = 20_000;
    tell(&shop, kettle.clone()).await;
    // An older version that comes late changes nothing.
    tell(&shop, old).await;
    let after = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap();
    assert_eq!((before.totals.total.amount, after.totals.total.amount), (11_800, 20_000));
    let order = shop.ask(&GetOrder { id: before.id, access: Access::Admin }).await.unwrap();
    assert_eq!(order.totals.total.amount, 11_800);

    kettle.version = 3;
    kettle.status = product_contract::ProductStatus::Draft;
    tell(&shop, kettle).await;
    let refused = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap_err();
    assert!(matches!(refused, PlaceError::Invalid(_)), "{refused:?}");
}

#[db_test]
async fn a_provider_that_the_shop_does_not_have_is_refused_before_stock_is_held(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variants = stock_up(&shop, 1, 5).await;
    let mut request = place(&shop, &[(variants[0], 1)]);
    request.payment.provider = "paypal".parse().unwrap();
    let PlaceError::Invalid(errors) = shop.ask(&request).await.unwrap_err() else {
        panic!("it was not refused")
    };
    assert_eq!(errors[0].pointer, "/payment/provider");
    assert_eq!(stock(&shop, variants[0]).await.available, 5);
}

#[db_test]
async fn a_quote_is_what_the_order_costs(on: TestBackend) {
    let tax = TaxSettings { prices_include_tax: false, ..TaxSettings::default() };
    let shop = crate::common::with_settings(&on, Settings { tax, ..Settings::default() }).start().await;
    let variants = stock_up(&shop, 2, 5).await;
    let request = place(&shop, &[(variants[0], 2), (variants[1], 3)]);
    let quote = shop.ask(&QuoteOrder { items: request.items.clone(), country: None }).await.unwrap();
    let placed = shop.ask(&request).await.unwrap();
    assert_eq!((quote.lines, quote.totals), (placed.lines, placed.totals));
    // Only two are left of the second.
    let refused = shop.ask(&QuoteOrder { items: request.items, country: None }).await.unwrap_err();
    let PlaceError::OutOfStock(shortages) = refused else { panic!("{refused:?}") };
    assert_eq!((shortages.len(), shortages[0].variant_id, shortages[0].available), (1, variants[1], 2));
    assert_eq!(placed.totals.total.amount, 59_000 + 10_620);
}

#[db_test]
async fn adjustments_are_all_or_none_and_once(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variants = stock_up(&shop, 2, 5).await;
    let good = adjustment(&shop, variants[0], "main", 7);
    let bad = adjustment(&shop, variants[1], "main", -6);
    let both = AdjustStock { adjustments: vec![good.clone(), bad], in_advance: false };
    let refused = shop.ask(&both).await.unwrap_err();
    assert_eq!(refused, StockError::NotEnough { variant_id: variants[1], available: 5 });
    assert_eq!(stock(&shop, variants[0]).await.available, 5);
    for _ in 0..2 {
        let report =
            shop.ask(&AdjustStock { adjustments: vec![good.clone()], in_advance: false }).await.unwrap();
        assert_eq!(report[0].available, 12);
    }
    let mut other = good;
    other.delta = 8;
    assert_eq!(
        shop.ask(&AdjustStock { adjustments: vec![other], in_advance: false }).await.unwrap_err(),
        StockError::KeyReused
    );
    let empty = shop.ask(&AdjustStock { adjustments: Vec::new(), in_advance: false }).await.unwrap_err();
    assert!(matches!(empty, StockError::Invalid(_)));
}

/// The promise itself: 2,000 buyers, 100 units, baskets of one to three things in random order.
#[db_test]
async fn never_oversells(on: TestBackend) {
    use rand::{RngExt as _, SeedableRng as _, seq::SliceRandom as _};
    let shop = builder(&on).start().await;
    let hot = stock_up(&shop, 1, 100).await[0];
    let mut others = product(&shop, 5);
    others.slug = "cups".parse().unwrap();
    let cold: Vec<_> = others.variants.iter().map(|variant| variant.id).collect();
    tell(&shop, others).await;
    let adjustments = cold.iter().map(|variant| adjustment(&shop, *variant, "main", 700)).collect();
    shop.ask(&AdjustStock { adjustments, in_advance: false }).await.unwrap();

    let mut chance = rand::rngs::StdRng::seed_from_u64(42);
    let requests: Vec<_> = (0..2000)
        .map(|_| {
            let mut basket = vec![(hot, 1)];
            let mut more = cold.clone();
            more.shuffle(&mut chance);
            basket.extend(more.into_iter().take(chance.random_range(0..3)).map(|variant| (variant, 1)));
            basket.shuffle(&mut chance);
            place(&shop, &basket)
        })
        .collect();
    let answers = futures::future::join_all(requests.iter().map(|request| shop.ask(request))).await;
    let mut sold = 0;
    for answer in &answers {
        match answer {
            Ok(_) => sold += 1,
            Err(PlaceError::OutOfStock(shortages)) => {
                assert!(shortages.iter().all(|short| short.available < short.requested.get()));
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(sold, 100);
    let report = stock(&shop, hot).await;
    assert_eq!((report.available, report.reserved, report.sold), (0, 100, 0));
    let mut taken = 0;
    for variant in cold {
        let report = stock(&shop, variant).await;
        assert_eq!(report.available + report.reserved, 700);
        taken += report.reserved;
    }
    let lines: usize = answers.iter().flatten().map(|placed| placed.lines.len() - 1).sum();
    assert_eq!(taken, i64::try_from(lines).unwrap());
}

#[db_test]
async fn a_delivery_repeated_changes_nothing(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let placed = shop.ask(&place(&shop, &[(variant, 2)])).await.unwrap();
    // Two messages that say the same, as two payments of one order would.
    for _ in 0..2 {
        deliver(&shop, &crate::common::captured(&shop, placed.id)).await;
    }
    let report = stock(&shop, variant).await;
    assert_eq!((report.available, report.reserved, report.sold), (3, 0, 2));
}
