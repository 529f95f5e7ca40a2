//! The work of payments: many are asked for side by side, and what came of them is written together.

use std::{collections::HashMap, time::Duration};

use bus::{Attempt, Cx, Inputs, Outcome, Settlement, Upshot, Work, WorkLimits, Worker};
use message::{BackOff, Fault, Headers, Money};
use order_contract::OrderId;
use payment_contract::{
    Payment, PaymentAuthorised, PaymentCaptured, PaymentFailed, PaymentRefundFailed, PaymentRefunded,
    PaymentVoided,
};
use serde::{Deserialize, Serialize};
use store::Tx;
use uuid::Uuid;

use crate::{
    Settings, State,
    conversation::{self, Limits},
    domain::Fact,
    queries::{self, Key, StoredPayment},
};

/// Brings the money of a payment to where it should be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MoveMoney {
    /// Whose payment it is; not as a typed id, because the migration that brought it writes it, too.
    pub(crate) order: Uuid,
    /// The number of the payment among those of its order.
    pub(crate) attempt: i64,
}

impl MoveMoney {
    fn key(&self) -> Key {
        (OrderId::from_uuid(self.order), self.attempt)
    }
}

impl Work for MoveMoney {
    const KIND: &'static str = "payment";
    type Subject = Payment;
}

/// Money that is held or owed is asked about until the provider answers, unless that ends the process each time. What fails in front of a shopper is given up by
/// the rules (`domain`), long before these pauses end.
const BACK_OFF: BackOff = BackOff::steps(&[
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_hours(1),
])
.endless();

/// How many payments are claimed, and settled, together at most.
const BATCH: u32 = 500;

/// A conversation that lasts longer gives its place to the next.
const SLOW: Duration = Duration::from_millis(500);

/// For how long a stop waits for providers: what they say later is looked up at the next start.
const DRAIN: Duration = Duration::from_secs(5);

pub(crate) fn limits(settings: &Settings) -> WorkLimits {
    WorkLimits {
        places: settings.in_flight,
        slow_after: Some(SLOW),
        batch: BATCH,
        time_out: settings.converse_within(),
        back_off: BACK_OFF,
        drain: DRAIN,
    }
}

/// What a conversation changed.
pub(crate) struct Change {
    payment: StoredPayment,
    facts: Vec<Fact>,
}

/// Lets payments talk to their providers.
pub(crate) struct Conversations;

impl Worker<State> for Conversations {
    type Work = MoveMoney;
    type Input = StoredPayment;
    type Effect = Option<Change>;

    async fn load(
        &self,
        cx: &Cx<State>,
        attempts: &[Attempt<MoveMoney>],
    ) -> Result<Inputs<MoveMoney, StoredPayment>, Fault> {
        let keys: Vec<_> = attempts.iter().map(|attempt| attempt.work.key()).collect();
        let payments = queries::load(cx.db(), &keys).await?;
        Ok(payments.into_iter().map(|payment| (payment.charge.id, payment)).collect())
    }

    async fn run(
        &self,
        cx: Cx<State>,
        attempt: Attempt<MoveMoney>,
        mut payment: StoredPayment,
    ) -> (Outcome, Option<Change>) {
        let provider = cx.providers.get(payment.provider.as_str()).cloned();
        let limits = Limits {
            answer_within: cx.settings.answer_within(),
            ends_at: cx.now().after(cx.settings.converse_within()),
            tries: i64::from(cx.settings.tries.max(1)),
            clock: cx.ids().clock().clone(),
        };
        let before = payment.standing.clone();
        // A process that died, or a conversation that broke off, may have asked for something.
        payment.standing.doubt |= attempt.unanswered > 0;
        let end = conversation::hold(payment, &attempt.headers, provider, limits).await;
        let is_changed = end.payment.standing != before || !end.facts.is_empty();
        let change = is_changed.then_some(Change { payment: end.payment, facts: end.facts });
        (end.trouble.map_or(Outcome::Done, Outcome::Retry), change)
    }

    async fn settle(
        &self,
        cx: &Cx<State>,
        tx: &mut Tx,
        settled: &[Upshot<'_, MoveMoney, Option<Change>>],
    ) -> Result<(), Fault> {
        let (mut changes, mut doubtful) = (Vec::new(), Vec::new());
        for settled in settled {
            match settled.effect {
                Some(change) => changes.extend(change.as_ref().map(|change| (settled.headers, change))),
                // A run that broke off may have asked for something. The row of work knows it too, but may be dropped.
                None if *settled.settlement != Settlement::Done => {
                    doubtful.extend(settled.work().map(|work| work.key()));
                }
                None => {}
            }
        }
        if changes.is_empty() && doubtful.is_empty() {
            return Ok(());
        }
        let changed = changes.iter().map(|(_, change)| change.payment.key());
        let goals = queries::lock_goals(tx, changed.chain(doubtful.iter().copied())).await?;
        let mut counts: HashMap<&'static str, u64> = HashMap::new();
        let mut standings = Vec::with_capacity(changes.len());
        for (headers, Change { payment, facts }) in &changes {
            let mut standing = payment.standing.clone();
            if let Some(goal) = goals.get(&payment.key()) {
                standing.raise(*goal);
            }
            let version = publish(tx, payment, facts, headers)?;
            for fact in facts {
                *counts.entry(fact.as_str()).or_default() += 1;
            }
            standings.push((payment.key(), standing, version));
        }
        queries::update(tx, &standings, cx.now()).await?;
        let refunds = standings.iter().flat_map(|(_, standing, _)| &standing.refunds);
        queries::refunds::settle(tx, refunds, cx.now()).await?;
        queries::doubt(tx, doubtful).await?;
        tx.after_commit(move || {
            for (fact, count) in counts {
                metrics::counter!("payment_transitions_total", "state" => fact).increment(count);
            }
        });
        Ok(())
    }
}

/// Publishes the facts and returns the payment's new version; it grows although there is nothing to publish.
fn publish(tx: &mut Tx, payment: &StoredPayment, facts: &[Fact], headers: &Headers) -> Result<i64, Fault> {
    let StoredPayment { charge, attempt, standing, .. } = payment;
    let (payment_id, order_id, attempt) = (charge.id, charge.order_id, *attempt);
    let money = |amount| Money::new(amount, charge.amount.currency);
    let mut version = payment.version + i64::from(facts.is_empty());
    for fact in facts {
        version += 1;
        let headers = headers.clone();
        let reason = standing.failure.clone().filter(|_| *fact == Fact::Failed);
        macro_rules! publish {
            ($event:ident) => {
                tx.publish_as(
                    &$event { payment_id, order_id, attempt, amount: charge.amount, reason, version },
                    headers,
                )?
            };
        }
        match fact {
            Fact::Authorised => publish!(PaymentAuthorised),
            Fact::Captured => publish!(PaymentCaptured),
            Fact::Failed => publish!(PaymentFailed),
            Fact::Voided => publish!(PaymentVoided),
            Fact::Refunded(refund_id, amount) => {
                let (refund_id, amount) = (*refund_id, money(*amount));
                let event = PaymentRefunded { payment_id, order_id, attempt, amount, refund_id, version };
                tx.publish_as(&event, headers)?;
            }
            Fact::RefundFailed(refund_id, amount, reason) => {
                let (refund_id, amount, reason) = (*refund_id, money(*amount), reason.clone());
                let event =
                    PaymentRefundFailed { payment_id, order_id, attempt, amount, refund_id, reason, version };
                tx.publish_as(&event, headers)?;
            }
        }
    }
    Ok(version)
}
