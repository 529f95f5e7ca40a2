//! What came of runs, and its way into the database.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use message::{Fault, Timestamp, type_id};
use store::{
    Db,
    work::{self, Claim, Receipt, Settlement, Trace},
};

use super::{
    Outcome, WorkLimits,
    erased::{Effect, Kind},
    turn::Ending,
};
use crate::service::panic_text;

/// A run that ended and is not settled yet.
pub(crate) struct FinishedRun {
    pub(crate) claim: Claim,
    pub(crate) settlement: Settlement,
    pub(crate) effect: Option<Effect>,
    /// How long the run took.
    pub(crate) took: Duration,
}

impl FinishedRun {
    pub(crate) fn new(db: &Db, limits: &WorkLimits, claim: Claim, ending: Ending, took: Duration) -> Self {
        let (settlement, effect) = match ending {
            Ending::Answered(Outcome::Done, effect) => (Settlement::Done, effect),
            Ending::Answered(Outcome::GiveUp(reason), effect) => {
                (Settlement::GivenUp { reason, trace: Trace::Answered }, effect)
            }
            Ending::Answered(Outcome::Retry(reason), effect) => {
                (failure(db, limits, &claim, reason, Trace::Answered), effect)
            }
            Ending::Broken(reason) => (failure(db, limits, &claim, reason, Trace::Unknown), None),
            Ending::Unloaded(reason) => (failure(db, limits, &claim, reason, Trace::Unasked), None),
            Ending::Unreadable(reason) => (Settlement::GivenUp { reason, trace: Trace::Unasked }, None),
            Ending::Deadly => {
                let reason = "its process ended, each time that it was tried".to_owned();
                (Settlement::GivenUp { reason, trace: Trace::Unknown }, None)
            }
            Ending::Untried => (Settlement::Untried, None),
        };
        Self { claim, settlement, effect, took }
    }
}

/// What becomes of a failure: the next try, or none.
fn failure(db: &Db, limits: &WorkLimits, claim: &Claim, reason: String, trace: Trace) -> Settlement {
    match limits.back_off.random_pause_after(claim.attempts, db.ids()) {
        Some(pause) => Settlement::Retry { due_at: db.ids().clock().now().after(pause), reason, trace },
        None => Settlement::GivenUp { reason, trace },
    }
}

/// Settles what has ended: together or, should it be refused together, in halves. A fault means that the database is in
/// trouble and the same may be tried again: what was settled already is known by its claim.
pub(crate) fn settle<'a>(
    db: &'a Db,
    kind: &'a dyn Kind,
    limits: &'a WorkLimits,
    ended: &'a [&'a FinishedRun],
) -> BoxFuture<'a, Result<(), Fault>> {
    Box::pin(async move {
        let fault = match settle_together(db, kind, limits, ended).await {
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
async fn settle_together(
    db: &Db,
    kind: &dyn Kind,
    limits: &WorkLimits,
    ended: &[&FinishedRun],
) -> Result<(), Fault> {
    let mut live = ended.to_vec();
    while !live.is_empty() {
        let now = db.ids().clock().now();
        let mut tx = db.begin().await?;
        let tried: Vec<_> =
            live.iter().copied().filter(|run| run.settlement != Settlement::Untried).collect();
        if !tried.is_empty() {
            AssertUnwindSafe(kind.settle(&mut tx, &tried)).catch_unwind().await.unwrap_or_else(|panic| {
                Err(Fault::internal(format!("settling panicked: {}", panic_text(panic.as_ref()))))
            })?;
        }
        let settlements: Vec<_> = live.iter().map(|run| (&run.claim, &run.settlement)).collect();
        let receipts = work::settle(&mut tx, kind.name(), &settlements, now).await?;
        if !receipts.contains(&Receipt::Late) {
            tx.commit().await?;
            for (run, receipt) in live.into_iter().zip(receipts) {
                report(db.service(), kind.name(), limits, run, receipt, now);
            }
            return Ok(());
        }
        // Their effects must not be written: what they belong to is somebody else's by now.
        tx.rollback().await?;
        let mut receipts = receipts.into_iter();
        live.retain(|run| {
            let is_late = receipts.next() == Some(Receipt::Late);
            if is_late {
                report_late(db.service(), kind.name(), run);
            }
            !is_late
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
    one: &FinishedRun,
    fault: &Fault,
) -> Result<(), Fault> {
    let reason = format!("what came of it cannot be written: {fault}");
    let settlement = failure(db, limits, &one.claim, reason, Trace::Unknown);
    let failed = FinishedRun { claim: one.claim.clone(), settlement, effect: None, took: one.took };
    match settle_together(db, kind, limits, &[&failed]).await {
        Err(fault) if !fault.is_transient() => {}
        done => return done,
    }
    let now = db.ids().clock().now();
    let mut tx = db.begin().await?;
    let receipts = work::settle(&mut tx, kind.name(), &[(&failed.claim, &failed.settlement)], now).await?;
    tx.commit().await?;
    for receipt in receipts {
        report(db.service(), kind.name(), limits, &failed, receipt, now);
    }
    Ok(())
}

fn report(
    service: &'static str,
    kind: &'static str,
    limits: &WorkLimits,
    run: &FinishedRun,
    receipt: Receipt,
    now: Timestamp,
) {
    let FinishedRun { claim, settlement, took, .. } = run;
    let (id, subject) = (claim.id, type_id(&claim.prefix, claim.subject));
    let (correlation, attempts) = (claim.headers.correlation, claim.attempts);
    let is_again = receipt == Receipt::WantedAgain;
    let outcome = match settlement {
        _ if receipt == Receipt::Late => return report_late(service, kind, run),
        Settlement::Untried => return,
        Settlement::Done => "done",
        Settlement::GivenUp { reason, .. } if !is_again => {
            tracing::error!(service, kind, %id, subject, %correlation, attempts, error = reason, "work was given up and is now a dead letter");
            "given_up"
        }
        Settlement::Retry { due_at, reason, .. } if !is_again && limits.is_long(attempts) => {
            let pause = due_at.since(now).as_secs_f32();
            tracing::error!(service, kind, %id, subject, %correlation, attempts, error = reason, pause, "work fails again and again; it is never given up and will be tried again");
            "stuck"
        }
        Settlement::Retry { reason, .. } | Settlement::GivenUp { reason, .. } => {
            let pause = match settlement {
                Settlement::Retry { due_at, .. } if !is_again => due_at.since(now).as_secs_f32(),
                _ => 0.0,
            };
            tracing::warn!(service, kind, %id, subject, %correlation, attempts, error = reason, pause, "work failed and will be tried again");
            "retried"
        }
    };
    count(service, kind, outcome);
    metrics::histogram!("work_run_seconds", "service" => service, "kind" => kind).record(*took);
}

fn report_late(service: &'static str, kind: &'static str, run: &FinishedRun) {
    let (id, subject) = (run.claim.id, type_id(&run.claim.prefix, run.claim.subject));
    let correlation = run.claim.headers.correlation;
    tracing::warn!(service, kind, %id, subject, %correlation, "work ended after its claim; what came of it is not written");
    count(service, kind, "late");
}

fn count(service: &'static str, kind: &'static str, outcome: &'static str) {
    metrics::counter!("work_runs_total", "service" => service, "kind" => kind, "outcome" => outcome)
        .increment(1);
}
