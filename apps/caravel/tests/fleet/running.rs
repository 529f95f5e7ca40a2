//! Services that run on their own, and commands that cannot run.

use std::process::{Child, Stdio};

use testing::{TestBackend, fleet_test, free_port, until};

use crate::{
    client::Client,
    program::{Fleet, said, signal},
};

#[fleet_test]
async fn named_services_run_alone_and_wait_for_each_other(backend: TestBackend) {
    let health = format!("127.0.0.1:{}", free_port());
    let fleet = Fleet::new(&backend).with("CARAVEL_LOG_FORMAT", "json");
    let edge = fleet.command(&["run", "gateway", "storefront"]).stderr(Stdio::null()).spawn();
    let mut edge = Dying(edge.unwrap());
    let mut client = Client::new(&fleet.socket);
    let answers = async |client: &mut Client, path: &str, wanted: u16| {
        until(&format!("{path} answers {wanted}"), async || client.get(path).await == Ok(wanted)).await;
    };
    answers(&mut client, "/health/ready", 200).await;

    let mut product = fleet.command(&["run", "product"]);
    product.env("CARAVEL_RUN_HEALTH", &health).stderr(Stdio::null());
    let mut product = Dying(product.spawn().unwrap());
    answers(&mut client, "/api/v1/products/none", 404).await;
    let mut own = Client::new(&health);
    for (path, status) in [("/health/live", 200), ("/health/ready", 200), ("/metrics", 200), ("/", 404)] {
        assert_eq!(own.get(path).await, Ok(status), "{path}");
    }
    for process in [&mut edge, &mut product] {
        signal("TERM", &process.0.id().to_string());
        assert!(process.0.wait().unwrap().success());
    }
    assert!(fleet.folder.join("data/admin.key").exists(), "the gateway has made it");
    assert!(!fleet.folder.join("data/caravel.lock").exists(), "no process of several owns the folder");
}

/// A process that does not outlive its test.
struct Dying(Child);

impl Drop for Dying {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[fleet_test]
async fn what_cannot_be_is_explained(backend: TestBackend) {
    let fleet = Fleet::new(&backend);
    for (arguments, without, told) in [
        (&["run", "order"][..], "CARAVEL_DATABASE_URL", "several processes need a PostgreSQL database"),
        (&["run", "order"], "CARAVEL_RABBITMQ_URL", "several processes need a broker"),
        (&["fleet"], "CARAVEL_DATABASE_URL", "several processes need a PostgreSQL database"),
        (&["fleet"], "CARAVEL_RABBITMQ_URL", "several processes need a broker"),
        (&["run", "oder"], "", "there is no service `oder`; there are product, order, payment"),
        (&["run"], "", "name what to run: product, order"),
        (&["fleet", "restart"], "", "no fleet runs on the data folder"),
        (&["fleet", "stop"], "", "no fleet runs on the data folder"),
    ] {
        let refused = fleet.command(arguments).env_remove(without).output().unwrap();
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(said(&refused).contains(told), "{arguments:?}: {}", said(&refused));
    }
    assert!(!fleet.folder.join("data").exists(), "nothing was done");
    let printed = fleet.run(&["config"]);
    assert!(
        said(&printed).contains("fleet.workers.edge = 2    (CARAVEL_FLEET_WORKERS_EDGE)"),
        "{}",
        said(&printed)
    );
}
