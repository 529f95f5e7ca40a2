//! The operator's view: settings, keys, ports, health, metrics, dead letters.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Output};

use message::{Aggregate, Clock, Event, Id, IdSource, Message};
use serde::{Deserialize, Serialize};
use store::{Db, PoolSizes, dead_letters, query};
use testing::{TestBackend, shop_test};

use crate::{
    api::{Ask as _, basket, fresh_key, text, until},
    shop::{Setup, Shop},
};

#[shop_test]
async fn a_wrong_setting_is_named_before_anything_runs(backend: TestBackend) {
    let setup = Setup::new(&backend);
    for (variable, value, told) in [
        ("CARAVEL_ORDER_HOLD_MINUTS", "1", "CARAVEL_ORDER_HOLD_MINUTES"),
        ("CARAVEL_NONSENSE", "1", "CARAVEL_NONSENSE"),
        ("CARAVEL_ORDER_HOLD_MINUTES", "soon", "order.hold_minutes"),
        ("CARAVEL_ORDER_HOLD_MINUTES", "0", "the default is 15"),
        ("CARAVEL_SHOP_NAME", "Lateen ", "ends with white space"),
        ("CARAVEL_DATABASE_URL", "postgres://shop:secret@localhost/shop ", "ends with white space"),
    ] {
        let refused = setup.clone().with(variable, value).run(&["up"]);
        assert!(!refused.status.success(), "{variable}");
        let said = said(&refused);
        assert!(said.contains(told), "{variable}: {said}");
        assert!(said.contains(variable), "the place is named: {said}");
        assert!(!said.contains("secret"), "{said}");
        assert!(!setup.data().exists(), "nothing was done");
    }

    let file = backend.folder().join("caravel.toml");
    fs::write(&file, "[order]\nhold_minutes = 20\nholdminutes = 3\n").unwrap();
    let refused = setup.run(&["up"]);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("caravel.toml:3"), "{}", said(&refused));
    assert!(said(&refused).contains("hold_minutes"), "{}", said(&refused));

    fs::write(&file, "[order]\nhold_minutes = 20\n").unwrap();
    let printed =
        setup.with("CARAVEL_NOTIFICATION_SMTP_URL", "smtp://shop:secret@localhost").run(&["config"]);
    assert!(printed.status.success(), "{}", said(&printed));
    let printed = said(&printed);
    assert!(printed.contains("order.hold_minutes = 20") && printed.contains("caravel.toml:2"), "{printed}");
    assert!(printed.contains("CARAVEL_SHOP_DEMO") && !printed.contains("secret@"), "{printed}");
}

#[shop_test]
async fn a_port_in_use_and_a_folder_in_use_are_reported(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let socket = shop.api.base_url().strip_prefix("http://").unwrap();
    let second = shop.setup().clone().on_folder("second").run(&["up", "--listen", socket]);
    assert!(!second.status.success());
    assert!(said(&second).contains(socket) && said(&second).contains("--listen"), "{}", said(&second));

    let port = testing::free_port();
    let second = shop.setup().run(&["up", "--listen", &format!("127.0.0.1:{port}")]);
    assert!(!second.status.success());
    assert!(said(&second).contains("another caravel is using the data folder"), "{}", said(&second));
    assert!(shop.api.is_ready().await, "the first is not disturbed");
}

#[shop_test]
async fn keys_are_for_their_owner_alone(backend: TestBackend) {
    let mut shop = Shop::start(&backend).await;
    for name in ["admin.key", "secret.key"] {
        let mode = fs::metadata(shop.setup().data().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let key = shop.api.admin_key().to_owned();
    assert_eq!(shop.log().matches(&key).count(), 1, "the first start prints it");
    assert!(shop.stop().await.success());
    shop.start_again().await;
    assert_eq!(shop.log().matches(&key).count(), 1, "and no other");
}

#[shop_test]
async fn health_figures_and_the_apis_description(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    api.get("/health/live").answer().await.is(200);
    let ready = api.get("/health/ready").answer().await.is(200).to_string();
    for service in ["product", "order", "payment", "notification"] {
        assert!(ready.contains(service), "{ready}");
    }

    let variant = api.sell("lamp", 249_900, 5).await;
    let placed = api.place(&fresh_key(), &basket(&[(&variant, 1)])).await.is(201);
    api.until_order_is(&text(&placed["id"]), "confirmed").await;
    let figures = api.get("/metrics").answer().await;
    assert!(figures.header("content-type").starts_with("text/plain"), "{}", figures.header("content-type"));
    let figures = figures.text();
    assert!(figures.contains("http_requests_total") && figures.contains("# TYPE"), "{figures}");

    let description = api.get("/api/openapi.json").answer().await.is(200);
    assert!(text(&description["openapi"]).starts_with("3.1"));
    assert!(description["paths"]["/api/v1/orders"]["post"].is_object());
    let page = api.get("/api/docs").answer().await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("/api/v1/orders"));
}

#[shop_test]
async fn every_answer_has_the_security_headers(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let api = &shop.api;
    api.sell("lamp", 249_900, 5).await;
    for path in ["/", "/products", "/products/lamp", "/mailbox", "/nothing", "/api/docs"] {
        let page = api.get(path).answer().await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(!page.text().contains(" style=\"") && !page.text().contains("<script>"), "{path}");
    }
    for path in
        ["/api/v1/products", "/api/v1/products/lamp", "/api/v1/orders", "/api/nothing", "/health/live"]
    {
        let answer = api.get(path).answer().await;
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    assert_eq!(api.get("/nothing").answer().await.status, 404);
    let order = api.get("/api/v1/orders").answer().await;
    assert_eq!(order.header("cache-control"), "no-store");

    let placing =
        api.request(reqwest::Method::POST, "/checkout").header("origin", "https://elsewhere.example");
    let placing =
        placing.header("content-type", "application/x-www-form-urlencoded").body("key=k").answer().await;
    assert_eq!(placing.status, 403);
    assert!(api.orders("").await.is_empty());
}

/// A message that the order service cannot read: the name is right, the body is not.
#[derive(Serialize, Deserialize)]
struct Poison {
    nonsense: bool,
}

impl Message for Poison {
    const NAME: &'static str = "payment.captured";
}

impl Event for Poison {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(Id::<payment_contract::Payment>::from_uuid(uuid::Uuid::from_u128(7)), 1)
    }
}

#[shop_test]
async fn a_message_that_was_given_up_is_shown_replayed_and_dropped(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let none = shop.setup().run(&["dead-letters", "list"]);
    assert!(none.status.success(), "{}", said(&none));
    assert!(said(&none).contains("No dead letters."), "{}", said(&none));

    // Only the service that emits an event can do this: it is what a broken one would write.
    let db = open(&shop, payment::NAME, payment::MIGRATIONS, &backend).await;
    let mut tx = db.begin().await.unwrap();
    tx.publish(&Poison { nonsense: true }).unwrap();
    tx.commit().await.unwrap();

    let orders = open(&shop, order::NAME, order::MIGRATIONS, &backend).await;
    until("the message is given up", || async { dead_letters::count(&orders).await.unwrap() == 1 }).await;
    let listed = shop.setup().run(&["dead-letters", "list"]);
    let listed = said(&listed);
    assert!(listed.contains("payment.captured") && listed.contains("order"), "{listed}");
    let id = listed.split_whitespace().find(|word| word.starts_with("order.msg_")).unwrap().to_owned();

    let shown = said(&shop.setup().run(&["dead-letters", "show", &id]));
    assert!(shown.contains("nonsense") && shown.contains("error"), "{shown}");
    let failed_at = dead_letters::list(&orders, 10).await.unwrap()[0].failed_at;
    let replayed = shop.setup().run(&["dead-letters", "replay", &id]);
    assert!(replayed.status.success(), "{}", said(&replayed));
    until("it is handled again, and given up again", || async {
        let letters = dead_letters::list(&orders, 10).await.unwrap();
        letters.first().is_some_and(|letter| letter.failed_at > failed_at)
    })
    .await;
    let dropped = shop.setup().run(&["dead-letters", "drop", &id]);
    assert!(dropped.status.success(), "{}", said(&dropped));
    assert_eq!(dead_letters::count(&orders).await.unwrap(), 0);
    let unknown = shop.setup().run(&["dead-letters", "show", &id]);
    assert!(!unknown.status.success());
    assert!(said(&unknown).contains(&id), "{}", said(&unknown));

    the_merchant_sees_it_too(&shop, &db, &orders).await;

    // It never delayed other messages.
    let variant = shop.api.sell("lamp", 249_900, 5).await;
    let placed = shop.api.place(&fresh_key(), &basket(&[(&variant, 1)])).await.is(201);
    shop.api.until_order_is(&text(&placed["id"]), "confirmed").await;
}

/// The same over the API.
async fn the_merchant_sees_it_too(shop: &Shop, db: &Db, orders: &Db) {
    let api = &shop.api;
    for _ in 0..3 {
        let mut tx = db.begin().await.unwrap();
        tx.publish(&Poison { nonsense: true }).unwrap();
        tx.commit().await.unwrap();
    }
    until("all are given up", || async { dead_letters::count(orders).await.unwrap() == 3 }).await;
    let letters = api.list("/api/v1/dead-letters?limit=2").await;
    assert_eq!(letters.len(), 3);
    let times: Vec<_> = letters.iter().map(|letter| text(&letter["failed_at"])).collect();
    assert!(times.is_sorted_by(|later, earlier| later >= earlier), "{times:?}");

    let id = text(&letters[0]["id"]);
    let path = format!("/api/v1/dead-letters/{id}");
    api.get(&path).answer().await.refused(401, "unauthorized");
    let letter = api.admin(api.get(&path)).answer().await.is(200);
    assert_eq!(letter, letters[0]);
    assert_eq!((&letter["service"], &letter["message"]), (&"order".into(), &"payment.captured".into()));
    assert_eq!((&letter["body"]["nonsense"], &letter["attempts"]), (&true.into(), &1.into()));
    assert!(text(&letter["reason"]).contains("rejected"), "{letter}");
    assert!(text(&letter["correlation_id"]).starts_with("req_"), "{letter}");

    let replay = api.admin(api.request(reqwest::Method::POST, &format!("{path}/replay")));
    assert_eq!(replay.answer().await.status, 204);
    until("it is given up again", || async {
        let again = api.admin(api.get(&path)).answer().await;
        again.status == 200 && again.json()["failed_at"] != letter["failed_at"]
    })
    .await;
    for letter in &letters {
        let path = format!("/api/v1/dead-letters/{}", text(&letter["id"]));
        let drop = || api.admin(api.request(reqwest::Method::DELETE, &path)).answer();
        assert_eq!(drop().await.status, 204);
        drop().await.refused(404, "not-found");
    }
    assert_eq!(dead_letters::count(orders).await.unwrap(), 0);
}

/// A service's database, beside the shop that runs on it.
pub(crate) async fn open(
    shop: &Shop,
    service: &'static str,
    migrations: store::Migrations,
    backend: &TestBackend,
) -> Db {
    let at =
        backend.url().map_or_else(|| store::Backend::Sqlite(shop.setup().data()), store::Backend::postgres);
    let ids = IdSource::random(Clock::system());
    Db::open(&at, service, migrations, ids, PoolSizes { sqlite_readers: 1, postgres: 2 }).await.unwrap()
}

/// Ends the hold of every unpaid order, as time would. One by one: the service locks several in an order of its own.
pub(crate) async fn end_holds(orders: &Db) {
    let held = query("SELECT id FROM orders WHERE status = 'pending' AND held_until > placed_at");
    let held = held.fetch_all(orders, |row| row.get::<order_contract::OrderId>("id")).await.unwrap();
    for id in held {
        let mut tx = orders.begin().await.unwrap();
        query("UPDATE orders SET held_until = placed_at WHERE id = $1")
            .bind(id)
            .execute(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

/// The whole output of a command.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
