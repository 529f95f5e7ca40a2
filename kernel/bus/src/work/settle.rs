//! What came of runs, and its way into the database.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use message::{Fault, Timestamp, type_id};
use store::{
    Db,
    work::{self, Claim, Settlement},
};

use super::{
    Outcome, WorkLimits,
    erased::{Effect, Kind},
    turn::Ending,
};
use crate::service::panic_text;

/// A run that ended and is not settled yet.
pub(crate) struct Ended {
    pub(crate) claim: Claim,
    pub(crate) settlement: Settlement,
    pub(crate) effect: Option<Effect>,
    /// How long the run took.
    pub(crate) took: Duration,
}

impl Ended {
    pub(crate) fn new(db: &Db, limits: &WorkLimits, claim: Claim, ending: Ending, took: Duration) -> Self {
        let (settlement, effect) = match ending {
            Ending::Answered(Outcome::Done, effect) => (Settlement::Done, effect),
            Ending::Answered(Outcome::GiveUp(reason), effect) => {
                (Settlement::GivenUp { reason, answered: true }, effect)
            }
            Ending::Answered(Outcome::Retry(reason), effect) => {
                (failure(db, limits, &claim, reason, true), effect)
            }
            Ending::Broken(reason) => (failure(db, limits, &claim, reason, false), None),
            Ending::Untried => (Settlement::Untried, None),
        };
        Self { claim, settlement, effect, took }
    }
}

/// What becomes of a failure: the next try, or none. What was never answered is given up after as many tries as there are
/// different pauses, even by the endless: it is a bug, or it kills its process.
fn failure(db: &Db, limits: &WorkLimits, claim: &Claim, reason: String, answered: bool) -> Settlement {
    let pause = limits.back_off.random_pause_after(claim.attempts, db.ids());
    match pause.filter(|_| answered || !is_hopeless(limits, claim.unanswered + 1)) {
        Some(pause) => Settlement::Retry { due_at: db.ids().clock().now().after(pause), reason, answered },
        None => Settlement::GivenUp { reason, answered },
    }
}

/// Whether so many tries without an answer are enough.
pub(crate) fn is_hopeless(limits: &WorkLimits, unanswered: i64) -> bool {
    usize::try_from(unanswered).is_ok_and(|unanswered| unanswered > limits.back_off.count())
}

/// Settles what has ended: together or, should it be refused together, in halves. A fault means that the database is in
/// trouble and the same may be tried again: what was settled already is known by its claim.
pub(crate) fn settle<'a>(
    db: &'a Db,
    kind: &'a dyn Kind,
    limits: &'a WorkLimits,
    ended: &'a [&'a Ended],
) -> BoxFuture<'a, Result<(), Fault>> {
    Box::pin(async move {
        let fault = match settle_together(db, kind, ended).await {
            Err(fault) if !fault.is_transient() => fault,
            done => return done,
        };
        if let [one] = ended {
            return settle_without_effect(db, kind, limits, one, &fault).await;
        }
        let (first, second) = ended.split_at(ended.len() / 2);
        settle(db, kind, limits, first).await?;
        settle(db, kind, limits, second).await
    })
}

/// In one transaction: the service's effects and events, then the work's own rows.
async fn settle_together(db: &Db, kind: &dyn Kind, ended: &[&Ended]) -> Result<(), Fault> {
    let mut live = ended.to_vec();
    while !live.is_empty() {
        let now = db.ids().clock().now();
        let mut tx = db.begin().await?;
        let tried: Vec<_> =
            live.iter().copied().filter(|ended| ended.settlement != Settlement::Untried).collect();
        if !tried.is_empty() {
            AssertUnwindSafe(kind.settle(&mut tx, &tried)).catch_unwind().await.unwrap_or_else(|panic| {
                Err(Fault::internal(format!("settling panicked: {}", panic_text(panic.as_ref()))))
            })?;
        }
        let settlements: Vec<_> = live.iter().map(|ended| (&ended.claim, &ended.settlement)).collect();
        let holds = work::settle(&mut tx, kind.name(), &settlements, now).await?;
        if holds.iter().all(|holds| *holds) {
            tx.commit().await?;
            for ended in live {
                report(db.service(), kind.name(), ended, now);
            }
            return Ok(());
        }
        // Their effects must not be written: what they belong to is somebody else's by now.
        tx.rollback().await?;
        let mut holds = holds.into_iter();
        live.retain(|ended| {
            let holds = holds.next().unwrap_or_default();
            if !holds {
                report_late(db.service(), kind.name(), ended);
            }
            holds
        });
    }
    Ok(())
}

/// Of one whose effects are refused, at least the failure is written: it is retried, and given up in the end. The service
/// writes beside it what it writes of a run that broke off, unless that is refused too.
async fn settle_without_effect(
    db: &Db,
    kind: &dyn Kind,
    limits: &WorkLimits,
    one: &Ended,
    fault: &Fault,
) -> Result<(), Fault> {
    let reason = format!("what came of it cannot be written: {fault}");
    let settlement = failure(db, limits, &one.claim, reason, false);
    let failed = Ended { claim: one.claim.clone(), settlement, effect: None, took: one.took };
    match settle_together(db, kind, &[&failed]).await {
        Err(fault) if !fault.is_transient() => {}
        done => return done,
    }
    let now = db.ids().clock().now();
    let mut tx = db.begin().await?;
    let holds = work::settle(&mut tx, kind.name(), &[(&failed.claim, &failed.settlement)], now).await?;
    tx.commit().await?;
    if holds == [true] {
        report(db.service(), kind.name(), &failed, now);
    } else {
        report_late(db.service(), kind.name(), &failed);
    }
    Ok(())
}

fn report(service: &'static str, kind: &'static str, ended: &Ended, now: Timestamp) {
    let Ended { claim, settlement, took, .. } = ended;
    let (id, subject) = (claim.id, type_id(&claim.prefix, claim.subject));
    let (correlation, attempts) = (claim.headers.correlation, claim.attempts);
    let outcome = match settlement {
        Settlement::Untried => return,
        Settlement::Done => "done",
        Settlement::Retry { due_at, reason, .. } => {
            let pause = due_at.since(now).as_secs_f32();
            tracing::warn!(service, kind, %id, subject, %correlation, attempts, error = reason, pause, "work failed and will be tried again");
            "retried"
        }
        Settlement::GivenUp { reason, .. } => {
            tracing::error!(service, kind, %id, subject, %correlation, attempts, error = reason, "work was given up and is now a dead letter");
            "given_up"
        }
    };
    count(service, kind, outcome);
    metrics::histogram!("work_run_seconds", "service" => service, "kind" => kind).record(*took);
}

fn report_late(service: &'static str, kind: &'static str, ended: &Ended) {
    let (id, subject) = (ended.claim.id, type_id(&ended.claim.prefix, ended.claim.subject));
    let correlation = ended.claim.headers.correlation;
    tracing::warn!(service, kind, %id, subject, %correlation, "work ended after its claim; what came of it is not written");
    count(service, kind, "late");
}

fn count(service: &'static str, kind: &'static str, outcome: &'static str) {
    metrics::counter!("work_runs_total", "service" => service, "kind" => kind, "outcome" => outcome)
        .increment(1);
}
