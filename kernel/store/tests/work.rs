//! The table of work against a simple model, on both databases.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use message::{Clock, Entity, Headers, Id, IdSource, MessageId, Timestamp};
use proptest::{collection::vec, prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use serde::{Deserialize, Serialize};
use store::{
    Db, PoolSizes, Work, dead_letters,
    work::{self, Claim, ClaimLimits, Receipt, Settlement, Trace},
};
use testing::{TestBackend, db_test};
use uuid::Uuid;

struct Boat;
impl Entity for Boat {
    const PREFIX: &'static str = "boat";
}

#[derive(Debug, Serialize, Deserialize)]
struct Paint {
    colour: i64,
}
impl Work for Paint {
    const KIND: &'static str = "paint";
    type Subject = Boat;
}

const CASES: usize = 40;
const LEASE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Retry { trace: Trace },
    GivenUp { trace: Trace },
    Untried,
}

#[derive(Debug, Clone)]
enum Step {
    Want(Vec<u8>),
    Claim(usize),
    /// Some of the claims that somebody holds, oldest first, whether they still hold or not.
    Settle(Vec<End>),
    /// Claims are lost: their process died.
    Lose,
    Wait(u64),
    Replay(usize),
    Drop(usize),
    RunNow(u8),
}

/// A row as the model has it.
#[derive(Debug, Clone)]
struct Row {
    id: Option<MessageId>,
    wanted: i64,
    attempts: i64,
    unanswered: i64,
    claim: i64,
    claimed_until: Option<Timestamp>,
    due_at: Option<Timestamp>,
}

/// A claim as the model has it.
struct Held {
    claim: Claim,
    number: i64,
    wanted: i64,
}

struct Model {
    rows: BTreeMap<u8, Row>,
    held: Vec<Held>,
}

fn subject(boat: u8) -> Id<Boat> {
    Id::from_uuid(Uuid::from_u128(u128::from(boat) + 1))
}

fn boat(claim: &Claim) -> u8 {
    u8::try_from(claim.subject.as_u128() - 1).unwrap()
}

fn trace() -> impl Strategy<Value = Trace> {
    prop_oneof![Just(Trace::Answered), Just(Trace::Unknown), Just(Trace::Unasked)]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::Done),
        3 => trace().prop_map(|trace| End::Retry { trace }),
        2 => trace().prop_map(|trace| End::GivenUp { trace }),
        1 => Just(End::Untried),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => vec(0..6_u8, 1..5).prop_map(Step::Want),
        5 => (1..5_usize).prop_map(Step::Claim),
        5 => vec(end(), 1..5).prop_map(Step::Settle),
        1 => Just(Step::Lose),
        4 => (1..12_u64).prop_map(Step::Wait),
        1 => (0..4_usize).prop_map(Step::Replay),
        1 => (0..4_usize).prop_map(Step::Drop),
        1 => (0..6_u8).prop_map(Step::RunNow),
    ]
}

async fn want(db: &Db, boats: &[u8]) {
    let mut tx = db.begin().await.unwrap();
    for boat in boats {
        let work = Paint { colour: i64::from(*boat) };
        tx.want(subject(*boat), &work, Headers::new(db.ids().id())).unwrap();
    }
    tx.commit().await.unwrap();
}

async fn claim(db: &Db, limit: usize) -> Vec<Claim> {
    let now = db.ids().clock().now();
    let limits = ClaimLimits { batch: i64::try_from(limit).unwrap(), patience: i64::MAX, is_busy: true };
    work::claim(db, Paint::KIND, now, now.after(LEASE), limits).await.unwrap().claims
}

async fn settle(db: &Db, settlements: &[(&Claim, &Settlement)]) -> Vec<Receipt> {
    let mut tx = db.begin().await.unwrap();
    let now = db.ids().clock().now();
    let receipts = work::settle(&mut tx, Paint::KIND, settlements, now).await.unwrap();
    tx.commit().await.unwrap();
    receipts
}

impl Model {
    fn want(&mut self, boats: &[u8], now: Timestamp) {
        for boat in boats.iter().collect::<HashSet<_>>() {
            let new = Row {
                id: None,
                wanted: -1,
                attempts: 0,
                unanswered: 0,
                claim: 0,
                claimed_until: None,
                due_at: Some(now),
            };
            let row = self.rows.entry(*boat).or_insert(new);
            row.wanted += 1;
            if row.due_at.is_none() {
                (row.attempts, row.unanswered) = (0, row.unanswered.min(1));
            }
            row.due_at = Some(now);
        }
    }

    fn due(&self, now: Timestamp) -> BTreeMap<u8, Timestamp> {
        let is_free = |row: &Row| row.claimed_until.is_none_or(|until| until <= now);
        let due = self.rows.iter().filter(|(_, row)| is_free(row));
        due.filter_map(|(boat, row)| Some((*boat, row.due_at.filter(|due| *due <= now)?))).collect()
    }

    /// Checks what was claimed and remembers it.
    fn claimed(&mut self, claims: Vec<Claim>, limit: usize, now: Timestamp) {
        let due = self.due(now);
        assert_eq!(claims.len(), due.len().min(limit));
        let latest = claims.iter().map(|claim| due[&boat(claim)]).max();
        let taken: HashSet<_> = claims.iter().map(boat).collect();
        for (boat, due_at) in &due {
            assert!(
                taken.contains(boat) || latest.is_some_and(|latest| *due_at >= latest),
                "first due, first served"
            );
        }
        for claim in claims {
            let row = self.rows.get_mut(&boat(&claim)).unwrap();
            row.attempts += 1;
            assert_eq!((claim.attempts, claim.unanswered), (row.attempts, row.unanswered));
            assert_eq!(*row.id.get_or_insert(claim.id), claim.id);
            row.unanswered += 1;
            row.claim += 1;
            row.claimed_until = Some(now.after(LEASE));
            let (number, wanted) = (row.claim, row.wanted);
            self.held.push(Held { claim, number, wanted });
        }
    }

    /// Settles one claim; returns what is written.
    fn settled(&mut self, held: &Held, end: End, due_at: Timestamp, now: Timestamp) -> Receipt {
        let boat = boat(&held.claim);
        let Some(row) = self.rows.get_mut(&boat).filter(|row| row.id == Some(held.claim.id)) else {
            return Receipt::Late;
        };
        if row.claim != held.number {
            return Receipt::Late;
        }
        let wanted_again = row.wanted != held.wanted;
        row.claimed_until = None;
        match end {
            End::Done if !wanted_again => drop(self.rows.remove(&boat)),
            End::Done => (row.attempts, row.unanswered, row.due_at) = (0, 0, Some(now)),
            End::Retry { trace } => {
                row.unanswered = unanswered(trace, row.unanswered);
                row.due_at = Some(if wanted_again { now } else { due_at });
            }
            End::GivenUp { trace } => {
                row.unanswered = unanswered(trace, row.unanswered);
                row.due_at = wanted_again.then_some(now);
                if wanted_again {
                    (row.attempts, row.unanswered) = (0, row.unanswered.min(1));
                }
            }
            End::Untried => {
                (row.attempts, row.unanswered) = (row.attempts - 1, row.unanswered - 1);
                row.due_at = Some(now);
            }
        }
        if wanted_again { Receipt::WantedAgain } else { Receipt::Written }
    }

    fn dead(&self) -> HashSet<MessageId> {
        self.rows.values().filter(|row| row.due_at.is_none()).filter_map(|row| row.id).collect()
    }
}

/// The tries without an answer after one that was claimed as one of `claimed`.
fn unanswered(trace: Trace, claimed: i64) -> i64 {
    match trace {
        Trace::Answered => 0,
        Trace::Unknown => 1,
        Trace::Unasked => claimed - 1,
    }
}

fn settlement(end: End, due_at: Timestamp) -> Settlement {
    let reason = "the paint is wet".to_owned();
    match end {
        End::Done => Settlement::Done,
        End::Retry { trace } => Settlement::Retry { due_at, reason, trace },
        End::GivenUp { trace } => Settlement::GivenUp { reason, trace },
        End::Untried => Settlement::Untried,
    }
}

async fn take(db: &Db, clock: &Clock, model: &mut Model, step: &Step) {
    let now = clock.now();
    match step {
        Step::Want(boats) => {
            want(db, boats).await;
            model.want(boats, now);
        }
        Step::Claim(limit) => {
            assert_eq!(work::is_due(db, Paint::KIND, now).await.unwrap(), !model.due(now).is_empty());
            let claims = claim(db, *limit).await;
            model.claimed(claims, *limit, now);
        }
        Step::Settle(ends) => {
            let due_at = now.after(Duration::from_secs(7));
            let count = ends.len().min(model.held.len());
            let held: Vec<_> = model.held.drain(..count).collect();
            let ends: Vec<_> = ends.iter().map(|end| settlement(*end, due_at)).zip(ends).collect();
            let batch: Vec<_> = held.iter().zip(&ends).map(|(held, (end, _))| (&held.claim, end)).collect();
            let receipts = settle(db, &batch).await;
            assert_eq!(receipts.len(), count);
            for ((held, (_, end)), receipt) in held.iter().zip(&ends).zip(receipts) {
                assert_eq!(model.settled(held, **end, due_at, now), receipt);
            }
        }
        Step::Lose => model.held.clear(),
        Step::Wait(seconds) => clock.advance(Duration::from_secs(*seconds)),
        Step::Replay(at) | Step::Drop(at) => {
            let letters = dead_letters::list(db, 100).await.unwrap();
            let Some(letter) = letters.get(*at) else { return };
            let id = letter.envelope.id;
            let row =
                model.rows.iter_mut().find(|(_, row)| row.id == Some(id)).map(|(boat, row)| (*boat, row));
            let (boat, row) = row.unwrap();
            assert_eq!(letter.subject, Some(subject(boat).to_string()));
            if matches!(step, Step::Drop(_)) {
                assert!(dead_letters::drop(db, id).await.unwrap());
                model.rows.remove(&boat);
            } else {
                assert!(dead_letters::replay(db, id, now).await.unwrap());
                (row.attempts, row.unanswered, row.due_at) = (0, row.unanswered.min(1), Some(now));
            }
        }
        Step::RunNow(boat) => {
            let Some(row) = model.rows.get_mut(boat) else { return };
            let Some(id) = row.id else { return };
            if row.due_at.is_none() {
                return;
            }
            let is_free = row.claimed_until.is_none_or(|until| until <= now);
            let waits = row.due_at.is_some_and(|due| due > now) && is_free;
            assert_eq!(dead_letters::replay(db, id, now).await.unwrap(), waits);
            row.due_at = if waits { Some(now) } else { row.due_at };
        }
    }
    let letters = dead_letters::list(db, 100).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.envelope.id).collect::<HashSet<_>>(), model.dead());
}

#[db_test]
async fn work_is_claimed_settled_given_up_and_replayed_as_in_the_model(backend: TestBackend) {
    let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
    let ids = IdSource::random(clock.clone());
    let db = Db::open(&backend.store(), "yard", &[], ids, PoolSizes::default()).await.unwrap();
    let mut runner = TestRunner::deterministic();
    for case in 0..CASES {
        let steps = vec(step(), 1..40).new_tree(&mut runner).unwrap().current();
        let mut model = Model { rows: BTreeMap::new(), held: Vec::new() };
        for (at, step) in steps.iter().enumerate() {
            tracing::debug!(case, at, ?step);
            take(&db, &clock, &mut model, step).await;
        }
        // Everything is done in the end, whatever happened before.
        clock.advance(LEASE * 2);
        for letter in dead_letters::list(&db, 100).await.unwrap() {
            assert!(dead_letters::replay(&db, letter.envelope.id, clock.now()).await.unwrap());
        }
        let claims = claim(&db, 100).await;
        assert_eq!(claims.len(), model.rows.len());
        let done: Vec<_> = claims.iter().map(|claim| (claim, &Settlement::Done)).collect();
        assert!(settle(&db, &done).await.iter().all(|receipt| *receipt == Receipt::Written));
        assert!(!work::is_due(&db, Paint::KIND, clock.now().after(LEASE * 2)).await.unwrap());
    }
    db.close().await;
}

#[db_test]
async fn nothing_is_claimed_by_two(backend: TestBackend) {
    let ids = IdSource::random(Clock::system());
    let db = Db::open(&backend.store(), "yard", &[], ids, PoolSizes::default()).await.unwrap();
    want(&db, &(0..200).collect::<Vec<_>>()).await;
    let workers = (0..6).map(|_| async {
        let mut claimed = Vec::new();
        loop {
            let claims = claim(&db, 7).await;
            if claims.is_empty() {
                return claimed;
            }
            claimed.extend(claims.iter().map(|claim| claim.subject));
        }
    });
    let claimed: Vec<_> = futures::future::join_all(workers).await.into_iter().flatten().collect();
    assert_eq!((claimed.len(), claimed.iter().collect::<HashSet<_>>().len()), (200, 200));
    db.close().await;
}
