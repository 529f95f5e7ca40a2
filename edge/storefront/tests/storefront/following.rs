//! The page of an order that is placed: whom it opens to, and what it hears.

use std::time::Duration;

use message::{Clock, IdSource};
use order_contract::{
    CancelReason, OrderCancelled, OrderConfirmed, OrderDelivered, OrderProcessing, OrderShipped, OrderStatus,
};
use reqwest::{Response, StatusCode};

use crate::{
    form::{open, placed},
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

#[tokio::test]
async fn a_declined_payment_shows_a_way_on() {
    let shop = open();
    let (path, id) = placed(&shop).await;
    let stream =
        client().get(format!("{}{}", shop.url, path.replacen('?', "/events?", 1))).send().await.unwrap();
    shop.world.lock().orders.get_mut(&id).unwrap().order.cancel_reason = Some(CancelReason::PaymentFailed);
    shop.advance(id, OrderStatus::Cancelled, |order| {
        let (from, reason) = (OrderStatus::Pending, CancelReason::PaymentFailed);
        OrderCancelled { id, version: order.version, from, reason, order: None }
    })
    .await;
    assert_eq!(heard(stream).await, ["pending", "cancelled"]);
    let html = client().get(format!("{}{path}", shop.url)).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("the payment did not go through") && html.contains("Try another card"));
    assert!(html.contains("<p>The payment did not go through</p>") && !html.contains("payment_failed"));
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
