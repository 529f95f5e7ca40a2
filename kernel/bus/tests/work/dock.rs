//! A made-up service that paints boats, and does it as badly as it is asked to.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{Attempt, Cx, Inputs, Outcome, Router, Settlement, Upshot, Work, WorkLimits, Worker};
use message::{BackOff, Clock, Entity, Fault, Headers, Id};
use serde::{Deserialize, Serialize};
use store::{Db, Migration, Migrations, Tx, query};
use testing::{TestBackend, TestShop};
use tokio::sync::Notify;

pub(crate) struct Boat;
impl Entity for Boat {
    const PREFIX: &'static str = "boat";
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Paint {
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
pub(crate) enum Step {
    Nowhere,
    Load,
    Run,
    /// When the `killer` runs.
    Killer,
    Settle,
    Commit,
}

/// What tests see of a dock, and tell it.
#[derive(Clone)]
pub(crate) struct Dock {
    pub(crate) limits: WorkLimits,
    /// How long each batch was that was settled.
    pub(crate) batches: Arc<Mutex<Vec<usize>>>,
    pub(crate) running: Arc<AtomicUsize>,
    pub(crate) most: Arc<AtomicUsize>,
    pub(crate) runs: Arc<AtomicUsize>,
    pub(crate) mended: Arc<AtomicBool>,
    /// `gated` work waits for it.
    pub(crate) gate: Arc<Notify>,
    pub(crate) killed_at: Step,
    pub(crate) is_dead: Arc<AtomicBool>,
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
        if attempt.work.how == "killer" {
            cx.die_at(Step::Killer).await;
        }
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
        settled: &[Upshot<'_, Paint, i64>],
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
pub(crate) fn refused() -> Id<Boat> {
    Id::from_uuid(uuid::Uuid::from_u128(7))
}

fn dock(db: Db, dock: Dock) -> Router<Dock> {
    let limits = dock.limits;
    Router::new("dock", dock).db(db).work(limits, Painter)
}

pub(crate) async fn shop(backend: &TestBackend, clock: &Clock, state: &Dock) -> TestShop {
    let state = state.clone();
    TestShop::builder(backend).clock(clock.clone()).service("dock", DOCK, |db| dock(db, state)).start().await
}

pub(crate) fn manual() -> Clock {
    Clock::manual("2026-01-01T00:00:00Z".parse().unwrap())
}

pub(crate) async fn want(shop: &TestShop, hows: &[&str]) -> Vec<Id<Boat>> {
    let boats: Vec<_> = hows.iter().map(|_| shop.bus.ids().id()).collect();
    want_for(shop, &boats, hows).await;
    boats
}

pub(crate) async fn want_for(shop: &TestShop, boats: &[Id<Boat>], hows: &[&str]) {
    let mut tx = shop.db("dock").begin().await.unwrap();
    for (boat, how) in boats.iter().zip(hows) {
        tx.want(*boat, &Paint { how: (*how).to_owned() }, Headers::new(shop.bus.correlation())).unwrap();
    }
    tx.commit().await.unwrap();
}

/// The boats that have a coat, each as often as it has one, with the tries whose end nobody saw.
pub(crate) async fn coats(shop: &TestShop) -> Vec<(Id<Boat>, i64)> {
    query("SELECT boat_id, unanswered FROM coat ORDER BY boat_id")
        .fetch_all(&shop.db("dock"), |row| Ok((row.get("boat_id")?, row.get("unanswered")?)))
        .await
        .unwrap()
}

pub(crate) async fn left(shop: &TestShop) -> i64 {
    query("SELECT count(*) AS n FROM work").fetch_one(&shop.db("dock"), |row| row.get("n")).await.unwrap()
}

/// Waits until the work for this boat was tried so often, and nobody is at it.
pub(crate) async fn tried(shop: &TestShop, boat: Id<Boat>, attempts: i64) {
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
