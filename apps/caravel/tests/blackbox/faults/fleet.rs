//! A part of the fleet, or one of its servers, ends or freezes.

use std::time::Duration;

use serde_json::Value;
use testing::{PgCluster, TestBackend, fleet_test, rabbit::Broker, redis};
use tokio::time::sleep;

use super::sale::Sale;
use crate::{
    api::{Ask as _, basket, fresh_key, text, until},
    shop::{Setup, Shop, signal},
};

/// Every kind of process that a fleet has.
const NAMES: [&str; 5] = ["product", "order", "payment", "notification", "edge"];

/// How long a process is frozen.
const STANDSTILL: Duration = Duration::from_secs(20);

/// The time limit until the shop sells again after a fault.
const BACK: Duration = Duration::from_secs(45);

/// The number of orders that show that it sells again.
const AGAIN: usize = 40;

fn setup(backend: &TestBackend) -> Setup {
    Setup::new(backend).with("CARAVEL_PAYMENT_ANSWER_WITHIN_MS", "500").with("CARAVEL_LOG_FILTER", "warn")
}

/// The fleet's report about its workers.
fn workers(shop: &Shop) -> Vec<Value> {
    let status = shop.setup().run(&["fleet", "status", "--json"]);
    let mut status: Value = serde_json::from_slice(&status.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&status.stderr)));
    serde_json::from_value(status["workers"].take()).unwrap()
}

/// The first running worker of this name.
fn pid(shop: &Shop, name: &str) -> u32 {
    let workers = workers(shop);
    let worker = workers.iter().find(|worker| worker["name"] == name && worker["pid"].is_u64());
    let pid = worker.unwrap_or_else(|| panic!("no {name} runs: {workers:?}"))["pid"].as_u64();
    pid.unwrap().try_into().unwrap()
}

async fn until_another_runs(shop: &Shop, name: &str, before: u32) {
    until(&format!("another {name} runs"), || async {
        let workers = workers(shop);
        let mut pids = workers.iter().filter(|worker| worker["name"] == name).map(|worker| &worker["pid"]);
        pids.all(|pid| pid.as_u64().is_some_and(|pid| pid != u64::from(before)))
    })
    .await;
}

#[fleet_test]
async fn each_process_killed(backend: TestBackend) {
    let shop = setup(&backend).start().await;
    let sale = Sale::open(&shop).await;
    for name in NAMES.into_iter().chain(["order", "payment"]) {
        sale.goes_on(AGAIN, BACK).await;
        let (pid, failures) = (pid(&shop, name), sale.failures());
        signal("KILL", pid);
        until_another_runs(&shop, name, pid).await;
        let took = sale.goes_on(AGAIN, BACK).await;
        println!(
            "{name} killed: {AGAIN} orders more after {took:?}, {} failures",
            sale.failures() - failures
        );
        // The requests of a killed edge are lost with its connections; those to a service wait for its successor.
        assert!(name == "edge" || sale.failures() == failures, "callers of {name} saw errors");
    }
    sale.close(&shop, &backend).await;
}

#[fleet_test]
async fn each_process_standing_still(backend: TestBackend) {
    let shop = setup(&backend).start().await;
    let sale = Sale::open(&shop).await;
    for name in NAMES {
        sale.goes_on(AGAIN, BACK).await;
        let pid = pid(&shop, name);
        signal("STOP", pid);
        sleep(STANDSTILL).await;
        signal("CONT", pid);
        let took = sale.goes_on(AGAIN, BACK).await;
        println!("{name} stood still: {AGAIN} orders more after {took:?}");
        assert!(workers(&shop).iter().any(|worker| worker["pid"] == pid), "{name} was taken for dead");
    }
    sale.close(&shop, &backend).await;
}

#[fleet_test]
async fn each_service_replaced(backend: TestBackend) {
    let shop = setup(&backend).start().await;
    let sale = Sale::open(&shop).await;
    for name in NAMES {
        sale.goes_on(AGAIN, BACK).await;
        let (before, failures) = (pid(&shop, name), sale.failures());
        let restarted = shop.setup().run(&["fleet", "restart", name]);
        assert!(restarted.status.success(), "{}", String::from_utf8_lossy(&restarted.stderr));
        assert!(workers(&shop).iter().all(|worker| worker["pid"] != before), "{name} is still the old one");
        sale.goes_on(AGAIN, BACK).await;
        assert_eq!(sale.failures(), failures, "a request failed while {name} was replaced");
    }
    sale.close(&shop, &backend).await;
}

#[fleet_test]
async fn the_broker_killed_standing_still_full_and_away(backend: TestBackend) {
    let mut broker = Broker::start();
    let shop = setup(&backend).with("CARAVEL_RABBITMQ_URL", &broker.url()).start().await;
    let sale = Sale::open(&shop).await;

    sale.goes_on(AGAIN, BACK).await;
    tokio::task::block_in_place(|| {
        broker.kill();
        broker.restart();
    });
    println!("the broker killed: {AGAIN} orders more after {:?}", sale.goes_on(AGAIN, BACK).await);

    broker.freeze();
    sleep(STANDSTILL).await;
    broker.thaw();
    println!("the broker stood still: {AGAIN} orders more after {:?}", sale.goes_on(AGAIN, BACK).await);

    tokio::task::block_in_place(|| broker.raise_disk_alarm());
    sleep(STANDSTILL).await;
    tokio::task::block_in_place(|| broker.clear_disk_alarm());
    println!("the broker's disk was full: {AGAIN} orders more after {:?}", sale.goes_on(AGAIN, BACK).await);

    tokio::task::block_in_place(|| broker.stop());
    sleep(Duration::from_mins(1)).await;
    tokio::task::block_in_place(|| broker.restart());
    println!("the broker was away: {AGAIN} orders more after {:?}", sale.goes_on(AGAIN, BACK).await);
    sale.close(&shop, &backend).await;
}

#[fleet_test]
async fn the_database_restarted_standing_still_and_failing_over(backend: TestBackend) {
    let mut cluster = PgCluster::start();
    let backend = backend.with_database(cluster.url("postgres"));
    let shop = setup(&backend).with("CARAVEL_DATABASE_READ_URL", &cluster.read_url("postgres")).start().await;
    let sale = Sale::open(&shop).await;

    sale.goes_on(AGAIN, BACK).await;
    tokio::task::block_in_place(|| {
        cluster.kill(0);
        cluster.restart(0);
    });
    println!(
        "PostgreSQL killed and started: {AGAIN} orders more after {:?}",
        sale.goes_on(AGAIN, BACK).await
    );

    let order = pid(&shop, "order");
    cluster.pause(0);
    signal("STOP", order);
    sale.accept(&shop.api).await;
    sleep(STANDSTILL / 2).await;
    signal("CONT", order);
    cluster.resume(0);
    println!("PostgreSQL stood still: {AGAIN} orders more after {:?}", sale.goes_on(AGAIN, BACK).await);

    tokio::task::block_in_place(|| {
        cluster.kill(0);
        let heir = cluster.most_advanced([1, 2]);
        cluster.promote(heir);
        cluster.follow(3 - heir, heir);
    });
    println!("PostgreSQL failed over: {AGAIN} orders more after {:?}", sale.goes_on(AGAIN, BACK).await);
    sale.close(&shop, &backend).await;
}

#[fleet_test]
async fn the_shared_cache_killed_and_standing_still(backend: TestBackend) {
    let mut redis = redis::RedisServer::start();
    let shop = setup(&backend).with("CARAVEL_REDIS_URL", &redis.url()).start().await;
    let sale = Sale::open(&shop).await;
    let browse = || async {
        let page = shop.api.get("/api/v1/products/thing-0").answer().await;
        page.is(200)["variants"][0]["available"].as_i64().unwrap()
    };
    for fault in ["killed", "stood still"] {
        sale.goes_on(AGAIN, BACK).await;
        browse().await;
        let failures = sale.failures();
        if fault == "killed" {
            redis.kill();
            sale.goes_on(AGAIN, BACK).await;
            browse().await;
            redis.restart();
        } else {
            redis.freeze();
            sleep(STANDSTILL).await;
            browse().await;
            redis.thaw();
        }
        sale.goes_on(AGAIN, BACK).await;
        assert_eq!(sale.failures(), failures, "a request failed while Redis was {fault}");
    }
    sale.close(&shop, &backend).await;
}

#[fleet_test]
async fn without_its_neighbours_it_still_shows_and_sells(backend: TestBackend) {
    let shop = setup(&backend).start().await;
    let api = &shop.api;
    let variant = api.sell("lamp", 9_900, 5).await;
    let pages = ["/", "/products", "/products/lamp", "/api/v1/products/lamp"];
    for page in pages {
        assert_eq!(api.get(page).answer().await.status, 200, "{page}");
    }
    let away = ["product", "payment", "notification"].map(|name| pid(&shop, name));
    for pid in away {
        signal("STOP", pid);
    }

    for page in pages {
        assert_eq!(api.get(page).answer().await.status, 200, "{page} while its service stands still");
    }
    let checkout = api.get(&format!("/checkout?product=lamp&variant={variant}&quantity=1")).answer().await;
    assert_eq!(checkout.status, 200, "{}", checkout.text());
    let placed = api.place(&fresh_key(), &basket(&[(&variant, 1)])).await.is(201);
    let token = text(&placed["token"]);
    let page = api.get(&format!("/orders/{}?token={token}", text(&placed["id"]))).answer().await;
    assert_eq!(page.status, 200, "{}", page.text());

    for pid in away {
        signal("CONT", pid);
    }
    api.until_order_is(&text(&placed["id"]), "confirmed").await;
    until("its mail is sent", || async {
        api.get("/mailbox").answer().await.text().contains("mira@example.org")
    })
    .await;
}
