//! Durable work: what talks to the outside is wanted in a transaction, done outside of any, and settled in another one.
//!
//! A kind of work is a type ([`Work`]) that [`Tx::want`] writes as a row. [`Router::work`] does the rest: it claims rows that
//! are due, runs them side by side within their [`WorkLimits`], and settles what came of them in batches.
//!
//! ```
//! # use bus::{Attempt, Cx, Outcome, Router, Work, WorkLimits, each};
//! # use message::*;
//! # use serde::{Deserialize, Serialize};
//! # pub struct Order;
//! # impl Entity for Order { const PREFIX: &'static str = "order"; }
//! # async fn post(url: &str) -> Result<(), String> { Ok(()) }
//! #[derive(Serialize, Deserialize)]
//! struct Hook { url: String }
//! impl Work for Hook { const KIND: &'static str = "hook"; type Subject = Order; }
//!
//! async fn call(_: Cx<()>, hook: Attempt<Hook>) -> Outcome {
//!     match post(&hook.work.url).await {
//!         Ok(()) => Outcome::Done,
//!         Err(error) if error == "gone" => Outcome::GiveUp(error),
//!         Err(error) => Outcome::Retry(error),
//!     }
//! }
//! # fn service(db: store::Db) -> Router<()> {
//! Router::new("hooks", ()).db(db).work(WorkLimits::default(), each(call))
//! # }
//! # async fn example(tx: &mut store::Tx, order: Id<Order>, headers: Headers) -> Result<(), Fault> {
//! tx.want(order, &Hook { url: "https://example.org".to_owned() }, headers)?;
//! # Ok(()) }
//! ```
//!
//! Work whose rows should be read, or whose effects should be written, together implements [`Worker`] itself.
//!
//! What a worker can rely on:
//!
//! - Work is done at least once. After a crash, a panic or a time-out nobody knows what the outside has seen:
//!   [`Attempt::unanswered`] says so, and what must not happen twice is looked up first.
//! - What came of it is settled together with the effects and events of [`Worker::settle`], in one transaction, and only
//!   while the claim holds. A worker that comes back too late changes nothing.
//! - A failure is retried with the back-off of its limits. What is given up is a dead letter of the service: it can be
//!   listed, replayed and dropped as messages can.
//! - What ends its process again and again runs alone at last, and is given up if it does so then, whatever its back-off.
//! - A stop lets what is under way end, for [`WorkLimits::drain`], and leaves the rest to the next start.

pub(crate) mod erased;
pub(crate) mod machine;
mod settle;
mod turn;

use std::{collections::HashMap, marker::PhantomData, time::Duration};

use message::{BackOff, Fault, Headers, Id, Timestamp, from_json};
use store::Tx;

pub use store::{Work, work::Settlement};

use crate::Cx;

/// How work of one kind is done.
#[derive(Debug, Clone, Copy)]
pub struct WorkLimits {
    /// How many run side by side in one process; at least 1.
    pub places: u32,
    /// After this time a run no longer counts against `places`, so that slow ones hold up nobody. None: it always counts.
    pub slow_after: Option<Duration>,
    /// How many are claimed, and settled, together at most.
    pub batch: u32,
    /// How long one run may take; then it is dropped and retried.
    pub time_out: Duration,
    /// When a failure is retried, and after how many it is given up. As many tries as it has pauses may end the process
    /// before one is suspected of it.
    pub back_off: BackOff,
    /// How long a stop waits for what is under way.
    pub drain: Duration,
}

const BACK_OFF: BackOff = BackOff::steps(&[
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_hours(1),
]);

impl Default for WorkLimits {
    fn default() -> Self {
        Self {
            places: 8,
            slow_after: None,
            batch: 100,
            time_out: Duration::from_secs(30),
            back_off: BACK_OFF,
            drain: Duration::from_secs(10),
        }
    }
}

impl WorkLimits {
    /// For how long work is claimed: a wait for a place and the longest run. What waits longer is put back untried.
    fn claim_for(&self) -> Duration {
        self.time_out + Duration::from_secs(10)
    }

    /// How many tries may end without an answer before the next one runs alone: its process ends again and again, and this
    /// tells whose fault it is.
    fn patience(&self) -> i64 {
        i64::try_from(self.back_off.count()).unwrap_or(i64::MAX - 1)
    }

    /// Whether so many tries are more than there are pauses: only endless work comes that far.
    fn is_long(&self, attempts: i64) -> bool {
        attempts > self.patience()
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It failed for this reason, and may pass later: it is retried, and given up after the last try.
    Retry(String),
    /// It can never pass, for this reason.
    GiveUp(String),
}

/// Claimed work: nobody else does it before [`Attempt::until`].
#[derive(Debug, Clone)]
pub struct Attempt<W: Work> {
    /// What it is done for.
    pub subject: Id<W::Subject>,
    /// What was wanted.
    pub work: W,
    /// Where it belongs; events that follow from it carry it.
    pub headers: Headers,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// 0 if all that was asked was answered. 1 if a try before this one panicked, took too long or ended its process, so that
    /// the outside may have been asked; one more with each process that ended since.
    pub unanswered: i64,
    /// When somebody else may claim it.
    pub until: Timestamp,
}

/// What becomes of work that was tried, for the service to write beside it.
#[derive(Debug)]
pub struct Upshot<'a, W: Work, E> {
    /// What it was done for.
    pub subject: Id<W::Subject>,
    /// Where events that follow from it belong.
    pub headers: &'a Headers,
    /// How often it was tried.
    pub attempts: i64,
    /// What becomes of it.
    pub settlement: &'a Settlement,
    /// What the run returned; none if it broke off, was never begun, or left what cannot be written.
    pub effect: Option<&'a E>,
    pub(crate) payload: &'a str,
    pub(crate) kind: PhantomData<fn() -> W>,
}

impl<W: Work, E> Upshot<'_, W, E> {
    /// What was wanted; none if it cannot be read.
    pub fn work(&self) -> Option<W> {
        from_json(self.payload.as_bytes()).ok()
    }
}

/// Does work of one kind, with its rows read and its effects written together.
pub trait Worker<S>: Send + Sync + 'static {
    /// What it does.
    type Work: Work;
    /// What it reads of the service's own rows before a run.
    type Input: Send + 'static;
    /// What a run leaves to be written.
    type Effect: Send + Sync + 'static;

    /// Reads what the runs need, for all in one statement. Work whose subject is missing in the answer is done: there is
    /// nothing left to do it for.
    fn load(
        &self,
        cx: &Cx<S>,
        attempts: &[Attempt<Self::Work>],
    ) -> impl Future<Output = Result<Inputs<Self::Work, Self::Input>, Fault>> + Send;

    /// Does it: once, outside of any transaction. It may be dropped at any await, when its time is up.
    fn run(
        &self,
        cx: Cx<S>,
        attempt: Attempt<Self::Work>,
        input: Self::Input,
    ) -> impl Future<Output = (Outcome, Self::Effect)> + Send;

    /// Writes what came of them, in the transaction that settles them. Should one of them be refused, they are settled in
    /// halves.
    fn settle(
        &self,
        cx: &Cx<S>,
        tx: &mut Tx,
        settled: &[Upshot<'_, Self::Work, Self::Effect>],
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// What was read for work, by its subject.
pub type Inputs<W, I> = HashMap<Id<<W as Work>::Subject>, I>;

/// A worker of one function, `async fn(Cx<S>, Attempt<W>) -> Outcome`, that reads and writes nothing together with others.
pub fn each<W, F>(run: F) -> Each<W, F> {
    Each { run, work: PhantomData }
}

/// The worker that [`each`] makes.
#[derive(Debug)]
pub struct Each<W, F> {
    run: F,
    work: PhantomData<fn() -> W>,
}

impl<S, W, F, Fut> Worker<S> for Each<W, F>
where
    S: Send + Sync + 'static,
    W: Work,
    F: Fn(Cx<S>, Attempt<W>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Outcome> + Send + 'static,
{
    type Work = W;
    type Input = ();
    type Effect = ();

    async fn load(&self, _: &Cx<S>, attempts: &[Attempt<W>]) -> Result<Inputs<W, ()>, Fault> {
        Ok(attempts.iter().map(|attempt| (attempt.subject, ())).collect())
    }

    async fn run(&self, cx: Cx<S>, attempt: Attempt<W>, (): ()) -> (Outcome, ()) {
        ((self.run)(cx, attempt).await, ())
    }

    async fn settle(&self, _: &Cx<S>, _: &mut Tx, _: &[Upshot<'_, W, ()>]) -> Result<(), Fault> {
        Ok(())
    }
}
