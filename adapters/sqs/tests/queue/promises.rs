//! What the transport promises while nothing fails.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    sync::atomic::Ordering,
};

use aws_sdk_sqs::types::QueueAttributeName;
use futures::future::join_all;
use message::Id;

use crate::common::{Boat, Crew, Harbour, Launched, at_sea, until};

#[test]
fn events_have_their_effect_once_and_are_overheard() {
    at_sea(
        |_| {},
        |sea| async move {
            let (state, mut crew) = (Harbour::default(), Crew::yard());
            crew.harbour = Some(state.clone());
            let heard = crew.heard.clone();
            let shop = sea.process(crew).await;
            let names: HashSet<_> = (0..200).map(|number| format!("boat {number}")).collect();
            join_all(names.iter().map(|name| shop.launch(name))).await;
            sea.until_berths(200).await;
            sea.until_empty("harbour").await;
            assert_eq!(sea.berths().await.into_iter().map(|(_, name)| name).collect::<HashSet<_>>(), names);
            assert_eq!(state.tried.load(Ordering::SeqCst), 200);
            assert_eq!(heard.lock().unwrap().iter().cloned().collect::<HashSet<_>>(), names);
            // Many of them travelled together.
            assert!(sea.proxy.given() < 150, "{}", sea.proxy.given());
            shop.sqs.health().unwrap();
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
            yard.launch("early").await;
            until("the outbox is empty", async || yard.waiting().await == 0).await;
            yard.stop().await;
            assert!(sea.berths().await.is_empty());
            let harbour = sea.harbour(&Harbour::default()).await;
            sea.until_berths(1).await;
            harbour.stop().await;
        },
    );
}

/// Versions 1 to 12 of 30 boats, told in turn: every boat is in several messages, of several requests.
fn voyages(boat: impl Fn() -> Id<Boat>) -> Vec<Vec<Launched>> {
    let boats: Vec<_> = (0..30).map(|_| boat()).collect();
    let told =
        |version: i64| boats.iter().map(move |id| Launched { id: *id, name: version.to_string(), version });
    (0..4).map(|turn| (1..=3).flat_map(|step| told(turn * 3 + step)).collect()).collect()
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
            for events in voyages(|| yard.boat()) {
                yard.publish(events).await.unwrap();
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
            for events in voyages(|| yard.boat()) {
                yard.publish(events).await.unwrap();
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
            let redrive = async || {
                let url = sea.url("harbour").await;
                let told =
                    sea.direct.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
                told.send()
                    .await
                    .unwrap()
                    .attributes
                    .unwrap()
                    .remove(&QueueAttributeName::RedrivePolicy)
                    .unwrap_or_default()
            };
            let first = sea.harbour(&Harbour::default()).await;
            until("the queue is there", async || redrive().await.contains('7')).await;
            assert!(redrive().await.contains(&sea.queue("harbour-dead")));
            let url = sea.url("harbour").await;
            let set = sea.direct.set_queue_attributes().queue_url(url);
            let old = redrive().await.replace('7', "9");
            set.attributes(QueueAttributeName::RedrivePolicy, old).send().await.unwrap();
            let second = sea.harbour(&Harbour::default()).await;
            until("the queue is as it should be", async || redrive().await.contains('7')).await;
            first.stop().await;
            second.stop().await;
        },
    );
}
