//! A worker without its types, so that the machine that runs it is compiled once.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use futures::{FutureExt as _, future::BoxFuture};
use message::{Fault, Id, from_json, trace};
use store::{Tx, Work as _, work::Claim};
use tracing::Instrument as _;

use super::{Attempt, Outcome, Upshot, Worker, settle::FinishedRun, turn::Ending};
use crate::{Cx, cx::Core, service::panic_text, spans};

pub(crate) type Effect = Box<dyn Any + Send + Sync>;

/// What is to be done with a claim.
pub(crate) enum Plan {
    /// To run it.
    Run(BoxFuture<'static, (Outcome, Effect)>),
    /// Nothing: it ended before it began.
    End(Ending),
}

/// A kind of work as the machine sees it.
pub(crate) trait Kind: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Reads what the runs of these claims need; answers a plan for each, in their order.
    fn plan<'a>(&'a self, claims: &'a [Claim]) -> BoxFuture<'a, Result<Vec<Plan>, Fault>>;

    /// Writes what came of them.
    fn settle<'a>(&'a self, tx: &'a mut Tx, ended: &'a [&'a FinishedRun])
    -> BoxFuture<'a, Result<(), Fault>>;
}

/// Reads what the runs of these claims need: together or, should one of them be in the way, in halves. A fault means that
/// the database is in trouble.
pub(crate) fn plan<'a>(kind: &'a dyn Kind, claims: &'a [Claim]) -> BoxFuture<'a, Result<Vec<Plan>, Fault>> {
    Box::pin(async move {
        let planned = AssertUnwindSafe(kind.plan(claims)).catch_unwind().await;
        let fault = match planned.unwrap_or_else(|panic| Err(Fault::internal(panic_text(panic.as_ref())))) {
            Err(fault) if !fault.is_transient() => fault,
            done => return done,
        };
        if claims.len() == 1 {
            return Ok(vec![Plan::End(Ending::Unloaded(format!("what it needs cannot be read: {fault}")))]);
        }
        let (first, second) = claims.split_at(claims.len() / 2);
        let mut plans = plan(kind, first).await?;
        plans.extend(plan(kind, second).await?);
        Ok(plans)
    })
}

pub(crate) struct Typed<S, W> {
    core: Arc<Core>,
    state: Arc<S>,
    worker: Arc<W>,
}

impl<S, W: Worker<S>> Typed<S, W> {
    pub(crate) fn new(core: Arc<Core>, state: Arc<S>, worker: W) -> Self {
        Self { core, state, worker: Arc::new(worker) }
    }

    fn attempt(claim: &Claim) -> Result<Attempt<W::Work>, String> {
        if let Some(damage) = &claim.damage {
            return Err(damage.clone());
        }
        Ok(Attempt {
            subject: Id::from_uuid(claim.subject),
            work: from_json(claim.payload.as_bytes()).map_err(|error: Fault| error.to_string())?,
            headers: claim.headers.clone(),
            attempts: claim.attempts,
            unanswered: claim.unanswered,
            until: claim.until,
        })
    }
}

impl<S: Send + Sync + 'static, W: Worker<S>> Typed<S, W> {
    fn run(&self, mut attempt: Attempt<W::Work>, input: W::Input) -> Plan {
        let (core, state) = (Arc::clone(&self.core), Arc::clone(&self.state));
        let worker = Arc::clone(&self.worker);
        Plan::Run(Box::pin(async move {
            let span = spans::handling("work", "internal", core.service, W::Work::KIND, &attempt.headers);
            trace::hand_on(&span, &mut attempt.headers);
            let cx = Cx::new(&core, &state, attempt.headers.clone());
            let (outcome, effect) = worker.run(cx, attempt, input).instrument(span).await;
            (outcome, Box::new(effect) as Effect)
        }))
    }
}

impl<S: Send + Sync + 'static, W: Worker<S>> Kind for Typed<S, W> {
    fn name(&self) -> &'static str {
        W::Work::KIND
    }

    fn plan<'a>(&'a self, claims: &'a [Claim]) -> BoxFuture<'a, Result<Vec<Plan>, Fault>> {
        Box::pin(async move {
            let (mut attempts, mut errors) = (Vec::with_capacity(claims.len()), Vec::new());
            for claim in claims {
                errors.push(Self::attempt(claim).map(|attempt| attempts.push(attempt)).err());
            }
            let mut inputs = self.worker.load(&Cx::afresh(&self.core, &self.state), &attempts).await?;
            let mut runs = attempts.into_iter().map(|attempt| match inputs.remove(&attempt.subject) {
                Some(input) => self.run(attempt, input),
                None => Plan::End(Ending::Answered(Outcome::Done, None)),
            });
            let plan = |error: Option<String>| match error {
                None => runs.next(),
                Some(error) => Some(Plan::End(Ending::Unreadable(format!("it cannot be read: {error}")))),
            };
            Ok(errors.into_iter().filter_map(plan).collect())
        })
    }

    fn settle<'a>(
        &'a self,
        tx: &'a mut Tx,
        ended: &'a [&'a FinishedRun],
    ) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let settled = |run: &&'a FinishedRun| Upshot::<'a, W::Work, W::Effect> {
                subject: Id::from_uuid(run.claim.subject),
                headers: &run.claim.headers,
                attempts: run.claim.attempts,
                settlement: &run.settlement,
                effect: run.effect.as_ref().and_then(|effect| effect.downcast_ref()),
                payload: &run.claim.payload,
                kind: std::marker::PhantomData,
            };
            let settled: Vec<_> = ended.iter().map(settled).collect();
            self.worker.settle(&Cx::afresh(&self.core, &self.state), tx, &settled).await
        })
    }
}
