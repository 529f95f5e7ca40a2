//! Durable work through the router, on both databases: nothing is lost, nothing is written twice, nobody is held up.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test, and its made-up shop"
)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{Attempt, Cx, Inputs, Outcome, Router, Settled, Settlement, Work, WorkLimits, Worker};
use message::{BackOff, Clock, Entity, Fault, Headers, Id};
use serde::{Deserialize, Serialize};
use store::{Db, Migration, Migrations, Tx, dead_letters, query};
use testing::{TestBackend, TestShop, db_test};
use tokio::sync::Notify;

pub struct Boat;
impl Entity for Boat {
    const PREFIX: &'static str = "boat";
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Paint {
    how: String,
}
impl Work for Paint {
    const KIND: &'static str = "paint";
    type Subject = Boat;
}

const DOCK: Migrations = &[Migration {
    name: "0001_coats",
    sqlite: "CREATE TABLE coat (boat_id BLOB NOT NULL, how TEXT NOT NULL, unanswered INTEGER NOT NULL)",
    postgres: "CREATE TABLE coat (boat_id uuid NOT NULL, how text NOT NULL, unanswered bigint NOT NULL)",
}];

/// Where the process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nowhere,
    Load,
    Run,
    Settle,
    Commit,
}

/// What tests see of a dock, and tell it.
#[derive(Clone)]
struct Dock {
    limits: WorkLimits,
    /// How long each batch was that was settled.
    batches: Arc<Mutex<Vec<usize>>>,
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    runs: Arc<AtomicUsize>,
    mended: Arc<AtomicBool>,
    /// `gated` work waits for it.
    gate: Arc<Notify>,
    killed_at: Step,
    is_dead: Arc<AtomicBool>,
}

const BACK_OFF: BackOff = BackOff::steps(&[Duration::from_secs(1), Duration::from_secs(10)]);

impl Default for Dock {
    fn default() -> Self {
        let limits = WorkLimits {
            places: 8,
            slow_after: Some(Duration::from_millis(50)),
            batch: 100,
            time_out: Duration::from_millis(1500),
            back_off: BACK_OFF,
            drain: Duration::from_secs(5),
        };
        Self {
            limits,
            batches: Arc::default(),
            running: Arc::default(),
            most: Arc::default(),
            runs: Arc::default(),
            mended: Arc::default(),
            gate: Arc::default(),
            killed_at: Step::Nowhere,
            is_dead: Arc::default(),
        }
    }
}

impl Dock {
    /// Nothing happens after this, until the process is gone.
    async fn die_at(&self, step: Step) {
        if self.killed_at == step {
            self.is_dead.store(true, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
    }
}

struct Painter;

impl Worker<Dock> for Painter {
    type Work = Paint;
    type Input = ();
    type Effect = i64;

    async fn load(&self, cx: &Cx<Dock>, attempts: &[Attempt<Paint>]) -> Result<Inputs<Paint, ()>, Fault> {
        cx.die_at(Step::Load).await;
        if attempts.iter().any(|attempt| attempt.work.how == "unloadable") {
            return Err(Fault::internal("it cannot be read"));
        }
        Ok(attempts
            .iter()
            .filter(|attempt| attempt.work.how != "gone")
            .map(|attempt| (attempt.subject, ()))
            .collect())
    }

    async fn run(&self, cx: Cx<Dock>, attempt: Attempt<Paint>, (): ()) -> (Outcome, i64) {
        cx.runs.fetch_add(1, Ordering::SeqCst);
        cx.die_at(Step::Run).await;
        let outcome = match attempt.work.how.as_str() {
            _ if cx.mended.load(Ordering::SeqCst) => Outcome::Done,
            "wet" => Outcome::Retry("the paint is wet".to_owned()),
            "sunk" => Outcome::GiveUp("it is sunk".to_owned()),
            "panic" => panic!("no paint"),
            "stuck" => std::future::pending().await,
            "gated" => {
                cx.gate.notified().await;
                Outcome::Done
            }
            "slow" => {
                let running = cx.running.fetch_add(1, Ordering::SeqCst) + 1;
                cx.most.fetch_max(running, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(30)).await;
                cx.running.fetch_sub(1, Ordering::SeqCst);
                Outcome::Done
            }
            _ => Outcome::Done,
        };
        (outcome, attempt.unanswered)
    }

    async fn settle(
        &self,
        cx: &Cx<Dock>,
        tx: &mut Tx,
        settled: &[Settled<'_, Paint, i64>],
    ) -> Result<(), Fault> {
        cx.die_at(Step::Settle).await;
        cx.batches.lock().unwrap().push(settled.len());
        let done: Vec<_> = settled
            .iter()
            .filter(|settled| *settled.settlement == Settlement::Done)
            .filter_map(|settled| Some((settled.subject, "done", *settled.effect?)))
            .collect();
        query("INSERT INTO coat (boat_id, how, unanswered) SELECT r.id, r.how, r.n FROM rows(id uuid, how text, n int) AS r")
            .rows(done)
            .execute(tx)
            .await?;
        if settled.iter().any(|settled| settled.subject == refused()) && !cx.mended.load(Ordering::SeqCst) {
            return Err(Fault::internal("no such boat"));
        }
        cx.die_at(Step::Commit).await;
        Ok(())
    }
}

/// The boat whose coat cannot be written.
fn refused() -> Id<Boat> {
    Id::from_uuid(uuid::Uuid::from_u128(7))
}

fn dock(db: Db, dock: Dock) -> Router<Dock> {
    let limits = dock.limits;
    Router::new("dock", dock).db(db).work(limits, Painter)
}

async fn shop(backend: &TestBackend, clock: &Clock, state: &Dock) -> TestShop {
    let state = state.clone();
    TestShop::builder(backend).clock(clock.clone()).service("dock", DOCK, |db| dock(db, state)).start().await
}

fn manual() -> Clock {
    Clock::manual("2026-01-01T00:00:00Z".parse().unwrap())
}

async fn want(shop: &TestShop, hows: &[&str]) -> Vec<Id<Boat>> {
    let boats: Vec<_> = hows.iter().map(|_| shop.bus.ids().id()).collect();
    want_for(shop, &boats, hows).await;
    boats
}

async fn want_for(shop: &TestShop, boats: &[Id<Boat>], hows: &[&str]) {
    let mut tx = shop.db("dock").begin().await.unwrap();
    for (boat, how) in boats.iter().zip(hows) {
        tx.want(*boat, &Paint { how: (*how).to_owned() }, Headers::new(shop.bus.correlation())).unwrap();
    }
    tx.commit().await.unwrap();
}

/// The boats that have a coat, each as often as it has one, with the tries whose end nobody saw.
async fn coats(shop: &TestShop) -> Vec<(Id<Boat>, i64)> {
    query("SELECT boat_id, unanswered FROM coat ORDER BY boat_id")
        .fetch_all(&shop.db("dock"), |row| Ok((row.get("boat_id")?, row.get("unanswered")?)))
        .await
        .unwrap()
}

async fn left(shop: &TestShop) -> i64 {
    query("SELECT count(*) AS n FROM work").fetch_one(&shop.db("dock"), |row| row.get("n")).await.unwrap()
}

/// Waits until the work for this boat was tried so often, and nobody is at it.
async fn tried(shop: &TestShop, boat: Id<Boat>, attempts: i64) {
    shop.until(&format!("it was tried {attempts} times"), || async {
        query(
            "SELECT attempts FROM work WHERE subject_id = $1 AND claimed_until IS NULL AND error IS NOT NULL",
        )
        .bind(boat)
        .fetch_optional(&shop.db("dock"), |row| row.get::<i64>("attempts"))
        .await
        .unwrap()
            == Some(attempts)
    })
    .await;
}

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
async fn what_kills_its_process_every_time_is_given_up(backend: TestBackend) {
    let clock = manual();
    let state = Dock::default();
    for _ in 0..3 {
        std::thread::scope(|process| {
            process.spawn(|| {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let state = Dock { killed_at: Step::Run, ..Dock::default() };
                    let shop = shop(&backend, &clock, &state).await;
                    want_for(&shop, &[refused()], &["killer"]).await;
                    clock.advance(Duration::from_mins(5));
                    shop.until("it dies", || async { state.is_dead.load(Ordering::SeqCst) }).await;
                });
                runtime.shutdown_background();
            });
        });
    }
    let after = shop(&backend, &clock, &state).await;
    clock.advance(Duration::from_mins(5));
    after.until("it is given up", || async { after.dead_letters().await == 1 }).await;
    assert_eq!(state.runs.load(Ordering::SeqCst), 0);
}
