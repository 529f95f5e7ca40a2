//! Orders, payments and refunds against a plain ledger: any sequence of acts, on both databases.

use std::time::Duration;

use crate::common::{
    builder, captured, deliver, failed, key, manual_clock, money_back, place, stock, stock_up,
};
use message::{Currency, Money};
use order_contract::{
    Access, AdvanceOrder, AttemptState, CancelOrder, GetOrder, Order, OrderError, OrderId, OrderStatus,
    PayOrder, PlaceError, PlaceOrder, RefundOrder, RefundState, ReportLost, Unpayable,
};
use proptest::prelude::*;
use testing::{TestBackend, TestShop, db_test};

async fn read(shop: &TestShop, id: OrderId) -> Order {
    shop.ask(&GetOrder { id, access: Access::Admin }).await.unwrap()
}

/// What buyers, payments, merchants and time do to a shop. The second number of what payments do counts back from an
/// order's last payment.
#[derive(Debug, Clone)]
enum Act {
    Place(Vec<(usize, i64)>),
    Pay(usize, i64),
    Decline(usize, i64),
    Again(usize),
    Cancel(usize),
    Lose(usize),
    Advance(usize, OrderStatus),
    Refund(usize, Option<i64>),
    /// All refunds under way reach the buyer, or are refused by the bank.
    Settle(usize, bool),
    Wait,
}

fn act() -> impl Strategy<Value = Act> {
    let basket = prop::collection::btree_map(0_usize..3, 1_i64..5, 1..3);
    let order = || 0_usize..12;
    let back = || prop_oneof![5 => Just(0_i64), 1 => 1_i64..3];
    prop_oneof![
        4 => basket.prop_map(|basket| Act::Place(basket.into_iter().collect())),
        3 => (order(), back()).prop_map(|(order, back)| Act::Pay(order, back)),
        3 => (order(), back()).prop_map(|(order, back)| Act::Decline(order, back)),
        3 => order().prop_map(Act::Again),
        2 => order().prop_map(Act::Cancel),
        1 => order().prop_map(Act::Lose),
        3 => (order(), prop::sample::select(OrderStatus::ALL.to_vec())).prop_map(|(order, to)| Act::Advance(order, to)),
        2 => (order(), prop::option::weighted(0.8, 1_i64..30_000)).prop_map(|(order, amount)| Act::Refund(order, amount)),
        2 => (order(), prop::bool::weighted(0.7)).prop_map(|(order, done)| Act::Settle(order, done)),
        1 => Just(Act::Wait),
    ]
}

struct Known {
    id: OrderId,
    basket: Basket,
    status: OrderStatus,
    /// Whether its units left the house for good although it is cancelled.
    is_lost: bool,
    payments: i64,
    has_failed: bool,
    total: i64,
    paid: i64,
    refunded: i64,
}

/// The model: what each order took, where it and its money stand; stock follows from it.
#[derive(Default)]
struct Model {
    orders: Vec<Known>,
}

type Basket = Vec<(usize, i64)>;

const START: i64 = 12;

impl Model {
    fn held(&self, variant: usize, holds: impl Fn(&Known) -> bool) -> i64 {
        let orders = self.orders.iter().filter(|known| holds(known));
        let items = orders.flat_map(|known| &known.basket).filter(|(wanted, _)| *wanted == variant);
        items.map(|(_, quantity)| quantity).sum()
    }

    fn expected(&self, variant: usize) -> (i64, i64, i64) {
        use OrderStatus::{Cancelled, Pending};
        let reserved = self.held(variant, |known| known.status == Pending);
        let sold = self.held(variant, |known| known.is_lost || !matches!(known.status, Pending | Cancelled));
        (START - reserved - sold, reserved, sold)
    }
}

/// The stock is what the model says, available + reserved + sold never changes, and so is each order's money.
#[db_test]
async fn stock_and_money_are_what_a_plain_ledger_says(on: TestBackend) {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    for round in 0..6 {
        let clock = manual_clock();
        let on_round = if on.url().is_some() { &on } else { &TestBackend::sqlite() };
        let shop = builder(on_round).clock(clock.clone()).start().await;
        let variants = stock_up(&shop, 3, START).await;
        let mut model = Model::default();
        let acts = prop::collection::vec(act(), 60).new_tree(&mut runner).unwrap().current();
        for act in acts {
            apply(&shop, &variants, &mut model, &act).await;
            for (number, variant) in variants.iter().enumerate() {
                let report = stock(&shop, *variant).await;
                let seen = (report.available, report.reserved, report.sold);
                assert_eq!(seen, model.expected(number), "round {round}, after {act:?}");
                assert_eq!(seen.0 + seen.1 + seen.2, START);
            }
            for known in &model.orders {
                check(&read(&shop, known.id).await, known, &act);
            }
        }
        shop.stop().await;
    }
}

fn check(order: &Order, known: &Known, act: &Act) {
    let sums = (order.paid.unwrap().amount, order.refunded.unwrap().amount);
    assert_eq!((order.status, sums), (known.status, (known.paid, known.refunded)), "after {act:?}");
    assert_eq!(i64::try_from(order.payments.len()).unwrap(), known.payments);
    let counted = order.refunds.iter().filter(|refund| refund.state != RefundState::Failed);
    assert_eq!(counted.map(|refund| refund.amount.amount).sum::<i64>(), known.refunded);
    let live = order.payments.iter().filter(|payment| payment.state != AttemptState::Failed).count();
    assert_eq!(live, usize::from(!known.has_failed), "one payment at a time");
    assert_eq!(order.payments.iter().map(|payment| payment.captured.amount).sum::<i64>(), known.paid);
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
            model.orders.push(Known {
                id: placed.id,
                basket: basket.to_vec(),
                status: OrderStatus::Pending,
                is_lost: false,
                payments: 1,
                has_failed: false,
                total: placed.totals.total.amount,
                paid: 0,
                refunded: 0,
            });
        }
        Err(PlaceError::OutOfStock(_)) => assert!(!enough),
        Err(other) => panic!("{other:?}"),
    }
}

async fn apply(shop: &TestShop, variants: &[product_contract::VariantId], model: &mut Model, act: &Act) {
    match act {
        Act::Place(basket) => place_basket(shop, variants, model, basket).await,
        Act::Wait => wait(shop, model).await,
        Act::Pay(number, _)
        | Act::Decline(number, _)
        | Act::Again(number)
        | Act::Cancel(number)
        | Act::Lose(number)
        | Act::Advance(number, _)
        | Act::Refund(number, _)
        | Act::Settle(number, _) => {
            let Some(known) = model.orders.get_mut(*number) else { return };
            match act {
                Act::Pay(_, back) | Act::Decline(_, back) => {
                    news_of_payment(shop, known, *back, matches!(act, Act::Pay(..))).await;
                }
                Act::Again(_) => pay_again(shop, known).await,
                Act::Refund(_, amount) => refund(shop, known, *amount).await,
                Act::Settle(_, is_done) => settle(shop, known, *is_done).await,
                Act::Advance(_, to) => advance(shop, known, *to).await,
                _ => end(shop, known, matches!(act, Act::Lose(_))).await,
            }
        }
    }
}

async fn wait(shop: &TestShop, model: &mut Model) {
    shop.clock.advance(Duration::from_mins(16));
    for known in model.orders.iter_mut().filter(|known| known.status == OrderStatus::Pending) {
        let id = known.id;
        let is_over = async || read(shop, id).await.status == OrderStatus::Cancelled;
        shop.until("the hold has ended", is_over).await;
        known.status = OrderStatus::Cancelled;
    }
}

/// News of the payment that is `back` before the last one. News of one that failed before changes nothing.
async fn news_of_payment(shop: &TestShop, known: &mut Known, back: i64, is_good: bool) {
    let attempt = known.payments - back;
    let is_live = back == 0 && !known.has_failed;
    if is_good {
        let event = payment_contract::PaymentCaptured { attempt, ..captured(shop, known.id) };
        deliver(shop, &event).await;
        if is_live && known.paid == 0 {
            known.paid = known.total;
            match known.status {
                OrderStatus::Pending => known.status = OrderStatus::Confirmed,
                // It had ended: the money goes back.
                OrderStatus::Cancelled => known.refunded = known.total,
                _ => {}
            }
        }
    } else {
        deliver(shop, &failed(shop, known.id, attempt)).await;
        if is_live && known.status == OrderStatus::Pending {
            known.has_failed = true;
        }
    }
}

async fn pay_again(shop: &TestShop, known: &mut Known) {
    let PlaceOrder { payment, .. } = place(shop, &[]);
    let request = PayOrder { id: known.id, access: Access::Admin, idempotency_key: key(shop), payment };
    let [one, same, other] =
        [request.clone(), request.clone(), PayOrder { idempotency_key: key(shop), ..request }];
    let (one, same, other) = tokio::join!(shop.ask(&one), shop.ask(&same), shop.ask(&other));
    let granted = [&one, &same, &other].iter().filter(|answer| answer.is_ok()).count();
    let can = known.status == OrderStatus::Pending && known.has_failed && known.payments < 10;
    assert_eq!(granted > 0, can, "{one:?}");
    for answer in [one, same, other] {
        match answer {
            Ok(order) => assert_eq!(order.payments.last().unwrap().state, AttemptState::Pending),
            Err(OrderError::Unpayable(Unpayable::UnderWay)) => {
                assert!(can || known.status == OrderStatus::Pending && !known.has_failed);
            }
            Err(OrderError::Unpayable(Unpayable::Paid)) => assert!(known.paid > 0),
            Err(OrderError::Unpayable(Unpayable::Ended)) => assert_eq!(known.status, OrderStatus::Cancelled),
            Err(OrderError::Unpayable(Unpayable::TooOften)) => assert_eq!(known.payments, 10),
            Err(other) => panic!("{other:?}"),
        }
    }
    if can {
        known.payments += 1;
        known.has_failed = false;
    }
}

async fn refund(shop: &TestShop, known: &mut Known, amount: Option<i64>) {
    let request = RefundOrder {
        id: known.id,
        idempotency_key: key(shop),
        amount: amount.map(|amount| Money::new(amount, Currency::INR)),
        lines: Vec::new(),
        reason: "dented".parse().unwrap(),
        restock: false,
    };
    let left = known.paid - known.refunded;
    let amount = amount.unwrap_or(left);
    let (one, same) = tokio::join!(shop.ask(&request), shop.ask(&request));
    assert_eq!(one.is_ok(), amount > 0 && amount <= left, "{one:?}");
    assert_eq!(one, same, "the same key refunds once");
    if one.is_ok() {
        known.refunded += amount;
        if known.refunded == known.paid
            && matches!(known.status, OrderStatus::Shipped | OrderStatus::Delivered)
        {
            known.status = OrderStatus::Refunded;
        }
    }
}

async fn settle(shop: &TestShop, known: &mut Known, is_done: bool) {
    let order = read(shop, known.id).await;
    for refund in order.refunds.iter().filter(|refund| refund.state == RefundState::Pending) {
        let is_rest = refund.id.uuid() == known.id.uuid();
        // What is left when an order ends is never refused for good.
        let is_done = is_done || is_rest;
        money_back(shop, known.id, known.payments, (!is_rest).then_some(refund.id), refund.amount, is_done)
            .await;
        // News may come twice.
        money_back(shop, known.id, known.payments, (!is_rest).then_some(refund.id), refund.amount, is_done)
            .await;
        if !is_done {
            known.refunded -= refund.amount.amount;
        }
    }
}

async fn advance(shop: &TestShop, known: &mut Known, to: OrderStatus) {
    use OrderStatus::{Confirmed, Delivered, Processing, Refunded, Shipped};
    let granted = shop.ask(&AdvanceOrder { id: known.id, to, tracking: None }).await.is_ok();
    let step = matches!(
        (known.status, to),
        (Confirmed, Processing) | (Processing, Shipped) | (Shipped, Delivered) | (Delivered, Refunded)
    );
    // Goods do not leave for nothing.
    let step = step && !(to == Shipped && known.paid > 0 && known.refunded == known.paid);
    let stays = known.status == to && matches!(to, Processing | Shipped | Delivered | Refunded);
    assert_eq!(granted, step || stays, "{:?} to {to:?}", known.status);
    if granted {
        known.status = to;
        if step && to == Refunded {
            known.refunded = known.paid;
        }
    }
}

/// The order is cancelled, or its parcel is lost.
async fn end(shop: &TestShop, known: &mut Known, is_lost: bool) {
    use OrderStatus::{Cancelled, Confirmed, Pending, Processing, Shipped};
    let granted = if is_lost {
        let lost = ReportLost { id: known.id, reason: "lost at sea".parse().unwrap(), restock: false };
        shop.ask(&lost).await.is_ok()
    } else {
        shop.ask(&CancelOrder { id: known.id, access: Access::Admin }).await.is_ok()
    };
    let can = if is_lost {
        known.status == Shipped || known.is_lost
    } else {
        matches!(known.status, Pending | Confirmed | Processing | Cancelled)
    };
    assert_eq!(granted, can, "{:?}", known.status);
    if granted && known.status != Cancelled {
        known.status = Cancelled;
        known.is_lost = is_lost;
        known.refunded = known.paid;
    }
}
