//! An order's life, through the bus, on both databases.

use std::{collections::HashMap, time::Duration};

use crate::common::{address, builder, captured, deliver, manual_clock, place, stock, stock_up};
use message::{Currency, Money};
use order_contract::{
    Access, AdvanceOrder, CancelOrder, CancelReason, ChangeAddress, GetHistory, GetOrder, OrderCancelled,
    OrderConfirmed, OrderDelivered, OrderError, OrderId, OrderProcessing, OrderRefunded, OrderShipped,
    OrderStatus, PlaceError, StockChanged, Tracking,
};
use payment_contract::PaymentFailed;
use proptest::prelude::*;
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
    assert_eq!((order.version, order.tracking), (6, tracking));
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
async fn a_declined_payment_gives_the_stock_back(on: TestBackend) {
    let shop = builder(&on).record::<OrderCancelled>().start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let placed = shop.ask(&place(&shop, &[(variant, 2)])).await.unwrap();
    let failed = PaymentFailed {
        payment_id: shop.bus.ids().id(),
        order_id: placed.id,
        attempt: 1,
        amount: Money::new(1, Currency::INR),
        reason: Some("declined".to_owned()),
        version: 2,
    };
    deliver(&shop, &failed).await;
    let order = shop.ask(&GetOrder { id: placed.id, access: Access::Admin }).await.unwrap();
    assert_eq!(
        (order.status, order.cancel_reason),
        (OrderStatus::Cancelled, Some(CancelReason::PaymentFailed))
    );
    let report = stock(&shop, variant).await;
    assert_eq!((report.available, report.reserved, report.sold), (5, 0, 0));
    shop.settled().await;
    assert_eq!(shop.recorded::<OrderCancelled>()[0].from, OrderStatus::Pending);
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

/// What buyers, payments, merchants and time do to a shop.
#[derive(Debug, Clone)]
enum Act {
    Place(Vec<(usize, i64)>),
    Pay(usize),
    Decline(usize),
    Cancel(usize),
    Advance(usize, OrderStatus),
    Wait,
}

fn act() -> impl Strategy<Value = Act> {
    let basket = prop::collection::btree_map(0_usize..3, 1_i64..5, 1..3);
    let order = 0_usize..12;
    prop_oneof![
        4 => basket.prop_map(|basket| Act::Place(basket.into_iter().collect())),
        3 => order.clone().prop_map(Act::Pay),
        1 => order.clone().prop_map(Act::Decline),
        2 => order.clone().prop_map(Act::Cancel),
        2 => (order, prop::sample::select(OrderStatus::ALL.to_vec())).prop_map(|(order, to)| Act::Advance(order, to)),
        1 => Just(Act::Wait),
    ]
}

/// The model: what each order took and where it stands; stock follows from it.
#[derive(Default)]
struct Model {
    orders: Vec<(OrderId, Basket, OrderStatus)>,
}

type Basket = Vec<(usize, i64)>;

const START: i64 = 12;

impl Model {
    fn held(&self, variant: usize, statuses: &[OrderStatus]) -> i64 {
        self.orders
            .iter()
            .filter(|(_, _, status)| statuses.contains(status))
            .flat_map(|(_, basket, _)| basket)
            .filter(|(wanted, _)| *wanted == variant)
            .map(|(_, quantity)| quantity)
            .sum()
    }

    fn expected(&self, variant: usize) -> (i64, i64, i64) {
        use OrderStatus::{Confirmed, Delivered, Pending, Processing, Refunded, Shipped};
        let reserved = self.held(variant, &[Pending]);
        let sold = self.held(variant, &[Confirmed, Processing, Shipped, Delivered, Refunded]);
        (START - reserved - sold, reserved, sold)
    }
}

/// Any sequence of acts: the stock is what the model says, and available + reserved + sold never changes.
#[db_test]
async fn stock_is_what_a_plain_ledger_says(on: TestBackend) {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    for round in 0..6 {
        let clock = manual_clock();
        let on_round = if on.url().is_some() { &on } else { &TestBackend::sqlite() };
        let shop = builder(on_round).clock(clock.clone()).start().await;
        let variants = stock_up(&shop, 3, START).await;
        let mut model = Model::default();
        let acts = prop::collection::vec(act(), 40).new_tree(&mut runner).unwrap().current();
        for act in acts {
            apply(&shop, &variants, &mut model, &act).await;
            for (number, variant) in variants.iter().enumerate() {
                let report = stock(&shop, *variant).await;
                let seen = (report.available, report.reserved, report.sold);
                assert_eq!(seen, model.expected(number), "round {round}, after {act:?}");
                assert_eq!(seen.0 + seen.1 + seen.2, START);
            }
        }
        let known: HashMap<_, _> = model.orders.iter().map(|(id, _, status)| (*id, *status)).collect();
        for (id, expected) in known {
            assert_eq!(status(&shop, id).await, expected);
        }
        shop.stop().await;
    }
}

async fn place_basket(
    shop: &TestShop,
    variants: &[product_contract::VariantId],
    model: &mut Model,
    basket: &[(usize, i64)],
) {
    let items: Vec<_> = basket.iter().map(|(variant, quantity)| (variants[*variant], *quantity)).collect();
    let enough = basket.iter().all(|(variant, quantity)| model.expected(*variant).0 >= *quantity);
    match shop.ask(&place(shop, &items)).await {
        Ok(placed) => {
            assert!(enough);
            model.orders.push((placed.id, basket.to_vec(), OrderStatus::Pending));
        }
        Err(PlaceError::OutOfStock(_)) => assert!(!enough),
        Err(other) => panic!("{other:?}"),
    }
}

async fn apply(shop: &TestShop, variants: &[product_contract::VariantId], model: &mut Model, act: &Act) {
    use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Processing, Refunded, Shipped};
    let chosen = |number: &usize| model.orders.get(*number).map(|(id, _, status)| (*id, *status));
    match act {
        Act::Place(basket) => place_basket(shop, variants, model, basket).await,
        Act::Pay(number) => {
            let Some((id, status)) = chosen(number) else { return };
            deliver(shop, &captured(shop, id)).await;
            if status == Pending {
                model.orders[*number].2 = Confirmed;
            }
        }
        Act::Decline(number) => {
            let Some((id, status)) = chosen(number) else { return };
            let captured = captured(shop, id);
            let failed = PaymentFailed {
                payment_id: captured.payment_id,
                order_id: id,
                attempt: 1,
                amount: captured.amount,
                reason: None,
                version: 2,
            };
            deliver(shop, &failed).await;
            if status == Pending {
                model.orders[*number].2 = Cancelled;
            }
        }
        Act::Cancel(number) => {
            let Some((id, status)) = chosen(number) else { return };
            let granted = shop.ask(&CancelOrder { id, access: Access::Admin }).await.is_ok();
            assert_eq!(granted, matches!(status, Pending | Confirmed | Processing | Cancelled));
            if granted {
                model.orders[*number].2 = Cancelled;
            }
        }
        Act::Advance(number, to) => {
            let Some((id, status)) = chosen(number) else { return };
            let granted = shop.ask(&AdvanceOrder { id, to: *to, tracking: None }).await.is_ok();
            let step = matches!(
                (status, *to),
                (Confirmed, Processing)
                    | (Processing, Shipped)
                    | (Shipped, Delivered)
                    | (Delivered, Refunded)
            );
            let stays = status == *to && matches!(to, Processing | Shipped | Delivered | Refunded);
            assert_eq!(granted, step || stays, "{status:?} to {to:?}");
            if granted {
                model.orders[*number].2 = *to;
            }
        }
        Act::Wait => {
            shop.clock.advance(Duration::from_mins(16));
            for (id, _, now) in model.orders.iter_mut().filter(|(_, _, status)| *status == Pending) {
                let id = *id;
                shop.until("the hold has ended", || async { status(shop, id).await == Cancelled }).await;
                *now = Cancelled;
            }
        }
    }
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
