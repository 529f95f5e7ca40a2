//! Money goes back beside the status, through the bus, on both databases.

use message::{Currency, Money};
use order_contract::{
    Access, AdvanceOrder, AttemptState, CancelOrder, CancelReason, GetOrder, Order, OrderCancelled,
    OrderError, OrderId, OrderRefundCompleted, OrderRefundRequested, OrderRefunded, OrderStatus, Quantity,
    RefundLine, RefundOrder, RefundState, ReportLost,
};
use product_contract::VariantId;
use testing::{TestBackend, TestShop, TestShopBuilder, db_test};

use crate::common::{builder, captured, deliver, key, manual_clock, money_back, place, stock, stock_up};

fn recording(on: &TestBackend) -> TestShopBuilder {
    builder(on)
        .record::<OrderRefundRequested>()
        .record::<OrderRefundCompleted>()
        .record::<OrderRefunded>()
        .record::<OrderCancelled>()
}

async fn read(shop: &TestShop, id: OrderId) -> Order {
    shop.ask(&GetOrder { id, access: Access::Admin }).await.unwrap()
}

/// A paid order of two units at ₹118 each, moved on as far as this.
async fn paid(shop: &TestShop, steps: &[OrderStatus]) -> (OrderId, VariantId) {
    let variant = stock_up(shop, 1, 5).await[0];
    let id = shop.ask(&place(shop, &[(variant, 2)])).await.unwrap().id;
    deliver(shop, &captured(shop, id)).await;
    for to in steps {
        shop.ask(&AdvanceOrder { id, to: *to, tracking: None }).await.unwrap();
    }
    (id, variant)
}

const SHIPPED: &[OrderStatus] = &[OrderStatus::Processing, OrderStatus::Shipped];
const DELIVERED: &[OrderStatus] = &[OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered];

fn rupees(paise: i64) -> Money {
    Money::new(paise, Currency::INR)
}

fn all(shop: &TestShop, id: OrderId) -> RefundOrder {
    let reason = "one arrived with a dent".parse().unwrap();
    RefundOrder { id, idempotency_key: key(shop), amount: None, lines: Vec::new(), reason, restock: false }
}

fn units(variant_id: VariantId, units: i64) -> Vec<RefundLine> {
    vec![RefundLine { variant_id, quantity: Some(Quantity::try_from(units).unwrap()), amount: None }]
}

#[db_test]
async fn two_parts_make_the_whole_and_then_the_order_is_refunded(on: TestBackend) {
    let shop = recording(&on).start().await;
    let (id, variant) = paid(&shop, DELIVERED).await;
    let part = RefundOrder { lines: units(variant, 1), restock: true, ..all(&shop, id) };
    let first = shop.ask(&part).await.unwrap();
    assert_eq!(shop.ask(&part).await.unwrap(), first, "the same again is the same refund");
    let other = RefundOrder { restock: false, ..part.clone() };
    assert_eq!(shop.ask(&other).await, Err(OrderError::KeyReused));
    assert_eq!((first.status, first.refunded), (OrderStatus::Delivered, Some(rupees(11_800))));
    let refund = &first.refunds[0];
    assert_eq!(
        (refund.amount, refund.tax, refund.state),
        (rupees(11_800), rupees(1_800), RefundState::Pending)
    );
    assert_eq!(
        (first.payments[0].refunded, first.payments[0].state),
        (rupees(11_800), AttemptState::Captured)
    );
    let report = stock(&shop, variant).await;
    assert_eq!((report.available, report.reserved, report.sold), (4, 0, 1));

    let too_much = RefundOrder { amount: Some(rupees(11_801)), ..all(&shop, id) };
    assert_eq!(shop.ask(&too_much).await, Err(OrderError::TooMuch { refundable: rupees(11_800) }));
    let again = RefundOrder { lines: units(variant, 2), ..all(&shop, id) };
    assert_eq!(shop.ask(&again).await, Err(OrderError::TooMuch { refundable: rupees(11_800) }));
    money_back(&shop, id, 1, Some(refund.id), refund.amount, true).await;
    assert_eq!(read(&shop, id).await.refunds[0].state, RefundState::Refunded);

    let rest = shop.ask(&RefundOrder { amount: Some(rupees(11_800)), ..all(&shop, id) }).await.unwrap();
    assert_eq!((rest.status, rest.refunded), (OrderStatus::Refunded, rest.paid));
    assert_eq!(rest.payments[0].state, AttemptState::Refunded);
    money_back(&shop, id, 1, Some(rest.refunds[1].id), rest.refunds[1].amount, true).await;
    assert_eq!(shop.ask(&all(&shop, id)).await, Err(OrderError::TooMuch { refundable: rupees(0) }));
    shop.settled().await;
    let requested: Vec<_> =
        shop.recorded::<OrderRefundRequested>().iter().map(|event| event.amount).collect();
    assert_eq!(requested, [rupees(11_800), rupees(11_800)]);
    let completed = shop.recorded::<OrderRefundCompleted>();
    assert_eq!((completed.len(), completed[1].refund.state), (2, RefundState::Refunded));
    assert_eq!(completed[1].order, read(&shop, id).await);
    assert!(shop.recorded::<OrderRefunded>()[0].order.is_some());
}

#[db_test]
async fn many_at_once_never_refund_more_than_was_captured(on: TestBackend) {
    let shop = recording(&on).start().await;
    let (id, _) = paid(&shop, &[]).await;
    let requests: Vec<_> =
        (0..20).map(|_| RefundOrder { amount: Some(rupees(5_000)), ..all(&shop, id) }).collect();
    let answers = futures::future::join_all(requests.iter().map(|request| shop.ask(request))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    let order = read(&shop, id).await;
    assert_eq!((order.refunded, order.status), (Some(rupees(20_000)), OrderStatus::Confirmed));
    // The database itself refuses more.
    let mut tx = shop.db(order::NAME).begin().await.unwrap();
    let more = store::query("UPDATE orders SET refunded = paid + 1").execute(&mut tx).await.unwrap_err();
    assert_eq!(more.constraint(), Some("orders_refunded_check"));
}

#[db_test]
async fn a_refund_that_the_bank_refuses_can_be_asked_for_again(on: TestBackend) {
    let shop = recording(&on).start().await;
    let (id, _) = paid(&shop, DELIVERED).await;
    let order = shop.ask(&all(&shop, id)).await.unwrap();
    assert_eq!(order.status, OrderStatus::Refunded);
    money_back(&shop, id, 1, Some(order.refunds[0].id), order.refunds[0].amount, false).await;
    let order = read(&shop, id).await;
    assert_eq!((order.refunded, order.refunds[0].state), (Some(rupees(0)), RefundState::Failed));
    assert_eq!(order.refunds[0].failure.as_deref(), Some("The account is closed."));
    let order = shop.ask(&all(&shop, id)).await.unwrap();
    assert_eq!((order.refunded, order.refunds.len()), (Some(rupees(23_600)), 2));
}

#[db_test]
async fn what_a_cancellation_returns_counts(on: TestBackend) {
    let shop = recording(&on).start().await;
    let (id, variant) = paid(&shop, &[]).await;
    let part = RefundOrder { amount: Some(rupees(3_600)), ..all(&shop, id) };
    let refund = shop.ask(&part).await.unwrap().refunds[0].clone();
    let order = shop.ask(&CancelOrder { id, access: Access::Admin }).await.unwrap();
    assert_eq!((order.refunded, order.refunds[1].amount), (Some(rupees(23_600)), rupees(20_000)));
    assert!(order.refunds[1].restocked && !order.refunds[0].restocked);
    assert_eq!(shop.ask(&all(&shop, id)).await, Err(OrderError::TooMuch { refundable: rupees(0) }));
    assert_eq!(stock(&shop, variant).await.available, 5);
    let restock = RefundOrder { lines: units(variant, 1), restock: true, ..all(&shop, id) };
    assert!(shop.ask(&restock).await.is_err());
    money_back(&shop, id, 1, Some(refund.id), refund.amount, true).await;
    money_back(&shop, id, 1, None, rupees(20_000), true).await;
    let order = read(&shop, id).await;
    assert!(order.refunds.iter().all(|refund| refund.state == RefundState::Refunded));
    shop.settled().await;
    assert_eq!(shop.recorded::<OrderRefundCompleted>().len(), 2);
    let cancelled = shop.recorded::<OrderCancelled>()[0].order.clone().unwrap();
    assert_eq!((cancelled.status, cancelled.refunds.len()), (OrderStatus::Cancelled, 2));
}

#[db_test]
async fn a_lost_parcel_gives_the_money_back_and_not_the_units(on: TestBackend) {
    let shop = recording(&on).start().await;
    let (id, variant) = paid(&shop, SHIPPED).await;
    let (early, _) = paid(&shop, &[]).await;
    let lost = |id, restock| ReportLost { id, reason: "it went overboard".parse().unwrap(), restock };
    let refused = shop.ask(&lost(early, false)).await;
    let to = OrderStatus::Cancelled;
    assert_eq!(refused, Err(OrderError::Transition { from: OrderStatus::Confirmed, to }));
    let order = shop.ask(&lost(id, false)).await.unwrap();
    assert_eq!(
        shop.ask(&lost(id, true)).await.unwrap(),
        order,
        "asking twice is granted and changes nothing"
    );
    assert_eq!((order.status, order.cancel_reason), (OrderStatus::Cancelled, Some(CancelReason::Lost)));
    assert_eq!(
        (order.refunded, order.refunds[0].reason.as_str()),
        (Some(rupees(23_600)), "it went overboard")
    );
    assert!(!order.refunds[0].restocked);
    let report = stock(&shop, variant).await;
    assert_eq!((report.available, report.reserved, report.sold), (3, 0, 2));

    let (found, variant) = paid(&shop, SHIPPED).await;
    assert!(shop.ask(&lost(found, true)).await.unwrap().refunds[0].restocked);
    assert_eq!(stock(&shop, variant).await.available, 5);
}

#[db_test]
async fn all_money_back_on_the_way_ends_the_order_and_before_that_stops_it(on: TestBackend) {
    let shop = recording(&on).start().await;
    let (packed, variant) = paid(&shop, &[]).await;
    let order = shop.ask(&all(&shop, packed)).await.unwrap();
    assert_eq!((order.status, order.refunded), (OrderStatus::Confirmed, order.paid));
    let step = |to| AdvanceOrder { id: packed, to, tracking: None };
    shop.ask(&step(OrderStatus::Processing)).await.unwrap();
    let refused = shop.ask(&step(OrderStatus::Shipped)).await.unwrap_err();
    assert!(matches!(&refused, OrderError::Invalid(wrong) if wrong[0].pointer == "/to"), "{refused:?}");
    // A refund that the bank refuses leaves it paid.
    money_back(&shop, packed, 1, Some(order.refunds[0].id), order.refunds[0].amount, false).await;
    shop.ask(&RefundOrder { amount: Some(rupees(23_599)), ..all(&shop, packed) }).await.unwrap();
    shop.ask(&RefundOrder { amount: Some(rupees(1)), ..all(&shop, packed) }).await.unwrap();
    assert_eq!(shop.ask(&step(OrderStatus::Shipped)).await.unwrap_err(), refused);
    shop.ask(&CancelOrder { id: packed, access: Access::Admin }).await.unwrap();
    assert_eq!(stock(&shop, variant).await.available, 5);
    assert_eq!(read(&shop, packed).await.refunds.len(), 3, "nothing goes back twice");
    let (shipped, _) = paid(&shop, SHIPPED).await;
    assert_eq!(shop.ask(&all(&shop, shipped)).await.unwrap().status, OrderStatus::Refunded);
}

#[db_test]
async fn money_that_goes_back_unasked_is_counted(on: TestBackend) {
    let shop = recording(&on).start().await;
    let variant = stock_up(&shop, 1, 5).await[0];
    let id = shop.ask(&place(&shop, &[(variant, 2)])).await.unwrap().id;
    shop.ask(&CancelOrder { id, access: Access::Admin }).await.unwrap();
    // The news of the return overtakes the news of the capture.
    money_back(&shop, id, 1, None, rupees(23_600), true).await;
    deliver(&shop, &captured(&shop, id)).await;
    let order = read(&shop, id).await;
    assert_eq!((order.paid, order.refunded), (Some(rupees(23_600)), Some(rupees(23_600))));
    assert_eq!((order.refunds.len(), order.refunds[0].state), (1, RefundState::Refunded));
    assert!(order.refunds[0].restocked, "its units are on sale again");
}

#[db_test]
async fn a_refund_without_an_outcome_is_asked_for_again(on: TestBackend) {
    let clock = manual_clock();
    let shop = recording(&on).clock(clock.clone()).start().await;
    let (id, _) = paid(&shop, DELIVERED).await;
    let part = RefundOrder { amount: Some(rupees(5_000)), ..all(&shop, id) };
    let refund = shop.ask(&part).await.unwrap().refunds[0].id;
    // Not the rest of an order that ended: it goes back by itself.
    let (ended, _) = paid(&shop, &[]).await;
    shop.ask(&CancelOrder { id: ended, access: Access::Admin }).await.unwrap();
    shop.settled().await;
    shop.stop().await;
    clock.advance(std::time::Duration::from_mins(11));
    let shop = recording(&on).clock(clock).start().await;
    shop.until("it is asked for again", || async { shop.recorded::<OrderRefundRequested>().len() == 1 })
        .await;
    assert_eq!(shop.recorded::<OrderRefundRequested>()[0].refund_id, refund);
    assert_eq!(read(&shop, id).await.refunds.len(), 1);
}
