//! The guarantees of the bus, on both databases: effects once, failures parked, no message delayed by another.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{Batch, BatchLimits, Cx, Router};
use message::{Clock, Fault, Id, Kind, Message, Request};
use serde::{Deserialize, Serialize};
use store::Db;
use testing::{
    TestBackend, TestShop, db_test,
    example_services::{self, Boat, HARBOUR, Harbour, Launch, LaunchError, Launched, YARD, Yard, launch},
};

async fn shop(backend: &TestBackend, clock: Clock, state: Harbour) -> TestShop {
    TestShop::builder(backend)
        .clock(clock)
        .service("yard", YARD, |db| example_services::yard(db, Yard::default()))
        .service("harbour", HARBOUR, move |db| example_services::harbour(db, state))
        .record::<Launched>()
        .start()
        .await
}

/// The boats that have berths, by name.
async fn berths(shop: &TestShop) -> Vec<String> {
    let berths = example_services::berths(&shop.db("harbour")).await;
    let mut names: Vec<_> = berths.into_iter().map(|(_, name)| name).collect();
    names.sort();
    names
}

#[db_test]
async fn a_poison_message_fails_alone_and_is_kept(backend: TestBackend) {
    let shop = shop(&backend, Clock::system(), Harbour::default()).await;
    let names = ["a", "b", "cursed", "c", "d"].map(launch);
    let all = names.iter().map(|launch| shop.ask(launch));
    assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
    shop.settled().await;
    assert_eq!(berths(&shop).await, ["a", "b", "c", "d"]);
    let dead = store::dead_letters::list(&shop.db("harbour"), 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].error, "rejected: not in this harbour");
    assert_eq!(dead[0].envelope.open::<Launched>().unwrap().name, "cursed");
    assert_eq!(shop.recorded::<Launched>().len(), 5);
}

#[db_test]
async fn a_failure_is_tried_again_by_the_clock_and_in_the_end_replayed_by_hand(backend: TestBackend) {
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let state = Harbour::default();
    state.strike.store(true, Ordering::SeqCst);
    let shop = shop(&backend, clock.clone(), state.clone()).await;
    shop.ask(&launch("late")).await.unwrap();
    shop.settled().await;
    for (pause, tries) in [(1, 2), (10, 3), (60, 4), (600, 5)] {
        clock.advance(Duration::from_secs(pause));
        shop.until("it was tried again", || async { state.tried.load(Ordering::SeqCst) == tries }).await;
    }
    shop.until("it is a dead letter", || async { shop.dead_letters().await == 1 }).await;
    assert!(berths(&shop).await.is_empty());

    state.strike.store(false, Ordering::SeqCst);
    let db = shop.db("harbour");
    let dead = store::dead_letters::list(&db, 10).await.unwrap();
    assert_eq!(dead[0].attempts, 5);
    assert!(store::dead_letters::replay(&db, dead[0].envelope.id, clock.now()).await.unwrap());
    shop.until("it was handled", || async { berths(&shop).await == ["late"] }).await;
    assert_eq!(shop.dead_letters().await, 0);
}

#[db_test]
async fn an_event_delivered_twice_has_one_effect(backend: TestBackend) {
    let shop = shop(&backend, Clock::system(), Harbour::default()).await;
    let event = Launched { id: shop.bus.ids().id(), name: "twice".to_owned(), version: 1 };
    let headers = message::Headers::new(shop.bus.correlation());
    let envelope = message::Envelope::event(&event, headers, shop.bus.ids()).unwrap();
    // Twice together, and once more later.
    for together in [2, 1] {
        shop.deliver("harbour", vec![envelope.clone(); together]).await.unwrap();
    }
    assert_eq!(berths(&shop).await, ["twice"]);
}

#[db_test]
async fn panics_are_caught(backend: TestBackend) {
    let shop = shop(&backend, Clock::system(), Harbour::default()).await;
    let refused = shop.bus.ask(&launch("panic")).await.unwrap_err();
    assert_eq!(refused.kind(), Some(Kind::Internal));
    shop.ask(&launch("monster")).await.unwrap();
    shop.ask(&launch("fine")).await.unwrap();
    shop.settled().await;
    assert_eq!(berths(&shop).await, ["fine"]);
}

#[db_test]
async fn one_bad_request_never_fails_its_neighbours(backend: TestBackend) {
    let shop = shop(&backend, Clock::system(), Harbour::default()).await;
    let names = ["a", "leaky", "b", "panic", "c"].map(launch);
    let answers = futures::future::join_all(names.iter().map(|launch| shop.bus.ask(launch))).await;
    let granted: Vec<_> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(granted, [true, false, true, false, true]);
    shop.settled().await;
    assert_eq!(berths(&shop).await, ["a", "b", "c"]);
}

#[db_test]
async fn a_batch_is_tried_once_while_the_database_is_away(backend: TestBackend) {
    async fn launch(
        tried: Cx<Arc<AtomicUsize>>,
        requests: Batch<Launch>,
    ) -> Result<Vec<Result<Id<Boat>, LaunchError>>, Fault> {
        tried.fetch_add(requests.len(), Ordering::SeqCst);
        // The other requests arrive meanwhile.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(Fault::unavailable("the database is away"))
    }
    let tried = Arc::new(AtomicUsize::new(0));
    let limits = BatchLimits { queue: 100, batch: 50 };
    let yard = Router::new("yard", Arc::clone(&tried)).on_batch(limits, launch);
    let shop = TestShop::builder(&backend).stand_in(yard).start().await;
    let boats: Vec<_> = (0..40).map(|number| Launch { name: number.to_string() }).collect();
    let answers = futures::future::join_all(boats.iter().map(|launch| shop.bus.ask(launch))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().is_err_and(|error| error.kind() == Some(Kind::Unavailable)))
    );
    assert_eq!(tried.load(Ordering::SeqCst), 40);
}

#[db_test]
async fn an_outbox_is_taken_over_from_a_relay_that_broke_off(backend: TestBackend) {
    let ids = message::IdSource::random(Clock::system());
    let db = Db::open(&backend.store(), "yard", YARD, ids, store::PoolSizes::default()).await.unwrap();
    let lease = store::outbox::Lease::take(&db).await.unwrap();
    assert!(lease.is_some());
    // Like after an error or a panic: the lease was not released. The transaction uses any connection that is free.
    drop(lease);
    let tx = db.begin().await.unwrap();
    let taken_over = async { while store::outbox::Lease::take(&db).await.unwrap().is_none() {} };
    tokio::time::timeout(Duration::from_secs(10), taken_over).await.expect("nobody holds the lease");
    tx.rollback().await.unwrap();
}

#[db_test]
async fn what_was_committed_before_a_stop_is_delivered_after_it(backend: TestBackend) {
    let clock = Clock::system();
    let id: Id<Boat> = {
        // No relay runs here: the yard's process ended right after its commit.
        let ids = message::IdSource::random(clock.clone());
        let db =
            Db::open(&backend.store(), "yard", YARD, ids.clone(), store::PoolSizes::default()).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let id = ids.id();
        tx.publish(&Launched { id, name: "survivor".to_owned(), version: 1 }).unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        id
    };
    let shop = shop(&backend, clock, Harbour::default()).await;
    shop.settled().await;
    assert_eq!(berths(&shop).await, ["survivor"]);
    assert_eq!(shop.recorded::<Launched>(), [Launched { id, name: "survivor".to_owned(), version: 1 }]);
}

#[db_test]
async fn nobody_there_and_too_late_are_told_at_once(backend: TestBackend) {
    #[derive(Debug, Serialize, Deserialize)]
    struct Unknown {}
    impl Message for Unknown {
        const NAME: &'static str = "nobody.knows";
    }
    impl Request for Unknown {
        type Reply = ();
        type Error = Fault;
    }
    let shop = shop(&backend, Clock::system(), Harbour::default()).await;
    assert_eq!(shop.bus.ask(&Unknown {}).await.unwrap_err().kind(), Kind::NoRoute);
    let mut late = message::Headers::new(shop.bus.correlation());
    late.deadline = Some(shop.clock.now());
    let refused = shop.bus.ask_with(late, &launch("late")).await.unwrap_err();
    assert_eq!(refused.kind(), Some(Kind::Timeout));
}
