//! One mail for each thing that happens to an order, and never two.

use message::{Envelope, Event, Example, Headers, ListPage};
use notification_contract::{GetMail, LinkRequested, ListMails, Mail, MailKind, SendLink};
use order_contract::{
    AttemptState, CancelReason, ListOrders, Order, OrderCancelled, OrderConfirmed, OrderError,
    OrderPaymentFailed, OrderRefund, OrderRefundCompleted, OrderShipped, OrderStatus, PaymentAttempt,
};
use testing::{TestBackend, TestShop, db_test};

use crate::{file, manual_clock, order, settings};

async fn deliver<E: Event>(shop: &TestShop, event: &E) {
    for _ in 0..2 {
        let headers = Headers::new(shop.bus.correlation());
        let envelope = Envelope::event(event, headers, shop.bus.ids()).unwrap();
        shop.deliver(notification::NAME, vec![envelope]).await.unwrap();
    }
}

async fn mails_of(shop: &TestShop, order: &Order) -> Vec<Mail> {
    shop.ask(&ListMails { order_id: Some(order.id), ..ListMails::default() }).await.unwrap().data
}

fn failed(attempts: usize, order: &Order) -> Order {
    let attempt = PaymentAttempt { state: AttemptState::Failed, ..PaymentAttempt::example() };
    Order { payments: vec![attempt; attempts], ..order.clone() }
}

#[db_test]
async fn each_thing_that_happens_has_one_mail(backend: TestBackend) {
    let shop = crate::shop(&backend, settings(), manual_clock()).await;
    let [order, other] = ["mira@example.org", "other@example.org"].map(|email| order(&shop, email));
    let (id, version) = (order.id, order.version);
    deliver(&shop, &OrderPaymentFailed { order: failed(1, &order) }).await;
    deliver(&shop, &OrderPaymentFailed { order: failed(2, &order) }).await;
    deliver(&shop, &OrderConfirmed { order: order.clone() }).await;
    deliver(&shop, &OrderShipped { id, version, tracking: None, order: Some(order.clone()) }).await;
    for _ in 0..2 {
        let refund = OrderRefund { id: shop.bus.ids().id(), ..OrderRefund::example() };
        deliver(&shop, &OrderRefundCompleted { order: order.clone(), refund }).await;
    }
    let (from, reason) = (OrderStatus::Shipped, CancelReason::Lost);
    deliver(&shop, &OrderCancelled { id, version, from, reason, order: Some(order.clone()) }).await;
    // Events from before carry no order: there is nothing to write about.
    deliver(&shop, &OrderShipped { id: other.id, version, tracking: None, order: None }).await;
    deliver(&shop, &OrderCancelled { id: other.id, version, from, reason, order: None }).await;

    let mut kinds: Vec<_> = mails_of(&shop, &order).await.into_iter().map(|mail| mail.kind).collect();
    kinds.sort_unstable();
    let twice = |kind| [kind, kind];
    let wanted = [MailKind::OrderConfirmed].into_iter().chain(twice(MailKind::PaymentFailed));
    let wanted =
        wanted.chain([MailKind::OrderShipped, MailKind::OrderCancelled]).chain(twice(MailKind::Refunded));
    assert_eq!(kinds, wanted.collect::<Vec<_>>());
    assert!(mails_of(&shop, &other).await.is_empty());
    for mail in mails_of(&shop, &order).await {
        let rendered = shop.ask(&GetMail { id: mail.id }).await.unwrap().unwrap();
        assert!(rendered.html.contains(&mail.subject) && rendered.text.contains("1042"), "{}", rendered.text);
        assert_eq!(rendered.mail, mail);
    }
}

/// Stands in for `order`: the orders of one buyer.
fn desk(orders: Vec<Order>) -> bus::Router<Vec<Order>> {
    async fn list(cx: bus::Cx<Vec<Order>>, request: ListOrders) -> Result<ListPage<Order>, OrderError> {
        let wanted = request.email.map(|email| email.canonical());
        let found = |order: &&Order| {
            Some(order.email.canonical()) == wanted && request.number.is_none_or(|it| it == order.number)
        };
        let data = cx.iter().filter(found).cloned().collect();
        Ok(ListPage { data, next_cursor: None })
    }
    bus::Router::new("order", orders).on(list)
}

#[db_test]
async fn who_knows_number_and_address_gets_the_link_again(backend: TestBackend) {
    let empty = TestShop::builder(&backend).start().await;
    let order = order(&empty, "Mira@Example.org");
    empty.stop().await;
    let clock = manual_clock();
    let shop = TestShop::builder(&backend)
        .clock(clock.clone())
        .stand_in(desk(vec![order.clone()]))
        .service(notification::NAME, notification::MIGRATIONS, |db| {
            notification::service(db, settings(), file(), order_contract::OrderSecret::new([7; 32]))
        })
        .start()
        .await;
    let ask = async |number, email: &str| {
        let answer = shop.ask(&SendLink { number, email: email.parse().unwrap() }).await.unwrap();
        assert_eq!(answer, LinkRequested {}, "the answer is always the same");
        mails_of(&shop, &order).await.len()
    };
    assert_eq!(ask(1042, "other@example.org").await, 0);
    assert_eq!(ask(1041, "mira@example.org").await, 0);
    assert_eq!(ask(1042, "mira@EXAMPLE.org").await, 1);
    assert_eq!(ask(1042, "mira@example.org").await, 1, "not again in ten minutes");
    clock.advance(std::time::Duration::from_mins(10));
    assert_eq!(ask(1042, "mira@example.org").await, 2);
    let [mail, _] = mails_of(&shop, &order).await.try_into().unwrap();
    assert_eq!(
        (mail.kind, mail.to.as_str()),
        (MailKind::Link, "Mira@Example.org"),
        "to whom the order belongs"
    );
}
