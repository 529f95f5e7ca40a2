//! The page of an order that is placed: whom it opens to, and what it hears.

use std::time::Duration;

use cache::Counters;
use message::{Clock, Example as _, IdSource};
use order_contract::{
    AttemptState, CancelReason, OrderCancelled, OrderConfirmed, OrderDelivered, OrderId, OrderPaymentFailed,
    OrderProcessing, OrderShipped, OrderStatus, PaymentAttempt, Tracking,
};
use reqwest::{Response, StatusCode};
use web::{client::TrustedProxies, limit::RateLimit};

use crate::{
    form::{encode, hidden, open, placed},
    stand_in::{Shop, client, goods},
};

#[tokio::test]
async fn an_order_opens_to_its_token_alone() {
    let shop = open();
    let (path, id) = placed(&shop).await;
    let (without, _) = path.split_once('?').unwrap();
    let other = placed(&shop).await.0;
    let (_, token) = other.split_once('?').unwrap();
    for wrong in [
        without.to_owned(),
        format!("{without}?token=x"),
        format!("{without}?{token}"),
        "/orders/1000?token=x".into(),
    ] {
        for path in [wrong.clone(), wrong.replacen('?', "/events?", 1)] {
            let answer = client().get(format!("{}{path}", shop.url)).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
            assert!(answer.text().await.unwrap().contains("There is no such order here"), "{path}");
        }
    }
    assert!(shop.world.lock().orders.contains_key(&id));
}

/// What a stream of events has said: the statuses, and whether it has ended.
async fn heard(stream: Response) -> Vec<String> {
    let text = tokio::time::timeout(Duration::from_secs(10), stream.text()).await.unwrap().unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let status = |json: &str| {
        serde_json::from_str::<serde_json::Value>(json).unwrap()["status"].as_str().unwrap().to_owned()
    };
    data.map(status).collect()
}

#[tokio::test]
async fn an_open_page_hears_every_step_until_the_last() {
    let shop = open();
    let (path, id) = placed(&shop).await;
    let events = format!("{}{}", shop.url, path.replacen('?', "/events?", 1));
    let stream = client().get(&events).send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let heard = tokio::spawn(heard(stream));
    shop.advance(id, OrderStatus::Confirmed, |order| OrderConfirmed { order: order.clone() }).await;
    let (order, late) = {
        let known = &shop.world.lock().orders[&id];
        (known.order.clone(), OrderProcessing { id, version: known.order.version })
    };
    // Events may come twice, and late.
    shop.publish(&OrderConfirmed { order }).await;
    shop.publish(&late).await;
    shop.advance(id, OrderStatus::Processing, |order| OrderProcessing { id, version: order.version }).await;
    shop.advance(id, OrderStatus::Shipped, |order| OrderShipped {
        id,
        version: order.version,
        tracking: None,
        order: None,
    })
    .await;
    shop.advance(id, OrderStatus::Delivered, |order| OrderDelivered { id, version: order.version }).await;
    assert_eq!(heard.await.unwrap(), ["pending", "confirmed", "processing", "shipped", "delivered"]);

    // Whoever comes later is told how it ended; whoever knows is told to stop asking.
    let later = client().get(&events).send().await.unwrap();
    assert_eq!(self::heard(later).await, ["delivered"]);
    let again = client().get(&events).header("last-event-id", "5").send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NO_CONTENT);
    let page = client().get(format!("{}{path}", shop.url)).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("data-events") && page.contains("Delivered"));
}

async fn html(shop: &Shop, path: &str) -> String {
    client().get(format!("{}{path}", shop.url)).send().await.unwrap().text().await.unwrap()
}

/// Lets the order's payment fail as the bank does, and the page get to know it.
async fn decline(shop: &Shop, id: OrderId) {
    let order = {
        let mut world = shop.world.lock();
        let order = &mut world.orders.get_mut(&id).unwrap().order;
        let failure = Some("The card was declined.".to_owned());
        order.payments =
            vec![PaymentAttempt { state: AttemptState::Failed, failure, ..PaymentAttempt::example() }];
        order.held_until = shop.bus.now().after(Duration::from_mins(10));
        order.version += 1;
        order.clone()
    };
    shop.publish(&OrderPaymentFailed { order }).await;
}

#[tokio::test]
async fn paying_again_counts_as_ordering_does() {
    let shop = Shop::with(goods::shop(&IdSource::random(Clock::system())), "127.0.0.1:0", |settings| {
        settings.orders = RateLimit::per_minute("orders", 2, Counters::new(), TrustedProxies::loopback());
    });
    let (path, id) = placed(&shop).await;
    decline(&shop, id).await;
    let key = hidden(&html(&shop, &path).await, "key");
    let send = async || {
        let body = encode(&vec![("key", key.clone()), ("payment", "test/tok_ok".to_owned())]);
        let url = format!("{}{}", shop.url, path.replacen('?', "/payments?", 1));
        let request = client().post(url).header("content-type", "application/x-www-form-urlencoded");
        request.body(body).send().await.unwrap()
    };
    assert_eq!(send().await.status(), StatusCode::SEE_OTHER);
    decline(&shop, id).await;
    let refused = send().await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(refused.text().await.unwrap().contains("tried too often"));
    assert_eq!(shop.asked("order.pay"), 1);
}

#[tokio::test]
async fn a_declined_payment_can_be_made_again() {
    let shop = open();
    let (path, id) = placed(&shop).await;
    let stream =
        client().get(format!("{}{}", shop.url, path.replacen('?', "/events?", 1))).send().await.unwrap();
    decline(&shop, id).await;
    shop.advance(id, OrderStatus::Cancelled, |order| OrderCancelled {
        id,
        version: order.version,
        from: OrderStatus::Pending,
        reason: CancelReason::Expired,
        order: None,
    })
    .await;
    assert_eq!(heard(stream).await, ["pending", "payment-failed", "cancelled"]);

    let (path, id) = placed(&shop).await;
    decline(&shop, id).await;
    let page = html(&shop, &path).await;
    assert!(page.contains("data-status=\"payment-failed\"") && !page.contains("data-events"), "{page}");
    assert!(page.contains("Pay ₹960") && page.contains("The card was declined."));
    let key = hidden(&page, "key");
    let post = async |fields: &[(&'static str, &str)]| {
        let body = encode(&fields.iter().map(|(name, text)| (*name, (*text).to_owned())).collect::<Vec<_>>());
        let url = format!("{}{}", shop.url, path.replacen('?', "/payments?", 1));
        let request = client().post(url).header("content-type", "application/x-www-form-urlencoded");
        request.body(body).send().await.unwrap()
    };
    let unchosen = post(&[("key", &key)]).await;
    assert_eq!(unchosen.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unchosen.text().await.unwrap().contains("Choose how to pay."));
    assert_eq!(shop.asked("order.pay"), 0);
    let paid = post(&[("key", &key), ("payment", "test/tok_ok")]).await;
    assert_eq!(paid.status(), StatusCode::SEE_OTHER);
    assert_eq!(paid.headers()["location"].to_str().unwrap(), path);
    let page = html(&shop, &path).await;
    assert!(page.contains("data-status=\"pending\"") && page.contains("data-events"), "it waits again");
    // Pressed twice: the page shows what became of it.
    let again = post(&[("key", &key), ("payment", "test/tok_ok")]).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    shop.world.lock().down = vec!["order"];
    assert_eq!(
        post(&[("key", &key), ("payment", "test/tok_ok")]).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn a_buyer_cancels_while_it_has_not_left() {
    let shop = open();
    let (path, id) = placed(&shop).await;
    let cancel = format!("{}{}", shop.url, path.replacen('?', "/cancel?", 1));
    assert!(html(&shop, &path).await.contains("Cancel this order"));
    let elsewhere = client().post(&cancel).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN);
    let other = cancel.split_once('?').unwrap().0.to_owned() + "?token=x";
    assert_eq!(client().post(other).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(shop.world.lock().orders[&id].order.status, OrderStatus::Pending);
    for _ in 0..2 {
        assert_eq!(client().post(&cancel).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    }
    let page = html(&shop, &path).await;
    assert!(
        page.contains("is back on sale")
            && page.contains("Order it again")
            && !page.contains("Cancel this order")
    );

    let (path, id) = placed(&shop).await;
    {
        let mut world = shop.world.lock();
        let order = &mut world.orders.get_mut(&id).unwrap().order;
        order.status = OrderStatus::Shipped;
        order.tracking =
            Some(Tracking { company: "UPS".parse().unwrap(), number: "1Z <9>".parse().unwrap() });
    }
    let cancel = format!("{}{}", shop.url, path.replacen('?', "/cancel?", 1));
    assert_eq!(
        client().post(&cancel).send().await.unwrap().status(),
        StatusCode::SEE_OTHER,
        "the page says so"
    );
    let page = html(&shop, &path).await;
    assert!(page.contains("On its way") && !page.contains("Cancel this order"));
    assert!(page.contains("href=\"https://www.ups.com/track?tracknum=1Z%3C9%3E\""), "{page}");
    assert!(!page.contains("data-events") && page.contains("data-open"), "it holds no connection");
}

#[tokio::test]
async fn paths_that_are_no_text_lead_nowhere_in_plain_words() {
    let shop = open();
    for path in
        ["/products/%ff", "/orders/%ff", "/orders/%ff/events", "/mailbox/%ff", "/mailbox/%ff/html", "/%ff"]
    {
        let answer = client().get(format!("{}{path}", shop.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8", "{path}");
        assert!(answer.text().await.unwrap().contains("There is nothing at this address"), "{path}");
    }
}

#[tokio::test]
async fn streams_are_few_and_end_with_the_shop() {
    let products = goods::shop(&IdSource::random(Clock::system()));
    let shop = Shop::with(products, "127.0.0.1:0", |settings| settings.most_streams = 2);
    let (path, _) = placed(&shop).await;
    let events = format!("{}{}", shop.url, path.replacen('?', "/events?", 1));
    let one = client().get(&events).send().await.unwrap();
    let other = client().get(&events).send().await.unwrap();
    let third = client().get(&events).send().await.unwrap();
    assert_eq!(third.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(other);
    let mut tries = 0;
    while client().get(&events).send().await.unwrap().status() != StatusCode::OK {
        tries += 1;
        assert!(tries < 100, "the place of one who left is free again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(shop);
    assert_eq!(heard(one).await, ["pending"]);
}
