//! The worker: takes up due payments in batches, lets their conversations run side by side, and writes down together
//! whatever has come of them.
//!
//! A run never waits for a provider. Conversations that end at once are written down by the run that began them; the
//! others go on by themselves, and wake the worker when they end. So neither a slow provider nor a silent one holds up
//! the rest, and the number of transactions follows the number of batches, not of payments.

use std::{collections::HashMap, future::Future, pin::pin, sync::Arc, time::Duration};

use bus::{Cx, Progress};
use futures::FutureExt as _;
use message::Fault;
use payment_contract::{PaymentAuthorised, PaymentCaptured, PaymentFailed, PaymentRefunded, PaymentVoided};
use store::Tx;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

use crate::{
    State,
    conversation::{self, Landed, Limits},
    domain::{Fact, Next},
    queries::{self, Claimed, Settled},
};

/// How many payments one run takes up at most.
const BATCH: i64 = 500;

/// A conversation that lasts longer gives its place to the next.
const SLOW: Duration = Duration::from_millis(500);

/// The pauses after the first, second, … answer that brought nothing; the last one is for all that follow.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_hours(1),
];

/// What the worker keeps between its runs.
pub(crate) struct Desk {
    running: JoinSet<()>,
    sender: mpsc::UnboundedSender<Landed>,
    receiver: mpsc::UnboundedReceiver<Landed>,
    /// Came back but is not written down yet.
    landed: Vec<Landed>,
    places: Arc<Semaphore>,
    freed: bool,
}

impl Desk {
    pub(crate) fn new(places: u32) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let places = Arc::new(Semaphore::new(places.max(1) as usize));
        Self { running: JoinSet::new(), sender, receiver, landed: Vec::new(), places, freed: false }
    }

    /// Gathers what has come back since the last run.
    fn gather(&mut self) {
        while self.running.try_join_next().is_some() {}
        while let Ok(landed) = self.receiver.try_recv() {
            self.landed.push(landed);
        }
    }

    /// Lets a conversation run: here if it ends at once, else by itself.
    fn begin(&mut self, conversation: impl Future<Output = Landed> + Send + 'static, cx: &Cx<State>) {
        let mut conversation = Box::pin(in_turn(Arc::clone(&self.places), conversation));
        // Unconstrained: else the runtime would hold back all but the first hundred of a batch, to be fair to others.
        if let Some(landed) = tokio::task::unconstrained(conversation.as_mut()).now_or_never() {
            self.landed.push(landed);
            return;
        }
        let (sender, wake) = (self.sender.clone(), Arc::clone(&cx.wake));
        self.running.spawn(async move {
            // The receiver is gone only when the service is.
            let _ = sender.send(conversation.await);
            wake.notify_one();
        });
    }
}

/// Waits for a place, and holds it until the conversation ends or turns out to be slow.
async fn in_turn(places: Arc<Semaphore>, conversation: impl Future<Output = Landed>) -> Landed {
    let place = places.acquire().await;
    let mut conversation = pin!(conversation);
    tokio::select! {
        biased;
        landed = &mut conversation => return landed,
        () = tokio::time::sleep(SLOW) => drop(place),
    }
    conversation.await
}

/// One run: gather, take up, write down.
pub(crate) async fn run(cx: Cx<State>) -> Result<Progress, Fault> {
    let mut desk = cx.desk.lock().await;
    if !desk.freed {
        queries::free_claims(cx.db()).await?;
        desk.freed = true;
    }
    desk.gather();
    let mut more = false;
    // Whoever waits for a place has a claim that runs; more of them would not get anybody served sooner.
    if desk.places.available_permits() > 0 {
        let now = cx.now();
        let until = now.after(cx.settings.claim_for());
        let claimed = queries::claim(cx.db(), now, until, BATCH).await?;
        more = i64::try_from(claimed.len()).is_ok_and(|count| count == BATCH);
        for payment in claimed {
            let provider = cx.providers.get(payment.provider.as_str()).cloned();
            let limits = Limits {
                answer_within: cx.settings.answer_within(),
                tries: i64::from(cx.settings.tries.max(1)),
                clock: cx.ids().clock().clone(),
            };
            desk.begin(conversation::hold(payment, provider, until, limits), &cx);
        }
    }
    if !desk.landed.is_empty() {
        // Forgotten only once it is on the disk; while the database is in trouble, the next run tries again.
        write_all_down(&cx, &desk.landed).await?;
        desk.landed.clear();
    }
    metrics::gauge!("payment_conversations")
        .set(f64::from(u32::try_from(desk.running.len()).unwrap_or(u32::MAX)));
    Ok(if more { Progress::More } else { Progress::Done })
}

/// Writes down what came of conversations: together, or, should one of them be refused, each by itself.
async fn write_all_down(cx: &Cx<State>, landed: &[Landed]) -> Result<(), Fault> {
    let fault = match write_down(cx, landed).await {
        Err(fault) if !fault.is_transient() => fault,
        done => return done,
    };
    tracing::error!(error = %fault, count = landed.len(), "payments' outcomes are refused together; trying one by one");
    for one in landed.chunks(1) {
        match write_down(cx, one).await {
            Err(fault) if !fault.is_transient() => {
                // Its claim runs out, and then it is looked up again.
                tracing::error!(error = %fault, "a payment's outcome cannot be written down");
            }
            done => done?,
        }
    }
    Ok(())
}

/// Writes down, in one transaction, what came of conversations, with the events that tell of it.
async fn write_down(cx: &Cx<State>, landed: &[Landed]) -> Result<(), Fault> {
    let mut tx = cx.begin().await?;
    let current = queries::lock(&mut tx, landed.iter().map(|landed| landed.payment.charge.order_id)).await?;
    let current: HashMap<_, _> = current.into_iter().map(|current| (current.order_id, current)).collect();
    let now = cx.now();
    let mut told: HashMap<Fact, u64> = HashMap::new();
    let mut standings = Vec::with_capacity(landed.len());
    for Landed { payment, facts, pause } in landed {
        let order_id = payment.charge.order_id;
        // Too late: the claim ran out, and whoever has the payment now looks it up for themselves.
        let Some(current) = current.get(&order_id).filter(|current| current.claim == payment.claim) else {
            tracing::warn!(correlation = %payment.headers.correlation, payment = %payment.charge.id, order = %order_id, "a payment's answer came after its claim had run out");
            continue;
        };
        let mut standing = payment.standing.clone();
        standing.raise(current.goal);
        let due_at = match standing.next() {
            Next::Rest => None,
            _ if *pause => Some(now.after(pause_after(standing.tries))),
            _ => Some(now),
        };
        let version = tell(&mut tx, payment, facts)?;
        for fact in facts {
            *told.entry(*fact).or_default() += 1;
        }
        standings.push((order_id, standing, version, due_at));
    }
    let settled: Vec<_> = standings
        .iter()
        .map(|(order_id, standing, version, due_at)| Settled {
            order_id: *order_id,
            standing,
            version: *version,
            due_at: *due_at,
        })
        .collect();
    if settled.iter().any(|settled| settled.due_at == Some(now)) {
        tx.wake_on_commit(&cx.wake);
    }
    queries::settle(&mut tx, &settled, now).await?;
    tx.commit().await?;
    for (fact, count) in told {
        metrics::counter!("payment_transitions_total", "state" => fact.as_str()).increment(count);
    }
    Ok(())
}

fn pause_after(tries: i64) -> Duration {
    let at = usize::try_from(tries - 1).unwrap_or_default().min(PAUSES.len() - 1);
    PAUSES.get(at).copied().unwrap_or_default()
}

/// Publishes the facts and answers the payment's new version; it grows although nothing is to be told.
fn tell(tx: &mut Tx, payment: &Claimed, facts: &[Fact]) -> Result<i64, Fault> {
    let mut version = payment.version + i64::from(facts.is_empty());
    for fact in facts {
        version += 1;
        let reason = payment.standing.failure.clone().filter(|_| *fact == Fact::Failed);
        macro_rules! publish {
            ($event:ident) => {
                tx.publish_as(
                    &$event {
                        payment_id: payment.charge.id,
                        order_id: payment.charge.order_id,
                        amount: payment.charge.amount,
                        reason,
                        version,
                    },
                    payment.headers.clone(),
                )?
            };
        }
        match fact {
            Fact::Authorised => publish!(PaymentAuthorised),
            Fact::Captured => publish!(PaymentCaptured),
            Fact::Failed => publish!(PaymentFailed),
            Fact::Voided => publish!(PaymentVoided),
            Fact::Refunded => publish!(PaymentRefunded),
        }
    }
    Ok(version)
}
