//! Workers are replaced, restarted, given up, and end with their supervisor.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use testing::{TestBackend, fleet_test};
use tokio::task::JoinSet;

use crate::{
    client::Client,
    program::{Fleet, said, signal},
};

#[fleet_test]
async fn no_request_fails_while_every_worker_is_replaced(backend: TestBackend) {
    let mut fleet = Fleet::new(&backend).start().await;
    let workers = ["product.1", "order.1", "payment.1", "notification.1", "shop.1", "edge.1", "edge.2"];
    let before: Vec<String> = workers.iter().map(|worker| fleet.pid(worker)).collect();
    let (done, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut clients = JoinSet::new();
    for number in 0..8 {
        let (done, answered) = (Arc::clone(&done), Arc::clone(&answered));
        let mut client = Client::new(&fleet.socket);
        clients.spawn(async move {
            for turn in 0.. {
                if done.load(Relaxed) {
                    break;
                }
                // New requests go over the bus; the rest is answered from memory.
                let asked = format!("/api/v1/products/none-{number}-{turn}");
                assert_eq!(client.get(&asked).await, Ok(404), "{asked}");
                assert_eq!(client.get("/api/v1/products").await, Ok(200));
                answered.fetch_add(2, Relaxed);
            }
        });
    }
    fleet.until("answers", |_| answered.load(Relaxed) > 100).await;
    // Beside this thread, whose clients continue.
    let mut restart = fleet.command(&["fleet", "restart"]);
    let restarted = tokio::task::spawn_blocking(move || restart.output().unwrap()).await.unwrap();
    assert!(restarted.status.success(), "{}", said(&restarted));
    let so_far = answered.load(Relaxed);
    fleet.until("answers", |_| answered.load(Relaxed) > so_far + 100).await;
    done.store(true, Relaxed);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    for (worker, before) in workers.iter().zip(&before) {
        let now = fleet.worker(worker);
        assert_eq!((&now["state"], &now["restarts"]), (&"ready".into(), &0.into()), "{now}");
        assert_ne!(&now["pid"].to_string(), before, "{worker}");
        assert!(
            said(&restarted).contains(&format!("{worker}: replaced ({before} ->")),
            "{}",
            said(&restarted)
        );
    }
    assert_eq!(fleet.processes().len(), workers.len() + 1, "the old ones are gone");

    signal("INT", &fleet.supervisor().id().to_string());
    assert!(fleet.until_ended().await.success());
    assert!(fleet.processes().is_empty(), "a drain leaves no process behind");
    let log = fleet.log();
    assert_eq!(log.matches("clean=true").count(), 2 * workers.len(), "old and new ones have drained: {log}");
}

#[fleet_test]
async fn an_ended_worker_is_restarted_and_one_that_keeps_ending_has_failed(backend: TestBackend) {
    let mut fleet = Fleet::new(&backend).start().await;
    let mut client = Client::new(&fleet.socket);
    let before = fleet.pid("product.1");
    signal("KILL", &before);
    // Requests wait meanwhile.
    assert_eq!(client.get("/api/v1/products/none").await, Ok(404));
    fleet.until("is whole again", |fleet| fleet.worker("product.1")["state"] == "ready").await;
    assert_eq!(fleet.worker("product.1")["restarts"], 1);
    assert_ne!(fleet.pid("product.1"), before);

    // From now on a started worker ends soon.
    fs::write(fleet.folder.join("caravel.toml"), "[shop]\nname = \"\"\n").unwrap();
    let refused = fleet.run(&["fleet", "restart", "edge"]);
    assert!(!refused.status.success());
    assert!(
        said(&refused).contains("edge.1") && said(&refused).contains("left as they are"),
        "{}",
        said(&refused)
    );
    signal("KILL", &fleet.pid("notification.1"));
    fleet.until("reports the failure", |fleet| fleet.worker("notification.1")["state"] == "failed").await;
    let log = fleet.log();
    assert!(
        log.contains("A WORKER HAS FAILED") && log.contains("caravel fleet restart notification"),
        "{log}"
    );
    assert!(
        log.contains("notification.1 | caravel: a setting is wrong: caravel.toml:2: `shop.name`"),
        "{log}"
    );
    assert_eq!(client.get("/api/v1/products/none-2").await, Ok(404), "the rest goes on");
    let table = fleet.run(&["fleet", "status"]);
    assert!(said(&table).contains("notification.1  FAILED"), "{}", said(&table));

    fs::write(fleet.folder.join("caravel.toml"), "").unwrap();
    let revived = fleet.run(&["fleet", "restart", "notification"]);
    assert!(revived.status.success(), "{}", said(&revived));
    assert_eq!(fleet.worker("notification.1")["state"], "ready");
    let stopped = fleet.run(&["fleet", "stop"]);
    assert!(stopped.status.success(), "{}", said(&stopped));
    assert!(fleet.until_ended().await.success());
}

#[fleet_test]
async fn no_worker_outlives_the_supervisor(backend: TestBackend) {
    let mut fleet = Fleet::new(&backend).start().await;
    assert_eq!(fleet.processes().len(), 8);
    fleet.supervisor().kill().unwrap();
    fleet.supervisor().wait().unwrap();
    fleet.until_nobody_is_left().await;
    let without_fleet = fleet.run(&["fleet", "status"]);
    assert!(!without_fleet.status.success());
    assert!(
        said(&without_fleet).contains("no fleet runs on the data folder data"),
        "{}",
        said(&without_fleet)
    );

    let mut fleet = fleet.start().await;
    let second = fleet.run(&["fleet"]);
    assert!(!second.status.success());
    assert!(said(&second).contains("cannot be listened on"), "{}", said(&second));
    let pid = fleet.supervisor().id().to_string();
    for worker in fleet.processes() {
        if worker != pid {
            signal("STOP", &worker);
        }
    }
    signal("TERM", &pid);
    fleet
        .until("the signal is logged", |fleet| fleet.log().contains("a second signal ends it at once"))
        .await;
    signal("TERM", &pid);
    assert!(!fleet.until_ended().await.success(), "this was no clean end");
    fleet.until_nobody_is_left().await;
}
