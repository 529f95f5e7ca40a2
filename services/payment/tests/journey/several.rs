//! Several payments of an order, and refunds in parts, on both databases.

use std::{sync::Arc, time::Duration};

use message::{Clock, Currency, Money};
use order_contract::{
    OrderId, OrderPaymentRequested, OrderRefundRequested, OrderRefunded, PaymentMethod, RefundId,
};
use payment::{Capture, Settings};
use payment_contract::{
    GetPayments, Payment, PaymentCaptured, PaymentFailed, PaymentRefundFailed, PaymentRefunded, PaymentState,
};
use testing::{TestBackend, TestShop, db_test};

use crate::{
    PRICE, bank::Bank, becomes, cancelled, placed, publish, published, quick, shop, test_shop, tried,
};

fn again(order_id: OrderId, attempt: i64, provider: &str, token: &str) -> OrderPaymentRequested {
    let payment = PaymentMethod { provider: provider.parse().unwrap(), token: token.parse().unwrap() };
    OrderPaymentRequested { id: order_id, version: 3, attempt, amount: PRICE, payment }
}

fn refund(shop: &TestShop, id: OrderId, amount: i64) -> OrderRefundRequested {
    let amount = Money::new(amount, Currency::INR);
    OrderRefundRequested { id, version: 4, attempt: 1, refund_id: shop.bus.ids().id(), amount }
}

async fn payments(shop: &TestShop, order_id: OrderId) -> Vec<Payment> {
    shop.ask(&GetPayments { order_id }).await.unwrap()
}

fn states(payments: &[Payment]) -> Vec<PaymentState> {
    payments.iter().map(|payment| payment.state).collect()
}

/// What went back, as it was published: the refund and the amount.
fn back(shop: &TestShop) -> Vec<(Option<RefundId>, i64)> {
    let events = shop.recorded::<PaymentRefunded>();
    events.iter().map(|event| (event.refund_id, event.amount.amount)).collect()
}

#[db_test]
async fn an_order_is_paid_again_after_a_payment_that_failed(backend: TestBackend) {
    let shop = test_shop(&backend, Settings::default()).await;
    let order = placed(&shop, "test", "tok_declined");
    publish(&shop, std::slice::from_ref(&order)).await;
    becomes(&shop, order.id, PaymentState::Failed).await;
    let second = again(order.id, 2, "test", "tok_ok");
    publish(&shop, &[second.clone(), second.clone()]).await;
    publish(&shop, &[second]).await;
    becomes(&shop, order.id, PaymentState::Captured).await;
    assert_eq!(states(&payments(&shop, order.id).await), [PaymentState::Failed, PaymentState::Captured]);
    assert_eq!(published(&shop), [0, 1, 1, 0, 0]);
    assert_eq!(shop.recorded::<PaymentFailed>()[0].attempt, 1);
    assert_eq!(shop.recorded::<PaymentCaptured>()[0].attempt, 2);
    publish(&shop, &[cancelled(order.id)]).await;
    becomes(&shop, order.id, PaymentState::Refunded).await;
    assert_eq!(back(&shop), [(None, PRICE.amount)]);
}

#[db_test]
async fn what_a_silent_payment_took_goes_back_while_the_next_one_pays(backend: TestBackend) {
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let bank = Arc::new(Bank::default());
    let settings = Settings { tries: 1, ..quick() };
    let shop = shop(&backend, settings, Some(bank.clone()), clock.clone()).await;
    let order = placed(&shop, "bank", "silent");
    publish(&shop, std::slice::from_ref(&order)).await;
    tried(&shop, order.id, 1).await;
    clock.advance(Duration::from_millis(500));
    shop.until("its tries are over", || async { shop.recorded::<PaymentFailed>().len() == 1 }).await;
    publish(&shop, &[again(order.id, 2, "bank", "good")]).await;
    becomes(&shop, order.id, PaymentState::Captured).await;
    assert_eq!(bank.balance(), PRICE.amount, "one capture");
    let [first, second] = payments(&shop, order.id).await.try_into().unwrap();
    assert_eq!((first.state, second.state), (PaymentState::Failed, PaymentState::Captured));
    assert_eq!(bank.asked(second.id), ["authorise", "capture"]);
}

#[db_test]
async fn a_cancellation_overtakes_the_second_payment(backend: TestBackend) {
    let bank = Arc::new(Bank::default());
    let shop = shop(&backend, Settings::default(), Some(bank.clone()), Clock::system()).await;
    let order = placed(&shop, "test", "tok_ok");
    publish(&shop, std::slice::from_ref(&order)).await;
    becomes(&shop, order.id, PaymentState::Failed).await;
    publish(&shop, &[cancelled(order.id)]).await;
    publish(&shop, &[again(order.id, 2, "bank", "good")]).await;
    let payment = becomes(&shop, order.id, PaymentState::Failed).await;
    assert_eq!((payment.attempt, bank.asked(payment.id)), (2, Vec::new()));

    // Also when nothing else is known of the order.
    let unknown = shop.bus.ids().id();
    publish(&shop, &[cancelled(unknown)]).await;
    publish(&shop, &[again(unknown, 2, "bank", "good")]).await;
    becomes(&shop, unknown, PaymentState::Failed).await;
    assert_eq!(bank.balance(), 0);

    // And a cancellation while it is asked gives its money back.
    let during = placed(&shop, "test", "tok_ok");
    publish(&shop, std::slice::from_ref(&during)).await;
    becomes(&shop, during.id, PaymentState::Failed).await;
    publish(&shop, &[again(during.id, 2, "bank", "slow")]).await;
    shop.until("the bank is asked", || async { bank.busy() == 1 }).await;
    publish(&shop, &[cancelled(during.id)]).await;
    becomes(&shop, during.id, PaymentState::Refunded).await;
    assert_eq!(bank.balance(), 0);
}

#[db_test]
async fn parts_go_back_once_each_although_answers_are_lost(backend: TestBackend) {
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let bank = Arc::new(Bank::default());
    let shop = shop(&backend, quick(), Some(bank.clone()), clock.clone()).await;
    let order = placed(&shop, "bank", "loses_refunds");
    publish(&shop, std::slice::from_ref(&order)).await;
    let payment = becomes(&shop, order.id, PaymentState::Captured).await;
    let [one, two] = [refund(&shop, order.id, 36_000), refund(&shop, order.id, 100_000)];
    publish(&shop, &[one.clone(), one.clone()]).await;
    publish(&shop, &[one.clone(), two.clone()]).await;
    shop.until("both went back", || async {
        clock.advance(Duration::from_secs(1));
        back(&shop).len() == 2
    })
    .await;
    assert_eq!(back(&shop), [(Some(one.refund_id), 36_000), (Some(two.refund_id), 100_000)]);
    assert_eq!(bank.balance(), 100_000);
    let asked = bank.asked(payment.id);
    assert_eq!(asked[2..], ["refund", "look_up_refund", "refund", "look_up_refund"]);
    let payment = payments(&shop, order.id).await.pop().unwrap();
    assert_eq!((payment.state, payment.refunded.amount), (PaymentState::Captured, 136_000));

    publish(&shop, &[cancelled(order.id)]).await;
    shop.until("the rest went back", || async {
        clock.advance(Duration::from_secs(1));
        bank.balance() == 0 && back(&shop).len() == 3
    })
    .await;
    // News of a refund that comes after the end is answered: its money is back already.
    let late = refund(&shop, order.id, 5);
    publish(&shop, std::slice::from_ref(&late)).await;
    shop.until("it is answered", || async { back(&shop).len() == 4 }).await;
    assert_eq!(back(&shop)[2..], [(None, 100_000), (Some(late.refund_id), 5)]);
    assert_eq!((bank.balance(), becomes(&shop, order.id, PaymentState::Refunded).await.refunded), (0, PRICE));
}

#[db_test]
async fn a_refund_that_is_refused_is_reported_and_the_whole_still_goes_back(backend: TestBackend) {
    let bank = Arc::new(Bank::default());
    let shop = shop(&backend, Settings::default(), Some(bank.clone()), Clock::system()).await;
    let order = placed(&shop, "bank", "declines_parts");
    publish(&shop, std::slice::from_ref(&order)).await;
    becomes(&shop, order.id, PaymentState::Captured).await;
    let [part, all] = [refund(&shop, order.id, 36_000), refund(&shop, order.id, PRICE.amount)];
    let too_much = refund(&shop, order.id, PRICE.amount + 1);
    publish(&shop, &[part.clone(), too_much.clone(), all.clone()]).await;
    becomes(&shop, order.id, PaymentState::Refunded).await;
    let failed = shop.recorded::<PaymentRefundFailed>();
    let ids: Vec<_> = failed.iter().map(|event| (event.refund_id, event.reason.as_str())).collect();
    let left = "Less than that is left of the payment.";
    assert_eq!(ids, [(part.refund_id, "Only all of it."), (too_much.refund_id, left)]);
    assert_eq!(back(&shop), [(Some(all.refund_id), PRICE.amount)]);
}

#[db_test]
async fn a_refund_waits_for_the_capture_and_a_status_does_not_refund_again(backend: TestBackend) {
    let bank = Arc::new(Bank::default());
    let settings = Settings { capture: Capture::OnShipment, ..Settings::default() };
    let shop = shop(&backend, settings, Some(bank.clone()), Clock::system()).await;
    let order = placed(&shop, "bank", "good");
    publish(&shop, std::slice::from_ref(&order)).await;
    becomes(&shop, order.id, PaymentState::Authorised).await;
    let part = refund(&shop, order.id, 36_000);
    publish(&shop, std::slice::from_ref(&part)).await;
    let shipped = order_contract::OrderShipped { id: order.id, version: 4, tracking: None, order: None };
    publish(&shop, &[shipped]).await;
    becomes(&shop, order.id, PaymentState::Captured).await;
    shop.until("it went back", || async { back(&shop).len() == 1 }).await;
    assert_eq!(bank.balance(), 200_000);
    // The order asks refund by refund: its status alone moves no money.
    let order_now = message::Example::example();
    publish(&shop, &[OrderRefunded { id: order.id, version: 6, order: Some(order_now) }]).await;
    shop.settled().await;
    assert_eq!(bank.balance(), 200_000);
}

#[db_test]
async fn the_test_provider_keeps_book_of_refunds(backend: TestBackend) {
    let shop = test_shop(&backend, Settings::default()).await;
    let order = placed(&shop, "test", "tok_lost");
    let other = placed(&shop, "test", "tok_refund_declined");
    publish(&shop, &[order.clone(), other.clone()]).await;
    becomes(&shop, order.id, PaymentState::Captured).await;
    becomes(&shop, other.id, PaymentState::Captured).await;
    let refunds = [36_000, 100_000, 100_000].map(|amount| refund(&shop, order.id, amount));
    publish(&shop, &refunds).await;
    publish(&shop, &[refund(&shop, other.id, 1)]).await;
    let payment = becomes(&shop, order.id, PaymentState::Refunded).await;
    assert_eq!(payment.refunded, PRICE);
    shop.until("the other is refused", || async { shop.recorded::<PaymentRefundFailed>().len() == 1 }).await;
}
