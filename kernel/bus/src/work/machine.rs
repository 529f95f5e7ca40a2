//! What does the work of one kind in one process: it claims, runs and settles, batch after batch.
//!
//! A turn never waits for a run. Runs that end at once are settled by the turn that began them; the others go on by
//! themselves, and the machine turns again when they end. So neither a slow run nor a silent one holds up the rest, and the
//! number of transactions follows the number of batches, not of runs.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use futures::FutureExt as _;
use message::{Fault, Tries};
use store::{
    Db,
    work::{self, Claim, ClaimLimits, Claims},
};
use tokio::{sync::mpsc, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    WorkLimits,
    erased::{Kind, Plan, plan},
    settle::{FinishedRun, settle},
    turn::{Ending, Places},
};
use crate::{Progress, cx::Core, service::panic_text};

/// How often work is looked for that became due, or that another process has wanted.
const POLL: Duration = Duration::from_millis(200);

/// The longest pause while the database is in trouble.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(crate) struct Machine {
    db: Db,
    kind: Arc<dyn Kind>,
    limits: WorkLimits,
    places: Places,
    running: JoinSet<()>,
    /// How many go on by themselves.
    under_way: usize,
    /// Whether one of them may end the process: nothing is begun beside it.
    is_alone: bool,
    sender: mpsc::UnboundedSender<FinishedRun>,
    receiver: mpsc::UnboundedReceiver<FinishedRun>,
    /// Ended and not settled yet.
    ended: Vec<FinishedRun>,
    /// Whether the claims of this process' predecessor have ended.
    inherited: bool,
}

impl Machine {
    pub(crate) fn new(core: &Core, limits: WorkLimits, kind: Arc<dyn Kind>) -> Self {
        let db = core.db.clone().expect("a service that works has a database");
        let places = Places::new(limits, core.bus.ids().clock().clone());
        let (sender, receiver) = mpsc::unbounded_channel();
        let (running, ended) = (JoinSet::new(), Vec::new());
        let (under_way, is_alone, inherited) = (0, false, false);
        Self { db, kind, limits, places, running, under_way, is_alone, sender, receiver, ended, inherited }
    }

    /// Works until `stop`, then drains.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let (service, kind) = (self.db.service(), self.kind.name());
        let mut wanted = self.db.work_wanted();
        let mut tries = Tries::new(Duration::from_millis(50), LONGEST_PAUSE);
        let mut look = true;
        while !stop.is_cancelled() {
            let turned = AssertUnwindSafe(self.turn(look)).catch_unwind().await;
            match turned.unwrap_or_else(|panic| Err(Fault::internal(panic_text(panic.as_ref())))) {
                Ok(Progress::More) => {
                    look = true;
                    continue;
                }
                Ok(Progress::Done) => tries.begin_anew(),
                Err(error) => {
                    tracing::warn!(service, kind, %error, "work is held up; trying again");
                    let _ = stop.run_until_cancelled(sleep(tries.pause())).await;
                }
            }
            tokio::select! {
                // Its sender lives as long as the database, which lives here.
                _ = wanted.changed() => look = true,
                Some(ended) = self.receiver.recv() => {
                    self.take(ended);
                    look = true;
                }
                () = sleep(POLL) => look = false,
                () = stop.cancelled() => {}
            }
        }
        self.drain().await;
    }

    /// One turn: gather, claim, settle. Without `look` it claims only after a glance that costs no transaction.
    async fn turn(&mut self, look: bool) -> Result<Progress, Fault> {
        if !self.inherited {
            work::end_claims_of_predecessor(&self.db, self.kind.name()).await?;
            self.inherited = true;
        }
        self.gather();
        // Whoever waits for a place has a claim that runs; more of them would not get anybody served sooner.
        let has_room = self.places.waiting() < self.limits.places.max(1) as usize;
        let more = has_room && self.claim(look).await?;
        self.settle().await?;
        self.show();
        Ok(if more { Progress::More } else { Progress::Done })
    }

    fn gather(&mut self) {
        while self.running.try_join_next().is_some() {}
        while let Ok(ended) = self.receiver.try_recv() {
            self.take(ended);
        }
    }

    fn take(&mut self, ended: FinishedRun) {
        self.under_way -= 1;
        self.is_alone &= self.under_way > 0;
        self.ended.push(ended);
    }

    /// Claims what is due and begins it; answers whether there may be more.
    async fn claim(&mut self, look: bool) -> Result<bool, Fault> {
        let (kind, now, patience) = (self.kind.name(), self.db.ids().clock().now(), self.limits.patience());
        if self.is_alone {
            return Ok(false);
        }
        if !look && !work::is_due(&self.db, kind, now).await? {
            return Ok(false);
        }
        let until = now.after(self.limits.claim_for());
        let batch = i64::from(self.limits.batch.max(1));
        let limits = ClaimLimits { batch, patience, is_busy: self.under_way > 0 };
        let Claims { claims, has_more } = work::claim(&self.db, kind, now, until, limits).await?;
        // One more than what made it run alone: it ended its process all by itself.
        let (deadly, claims): (Vec<_>, Vec<_>) =
            claims.into_iter().partition(|claim| claim.unanswered > patience + 1);
        for claim in deadly {
            self.end(claim, Ending::Deadly);
        }
        if claims.is_empty() {
            return Ok(has_more);
        }
        let is_alone = claims.iter().any(|claim| claim.unanswered > patience);
        match plan(self.kind.as_ref(), &claims).await {
            Ok(plans) => claims.into_iter().zip(plans).for_each(|(claim, plan)| self.begin(claim, plan)),
            Err(fault) => {
                // They are as they were: nobody was asked anything.
                for claim in claims {
                    self.end(claim, Ending::Untried);
                }
                self.settle().await?;
                return Err(fault);
            }
        }
        self.is_alone = is_alone && self.under_way > 0;
        Ok(has_more)
    }

    /// Lets it run: here if it ends at once, else by itself.
    fn begin(&mut self, claim: Claim, plan: Plan) {
        let run = match plan {
            Plan::Run(run) => run,
            Plan::End(ending) => return self.end(claim, ending),
        };
        let mut run = Box::pin(self.places.clone().take(claim.until, run));
        // Unconstrained: else the runtime would hold back all but the first hundred of a batch, to be fair to others.
        if let Some((ending, took)) = tokio::task::unconstrained(run.as_mut()).now_or_never() {
            self.ended.push(FinishedRun::new(&self.db, &self.limits, claim, ending, took));
            return;
        }
        let (sender, db, limits) = (self.sender.clone(), self.db.clone(), self.limits);
        self.under_way += 1;
        self.running.spawn(async move {
            let (ending, took) = run.await;
            // The receiver is gone only when the machine is.
            let _ = sender.send(FinishedRun::new(&db, &limits, claim, ending, took));
        });
    }

    fn end(&mut self, claim: Claim, ending: Ending) {
        self.ended.push(FinishedRun::new(&self.db, &self.limits, claim, ending, Duration::ZERO));
    }

    /// Settles all that has ended. It is forgotten only once it is on the disk; while the database is in trouble, the next
    /// turn tries again.
    async fn settle(&mut self) -> Result<(), Fault> {
        if !self.ended.is_empty() {
            let ended: Vec<_> = self.ended.iter().collect();
            settle(&self.db, self.kind.as_ref(), &self.limits, &ended).await?;
            self.ended.clear();
        }
        Ok(())
    }

    fn show(&self) {
        let running = f64::from(u32::try_from(self.under_way).unwrap_or(u32::MAX));
        metrics::gauge!("work_running", "service" => self.db.service(), "kind" => self.kind.name())
            .set(running);
    }

    /// Lets what runs end, and settles each as soon as it has, for the process may be ended at any time. What has not begun is
    /// left to the next start, and so is what takes too long.
    async fn drain(mut self) {
        let (service, kind) = (self.db.service(), self.kind.name());
        self.places.close();
        let mut time_is_up = pin!(sleep(self.limits.drain));
        loop {
            self.gather();
            let is_settled = match self.settle().await {
                Ok(()) => true,
                Err(error) => {
                    tracing::warn!(service, kind, %error, "what came of work is not written yet, and the service stops");
                    false
                }
            };
            if self.under_way == 0 && is_settled {
                return;
            }
            tokio::select! {
                biased;
                () = &mut time_is_up => break,
                Some(ended) = self.receiver.recv() => self.take(ended),
                () = sleep(POLL), if !is_settled => {}
            }
        }
        let (running, unwritten) = (self.under_way, self.ended.len());
        tracing::warn!(service, kind, running, unwritten, "work is left to the next start");
    }
}
