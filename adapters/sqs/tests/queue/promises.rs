//! The guarantees of the transport while nothing fails.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    sync::atomic::Ordering,
};

use aws_sdk_sqs::types::QueueAttributeName;
use futures::future::join_all;
use message::Id;
use sqs::Settings;

use testing::{
    example_services::{Boat, Harbour, Launched},
    until,
};

use crate::common::{Crew, at_sea, launch, publish};

#[test]
fn events_have_their_effect_once_and_are_overheard() {
    at_sea(
        |_| {},
        |sea| async move {
            let (state, mut crew) = (Harbour::default(), Crew::yard());
            crew.harbour = Some(state.clone());
            let received = crew.received.clone();
            let shop = sea.process(crew).await;
            // Only SQS delivers events for reactions, also within a process; events for listeners do not use it.
            sea.proxy.fail("SendMessageBatch");
            launch(&shop, "held").await;
            until("the listener has received it", async || !received.lock().unwrap().is_empty()).await;
            until("it was tried", async || sea.proxy.calls("SendMessageBatch") > 0).await;
            assert!(sea.berths().await.is_empty());
            sea.proxy.heal();
            sea.until_berths(1).await;
            let names: HashSet<_> = (0..200).map(|number| format!("boat {number}")).collect();
            join_all(names.iter().map(|name| launch(&shop, name))).await;
            sea.until_berths(201).await;
            sea.until_empty("harbour").await;
            let all: HashSet<_> = names.into_iter().chain(["held".to_owned()]).collect();
            assert_eq!(sea.berths().await.into_iter().map(|(_, name)| name).collect::<HashSet<_>>(), all);
            assert_eq!(state.tried.load(Ordering::SeqCst), 201);
            assert_eq!(received.lock().unwrap().iter().cloned().collect::<HashSet<_>>(), all);
            // Many events shared a message.
            assert!(sea.proxy.given() < 150, "{}", sea.proxy.given());
            shop.transport.health().unwrap();
            shop.stop().await;
        },
    );
}

#[test]
fn what_is_told_before_a_service_ever_ran_waits_for_it() {
    at_sea(
        |_| {},
        |sea| async move {
            let yard = sea.process(Crew::yard()).await;
            launch(&yard, "early").await;
            until("the outbox is empty", async || yard.waiting().await == 0).await;
            yard.stop().await;
            assert!(sea.berths().await.is_empty());
            let harbour = sea.harbour(&Harbour::default()).await;
            sea.until_berths(1).await;
            harbour.stop().await;
        },
    );
}

/// Versions 1 to 12 of 30 boats, published in turn: each boat is in several messages of several requests.
fn voyages(boat: impl Fn() -> Id<Boat>) -> Vec<Vec<Launched>> {
    let boats: Vec<_> = (0..30).map(|_| boat()).collect();
    let events =
        |version: i64| boats.iter().map(move |id| Launched { id: *id, name: version.to_string(), version });
    (0..4).map(|turn| (1..=3).flat_map(|step| events(turn * 3 + step)).collect()).collect()
}

fn in_order(berths: Vec<(Id<Boat>, String)>) -> bool {
    let mut latest: HashMap<Id<Boat>, i64> = HashMap::new();
    berths.into_iter().all(|(boat, version)| {
        let version = version.parse().unwrap();
        latest.insert(boat, version).unwrap_or(0) == version - 1
    })
}

#[test]
fn each_things_events_stay_in_order_however_many_take_them() {
    at_sea(
        |settings| {
            settings.message_events = NonZeroUsize::new(4).unwrap();
            settings.batch = 2;
        },
        |sea| async move {
            let state = Harbour::default();
            let yard = sea.process(Crew::yard()).await;
            let harbours = join_all((0..3).map(|_| sea.harbour(&state))).await;
            for events in voyages(|| yard.bus.ids().id()) {
                publish(&yard, events).await.unwrap();
            }
            sea.until_berths(360).await;
            sea.until_empty("harbour").await;
            assert!(in_order(sea.berths().await));
            assert_eq!(state.tried.load(Ordering::SeqCst), 360);
            for process in harbours.into_iter().chain([yard]) {
                process.stop().await;
            }
        },
    );
}

#[test]
fn standard_queues_bring_everything_in_any_order() {
    at_sea(
        |settings| {
            settings.fifo = false;
            settings.message_events = NonZeroUsize::new(4).unwrap();
        },
        |sea| async move {
            let state = Harbour::default();
            let yard = sea.process(Crew::yard()).await;
            let harbours = join_all((0..2).map(|_| sea.harbour(&state))).await;
            for events in voyages(|| yard.bus.ids().id()) {
                publish(&yard, events).await.unwrap();
            }
            sea.until_berths(360).await;
            sea.until_empty("harbour").await;
            for process in harbours.into_iter().chain([yard]) {
                process.stop().await;
            }
        },
    );
}

#[test]
fn queues_are_made_and_brought_up_to_the_settings() {
    at_sea(
        |settings| settings.max_receives = 7,
        |sea| async move {
            let redrive = async || -> serde_json::Value {
                let url = sea.url("harbour").await;
                let reply =
                    sea.direct.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
                let mut attributes = reply.send().await.unwrap().attributes.unwrap();
                let redrive = attributes.remove(&QueueAttributeName::RedrivePolicy);
                redrive.map(|policy| serde_json::from_str(&policy).unwrap()).unwrap_or_default()
            };
            let first = sea.harbour(&Harbour::default()).await;
            until("the queue is there", async || redrive().await["maxReceiveCount"] == 7).await;
            let mut policy = redrive().await;
            assert!(policy["deadLetterTargetArn"].as_str().unwrap().ends_with(&sea.queue("harbour-dead")));
            policy["maxReceiveCount"] = 9.into();
            let set = sea.direct.set_queue_attributes().queue_url(sea.url("harbour").await);
            set.attributes(QueueAttributeName::RedrivePolicy, policy.to_string()).send().await.unwrap();
            assert_eq!(redrive().await["maxReceiveCount"], 9);
            let second = sea.harbour(&Harbour::default()).await;
            until("the queue is as it should be", async || redrive().await["maxReceiveCount"] == 7).await;
            first.stop().await;
            second.stop().await;
        },
    );
}

/// Marks the process whose environment is tested, and holds the URL of its SQS.
const SURROUNDED: &str = "CARAVEL_TEST_SQS_SURROUNDED";

#[test]
fn credentials_and_region_come_from_the_surroundings() {
    if let Ok(endpoint) = std::env::var(SURROUNDED) {
        let settings = Settings { endpoint: endpoint.parse().ok(), ..Settings::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { sqs::client(&settings).await.list_queues().send().await }).unwrap();
        return;
    }
    at_sea(
        |_| {},
        |sea| async move {
            let program = std::env::current_exe().unwrap();
            let mut child = tokio::process::Command::new(program);
            child
                .args(["--exact", "promises::credentials_and_region_come_from_the_surroundings"])
                .env(SURROUNDED, &sea.proxy.url)
                .env("HOME", sea.backend.folder())
                .env("AWS_ACCESS_KEY_ID", "surroundings")
                .env("AWS_SECRET_ACCESS_KEY", "test")
                .env("AWS_REGION", "eu-west-3");
            assert!(child.status().await.unwrap().success());
            let signed = sea.proxy.signed();
            assert!(
                signed.contains("Credential=surroundings/") && signed.contains("/eu-west-3/sqs/"),
                "{signed}"
            );
        },
    );
}
