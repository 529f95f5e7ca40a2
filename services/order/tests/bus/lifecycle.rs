//! An order's life, through the bus, on both databases.

use std::{collections::HashMap, time::Duration};

use crate::common::{
    address, builder, captured, deliver, manual_clock, place, stock, stock_up, with_settings,
};
use message::Address;
use order::Settings;
use order_contract::{
    Access, AdvanceOrder, CancelOrder, CancelReason, ChangeAddress, GetHistory, GetOrder, OrderCancelled,
    OrderConfirmed, OrderDelivered, OrderError, OrderId, OrderProcessing, OrderRefunded, OrderShipped,
    OrderStatus, PlaceOrder, StockChanged, Tracking,
};
use testing::{TestBackend, TestShop, db_test};

async fn status(shop: &TestShop, id: OrderId) -> OrderStatus {
    shop.ask(&GetOrder { id, access: Access::Admin }).await.unwrap().status
}

#[db_test]
async fn from_the_payment_to_the_refund(on: TestBackend) {
    let shop = builder(&on)
        .record::<OrderConfirmed>()
        .record::<OrderProcessing>()
        .record::<OrderShipped>()
        .record::<OrderDelivered>()
        .record::<OrderRefunded>()
        .start()
        .await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let placed = shop.ask(&place(&shop, &[(variant, 2)])).await.unwrap();
    let id = placed.id;
    deliver(&shop, &captured(&shop, id)).await;
    let tracking = Some(Tracking { company: "Coastline".parse().unwrap(), number: "C-42".parse().unwrap() });
    for (to, tracking) in [
        (OrderStatus::Processing, None),
        (OrderStatus::Shipped, tracking.clone()),
        (OrderStatus::Delivered, None),
        (OrderStatus::Refunded, None),
    ] {
        let moved = shop.ask(&AdvanceOrder { id, to, tracking: tracking.clone() }).await.unwrap();
        // A step taken twice is granted and changes nothing.
        assert_eq!(shop.ask(&AdvanceOrder { id, to, tracking: None }).await.unwrap(), moved);
        assert_eq!(moved.status, to);
    }
    let order = shop.ask(&GetOrder { id, access: Access::Admin }).await.unwrap();
    assert_eq!((order.version, order.tracking), (7, tracking));
    let history = shop.ask(&GetHistory { id, access: Access::Token(placed.token) }).await.unwrap();
    let steps: Vec<_> = history.iter().map(|entry| entry.status.as_str()).collect();
    assert_eq!(steps, ["pending", "confirmed", "processing", "shipped", "delivered", "refunded"]);
    shop.settled().await;
    assert_eq!(shop.recorded::<OrderConfirmed>()[0].order.lines, placed.lines);
    assert_eq!(shop.recorded::<OrderProcessing>().len(), 1);
    assert_eq!(shop.recorded::<OrderShipped>()[0].version, 4);
    assert_eq!(shop.recorded::<OrderDelivered>().len(), 1);
    assert_eq!(shop.recorded::<OrderRefunded>().len(), 1);
    let report = stock(&shop, variant).await;
    assert_eq!((report.available, report.reserved, report.sold), (3, 0, 2));
}

#[db_test]
async fn other_ways_are_refused(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let id = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap().id;
    for to in [OrderStatus::Confirmed, OrderStatus::Shipped, OrderStatus::Cancelled, OrderStatus::Refunded] {
        let refused = shop.ask(&AdvanceOrder { id, to, tracking: None }).await.unwrap_err();
        assert_eq!(refused, OrderError::Transition { from: OrderStatus::Pending, to });
    }
    deliver(&shop, &captured(&shop, id)).await;
    for to in [OrderStatus::Processing, OrderStatus::Shipped] {
        shop.ask(&AdvanceOrder { id, to, tracking: None }).await.unwrap();
    }
    let late = shop.ask(&CancelOrder { id, access: Access::Admin }).await.unwrap_err();
    assert_eq!(late, OrderError::Transition { from: OrderStatus::Shipped, to: OrderStatus::Cancelled });
    let change = ChangeAddress { id, access: Access::Admin, shipping_address: address("Noor") };
    assert_eq!(shop.ask(&change).await.unwrap_err(), OrderError::AddressFixed(OrderStatus::Shipped));
}

#[db_test]
async fn an_address_can_change_until_the_parcel_leaves(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let placed = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap();
    let access = Access::Token(placed.token);
    let change = ChangeAddress { id: placed.id, access, shipping_address: address("नूर 😀") };
    let changed = shop.ask(&change).await.unwrap();
    assert_eq!(changed.shipping_address, address("नूर 😀"));
    assert_eq!(changed.version, 2);
}

#[db_test]
async fn an_address_does_not_change_the_tax(on: TestBackend) {
    let mut settings = Settings::default();
    settings.tax.home = ["IN", "QA"].map(|country| country.parse().unwrap()).to_vec();
    let shop = with_settings(&on, settings).start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let to = |country: &str| Address {
        country: country.parse().unwrap(),
        region: None,
        postal_code: None,
        ..address("Noor")
    };
    for (first, other_tax, same_tax) in [("QA", "GH", "QA"), ("GH", "QA", "ZW")] {
        let place = PlaceOrder { shipping_address: to(first), ..place(&shop, &[(variant, 1)]) };
        let placed = shop.ask(&place).await.unwrap();
        let change = |country| {
            let shipping_address = to(country);
            ChangeAddress { id: placed.id, access: Access::Token(placed.token.clone()), shipping_address }
        };
        let OrderError::Invalid(wrong) = shop.ask(&change(other_tax)).await.unwrap_err() else { panic!() };
        assert_eq!((wrong.len(), wrong[0].pointer.as_str()), (1, "/shipping_address/country"));
        assert!(wrong[0].detail.contains("cancel the order and order again"), "{wrong:?}");
        let order = shop.ask(&GetOrder { id: placed.id, access: Access::Admin }).await.unwrap();
        assert_eq!((order.shipping_address, order.version), (to(first), 1), "nothing changed");
        let changed = shop.ask(&change(same_tax)).await.unwrap();
        assert_eq!((changed.shipping_address, changed.totals), (to(same_tax), order.totals));
    }
}

#[db_test]
async fn a_hold_ends_once_and_a_late_payment_changes_nothing(on: TestBackend) {
    let clock = manual_clock();
    let shop = builder(&on).clock(clock.clone()).record::<OrderCancelled>().start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let early = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap();
    let paid = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap();
    deliver(&shop, &captured(&shop, paid.id)).await;
    clock.advance(Duration::from_mins(14));
    let late = shop.ask(&place(&shop, &[(variant, 2)])).await.unwrap();
    clock.advance(Duration::from_secs(61));
    shop.until("the hold has ended", || async { status(&shop, early.id).await == OrderStatus::Cancelled })
        .await;
    deliver(&shop, &captured(&shop, early.id)).await;
    assert_eq!(status(&shop, early.id).await, OrderStatus::Cancelled);
    assert_eq!(status(&shop, paid.id).await, OrderStatus::Confirmed);
    assert_eq!(status(&shop, late.id).await, OrderStatus::Pending);
    let report = stock(&shop, variant).await;
    assert_eq!((report.available, report.reserved, report.sold), (2, 2, 1));
    shop.settled().await;
    let cancelled = shop.recorded::<OrderCancelled>();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0].reason, CancelReason::Expired);
}

#[db_test]
async fn the_levels_of_many_variants_are_published_in_parts(on: TestBackend) {
    let clock = manual_clock();
    let shop = builder(&on).clock(clock.clone()).record::<StockChanged>().start().await;
    let variants = [stock_up(&shop, 900, 5).await, stock_up(&shop, 900, 5).await].concat();
    for some in variants.chunks(100) {
        let items: Vec<_> = some.iter().map(|variant| (*variant, 1)).collect();
        shop.ask(&place(&shop, &items)).await.unwrap();
    }
    // All of them end in one transaction.
    clock.advance(Duration::from_mins(16));
    shop.until("all holds have ended", || async {
        stock(&shop, variants[0]).await.available == 5 && stock(&shop, variants[1_799]).await.available == 5
    })
    .await;
    shop.settled().await;
    let published = shop.recorded::<StockChanged>();
    assert!(
        published.iter().all(|event| event.levels.len() <= 1_000),
        "an event too large for some transports"
    );
    let mut latest = HashMap::new();
    for level in published.iter().flat_map(|event| &event.levels) {
        let known = latest.entry(level.variant_id).or_insert(*level);
        if known.version < level.version {
            *known = *level;
        }
    }
    assert!(variants.iter().all(|variant| latest[variant].available == 5), "a level was not published");
}
