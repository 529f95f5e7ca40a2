//! Mails through the bus, on both databases: into the mailbox, and to a real mail server that misbehaves.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod kinds;
mod upgrade;

use std::{collections::HashSet, time::Duration};

use message::{Clock, Envelope, Headers, Limit};
use notification::{Settings, SmtpUrl};
use notification_contract::{GetMail, ListMails, Mail, MailState};
use order_contract::{Order, OrderConfirmed, OrderId, OrderSecret};
use serde_json::json;
use shop_contract::{MailSender, ShopSettings};
use testing::{
    TestBackend, TestShop, db_test,
    mail::{MailServer, Speech},
};

fn to_server(server: &MailServer) -> Settings {
    let url = format!("smtp://127.0.0.1:{}", server.port());
    Settings { smtp_url: SmtpUrl::try_from(url).unwrap(), ..settings() }
}

fn settings() -> Settings {
    Settings { send_within_ms: 1500, ..Settings::default() }
}

/// What the settings file says of the shop.
fn file() -> ShopSettings {
    let email = "shop@lateen.example".parse().unwrap();
    ShopSettings { mail_from: MailSender { name: None, email }, ..ShopSettings::default() }
}

fn manual_clock() -> Clock {
    Clock::manual("2026-11-20T23:08:00Z".parse().unwrap())
}

async fn shop(backend: &TestBackend, settings: Settings, clock: Clock) -> TestShop {
    TestShop::builder(backend)
        .clock(clock)
        .service(notification::NAME, notification::MIGRATIONS, move |db| {
            notification::service(db, settings, file(), OrderSecret::new([7; 32]))
        })
        .start()
        .await
}

fn order(shop: &TestShop, email: &str) -> Order {
    let rupees = |amount: i64| json!({ "amount": amount * 100, "currency": "INR" });
    let id: OrderId = shop.bus.ids().id();
    let variant: product_contract::VariantId = shop.bus.ids().id();
    serde_json::from_value(json!({
        "id": id, "number": 1042, "status": "confirmed", "email": email,
        "lines": [{
            "variant_id": variant, "sku": "LAMP-1", "title": "Lamp\r\nBcc: all@example.org\r\n\r\n<b>gone</b>",
            "options": [{ "name": "Farbe", "value": "grün" }], "quantity": 2, "unit_price": rupees(1180),
            "tax_rate": 1800, "subtotal": rupees(2000), "tax": rupees(360), "total": rupees(2360),
        }],
        "subtotal": rupees(2000), "tax": rupees(360), "total": rupees(2360),
        "shipping_address": {
            "name": "मीरा \"O'Neil\" <evil@example.org>, Bcc: x", "line1": "12 Harbour Road", "city": "Kochi",
            "postal_code": "682001", "country": "IN",
        },
        "tracking": null, "cancel_reason": null, "version": 2, "placed_at": "2026-11-20T23:07:00Z",
        "updated_at": "2026-11-20T23:07:01Z", "held_until": "2026-11-20T23:22:00Z",
    }))
    .unwrap()
}

/// Delivers that these orders are confirmed, as two messages each: the second is a repetition that the inbox cannot know.
async fn confirm(shop: &TestShop, orders: &[Order]) {
    for _ in 0..2 {
        let events = orders
            .iter()
            .map(|order| {
                let headers = Headers::new(shop.bus.correlation());
                Envelope::event(&OrderConfirmed { order: order.clone() }, headers, shop.bus.ids()).unwrap()
            })
            .collect();
        shop.deliver(notification::NAME, events).await.unwrap();
    }
}

async fn mails(shop: &TestShop) -> Vec<Mail> {
    let limit = Limit::try_from(100).unwrap();
    shop.ask(&ListMails { limit, ..ListMails::default() }).await.unwrap().data
}

/// Waits until it is written that the mail of this order was tried so often.
async fn tried(shop: &TestShop, order: &Order, attempts: i64) -> Mail {
    let find = || async {
        store::query("SELECT id FROM mail WHERE order_id = $1 AND attempts = $2")
            .bind(order.id)
            .bind(attempts)
            .fetch_optional(&shop.db(notification::NAME), |row| row.get("id"))
            .await
            .unwrap()
    };
    shop.until(&format!("it was tried {attempts} times"), || async { find().await.is_some() }).await;
    let id = find().await.unwrap();
    shop.ask(&GetMail { id }).await.unwrap().unwrap().mail
}

/// Waits until the server has said that it accepted so many mails, and answers them.
async fn arrived(shop: &TestShop, server: &MailServer, count: usize) -> Vec<serde_json::Value> {
    shop.until(&format!("{count} mails have arrived"), || async { server.received().len() >= count }).await;
    server.received()
}

#[db_test]
async fn without_a_mail_server_the_mailbox_keeps_them(backend: TestBackend) {
    let shop = shop(&backend, settings(), Clock::system()).await;
    let orders: Vec<_> = (0..25).map(|at| order(&shop, &format!("buyer-{at}@example.org"))).collect();
    confirm(&shop, &orders).await;
    shop.until("all are sent", || async {
        mails(&shop).await.iter().filter(|mail| mail.state == MailState::Sent).count() == 25
    })
    .await;
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = shop.ask(&ListMails { cursor, ..ListMails::default() }).await.unwrap();
        seen.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.iter().map(|mail| mail.order_id).collect::<HashSet<_>>().len(), 25);
    assert!(seen.is_sorted_by(|a, b| a.id > b.id), "newest first");

    let shown = shop.ask(&GetMail { id: seen[0].id }).await.unwrap().unwrap();
    assert_eq!((shown.mail.attempts, shown.mail.sent_at.is_some()), (1, true));
    assert!(shown.text.contains("Total: ₹2,360") && shown.html.contains("₹2,360"));
    assert!(shop.ask(&GetMail { id: shop.bus.ids().id() }).await.unwrap().is_none());
    assert!(shop.ask(&ListMails { cursor: Some("x".into()), ..ListMails::default() }).await.is_err());
}

#[db_test]
async fn a_mail_says_what_it_should_and_nothing_is_smuggled_in(backend: TestBackend) {
    let server = MailServer::start(Speech::Plain);
    let shop = shop(&backend, to_server(&server), Clock::system()).await;
    let order = order(&shop, "mira@example.org");
    confirm(&shop, std::slice::from_ref(&order)).await;
    let mail = tried(&shop, &order, 1).await;
    assert_eq!((mail.state, mail.error), (MailState::Sent, None));

    let received = arrived(&shop, &server, 1).await;
    assert_eq!(received.len(), 1);
    let got = &received[0];
    assert_eq!(got["recipients"], json!(["mira@example.org"]));
    assert_eq!(got["sender"], "shop@lateen.example");
    let to = got["to"].as_array().unwrap();
    assert_eq!((to.len(), &to[0][1]), (1, &json!("mira@example.org")));
    // Where a name is cut into encoded words, a blank may become two.
    let name: Vec<_> = to[0][0].as_str().unwrap().split_whitespace().collect();
    assert_eq!(name.join(" "), "मीरा \"O'Neil\" <evil@example.org>, Bcc: x");
    let headers = got["headers"].as_object().unwrap();
    assert_eq!(headers["subject"], "Your order 1042 is confirmed");
    assert_eq!(headers["from"], "Lateen <shop@lateen.example>");
    assert_eq!(headers["message-id"], format!("<{}@lateen.example>", mail.id));
    assert_eq!(headers["auto-submitted"], "auto-generated");
    assert!(headers["date"].as_str().unwrap().starts_with("Fri, 20 Nov 2026 23:07:01"), "{headers:?}");
    assert!(!headers.contains_key("bcc"));
    assert_eq!(got["types"], json!(["multipart/alternative", "text/plain", "text/html"]));
    assert_eq!(got["charsets"], json!(["utf-8", "utf-8"]));
    assert!(got["longest_line"].as_i64().unwrap() <= 998, "RFC 5321, 4.5.3.1.6");
    let shown = shop.ask(&GetMail { id: mail.id }).await.unwrap().unwrap();
    for (at, ours) in [shown.text, shown.html].iter().enumerate() {
        let theirs = got["bodies"][at].as_str().unwrap();
        // A mail's lines end with CR LF on the way, whatever they ended with before.
        let lines = |text: &str| text.replace('\r', "").trim_end().to_owned();
        assert_eq!(lines(theirs), lines(ours));
    }
    let html = got["bodies"][1].as_str().unwrap();
    assert!(html.contains("मीरा") && html.contains("Farbe: grün") && html.contains("&lt;b&gt;"), "{html}");
}

#[db_test]
async fn a_refusal_is_final_and_a_deferral_is_not(backend: TestBackend) {
    let server = MailServer::start(Speech::Plain);
    let clock = manual_clock();
    let shop = shop(&backend, to_server(&server), clock.clone()).await;
    let [refused, deferred] = ["refuse@example.org", "defer@example.org"].map(|email| order(&shop, email));
    confirm(&shop, &[refused.clone(), deferred.clone()]).await;

    let mail = tried(&shop, &refused, 1).await;
    assert_eq!(mail.state, MailState::Failed);
    assert!(mail.error.as_deref().unwrap().starts_with("550 5.1.1 No such mailbox here"), "{:?}", mail.error);
    let mail = tried(&shop, &deferred, 1).await;
    assert_eq!(mail.state, MailState::Queued);
    assert!(mail.error.as_deref().unwrap().starts_with("451 4.7.1 Come back later"), "{:?}", mail.error);

    clock.advance(Duration::from_secs(1));
    let mail = tried(&shop, &deferred, 2).await;
    assert_eq!((mail.state, mail.error), (MailState::Sent, None));
    assert_eq!(mail.sent_at, Some(clock.now()));
    assert_eq!((arrived(&shop, &server, 1).await.len(), server.all("refused").len()), (1, 1));
}

#[db_test]
async fn a_stall_or_a_drop_holds_up_nobody_and_is_tried_again(backend: TestBackend) {
    let server = MailServer::start(Speech::Plain);
    let clock = manual_clock();
    let shop = shop(&backend, to_server(&server), clock.clone()).await;
    let bad = ["stall@example.org", "drop@example.org"].map(|email| order(&shop, email));
    let good: Vec<_> = (0..20).map(|at| order(&shop, &format!("buyer-{at}@example.org"))).collect();
    confirm(&shop, &[bad.as_slice(), &good].concat()).await;
    arrived(&shop, &server, 20).await;
    for order in &bad {
        let mail = tried(&shop, order, 1).await;
        assert_eq!(mail.state, MailState::Queued);
        assert!(mail.error.is_some());
    }
    clock.advance(Duration::from_secs(1));
    for order in &bad {
        let mail = tried(&shop, order, 2).await;
        assert_eq!((mail.state, mail.error), (MailState::Sent, None));
    }
    let received = arrived(&shop, &server, 22).await;
    assert_eq!(received.len(), 22);
    // What the server got but did not accept came again under the same name.
    for kind in ["stalled", "dropped"] {
        let before = &server.all(kind)[0];
        let after = received.iter().filter(|mail| mail["recipients"][0] == before[kind]).collect::<Vec<_>>();
        assert_eq!(after.len(), 1);
        assert_eq!(after[0]["headers"]["message-id"], before["message_id"]);
    }
}

#[db_test]
async fn a_mail_that_is_always_deferred_is_given_up(backend: TestBackend) {
    let server = MailServer::start(Speech::Plain);
    let clock = manual_clock();
    let shop = shop(&backend, to_server(&server), clock.clone()).await;
    let order = order(&shop, "defer-always@example.org");
    confirm(&shop, std::slice::from_ref(&order)).await;
    let (minute, hour) = (60, 3600);
    for (tried_before, pause) in
        [1, 10, minute, 10 * minute, hour, 4 * hour, 12 * hour, 24 * hour, 24 * hour].into_iter().enumerate()
    {
        let attempts = i64::try_from(tried_before).unwrap() + 1;
        assert_eq!(tried(&shop, &order, attempts).await.state, MailState::Queued);
        clock.advance(Duration::from_secs(pause));
    }
    assert_eq!(tried(&shop, &order, 10).await.state, MailState::Failed);
    clock.advance(Duration::from_hours(48));
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(server.all("deferred").len(), 10);

    // By hand it is tried again, with all its tries.
    let db = shop.db(notification::NAME);
    let letters = store::dead_letters::list(&db, 10).await.unwrap();
    let mail = mails(&shop).await.remove(0);
    assert_eq!((letters.len(), letters[0].envelope.name.as_ref()), (1, "mail"));
    assert_eq!((letters[0].subject.clone(), letters[0].attempts), (Some(mail.id.to_string()), 10));
    assert!(store::dead_letters::replay(&db, letters[0].envelope.id, clock.now()).await.unwrap());
    shop.until("it is tried again", || async { server.all("deferred").len() == 11 }).await;
    assert_eq!(tried(&shop, &order, 1).await.state, MailState::Queued);
}

#[db_test]
async fn hundreds_of_orders_have_one_mail_each(backend: TestBackend) {
    let server = MailServer::start(Speech::Plain);
    let shop = shop(&backend, to_server(&server), Clock::system()).await;
    let orders: Vec<_> = (0..300).map(|at| order(&shop, &format!("buyer-{at}@example.org"))).collect();
    confirm(&shop, &orders).await;
    arrived(&shop, &server, 300).await;
    confirm(&shop, &orders).await;
    for order in orders.iter().step_by(50) {
        tried(&shop, order, 1).await;
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    let names: HashSet<_> =
        server.received().iter().map(|mail| mail["recipients"][0].as_str().unwrap().to_owned()).collect();
    assert_eq!((server.received().len(), names.len()), (300, 300));
    assert!(server.all("connected").len() <= 50, "{} connections", server.all("connected").len());
}

#[db_test]
async fn a_mail_on_its_way_arrives_once_though_the_shop_is_stopped(backend: TestBackend) {
    let server = MailServer::start(Speech::Plain);
    let before = shop(&backend, to_server(&server), Clock::system()).await;
    let order = order(&before, "slow@example.org");
    confirm(&before, std::slice::from_ref(&order)).await;
    before.until("the server has it", || async { server.all("slow").len() == 1 }).await;
    before.stop().await;

    let after = shop(&backend, to_server(&server), Clock::system()).await;
    let [mail] = mails(&after).await.try_into().unwrap();
    assert_eq!((mail.state, mail.attempts), (MailState::Sent, 1));
    assert_eq!(arrived(&after, &server, 1).await.len(), 1);
}

#[db_test]
async fn a_mail_survives_a_crash_of_the_shop_and_a_wrong_password(backend: TestBackend) {
    let server = MailServer::start(Speech::LoggedIn);
    let clock = manual_clock();
    let to = |user: &str| {
        let url = format!("smtp://{user}@127.0.0.1:{}", server.port());
        Settings { smtp_url: SmtpUrl::try_from(url).unwrap(), send_within_ms: 20_000, ..settings() }
    };
    let before = shop(&backend, to("shop:wrong"), clock.clone()).await;
    let order = order(&before, "stall@example.org");
    confirm(&before, std::slice::from_ref(&order)).await;
    let mail = tried(&before, &order, 1).await;
    assert_eq!(mail.state, MailState::Queued, "a wrong password is no fault of the mail's");
    before.stop().await;

    // The process dies while the server keeps it waiting.
    std::thread::scope(|process| {
        process.spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let mended = shop(&backend, to("shop:s%40cret"), clock.clone()).await;
                clock.advance(Duration::from_secs(1));
                mended.until("the server has it", || async { server.all("stalled").len() == 1 }).await;
            });
            runtime.shutdown_background();
        });
    });

    let after = shop(&backend, to("shop:s%40cret"), clock.clone()).await;
    // On PostgreSQL another process might still be at it; its claim runs out.
    clock.advance(Duration::from_mins(3));
    let mail = tried(&after, &order, 3).await;
    assert_eq!(mail.state, MailState::Sent);
    let logins: Vec<_> = server.all("login").iter().map(|login| login["login"] == true).collect();
    assert!(!logins[0] && logins[1..].iter().all(|right| *right), "{logins:?}");
    let received = arrived(&after, &server, 1).await;
    assert_eq!(received[0]["headers"]["message-id"], server.all("stalled")[0]["message_id"]);
}
