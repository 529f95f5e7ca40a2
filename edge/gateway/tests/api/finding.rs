//! The link to an order, for its buyer who lost it.

use std::sync::{Arc, Mutex};

use bus::{Cx, Router};
use cache::Counters;
use message::{Example as _, Fault};
use notification_contract::{LinkRequested, NotificationError, SendLink};
use serde_json::{Value, json};
use web::{client::TrustedProxies, limit::RateLimit};

use crate::{Answer, Send as _, Shop};

/// What `notification` was asked for.
type Asked = Arc<Mutex<Vec<SendLink>>>;

/// Stands in for `notification`; for the number 500 it is away.
fn notification(asked: Asked) -> Router<Asked> {
    async fn send(cx: Cx<Asked>, request: SendLink) -> Result<LinkRequested, NotificationError> {
        if request.number == 500 {
            return Err(Fault::unavailable("away").into());
        }
        cx.lock().unwrap().push(request);
        Ok(LinkRequested {})
    }
    Router::new("notification", asked).on(send)
}

async fn find(shop: &Shop, body: Value) -> Answer {
    shop.request("POST", "/api/v1/orders/find").json(&body).answer().await
}

#[tokio::test]
async fn a_link_is_asked_for_and_the_answer_says_nothing() {
    let (shop, asked) = (Shop::open(), Asked::default());
    shop.mount(notification(Arc::clone(&asked)));
    for number in [1042, 7] {
        let answer = find(&shop, json!({"number": number, "email": "Mira@example.org"})).await;
        assert_eq!((answer.status, answer.text.as_str()), (202, ""));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let asked = asked.lock().unwrap();
    let asked: Vec<_> = asked.iter().map(|link| (link.number, link.email.as_str())).collect();
    assert_eq!(asked, [(1042, "Mira@example.org"), (7, "Mira@example.org")]);
}

#[tokio::test]
async fn what_cannot_be_asked_for_names_its_field() {
    let (shop, asked) = (Shop::open(), Asked::default());
    shop.mount(notification(Arc::clone(&asked)));
    for (body, pointer) in [
        (json!({"number": 0, "email": "mira@example.org"}), "/number"),
        (json!({"number": "1042", "email": "mira@example.org"}), "/number"),
        (json!({"number": 1042, "email": "mira"}), "/email"),
    ] {
        let refused = find(&shop, body).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer.to_owned()]), "{}", refused.text);
    }
    assert!(asked.lock().unwrap().is_empty());
    let away = find(&shop, json!({"number": 500, "email": "mira@example.org"})).await;
    assert_eq!((away.status, away.code().as_str()), (503, "unavailable"));
}

#[tokio::test]
async fn links_and_payments_count_as_orders_do() {
    let limit = RateLimit::per_minute("orders", 2, Counters::new(), TrustedProxies::loopback());
    let shop = Shop::open_limited(limit);
    shop.mount(notification(Asked::default()));
    let body = json!({"number": 1042, "email": "mira@example.org"});
    for _ in 0..2 {
        assert_eq!(find(&shop, body.clone()).await.status, 202);
    }
    let refused = find(&shop, body).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "too-many-requests"));
    // So does paying again, which tries a card.
    let path = format!("/api/v1/orders/{}/payments", order_contract::OrderId::example());
    let refused = shop.request("POST", &path).json(&json!({})).answer().await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "too-many-requests"));
}
