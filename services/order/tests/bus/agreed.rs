//! What is charged is what was shown, and what is sold is what `product` has.

use std::sync::PoisonError;

use message::{Currency, Money};
use order::Settings;
use order_contract::{
    Access, CopyProducts, GetOrder, ListOrders, Order, OrderError, OrderRequested, PlaceError, PlacedOrder,
    Quote, QuoteOrder,
};
use product_contract::{Product, ProductStatus};
use testing::{TestBackend, TestShop, db_test};

use crate::common::{
    Catalogue, Products, adjustment, builder, deliver, place, product, stock, stock_up, tell, with_products,
};

async fn quote(shop: &TestShop, request: &order_contract::PlaceOrder) -> Quote {
    shop.ask(&QuoteOrder { items: request.items.clone(), country: None }).await.unwrap()
}

#[db_test]
async fn another_total_is_not_ordered_and_the_key_is_not_used_up(on: TestBackend) {
    let shop = builder(&on).start().await;
    let mut kettle = product(&shop, 1);
    let variant = kettle.variants[0].id;
    tell(&shop, kettle.clone()).await;
    let ten = adjustment(&shop, variant, "main", 10);
    shop.ask(&order_contract::AdjustStock { adjustments: vec![ten], in_advance: false }).await.unwrap();
    let mut request = place(&shop, &[(variant, 2)]);
    request.expected_total = Some(quote(&shop, &request).await.totals.total);

    // Higher, lower, and the same number of another currency.
    for (amount, currency) in [(90_000, Currency::INR), (1, Currency::INR), (11_800, "EUR".parse().unwrap())]
    {
        kettle.version += 1;
        kettle.variants[0].price = Money::new(amount, currency);
        tell(&shop, kettle.clone()).await;
        let refused = shop.ask(&request).await.unwrap_err();
        let PlaceError::PriceChanged(change) = refused else { panic!("{refused:?}") };
        assert_eq!(Some(change.expected), request.expected_total);
        assert_eq!(change.current, quote(&shop, &request).await);
        assert_eq!(change.current.totals.total, Money::new(2 * amount, currency));
        assert_eq!((stock(&shop, variant).await.available, stock(&shop, variant).await.reserved), (10, 0));
    }
    assert!(shop.ask(&ListOrders::default()).await.unwrap().data.is_empty());

    request.expected_total = Some(quote(&shop, &request).await.totals.total);
    let placed = shop.ask(&request).await.unwrap();
    assert_eq!(Some(placed.totals.total), request.expected_total);
    // The order stands, whatever it would cost today; with another total it is another request.
    kettle.version += 1;
    kettle.variants[0].price = Money::new(5, Currency::INR);
    tell(&shop, kettle).await;
    assert_eq!(shop.ask(&request).await.unwrap(), placed);
    request.expected_total = Some(Money::new(10, Currency::INR));
    assert_eq!(shop.ask(&request).await.unwrap_err(), PlaceError::KeyReused);
}

#[db_test]
async fn what_is_short_comes_before_what_costs_another_price(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variants = stock_up(&shop, 1, 1).await;
    let mut request = place(&shop, &[(variants[0], 2)]);
    request.expected_total = Some(Money::new(1, Currency::INR));
    assert!(matches!(shop.ask(&request).await.unwrap_err(), PlaceError::OutOfStock(_)));
}

#[db_test]
async fn another_tax_is_another_total(on: TestBackend) {
    let net = |percent: u32| {
        let mut settings = Settings::default();
        settings.tax.prices_include_tax = false;
        for rate in settings.tax.rates.values_mut() {
            *rate = (percent * 100).try_into().unwrap();
        }
        settings
    };
    let shop = crate::common::with_settings(&on, net(18)).start().await;
    let variants = stock_up(&shop, 1, 5).await;
    let mut request = place(&shop, &[(variants[0], 1)]);
    request.expected_total = Some(quote(&shop, &request).await.totals.total);
    shop.stop().await;
    let shop = crate::common::with_settings(&on, net(20)).start().await;
    let refused = shop.ask(&request).await.unwrap_err();
    let PlaceError::PriceChanged(change) = refused else { panic!("{refused:?}") };
    assert_eq!((change.expected.amount, change.current.totals.total.amount), (13_924, 14_160));
}

#[db_test]
async fn a_deferred_order_is_compared_when_it_is_placed(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variants = stock_up(&shop, 1, 5).await;
    let mut order = place(&shop, &[(variants[0], 1)]);
    order.expected_total = Some(Money::new(11_799, Currency::INR));
    let id = shop.bus.ids().id();
    deliver(&shop, &OrderRequested { id, order }).await;
    let refused = shop.ask(&GetOrder { id, access: Access::Admin }).await.unwrap_err();
    let OrderError::Refused(PlaceError::PriceChanged(change)) = refused else { panic!("{refused:?}") };
    assert_eq!((change.expected.amount, change.current.totals.total.amount), (11_799, 11_800));
    assert_eq!(stock(&shop, variants[0]).await.available, 5);
}

/// A shop where `product` has this product, of which no event has come yet.
async fn unheard(on: &TestBackend) -> (TestShop, Products, Product) {
    let products = Products::default();
    let shop = with_products(on, Settings::default(), products.clone()).start().await;
    let kettle = product(&shop, 2);
    lock(&products).products.push(kettle.clone());
    (shop, products, kettle)
}

fn lock(products: &Products) -> std::sync::MutexGuard<'_, Catalogue> {
    products.0.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn put_in(shop: &TestShop, kettle: &Product, count: i64) {
    let all = kettle.variants.iter().map(|variant| adjustment(shop, variant.id, "main", count)).collect();
    shop.ask(&order_contract::AdjustStock { adjustments: all, in_advance: true }).await.unwrap();
}

async fn order_one(shop: &TestShop, kettle: &Product) -> Result<PlacedOrder, PlaceError> {
    shop.ask(&place(shop, &[(kettle.variants[0].id, 1)])).await
}

#[db_test]
async fn a_variant_that_was_just_created_is_ordered_before_its_event_has_come(on: TestBackend) {
    let (shop, products, kettle) = unheard(&on).await;
    put_in(&shop, &kettle, 5).await;
    assert_eq!(lock(&products).asked, 0);
    let quoted = shop
        .ask(&QuoteOrder { items: place(&shop, &[(kettle.variants[1].id, 1)]).items, country: None })
        .await;
    assert_eq!(quoted.unwrap().totals.total.amount, 11_800);
    order_one(&shop, &kettle).await.unwrap();
    // Once it is known nobody is asked again.
    let asked = lock(&products).asked;
    order_one(&shop, &kettle).await.unwrap();
    assert_eq!(lock(&products).asked, asked);
}

#[db_test]
async fn what_is_not_known_yet_is_told_apart_from_what_does_not_exist(on: TestBackend) {
    let (shop, products, kettle) = unheard(&on).await;
    put_in(&shop, &kettle, 5).await;
    let nothing = shop.bus.ids().id();
    lock(&products).is_down = true;
    let request = place(&shop, &[(kettle.variants[0].id, 1), (nothing, 1)]);
    let PlaceError::NotKnownYet(items) = shop.ask(&request).await.unwrap_err() else { panic!() };
    assert_eq!(items.iter().map(|unknown| unknown.item).collect::<Vec<_>>(), [0, 1]);
    let quoted = shop.ask(&QuoteOrder { items: request.items.clone(), country: None }).await.unwrap_err();
    assert!(matches!(quoted, PlaceError::NotKnownYet(_)));

    lock(&products).is_down = false;
    let PlaceError::Invalid(errors) = shop.ask(&request).await.unwrap_err() else { panic!() };
    assert_eq!(
        errors.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(),
        ["/items/1/variant_id"]
    );
    // The same request was not used up by any of this.
    let known = order_contract::PlaceOrder { items: request.items[..1].to_vec(), ..request };
    shop.ask(&known).await.unwrap();
}

#[db_test]
async fn a_deferred_order_waits_until_its_variants_are_known(on: TestBackend) {
    let (shop, products, kettle) = unheard(&on).await;
    put_in(&shop, &kettle, 5).await;
    let (new, unreal) = (shop.bus.ids().id(), shop.bus.ids().id());
    lock(&products).is_down = true;
    deliver(&shop, &OrderRequested { id: new, order: place(&shop, &[(kettle.variants[0].id, 1)]) }).await;
    deliver(&shop, &OrderRequested { id: unreal, order: place(&shop, &[(shop.bus.ids().id(), 1)]) }).await;
    let read =
        async |id| -> Result<Order, OrderError> { shop.ask(&GetOrder { id, access: Access::Admin }).await };
    assert_eq!(read(new).await.unwrap_err(), OrderError::NotFound);
    lock(&products).is_down = false;
    shop.until("it is placed", async || read(new).await.is_ok()).await;
    let is_refused = |outcome| matches!(outcome, Err(OrderError::Refused(PlaceError::Invalid(_))));
    shop.until("the other is refused", async || is_refused(read(unreal).await)).await;
    assert_eq!(shop.dead_letters().await, 0);
}

#[db_test]
async fn a_change_that_was_copied_decides_about_every_later_order(on: TestBackend) {
    let (shop, products, mut kettle) = unheard(&on).await;
    put_in(&shop, &kettle, 500).await;
    let copy = CopyProducts { products: vec![kettle.id], variants: Vec::new() };
    for round in 1..=40 {
        kettle.version += 1;
        kettle.status = if round % 3 == 0 { ProductStatus::Draft } else { ProductStatus::Published };
        kettle.variants[0].price.amount = 10_000 + round;
        lock(&products).products = vec![kettle.clone()];
        shop.ask(&copy).await.unwrap();
        match order_one(&shop, &kettle).await {
            Ok(placed) => {
                assert_eq!(kettle.status, ProductStatus::Published);
                assert_eq!(placed.totals.total.amount, 10_000 + round);
            }
            Err(error) => {
                assert_eq!(kettle.status, ProductStatus::Draft);
                assert!(matches!(error, PlaceError::Invalid(_)), "{error:?}");
            }
        }
    }
    // Its events come late and change nothing.
    let old = Product { version: 1, status: ProductStatus::Published, ..kettle.clone() };
    tell(&shop, old).await;
    assert_eq!(order_one(&shop, &kettle).await.unwrap().totals.total.amount, 10_040);
}

#[db_test]
async fn a_variant_that_left_its_product_is_no_longer_sold(on: TestBackend) {
    let (shop, products, kettle) = unheard(&on).await;
    put_in(&shop, &kettle, 5).await;
    tell(&shop, kettle.clone()).await;
    let [kept, gone] = [kettle.variants[0].id, kettle.variants[1].id];
    let less = Product { version: 2, variants: kettle.variants[..1].to_vec(), ..kettle.clone() };
    lock(&products).products = vec![less.clone()];
    tell(&shop, less.clone()).await;
    shop.ask(&place(&shop, &[(kept, 1)])).await.unwrap();
    let refused = shop.ask(&place(&shop, &[(gone, 1)])).await.unwrap_err();
    assert!(matches!(refused, PlaceError::Invalid(_)), "{refused:?}");
    // The older event comes again, and last.
    tell(&shop, kettle.clone()).await;
    assert!(shop.ask(&place(&shop, &[(gone, 1)])).await.is_err());
    // It comes back.
    tell(&shop, Product { version: 3, ..kettle }).await;
    shop.ask(&place(&shop, &[(gone, 1)])).await.unwrap();
}

#[db_test]
async fn what_was_copied_before_products_were_noted_is_put_right(on: TestBackend) {
    let (shop, products, kettle) = unheard(&on).await;
    tell(&shop, kettle.clone()).await;
    put_in(&shop, &kettle, 5).await;
    let db = shop.db(order::NAME);
    let mut tx = db.begin().await.unwrap();
    store::query("UPDATE sellable SET product_id = NULL").execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    // Meanwhile one variant has left the product, and nobody knew whose it was.
    lock(&products).products = vec![Product { variants: kettle.variants[..1].to_vec(), ..kettle.clone() }];
    let gone = kettle.variants[1].id;
    shop.until("it is off sale", async || shop.ask(&place(&shop, &[(gone, 1)])).await.is_err()).await;
    order_one(&shop, &kettle).await.unwrap();
}
