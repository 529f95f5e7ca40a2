//! The link to an order, for its buyer who lost it.

use cache::Counters;
use reqwest::{Response, StatusCode};
use web::{client::TrustedProxies, limit::RateLimit};

use crate::{
    form::{encode, open},
    stand_in::{Shop, client},
};

const ANSWER: &str = "If there is such an order, its link is on its way to that address.";

async fn send(shop: &Shop, site: &str, number: &str, email: &str) -> Response {
    let request = client().post(format!("{}/orders/find", shop.url)).header("sec-fetch-site", site);
    let form = "application/x-www-form-urlencoded";
    let fields = vec![("number", number.to_owned()), ("email", email.to_owned())];
    request.header("content-type", form).body(encode(&fields)).send().await.unwrap()
}

async fn page(shop: &Shop, path: &str) -> String {
    client().get(format!("{}{path}", shop.url)).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_buyer_without_the_link_asks_for_it() {
    let shop = open();
    for path in ["/", "/orders/order_1?token=x"] {
        assert!(page(&shop, path).await.contains("href=\"/orders/find\""), "{path}");
    }
    let form = page(&shop, "/orders/find").await;
    assert!(form.contains("action=\"/orders/find\" method=\"post\"") && !form.contains(ANSWER));
    let mut answers = Vec::new();
    for (number, email) in [(" #1042 ", "Mira@example.org"), ("7", " nobody@example.org")] {
        let answer = send(&shop, "same-origin", number, email).await;
        assert_eq!(
            (answer.status(), &answer.headers()["cache-control"]),
            (StatusCode::OK, &"no-store".parse().unwrap())
        );
        answers.push(answer.text().await.unwrap());
    }
    assert!(answers[0].contains(ANSWER));
    assert_eq!(answers[0], answers[1]);
    let world = shop.world.lock();
    let asked: Vec<_> = world.links.iter().map(|link| (link.number, link.email.as_str())).collect();
    assert_eq!(asked, [(1042, "Mira@example.org"), (7, "nobody@example.org")]);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_said_beside_its_field() {
    let shop = open();
    let refused = send(&shop, "same-origin", "ten<", "mira").await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let html = refused.text().await.unwrap();
    assert!(html.contains("id=\"number-error\"") && html.contains("id=\"email-error\""));
    assert!(html.contains("value=\"ten&lt;\"") && html.contains("value=\"mira\""));
    let html = send(&shop, "same-origin", "0", "mira@example.org").await.text().await.unwrap();
    assert!(html.contains("id=\"number-error\"") && !html.contains("id=\"email-error\""));
    let foreign = send(&shop, "cross-site", "1042", "mira@example.org").await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert_eq!(shop.asked("notification.send_link"), 0);
    shop.world.lock().down.push("notification");
    let away = send(&shop, "same-origin", "1042", "mira@example.org").await;
    assert_eq!(away.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_form_that_is_sent_too_often_waits() {
    let shop = Shop::with(Vec::new(), "127.0.0.1:0", |settings| {
        settings.orders = RateLimit::per_minute("orders", 1, Counters::new(), TrustedProxies::loopback());
    });
    let send = || send(&shop, "same-origin", "1042", "mira@example.org");
    assert_eq!(send().await.status(), StatusCode::OK);
    let refused = send().await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after") && refused.headers().contains_key("ratelimit"));
    assert_eq!(shop.asked("notification.send_link"), 1);
}
