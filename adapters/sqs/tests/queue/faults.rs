//! Events when something fails.

use std::{
    num::NonZeroU64,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use message::{Envelope, Event as _, Headers, Kind, wire};
use store::{dead_letters, query};

use testing::{
    example_services::{Harbour, Launched},
    until,
};

use crate::common::{Crew, Sea, at_sea, launch, publish};

/// Puts a message with this body into the harbour's queue.
async fn send(sea: &Sea, group: &str, body: &str) {
    let call = sea.direct.send_message().queue_url(sea.url("harbour").await).message_body(body);
    call.message_group_id(group).message_deduplication_id(group).send().await.unwrap();
}

#[test]
fn what_comes_twice_while_it_is_handled_has_its_effect_once() {
    at_sea(
        |settings| settings.visibility_seconds = 1,
        |sea| async move {
            let state = Harbour::default();
            state.slow_ms.store(6000, Ordering::SeqCst);
            let yard = sea.process(Crew::yard()).await;
            let (one, two) = (sea.harbour(&state).await, sea.harbour(&state).await);
            // Its visibility is not prolonged, so the other harbour receives it while the first still handles it.
            sea.proxy.fail("ChangeMessageVisibilityBatch");
            launch(&yard, "twice").await;
            until("it came twice", async || sea.proxy.given() > 1).await;
            assert!(sea.berths().await.is_empty(), "it was handled before it came twice");
            sea.until_berths(1).await;
            sea.until_empty("harbour").await;
            assert_eq!(sea.berths().await.len(), 1);
            assert_eq!(state.tried.load(Ordering::SeqCst), 1);
            for process in [one, two, yard] {
                process.stop().await;
            }
        },
    );
}

#[test]
fn what_takes_long_is_kept_hidden() {
    at_sea(
        |settings| settings.visibility_seconds = 3,
        |sea| async move {
            let state = Harbour::default();
            state.slow_ms.store(7000, Ordering::SeqCst);
            let yard = sea.process(Crew::yard()).await;
            let (one, two) = (sea.harbour(&state).await, sea.harbour(&state).await);
            launch(&yard, "slow").await;
            sea.until_berths(1).await;
            sea.until_empty("harbour").await;
            assert_eq!(sea.proxy.given(), 1);
            for process in [one, two, yard] {
                process.stop().await;
            }
        },
    );
}

#[test]
fn what_was_handled_and_not_deleted_comes_again_without_effect() {
    at_sea(
        |settings| settings.visibility_seconds = 2,
        |sea| async move {
            let yard = sea.process(Crew::yard()).await;
            let state = Harbour::default();
            let lost = sea.harbour(&state).await;
            // As if the process ended between its commit and the deletion.
            sea.proxy.fail("DeleteMessageBatch");
            launch(&yard, "once").await;
            sea.until_berths(1).await;
            until("it was to be deleted", async || sea.proxy.calls("DeleteMessageBatch") > 0).await;
            // Not the whole test: the other process still uses the database.
            bus::Transport::stop_receiving(lost.transport.as_ref()).await;
            let given = sea.proxy.given();
            sea.proxy.heal();
            let next = sea.harbour(&state).await;
            sea.until_empty("harbour").await;
            assert!(sea.proxy.given() > given, "it did not come again");
            assert_eq!(sea.berths().await.len(), 1);
            assert_eq!(state.tried.load(Ordering::SeqCst), 1);
            for process in [next, lost, yard] {
                process.stop().await;
            }
        },
    );
}

#[test]
fn what_ends_every_process_becomes_a_dead_letter() {
    at_sea(
        |settings| settings.max_receives = 2,
        |sea| async move {
            let yard = sea.process(Crew::yard()).await;
            launch(&yard, "poison").await;
            until("the outbox is empty", async || yard.waiting().await == 0).await;
            let url = sea.url("harbour").await;
            let mut times = 0;
            until("two processes ended over it", async || {
                // A consumer receives it and never answers.
                let taking =
                    sea.direct.receive_message().queue_url(&url).visibility_timeout(0).wait_time_seconds(1);
                times += taking.send().await.unwrap().messages().len();
                times == 2
            })
            .await;
            let state = Harbour::default();
            let harbour = sea.harbour(&state).await;
            until("it is a dead letter", async || dead_letters::count(sea.db()).await.unwrap() == 1).await;
            let kept = &dead_letters::list(sea.db(), 10).await.unwrap()[0];
            assert_eq!(kept.envelope.open::<Launched>().unwrap().name, "poison");
            assert!(kept.error.contains("SQS gave it up"), "{}", kept.error);
            assert_eq!(state.tried.load(Ordering::SeqCst), 0);
            for queue in ["harbour", "harbour-dead"] {
                sea.until_empty(queue).await;
            }
            harbour.stop().await;
            yard.stop().await;
        },
    );
}

#[test]
fn what_cannot_be_read_or_is_not_known_becomes_a_dead_letter_and_holds_nothing_up() {
    at_sea(
        |_| {},
        |sea| async move {
            let yard = sea.process(Crew::yard()).await;
            let boat = Launched { id: yard.bus.ids().id(), name: "x".into(), version: 1 };
            let ids = yard.bus.ids();
            let unknown = Envelope {
                name: "boat.sunk".into(),
                ..Envelope::event(&boat, Headers::new(ids.id()), ids).unwrap()
            };
            assert_eq!(unknown.aggregate, Some(boat.aggregate()));
            send(&sea, "a", "{oops").await;
            send(&sea, "b", std::str::from_utf8(&wire::encode(&[unknown]).unwrap()).unwrap()).await;
            launch(&yard, "good").await;
            let harbour = sea.harbour(&Harbour::default()).await;
            sea.until_berths(1).await;
            until("both are kept", async || dead_letters::count(sea.db()).await.unwrap() == 2).await;
            let kept = dead_letters::list(sea.db(), 10).await.unwrap();
            let mut names: Vec<_> = kept.iter().map(|kept| kept.envelope.name.as_ref()).collect();
            names.sort_unstable();
            assert_eq!(names, ["boat.sunk", "unreadable"]);
            sea.until_empty("harbour").await;
            harbour.stop().await;
            yard.stop().await;
        },
    );
}

#[test]
fn what_a_damaged_database_refuses_comes_again_and_then_goes_to_the_dead_queue() {
    at_sea(
        |settings| settings.max_receives = 2,
        |sea| async move {
            let yard = sea.process(Crew::yard()).await;
            let mut tx = sea.db().begin().await.unwrap();
            query("ALTER TABLE inbox RENAME TO lost").execute(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            let harbour = sea.harbour(&Harbour::default()).await;
            launch(&yard, "later").await;
            // Twice for the harbour, then from the dead-letter queue.
            until("it was given up", async || sea.proxy.given() > 2).await;
            assert_eq!(dead_letters::count(sea.db()).await.unwrap(), 0);
            let mut tx = sea.db().begin().await.unwrap();
            query("ALTER TABLE lost RENAME TO inbox").execute(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            until("it is a dead letter", async || dead_letters::count(sea.db()).await.unwrap() == 1).await;
            for queue in ["harbour", "harbour-dead"] {
                sea.until_empty(queue).await;
            }
            harbour.stop().await;
            yard.stop().await;
        },
    );
}

#[test]
fn what_is_taken_in_part_is_sent_again_in_order() {
    at_sea(
        |settings| settings.message_events = std::num::NonZeroUsize::new(2).unwrap(),
        |sea| async move {
            let yard = sea.process(Crew::yard()).await;
            let harbour = sea.harbour(&Harbour::default()).await;
            let boats: Vec<_> = (0..20).map(|_| yard.bus.ids().id()).collect();
            let events = |version: i64| {
                boats.iter().map(move |id| Launched { id: *id, name: version.to_string(), version })
            };
            sea.proxy.refuse(4);
            publish(&yard, (1..=5).flat_map(events).collect()).await.unwrap();
            sea.until_berths(100).await;
            sea.until_empty("harbour").await;
            let berths = sea.berths().await;
            for boat in &boats {
                let versions: Vec<_> =
                    berths.iter().filter(|(id, _)| id == boat).map(|(_, version)| version).collect();
                assert_eq!(versions, ["1", "2", "3", "4", "5"]);
            }
            harbour.stop().await;
            yard.stop().await;
        },
    );
}

#[test]
fn what_is_never_taken_whole_counts_as_not_sent() {
    at_sea(
        |settings| settings.send_ms = NonZeroU64::new(1500).unwrap(),
        |sea| async move {
            let yard = sea.process(Crew::yard()).await;
            sea.url("harbour").await;
            let boats = || {
                (0..40).map(|_| Launched { id: yard.bus.ids().id(), name: "x".into(), version: 1 }).collect()
            };
            publish(&yard, boats()).await.unwrap();
            sea.proxy.refuse(usize::MAX);
            let fault = publish(&yard, boats()).await.unwrap_err();
            assert_eq!(fault.kind(), Kind::Unavailable, "{fault}");
            assert!(yard.transport.health().is_err());
            sea.proxy.heal();
            publish(&yard, boats()).await.unwrap();
            yard.transport.health().unwrap();
            yard.stop().await;
        },
    );
}

#[test]
fn while_sqs_is_away_events_wait_in_their_outbox() {
    at_sea(
        |settings| settings.send_ms = NonZeroU64::new(1000).unwrap(),
        |sea| async move {
            // Unavailable from the start, so the queues do not exist either.
            sea.proxy.fail("*");
            let yard = sea.process(Crew::yard()).await;
            let state = Harbour::default();
            let harbour = sea.harbour(&state).await;
            launch(&yard, "first").await;
            until("somebody tried", async || sea.proxy.calls("GetQueueUrl") > 3).await;
            assert!(yard.transport.health().unwrap_err().contains("queue"));
            assert_eq!(yard.waiting().await, 1);
            sea.proxy.heal();
            sea.until_berths(1).await;
            until("it left the outbox", async || yard.waiting().await == 0).await;
            // Unavailable in the middle of the work.
            sea.proxy.fail("*");
            launch(&yard, "second").await;
            let before = sea.proxy.calls("SendMessageBatch");
            until("it was tried again", async || sea.proxy.calls("SendMessageBatch") > before + 3).await;
            until("the harbour noticed", async || harbour.transport.health().is_err()).await;
            assert_eq!(yard.waiting().await, 1);
            sea.proxy.heal();
            sea.until_berths(2).await;
            sea.until_empty("harbour").await;
            until("all is well again", async || {
                harbour.transport.health().and(yard.transport.health()).is_ok()
            })
            .await;
            assert_eq!(state.tried.load(Ordering::SeqCst), 2);
            harbour.stop().await;
            yard.stop().await;
        },
    );
}

#[test]
fn a_stop_waits_for_what_is_being_handled() {
    at_sea(
        |_| {},
        |sea| async move {
            let yard = sea.process(Crew::yard()).await;
            let state = Harbour::default();
            state.slow_ms.store(2000, Ordering::SeqCst);
            let harbour = sea.harbour(&state).await;
            launch(&yard, "under way").await;
            until("it is being handled", async || state.tried.load(Ordering::SeqCst) == 1).await;
            assert!(sea.berths().await.is_empty());
            // Not the whole test: the other process still uses the database.
            bus::Transport::stop_receiving(harbour.transport.as_ref()).await;
            assert_eq!(sea.berths().await.len(), 1);
            let left = sea.direct.receive_message().queue_url(sea.url("harbour").await).wait_time_seconds(1);
            assert!(left.send().await.unwrap().messages().is_empty());
            launch(&yard, "after").await;
            until("the outbox is empty", async || yard.waiting().await == 0).await;
            state.slow_ms.store(0, Ordering::SeqCst);
            let next = sea.harbour(&state).await;
            sea.until_berths(2).await;
            for process in [next, harbour, yard] {
                process.stop().await;
            }
        },
    );
}

#[test]
fn what_a_stopping_process_could_not_handle_goes_to_another_at_once() {
    at_sea(
        |settings| settings.visibility_seconds = 600,
        |sea| async move {
            let yard = sea.process(Crew::yard()).await;
            let one = sea.harbour(&Harbour::default()).await;
            // No other writer gets the lock while this transaction is open, so handling fails repeatedly.
            let tx = sea.db().begin().await.unwrap();
            launch(&yard, "handed over").await;
            until("it was taken", async || sea.proxy.given() == 1).await;
            bus::Transport::stop_receiving(one.transport.as_ref()).await;
            tx.rollback().await.unwrap();
            let began = Instant::now();
            let two = sea.harbour(&Harbour::default()).await;
            sea.until_berths(1).await;
            assert!(began.elapsed() < Duration::from_secs(30));
            for process in [two, one, yard] {
                process.stop().await;
            }
        },
    );
}

#[test]
fn without_leave_to_make_queues_their_lack_is_told_and_mended() {
    at_sea(
        |settings| settings.create = false,
        |sea| async move {
            let yard = sea.process(Crew::yard()).await;
            until("the missing queue is reported", async || {
                yard.transport.health().is_err_and(|reason| {
                    reason.contains("there is no queue") && reason.contains("sqs.create")
                })
            })
            .await;
            for name in ["harbour", "harbour-dead"] {
                let making = sea.direct.create_queue().queue_name(sea.queue(name));
                let fifo = aws_sdk_sqs::types::QueueAttributeName::FifoQueue;
                making.attributes(fifo, "true").send().await.unwrap();
            }
            launch(&yard, "x").await;
            until("the outbox is empty", async || yard.waiting().await == 0).await;
            yard.transport.health().unwrap();
            yard.stop().await;
        },
    );
}
