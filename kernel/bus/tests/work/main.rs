//! Durable work through the router, on both databases: nothing is lost, nothing is written twice, nobody is held up.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod dock;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bus::{
    WorkLimits,
    dead_letters::{List, Replay, Show},
};
use message::{Clock, Fault, Headers, Id, Limit, Request};
use store::dead_letters;
use testing::{TestBackend, TestShop, db_test};

use dock::{Boat, Dock, Step, coats, left, manual, refused, shop, tried, want, want_for};

#[db_test]
async fn poison_holds_up_nobody_and_is_given_up_and_replayed(backend: TestBackend) {
    let (clock, state) = (manual(), Dock::default());
    let shop = shop(&backend, &clock, &state).await;
    let poison = ["panic", "stuck", "unloadable", "wet"];
    let mut bad = want(&shop, &poison).await;
    want_for(&shop, &[refused()], &["fine"]).await;
    bad.push(refused());
    let good = want(&shop, &["fine"; 150]).await;
    let mut sunk = want(&shop, &["sunk"]).await;
    let gone = want(&shop, &["gone"]).await;
    shop.until("the good ones are done", || async { coats(&shop).await.len() == 150 }).await;
    let painted: Vec<_> = coats(&shop).await.into_iter().map(|(boat, _)| boat).collect();
    assert!(good.iter().all(|boat| painted.contains(boat)) && !painted.contains(&gone[0]));

    for (attempts, pause) in [(1, 1), (2, 10)] {
        for boat in &bad {
            tried(&shop, *boat, attempts).await;
        }
        clock.advance(Duration::from_secs(pause));
    }
    shop.until("all are dead letters", || async { shop.dead_letters().await == 6 }).await;
    let letters = dead_letters::list(&shop.db("dock"), 10).await.unwrap();
    let reason = |boat: &Id<Boat>| {
        let letter = letters.iter().find(|letter| letter.subject == Some(boat.to_string())).unwrap();
        assert_eq!(letter.envelope.name, "paint");
        (letter.error.clone(), letter.attempts)
    };
    let reasons: Vec<_> = bad.iter().map(reason).collect();
    assert_eq!(reasons[0], ("it panicked: no paint".to_owned(), 3));
    assert_eq!(reasons[1], ("it took longer than 1.5 s".to_owned(), 3));
    assert!(reasons[2].0.starts_with("what it needs cannot be read"), "{reasons:?}");
    assert_eq!(reasons[3], ("the paint is wet".to_owned(), 3));
    assert!(reasons[4].0.starts_with("what came of it cannot be written"), "{reasons:?}");
    assert_eq!(reason(&sunk[0]), ("it is sunk".to_owned(), 1));

    state.mended.store(true, Ordering::SeqCst);
    for letter in letters.iter().filter(|letter| !letter.error.contains("read")) {
        assert!(dead_letters::replay(&shop.db("dock"), letter.envelope.id, clock.now()).await.unwrap());
    }
    shop.until("the others are done", || async { coats(&shop).await.len() == 155 }).await;
    sunk.extend(bad);
    let unseen = coats(&shop).await.into_iter().filter(|(boat, _)| sunk.contains(boat));
    let mut unseen: Vec<_> = unseen.map(|(_, unanswered)| unanswered).collect();
    unseen.sort_unstable();
    // Of those that panicked, were stuck or could not be written, nobody knows what the outside has seen.
    assert_eq!(unseen, [0, 0, 1, 1, 1]);
    assert_eq!((left(&shop).await, shop.dead_letters().await), (1, 1));
}

#[db_test]
async fn what_is_done_at_once_is_settled_together(backend: TestBackend) {
    let state = Dock::default();
    let shop = shop(&backend, &Clock::system(), &state).await;
    want(&shop, &["fine"; 1000]).await;
    shop.until("all are done", || async { coats(&shop).await.len() == 1000 }).await;
    let batches = state.batches.lock().unwrap().clone();
    assert_eq!(batches, [100; 10]);
    assert_eq!(left(&shop).await, 0);
}

#[db_test]
async fn as_many_run_as_there_are_places_and_slow_ones_do_not_count(backend: TestBackend) {
    let state = Dock::default();
    let shop = shop(&backend, &Clock::system(), &state).await;
    want(&shop, &["slow"; 60]).await;
    shop.until("all are done", || async { coats(&shop).await.len() == 60 }).await;
    assert!((2..=8).contains(&state.most.load(Ordering::SeqCst)), "{:?}", state.most);
    want(&shop, &["gated"; 20]).await;
    want(&shop, &["fine"]).await;
    shop.until("the fine one is done", || async { coats(&shop).await.len() == 61 }).await;
    for _ in 0..20 {
        state.gate.notify_one();
        tokio::task::yield_now().await;
    }
    shop.until("the gated ones are done", || async {
        state.gate.notify_one();
        coats(&shop).await.len() == 81
    })
    .await;
}

#[db_test]
async fn a_stop_waits_for_what_runs_and_leaves_the_rest_untried(backend: TestBackend) {
    let clock = Clock::system();
    let limits = WorkLimits { places: 1, slow_after: None, ..Dock::default().limits };
    let state = Dock { limits, ..Dock::default() };
    let before = shop(&backend, &clock, &state).await;
    want(&before, &["gated"]).await;
    before.until("it runs", || async { state.runs.load(Ordering::SeqCst) == 1 }).await;
    want(&before, &["fine"; 30]).await;
    let gate = Arc::clone(&state.gate);
    let opens = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        gate.notify_one();
    });
    before.stop().await;
    opens.await.unwrap();
    assert_eq!(state.runs.load(Ordering::SeqCst), 1, "nothing begins after the stop");

    let after = shop(&backend, &clock, &state).await;
    after.until("all are done", || async { coats(&after).await.len() == 31 }).await;
    let coats = coats(&after).await;
    assert!(coats.iter().all(|(_, unanswered)| *unanswered == 0), "the stop left no doubt: {coats:?}");
    assert_eq!(state.runs.load(Ordering::SeqCst), 31);
}

#[db_test]
async fn an_answer_after_its_claim_changes_nothing(backend: TestBackend) {
    let (clock, state) = (manual(), Dock::default());
    let shop = shop(&backend, &clock, &state).await;
    let boats = want(&shop, &["gated"]).await;
    shop.until("it runs", || async { state.runs.load(Ordering::SeqCst) == 1 }).await;
    clock.advance(Duration::from_mins(5));
    shop.until("it runs again", || async { state.runs.load(Ordering::SeqCst) == 2 }).await;
    shop.until("both have ended", || async {
        state.gate.notify_one();
        left(&shop).await == 0
    })
    .await;
    assert_eq!(coats(&shop).await, [(boats[0], 1)]);
}

#[db_test]
async fn what_is_wanted_again_while_it_is_done_is_done_again(backend: TestBackend) {
    let state = Dock::default();
    let shop = shop(&backend, &Clock::system(), &state).await;
    let boats = want(&shop, &["gated"]).await;
    shop.until("it runs", || async { state.runs.load(Ordering::SeqCst) == 1 }).await;
    want_for(&shop, &boats, &["fine"]).await;
    state.gate.notify_one();
    shop.until("it was done twice", || async { coats(&shop).await.len() == 2 && left(&shop).await == 0 })
        .await;
    assert_eq!(state.runs.load(Ordering::SeqCst), 2);
}

#[db_test]
async fn a_process_may_be_killed_between_any_two_steps(backend: TestBackend) {
    let clock = manual();
    for (at, step) in [Step::Load, Step::Run, Step::Settle, Step::Commit].into_iter().enumerate() {
        std::thread::scope(|process| {
            process.spawn(|| {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let state = Dock { killed_at: step, ..Dock::default() };
                    let shop = shop(&backend, &clock, &state).await;
                    want(&shop, &["fine"; 5]).await;
                    shop.until("it dies", || async { state.is_dead.load(Ordering::SeqCst) }).await;
                });
                runtime.shutdown_background();
            });
        });
        let state = Dock::default();
        let after = shop(&backend, &clock, &state).await;
        // On PostgreSQL another process might still have it; its claims end.
        clock.advance(Duration::from_mins(5));
        after.until("all are done", || async { left(&after).await == 0 }).await;
        let coats = coats(&after).await;
        assert_eq!(coats.len(), 5 * (at + 1), "once each, killed at {step:?}");
        assert!(coats.iter().all(|(_, unanswered)| *unanswered == 1), "killed at {step:?}: {coats:?}");
        after.stop().await;
    }
}

#[db_test]
async fn what_kills_its_process_every_time_is_given_up_and_its_neighbours_are_not(backend: TestBackend) {
    let clock = manual();
    // Three times all of them run when the process ends. Then each runs alone, and only one of them ends it again.
    for (time, killed_at) in [Step::Run, Step::Run, Step::Run, Step::Killer].into_iter().enumerate() {
        clock.advance(Duration::from_mins(5));
        std::thread::scope(|process| {
            process.spawn(|| {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let state = Dock { killed_at, ..Dock::default() };
                    let shop = shop(&backend, &clock, &state).await;
                    if time == 0 {
                        want(&shop, &[&["killer"][..], &["fine"; 50]].concat()).await;
                    }
                    shop.until("it dies", || async { state.is_dead.load(Ordering::SeqCst) }).await;
                });
                runtime.shutdown_background();
            });
        });
    }
    clock.advance(Duration::from_mins(5));
    let after = shop(&backend, &clock, &Dock::default()).await;
    after.until("the neighbours are done", || async { coats(&after).await.len() == 50 }).await;
    after.until("it is given up", || async { after.dead_letters().await == 1 }).await;
    let letters = dead_letters::list(&after.db("dock"), 10).await.unwrap();
    assert_eq!(letters[0].error, "its process ended, each time that it was tried");
    assert_eq!(left(&after).await, 1);
}

#[db_test]
async fn what_ends_during_a_stop_is_settled_before_the_stop_ends(backend: TestBackend) {
    let state = Dock::default();
    let shop = shop(&backend, &Clock::system(), &state).await;
    want(&shop, &["gated"; 2]).await;
    shop.until("both run", || async { state.runs.load(Ordering::SeqCst) == 2 }).await;
    let db = shop.db("dock");
    let stop = tokio::spawn(shop.stop());
    tokio::time::sleep(Duration::from_millis(200)).await;
    state.gate.notify_one();
    testing::until("one is settled while the other runs", || async {
        store::query("SELECT count(*) AS n FROM work")
            .fetch_one(&db, |row| row.get::<i64>("n"))
            .await
            .is_ok_and(|left| left == 1)
    })
    .await;
    state.gate.notify_one();
    stop.await.unwrap();
}

#[db_test]
async fn what_cannot_be_read_is_given_up_alone_and_keeps_its_doubt(backend: TestBackend) {
    let (clock, state) = (manual(), Dock::default());
    let shop = shop(&backend, &clock, &state).await;
    let boats = want(&shop, &["wet"; 2]).await;
    for boat in &boats {
        tried(&shop, *boat, 1).await;
    }
    let mut tx = shop.db("dock").begin().await.unwrap();
    store::query("UPDATE work SET headers = '{', unanswered = 1 WHERE subject_id = $1")
        .bind(boats[0])
        .execute(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    state.mended.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(1));
    shop.until("the other is done", || async { coats(&shop).await == [(boats[1], 0)] }).await;
    shop.until("it is given up", || async { shop.dead_letters().await == 1 }).await;
    let [letter] = ask(&shop, &List { after: None, limit: Limit::default() }).await.try_into().unwrap();
    assert!(letter.reason.starts_with("it cannot be read"), "{letter:?}");
    let unanswered: i64 = store::query("SELECT unanswered FROM work")
        .fetch_one(&shop.db("dock"), |row| row.get("unanswered"))
        .await
        .unwrap();
    assert_eq!(unanswered, 1);
}

async fn ask<R: Request<Error = Fault>>(shop: &TestShop, request: &R) -> R::Reply {
    shop.bus.ask_service("dock", Headers::new(shop.bus.correlation()), request).await.unwrap()
}

#[db_test]
async fn the_operator_sees_what_was_given_up_and_lets_it_run_now(backend: TestBackend) {
    let (clock, state) = (manual(), Dock::default());
    let shop = shop(&backend, &clock, &state).await;
    let boats = want(&shop, &["sunk", "wet"]).await;
    shop.until("one is given up", || async { shop.dead_letters().await == 1 }).await;
    let [letter] = ask(&shop, &List { after: None, limit: Limit::default() }).await.try_into().unwrap();
    assert_eq!((letter.name.as_str(), letter.reason.as_str(), letter.attempts), ("paint", "it is sunk", 1));
    assert_eq!(
        (&letter.body, &letter.subject),
        (&serde_json::json!({"how": "sunk"}), &Some(boats[0].to_string()))
    );
    assert_eq!(ask(&shop, &Show { id: letter.id }).await, Some(letter.clone()));

    tried(&shop, boats[1], 1).await;
    let waiting = store::query("SELECT id FROM work WHERE subject_id = $1")
        .bind(boats[1])
        .fetch_one(&shop.db("dock"), |row| row.get("id"))
        .await
        .unwrap();
    state.mended.store(true, Ordering::SeqCst);
    for id in [letter.id, waiting] {
        assert!(ask(&shop, &Replay { id }).await);
    }
    // The clock stands: without the operator, the second would wait for its next try.
    shop.until("both are done", || async { coats(&shop).await.len() == 2 && left(&shop).await == 0 }).await;
}
