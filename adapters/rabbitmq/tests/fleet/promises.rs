//! The guarantees of the bus, between processes.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bus::Transport as _;
use futures::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use lapin::{
    options::{QueueDeclareOptions, QueueDeleteOptions},
    types::FieldTable,
};
use message::{Envelope, Fault, Headers, Kind, Message, Request};
use serde::{Deserialize, Serialize};

use testing::{
    example_services::{Harbour, LaunchError, Launched, Lighthouse, Wait, Yard, launch},
    until,
};

use crate::common::{Crew, Process, Sea, at_sea, connection, start};

/// A harbour, and a caller.
async fn yard_and_quay(sea: &Sea, yard: &Yard) -> (Process, Process) {
    (sea.process("yard", Crew::yard(yard)).await, sea.process("quay", Crew::default()).await)
}

#[test]
fn a_request_is_answered_refused_or_failed_by_another_process() {
    at_sea(|sea| async move {
        let (yard, quay) = yard_and_quay(&sea, &Yard::default()).await;
        assert!(quay.launch("a").await.is_ok());
        assert_eq!(quay.launch("oak").await, Err(LaunchError::NoWood));
        assert_eq!(quay.launch("leaky").await.unwrap_err().kind(), Some(Kind::Internal));
        assert_eq!(quay.launch("panic").await.unwrap_err().kind(), Some(Kind::Internal));
        assert!(quay.launch("b").await.is_ok());
        quay.stop().await;
        yard.stop().await;
    });
}

#[test]
fn one_bad_request_of_a_packet_fails_alone() {
    at_sea(|sea| async move {
        let (yard, quay) = yard_and_quay(&sea, &Yard::default()).await;
        let answers = join_all(["a", "leaky", "b", "panic", "c"].map(|name| quay.launch(name))).await;
        let granted: Vec<_> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(granted, [true, false, true, false, true]);
        quay.stop().await;
        yard.stop().await;
    });
}

#[test]
fn what_is_asked_together_is_handled_together_and_answered_to_each() {
    at_sea(|sea| async move {
        let state = Yard::default();
        let (yard, quay) = yard_and_quay(&sea, &state).await;
        quay.launch("first").await.unwrap();
        let names: Vec<_> = (0..300).map(|number| number.to_string()).collect();
        let answers = join_all(names.iter().map(|name| quay.launch(name))).await;
        let boats: HashSet<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(boats.len(), 300);
        let batches = state.batches.lock().unwrap().clone();
        assert_eq!(batches.iter().sum::<usize>(), 301);
        assert!(batches.len() < 100, "{batches:?}");
        quay.stop().await;
        yard.stop().await;
    });
}

#[test]
fn packing_can_be_switched_off() {
    at_sea(|sea| async move {
        let mut settings = sea.settings.clone();
        settings.packet_messages = std::num::NonZeroUsize::MIN;
        let yard = start(&sea.backend, settings.clone(), "yard", Crew::yard(&Yard::default())).await;
        let quay = start(&sea.backend, settings, "quay", Crew::default()).await;
        let names: Vec<_> = (0..50).map(|number| number.to_string()).collect();
        assert!(join_all(names.iter().map(|name| quay.launch(name))).await.iter().all(Result::is_ok));
        quay.stop().await;
        yard.stop().await;
    });
}

#[test]
fn nobody_there_is_told_at_once_and_late_answers_at_the_deadline() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Unknown {}
    impl Message for Unknown {
        const NAME: &'static str = "nobody.knows";
    }
    impl Request for Unknown {
        type Reply = ();
        type Error = Fault;
    }
    at_sea(|sea| async move {
        let state = Yard::default();
        let (yard, quay) = yard_and_quay(&sea, &state).await;
        let fault = quay.bus.ask(&Unknown {}).await.unwrap_err();
        assert_eq!(fault.kind(), Kind::NoRoute, "{fault}");

        let within = |ms| {
            let mut headers = Headers::new(quay.bus.correlation());
            headers.deadline = Some(quay.bus.now().after(Duration::from_millis(ms)));
            headers
        };
        let slow = quay.bus.ask_with(within(200), &Wait { ms: 60_000 }).await.unwrap_err();
        assert_eq!(slow.kind(), Kind::Timeout, "{slow}");
        // As if its process had been killed, as far as that can be simulated within one process.
        yard.transport.close().await;

        // No yard runs: the request waits, and is not handled after its deadline.
        let late = quay.bus.ask_with(within(200), &launch("late")).await.unwrap_err();
        assert_eq!(late.kind(), Some(Kind::Timeout), "{late:?}");
        let state = Yard::default();
        let yard = sea.process("yard", Crew::yard(&state)).await;
        quay.launch("in time").await.unwrap();
        assert_eq!(*state.batches.lock().unwrap(), [1]);
        quay.stop().await;
        yard.stop().await;
    });
}

#[test]
fn too_many_at_once_are_told_to_come_back() {
    at_sea(|sea| async move {
        let mut settings = sea.settings.clone();
        settings.asking = 5.try_into().unwrap();
        let quay = start(&sea.backend, settings, "quay", Crew::default()).await;
        // No process answers yet: five requests wait, and the sixth is rejected at once.
        let mut waiting: FuturesUnordered<_> = (0..6).map(|_| quay.launch("patient")).collect();
        let refused = waiting.next().await.unwrap().unwrap_err();
        assert_eq!(refused.kind(), Some(Kind::Busy), "{refused:?}");
        let yard = sea.process("yard", Crew::yard(&Yard::default())).await;
        let answers: Vec<_> = waiting.collect().await;
        assert!(answers.len() == 5 && answers.iter().all(Result::is_ok), "{answers:?}");
        quay.stop().await;
        yard.stop().await;
    });
}

#[test]
fn requests_wait_while_their_service_restarts() {
    at_sea(|sea| async move {
        let quay = sea.process("quay", Crew::default()).await;
        let answer = tokio::spawn({
            let bus = quay.bus.clone();
            async move { bus.ask(&launch("early")).await }
        });
        let yard = sea.process("yard", Crew::yard(&Yard::default())).await;
        answer.await.unwrap().unwrap();

        // Workers come and go under load, and no caller notices.
        let asking = tokio::spawn({
            let bus = quay.bus.clone();
            async move {
                for number in 0..300 {
                    bus.ask(&launch(&number.to_string())).await.unwrap();
                }
            }
        });
        let mut yard = yard;
        for _ in 0..3 {
            let next = sea.process("yard", Crew::yard(&Yard::default())).await;
            std::mem::replace(&mut yard, next).stop().await;
        }
        asking.await.unwrap();
        quay.stop().await;
        yard.stop().await;
    });
}

#[test]
fn a_request_outlives_the_worker_that_took_it() {
    at_sea(|sea| async move {
        let [first, second] = [Yard::default(), Yard::default()];
        let (worker, quay) = yard_and_quay(&sea, &first).await;
        let asking = tokio::spawn({
            let bus = quay.bus.clone();
            async move { bus.ask(&Wait { ms: 1_000 }).await }
        });
        until("it was taken", async || first.waits.load(Ordering::SeqCst) == 1).await;
        // Without a shutdown: its unacknowledged packets are delivered to the next worker.
        worker.transport.close().await;
        let next = sea.process("yard", Crew::yard(&second)).await;
        assert_eq!(asking.await.unwrap().unwrap(), 1_000);
        assert_eq!(second.waits.load(Ordering::SeqCst), 1);
        quay.stop().await;
        next.stop().await;
        worker.stop().await;
    });
}

fn changes(process: &Process, boats: usize, versions: i64) -> Vec<Envelope> {
    let ids: Vec<_> = (0..boats).map(|_| process.bus.ids().id()).collect();
    let change = |version: i64, boat: usize| {
        let event = Launched { id: ids[boat], name: format!("{boat}.{version}"), version };
        Envelope::event(&event, Headers::new(process.bus.correlation()), process.bus.ids()).unwrap()
    };
    (0..versions)
        .flat_map(|version| (0..boats).map(move |boat| (version, boat)))
        .map(|(v, b)| change(v, b))
        .collect()
}

#[test]
fn events_have_their_effect_once_and_in_order_though_sent_twice_and_to_two_workers() {
    at_sea(|sea| async move {
        let [one, other] = [Harbour::default(), Harbour::default()];
        let first = sea.process("harbour-1", Crew::harbour(&one)).await;
        let second = sea.process("harbour-2", Crew::harbour(&other)).await;
        let quay = sea.process("quay", Crew::default()).await;
        let events = changes(&quay, 5, 60);
        for part in events.chunks(100) {
            quay.transport.publish(part.to_vec()).await.unwrap();
        }
        quay.transport.publish(events).await.unwrap();
        until("all are there", async || first.berths().await.len() >= 300).await;
        let berths = first.berths().await;
        for boat in 0..5 {
            let prefix = format!("{boat}.");
            let versions: Vec<i64> =
                berths.iter().filter_map(|name| name.strip_prefix(&prefix)?.parse().ok()).collect();
            assert_eq!(versions, (0..60).collect::<Vec<_>>(), "boat {boat}");
        }
        for process in [quay, first, second] {
            process.stop().await;
        }
    });
}

#[test]
fn an_event_waits_for_a_service_that_never_ran() {
    at_sea(|sea| async move {
        let (yard, quay) = yard_and_quay(&sea, &Yard::default()).await;
        quay.launch("early").await.unwrap();
        quay.stop().await;
        until("it left the outbox", async || store::outbox::backlog(&yard.db("yard")).await.unwrap() == 0)
            .await;
        yard.stop().await;
        let harbour = sea.process("harbour", Crew::harbour(&Harbour::default())).await;
        until("it arrived", async || harbour.berths().await == ["early"]).await;
        harbour.stop().await;
    });
}

#[test]
fn a_failing_reaction_holds_nobody_up_and_is_parked_or_kept() {
    at_sea(|sea| async move {
        let state = Harbour::default();
        state.strike.store(true, Ordering::SeqCst);
        let (yard, quay) = yard_and_quay(&sea, &Yard::default()).await;
        let harbour = sea.process("harbour", Crew::harbour(&state)).await;
        for name in ["a", "cursed", "late", "b"] {
            quay.launch(name).await.unwrap();
        }
        until("the others are there", async || harbour.berths().await == ["a", "b"]).await;
        let db = harbour.db("harbour");
        until("one is dead", async || store::dead_letters::count(&db).await.unwrap() == 1).await;
        assert_eq!(
            store::dead_letters::list(&db, 10).await.unwrap()[0].error,
            "rejected: not in this harbour"
        );
        state.strike.store(false, Ordering::SeqCst);
        until("the strike is over", async || harbour.berths().await == ["a", "b", "late"]).await;
        for process in [quay, yard, harbour] {
            process.stop().await;
        }
    });
}

#[test]
fn what_ends_a_process_takes_no_other_event_with_it() {
    at_sea(|sea| async move {
        let quay = sea.process("quay", Crew::default()).await;
        let named = |name: &str| {
            let boat = Launched { id: quay.bus.ids().id(), name: name.to_owned(), version: 1 };
            Envelope::event(&boat, Headers::new(quay.bus.correlation()), quay.bus.ids()).unwrap()
        };
        let names = ["a", "b", "leviathan", "c", "d", "e"];
        // Each in a packet of its own, as when time passes between them.
        for name in names {
            quay.transport.publish(vec![named(name)]).await.unwrap();
        }
        let mut ended = 0;
        let (runtime, process) = loop {
            let state = Harbour::default();
            // Dropping its runtime kills a process: none of its tasks runs on or closes anything.
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let process = runtime.spawn({
                let (sea, crew) = (Arc::clone(&sea), Crew::harbour(&state));
                async move { sea.process("harbour", crew).await }
            });
            let process = process.await.unwrap();
            let db = process.db("harbour");
            let mut is_buried = false;
            until("it has met the leviathan, or kept it for others to look at", async || {
                is_buried = store::dead_letters::count(&db).await.unwrap() > 0;
                is_buried || state.met_leviathan.load(Ordering::SeqCst)
            })
            .await;
            if is_buried {
                break (runtime, process);
            }
            ended += 1;
            runtime.shutdown_background();
        };
        // It may have been sent ahead to one or two processes that ended over an earlier event.
        assert!((18..=21).contains(&ended), "given up after {ended}");
        until("the others have a berth", async || process.berths().await.len() == names.len() - 1).await;
        assert_eq!(process.berths().await, ["a", "b", "c", "d", "e"]);
        assert_eq!(store::dead_letters::count(&process.db("harbour")).await.unwrap(), 1);
        quay.stop().await;
        process.stop().await;
        runtime.shutdown_background();
    });
}

#[test]
fn single_events_of_many_senders_share_packets_and_confirms() {
    at_sea(|sea| async move {
        let quay = sea.process("quay", Crew::default()).await;
        until("it is there", async || quay.transport.health().is_ok()).await;
        let events = changes(&quay, 300, 1);
        let sent = join_all(events.into_iter().map(|event| quay.transport.publish(vec![event]))).await;
        assert!(sent.iter().all(Result::is_ok));
        let connection = connection().await;
        let queue = format!("{}.v1.events.harbour", sea.settings.prefix);
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        let channel = connection.create_channel().await.unwrap();
        let seen = channel.queue_declare(queue.into(), passive, FieldTable::default()).await.unwrap();
        connection.close(200, "seen".into()).await.unwrap();
        assert!((1..100).contains(&seen.message_count()), "{} packets", seen.message_count());
        let harbour = sea.process("harbour", Crew::harbour(&Harbour::default())).await;
        until("all arrived", async || harbour.berths().await.len() == 300).await;
        quay.stop().await;
        harbour.stop().await;
    });
}

#[test]
fn events_wait_for_queues_that_were_deleted_by_hand() {
    at_sea(|sea| async move {
        let quay = sea.process("quay", Crew::default()).await;
        until("it is there", async || quay.transport.health().is_ok()).await;
        let connection = connection().await;
        let channel = connection.create_channel().await.unwrap();
        let queue = format!("{}.v1.events.harbour", sea.settings.prefix);
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
        connection.close(200, "done".into()).await.unwrap();
        let event = changes(&quay, 1, 1);
        let fault = quay.transport.publish(event.clone()).await.unwrap_err();
        assert_eq!(fault.kind(), Kind::Unavailable, "{fault}");
        // Like an outbox.
        until("it is taken", async || quay.transport.publish(event.clone()).await.is_ok()).await;
        let harbour = sea.process("harbour", Crew::harbour(&Harbour::default())).await;
        until("it arrived", async || harbour.berths().await == ["0.0"]).await;
        quay.stop().await;
        harbour.stop().await;
    });
}

#[test]
fn every_process_that_listens_hears_everything() {
    at_sea(|sea| async move {
        let lights = [Lighthouse::default(), Lighthouse::default()];
        let mut processes = vec![sea.process("yard", Crew::yard(&Yard::default())).await];
        for light in &lights {
            processes.push(sea.process("lighthouse", Crew::lighthouse(light)).await);
        }
        // Earlier events may have passed them by, and they are notified of that.
        until("they listen", async || lights.iter().all(|light| light.gaps.load(Ordering::SeqCst) == 1))
            .await;
        for name in ["a", "b", "c"] {
            processes[0].launch(name).await.unwrap();
        }
        for light in &lights {
            until("the listener has received it", async || {
                *light.received.lock().unwrap() == ["a", "b", "c"]
            })
            .await;
        }
        for process in processes {
            process.stop().await;
        }
    });
}
