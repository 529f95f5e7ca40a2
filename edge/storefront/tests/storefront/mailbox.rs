//! The mailbox of a shop that sends no mails.

use message::{Clock, IdSource};
use notification_contract::MailState;
use reqwest::StatusCode;

use crate::{
    form::{open, placed},
    stand_in::{
        Shop, client,
        goods::{self, mail},
    },
};

#[tokio::test]
async fn the_mailbox_shows_what_would_have_been_sent() {
    let shop = open();
    let (_, id) = placed(&shop).await;
    let empty = client().get(format!("{}/mailbox", shop.url)).send().await.unwrap().text().await.unwrap();
    assert!(empty.contains("No mail yet"));
    let states = [MailState::Sent, MailState::Queued, MailState::Failed];
    for number in 0..25 {
        let mail = mail(&shop.ids, id, &format!("Order <{number}> is confirmed"), states[number % 3]);
        shop.world.lock().mails.push(mail);
    }
    let page = client().get(format!("{}/mailbox", shop.url)).send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains("Order &lt;24&gt;")
            && !page.contains("Order &lt;4&gt;")
            && page.contains("/mailbox?cursor=20")
    );
    let older =
        client().get(format!("{}/mailbox?cursor=20", shop.url)).send().await.unwrap().text().await.unwrap();
    assert!(older.contains("Order &lt;4&gt;") && !older.contains("cursor="));

    let id = shop.world.lock().mails[2].mail.id;
    let one = client().get(format!("{}/mailbox/{id}", shop.url)).send().await.unwrap();
    assert!(one.headers()["content-security-policy"].to_str().unwrap().contains("frame-src 'self'"));
    let html = one.text().await.unwrap();
    assert!(html.contains("550 No such user here") && html.contains(&format!("/mailbox/{id}/html")));
    let alone = client().get(format!("{}/mailbox/{id}/html", shop.url)).send().await.unwrap();
    let policy = alone.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.contains("sandbox")
            && policy.contains("frame-ancestors 'self'")
            && !policy.contains("script-src")
    );
    assert!(alone.text().await.unwrap().contains("Thank you, Meera"));

    for path in ["/mailbox/mail_x", "/mailbox/x/html"] {
        assert_eq!(
            client().get(format!("{}{path}", shop.url)).send().await.unwrap().status(),
            StatusCode::NOT_FOUND
        );
    }
    shop.world.lock().down = vec!["notification"];
    let away = client().get(format!("{}/mailbox", shop.url)).send().await.unwrap();
    assert_eq!(away.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(away.text().await.unwrap().contains("The mailbox cannot be read just now"));
}

#[tokio::test]
async fn a_mailbox_that_is_shut_does_not_exist() {
    let products = goods::shop(&IdSource::random(Clock::system()));
    let shop = Shop::with(products, "127.0.0.1:0", |settings| settings.mailbox = false);
    let answer = client().get(format!("{}/mailbox", shop.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let home = client().get(&shop.url).send().await.unwrap().text().await.unwrap();
    assert!(!home.contains("/mailbox"));
}

#[tokio::test]
async fn an_order_opens_its_own_mails_alone() {
    let shop = open();
    let (path, id) = placed(&shop).await;
    let (_, other) = placed(&shop).await;
    for (order, subject) in [(id, "Mine"), (other, "Another's")] {
        let mail = mail(&shop.ids, order, subject, MailState::Sent);
        shop.world.lock().mails.push(mail);
    }
    let text = async |path: &str| client().get(format!("{}{path}", shop.url)).send().await.unwrap();
    let mails = path.replacen('?', "/mails?", 1);
    assert!(text(&path).await.text().await.unwrap().contains(&mails));
    let answer = text(&mails).await;
    assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
    let page = answer.text().await.unwrap();
    assert!(page.contains("Mine") && !page.contains("Another") && page.contains("kept"), "{page}");
    let wrong = text(&format!("/orders/{other}/mails?token=x")).await;
    assert_eq!(wrong.status(), StatusCode::NOT_FOUND);
}
