//! An order whose payment fails is paid again, through the bus, on both databases.

use std::time::Duration;

use message::Timestamp;
use order_contract::{
    Access, AttemptState, CancelOrder, CancelReason, GetOrder, MOST_PAYMENTS, Order, OrderCancelled,
    OrderConfirmed, OrderError, OrderId, OrderPaymentFailed, OrderPaymentRequested, OrderStatus, PayOrder,
    PaymentMethod, Unpayable,
};
use payment_contract::{PaymentAuthorised, PaymentCaptured};
use testing::{TestBackend, TestShop, db_test};

use crate::common::{
    builder, captured, deliver, failed, key, manual_clock, money_back, place, stock, stock_up,
};

async fn read(shop: &TestShop, id: OrderId) -> Order {
    shop.ask(&GetOrder { id, access: Access::Admin }).await.unwrap()
}

fn with_card(shop: &TestShop, id: OrderId, token: &str) -> PayOrder {
    let payment = PaymentMethod { provider: "test".parse().unwrap(), token: token.parse().unwrap() };
    PayOrder { id, access: Access::Admin, idempotency_key: key(shop), payment }
}

fn states(order: &Order) -> Vec<AttemptState> {
    order.payments.iter().map(|payment| payment.state).collect()
}

#[db_test]
async fn a_declined_payment_keeps_the_order_and_another_card_pays_it(on: TestBackend) {
    let shop = builder(&on)
        .record::<OrderPaymentFailed>()
        .record::<OrderPaymentRequested>()
        .record::<OrderConfirmed>()
        .record::<OrderCancelled>()
        .start()
        .await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let placed = shop.ask(&place(&shop, &[(variant, 2)])).await.unwrap();
    let id = placed.id;
    assert_eq!(states(&read(&shop, id).await), [AttemptState::Pending]);
    deliver(&shop, &failed(&shop, id, 1)).await;
    // News may come twice.
    deliver(&shop, &failed(&shop, id, 1)).await;
    let order = read(&shop, id).await;
    assert_eq!(
        (order.status, order.version, order.unpayable(shop.clock.now())),
        (OrderStatus::Pending, 2, None)
    );
    assert_eq!(order.payments[0].failure.as_deref(), Some("declined"));
    let report = stock(&shop, variant).await;
    assert_eq!((report.available, report.reserved, report.sold), (3, 2, 0));

    let access = Access::Token(placed.token.clone());
    let pay = PayOrder { access, ..with_card(&shop, id, "tok_other") };
    let paying = shop.ask(&pay).await.unwrap();
    assert_eq!(states(&paying), [AttemptState::Failed, AttemptState::Pending]);
    assert_eq!(shop.ask(&pay).await.unwrap(), paying, "the same again is the same payment");
    let other = PayOrder { payment: with_card(&shop, id, "tok_ok").payment, ..pay.clone() };
    assert_eq!(shop.ask(&other).await, Err(OrderError::KeyReused));
    let second = with_card(&shop, id, "tok_ok");
    assert_eq!(shop.ask(&second).await, Err(OrderError::Unpayable(Unpayable::UnderWay)));

    // The first payment's news comes too late to matter.
    deliver(&shop, &captured(&shop, id)).await;
    assert_eq!(read(&shop, id).await.status, OrderStatus::Pending);
    deliver(&shop, &PaymentCaptured { attempt: 2, ..captured(&shop, id) }).await;
    let order = read(&shop, id).await;
    assert_eq!((order.status, order.paid), (OrderStatus::Confirmed, Some(order.totals.total)));
    assert_eq!(states(&order), [AttemptState::Failed, AttemptState::Captured]);
    assert_eq!(shop.ask(&second).await, Err(OrderError::Unpayable(Unpayable::Paid)));
    // What goes back of the payment that failed was never counted.
    money_back(&shop, id, 1, None, order.totals.total, true).await;
    assert_eq!(read(&shop, id).await, order);
    shop.settled().await;
    let requested = shop.recorded::<OrderPaymentRequested>();
    assert_eq!((requested.len(), requested[0].attempt, requested[0].version), (1, 2, 3));
    assert_eq!((requested[0].amount, requested[0].payment.token.as_str()), (order.totals.total, "tok_other"));
    let failures = shop.recorded::<OrderPaymentFailed>();
    assert_eq!((failures.len(), failures[0].order.version), (1, 2));
    assert_eq!((shop.recorded::<OrderConfirmed>().len(), shop.recorded::<OrderCancelled>().len()), (1, 0));
}

#[db_test]
async fn who_may_pay_and_what(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let id = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap().id;
    deliver(&shop, &failed(&shop, id, 1)).await;
    let pay = with_card(&shop, id, "tok_ok");
    let stranger = PayOrder { access: Access::Token("x".to_owned()), ..pay.clone() };
    assert_eq!(shop.ask(&stranger).await, Err(OrderError::NotFound));
    let nobody = PayOrder { id: shop.bus.ids().id(), ..pay.clone() };
    assert_eq!(shop.ask(&nobody).await, Err(OrderError::NotFound));
    let cowries = PaymentMethod { provider: "cowries".parse().unwrap(), ..pay.payment.clone() };
    let refused = shop.ask(&PayOrder { payment: cowries, ..pay.clone() }).await.unwrap_err();
    assert!(matches!(&refused, OrderError::Invalid(errors) if errors[0].pointer == "/payment/provider"));
    assert!(shop.ask(&pay).await.is_ok(), "a refusal leaves no trace of its key");
}

#[db_test]
async fn an_order_is_held_while_the_provider_is_asked_and_not_for_ever(on: TestBackend) {
    let clock = manual_clock();
    let shop = builder(&on).clock(clock.clone()).start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let placed = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap();
    let id = placed.id;
    deliver(&shop, &failed(&shop, id, 1)).await;
    let early = shop.ask(&with_card(&shop, id, "tok_ok")).await.unwrap();
    assert_eq!(early.held_until, placed.held_until, "there is time enough");
    deliver(&shop, &failed(&shop, id, 2)).await;
    clock.advance(Duration::from_mins(14));
    let late = shop.ask(&with_card(&shop, id, "tok_ok")).await.unwrap();
    let until = |minutes| -> Timestamp { clock.now().after(Duration::from_mins(minutes)) };
    assert_eq!(late.held_until, until(5));
    for attempt in 3..10 {
        deliver(&shop, &failed(&shop, id, attempt)).await;
        shop.ask(&with_card(&shop, id, "tok_ok")).await.unwrap();
    }
    deliver(&shop, &failed(&shop, id, 10)).await;
    let order = read(&shop, id).await;
    assert_eq!(order.payments.len(), MOST_PAYMENTS);
    let refused = shop.ask(&with_card(&shop, id, "tok_ok")).await;
    assert_eq!(refused, Err(OrderError::Unpayable(Unpayable::TooOften)));
    clock.advance(Duration::from_mins(5));
    shop.until("the hold has ended", || async { read(&shop, id).await.status == OrderStatus::Cancelled })
        .await;
    assert_eq!(read(&shop, id).await.cancel_reason, Some(CancelReason::Expired));
    let refused = shop.ask(&with_card(&shop, id, "tok_ok")).await;
    assert_eq!(refused, Err(OrderError::Unpayable(Unpayable::Ended)));
    assert_eq!(stock(&shop, variant).await.available, 5);
}

#[db_test]
async fn one_of_many_clicks_pays(on: TestBackend) {
    let shop = builder(&on).record::<OrderPaymentRequested>().start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let id = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap().id;
    deliver(&shop, &failed(&shop, id, 1)).await;
    let clicks: Vec<_> = (0..20).map(|_| with_card(&shop, id, "tok_ok")).collect();
    let cancel = CancelOrder { id, access: Access::Admin };
    let clicks = futures::future::join_all(clicks.iter().map(|click| shop.ask(click)));
    let (answers, cancelled) = tokio::join!(clicks, shop.ask(&cancel));
    cancelled.unwrap();
    let granted = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(granted <= 1, "{granted} payments at once");
    shop.settled().await;
    assert_eq!(shop.recorded::<OrderPaymentRequested>().len(), granted);
    // Its money comes after the end: it goes back.
    if granted == 1 {
        deliver(&shop, &PaymentCaptured { attempt: 2, ..captured(&shop, id) }).await;
        let order = read(&shop, id).await;
        assert_eq!((order.status, order.refunded), (OrderStatus::Cancelled, Some(order.totals.total)));
    }
}

#[db_test]
async fn money_that_is_held_confirms_and_is_shown_when_it_is_captured(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let id = shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap().id;
    let PaymentCaptured { payment_id, amount, .. } = captured(&shop, id);
    let held = PaymentAuthorised { payment_id, order_id: id, attempt: 1, amount, reason: None, version: 2 };
    deliver(&shop, &held).await;
    let order = read(&shop, id).await;
    assert_eq!((order.status, states(&order)), (OrderStatus::Confirmed, vec![AttemptState::Authorised]));
    deliver(&shop, &captured(&shop, id)).await;
    let order = read(&shop, id).await;
    assert_eq!((order.paid, states(&order)), (Some(order.totals.total), vec![AttemptState::Captured]));
}
