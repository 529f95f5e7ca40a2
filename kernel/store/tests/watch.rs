//! The metrics of a database.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use message::{Clock, Envelope, Event, Headers, Id, IdSource, Message};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde::{Deserialize, Serialize};
use store::{Db, PoolSizes, inbox};
use testing::TestBackend;
use tokio_util::sync::CancellationToken;

struct Boat;

impl message::Entity for Boat {
    const PREFIX: &str = "boat";
}

#[derive(Debug, Serialize, Deserialize)]
struct Launched(Id<Boat>);

impl Message for Launched {
    const NAME: &'static str = "boat.launched";
}

impl Event for Launched {
    fn aggregate(&self) -> message::Aggregate {
        message::Aggregate { id: self.0.uuid(), version: 1 }
    }
}

#[testing::db_test]
async fn what_waits_can_be_seen(backend: TestBackend) {
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
    let ids = IdSource::seeded(clock.clone(), 1);
    let db = Db::open(&backend.store(), "yard", &[], ids.clone(), PoolSizes::default()).await.unwrap();

    let mut tx = db.begin().await.unwrap();
    tx.publish(&Launched(ids.id())).unwrap();
    tx.publish(&Launched(ids.id())).unwrap();
    for reject in [true, false, false] {
        let failed = Envelope::event(&Launched(ids.id()), Headers::new(ids.id()), &ids).unwrap();
        inbox::park(&mut tx, &failed, 1, "no water", reject, clock.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    clock.advance(Duration::from_secs(90));

    let once = CancellationToken::new();
    once.cancel();
    store::watch(db.clone(), once).await;
    db.close().await;

    let page = page.render();
    for line in [
        "outbox_events{service=\"yard\"} 2",
        "outbox_oldest_event_age_seconds{service=\"yard\"} 90",
        "failed_messages{service=\"yard\",state=\"dead\"} 1",
        "failed_messages{service=\"yard\",state=\"retrying\"} 2",
        "store_pool_connections{service=\"yard\",state=\"idle\"}",
        "store_pool_wait_seconds_count{service=\"yard\"}",
    ] {
        assert!(page.contains(line), "{line} is missing in\n{page}");
    }
}
