//! The work of payments: many are asked for side by side, and what came of them is written together.

use std::{collections::HashMap, time::Duration};

use bus::{Attempt, Cx, Inputs, Outcome, Settlement, Upshot, Work, WorkLimits, Worker};
use message::{BackOff, Fault, Headers};
use order_contract::Order;
use payment_contract::{PaymentAuthorised, PaymentCaptured, PaymentFailed, PaymentRefunded, PaymentVoided};
use serde::{Deserialize, Serialize};
use store::Tx;

use crate::{
    Settings, State,
    conversation::{self, Limits},
    domain::{Fact, Standing},
    queries::{self, StoredPayment},
};

/// Brings the money of an order to where it should be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MoveMoney {}

impl Work for MoveMoney {
    const KIND: &'static str = "payment";
    type Subject = Order;
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
        let payments = queries::load(cx.db(), attempts.iter().map(|attempt| attempt.subject)).await?;
        Ok(payments.into_iter().map(|payment| (payment.charge.order_id, payment)).collect())
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
                None if *settled.settlement != Settlement::Done => doubtful.push(settled.subject),
                None => {}
            }
        }
        if changes.is_empty() && doubtful.is_empty() {
            return Ok(());
        }
        let changed = changes.iter().map(|(_, change)| change.payment.charge.order_id);
        let orders = changed.chain(doubtful.iter().copied());
        let goals = queries::lock_goals(tx, orders).await?;
        let mut counts: HashMap<Fact, u64> = HashMap::new();
        let mut standings = Vec::with_capacity(changes.len());
        for (headers, Change { payment, facts }) in changes {
            let order_id = payment.charge.order_id;
            let mut standing = payment.standing.clone();
            if let Some(goal) = goals.get(&order_id) {
                standing.raise(*goal);
            }
            let version = publish(tx, payment, facts, headers)?;
            for fact in facts {
                *counts.entry(*fact).or_default() += 1;
            }
            standings.push((order_id, standing, version));
        }
        queries::update(tx, &standings, cx.now()).await?;
        queries::doubt(tx, doubtful).await?;
        tx.after_commit(move || {
            for (fact, count) in counts {
                metrics::counter!("payment_transitions_total", "state" => fact.as_str()).increment(count);
            }
        });
        Ok(())
    }
}

/// Publishes the facts and returns the payment's new version; it grows although there is nothing to publish.
fn publish(tx: &mut Tx, payment: &StoredPayment, facts: &[Fact], headers: &Headers) -> Result<i64, Fault> {
    let Standing { failure, .. } = &payment.standing;
    let mut version = payment.version + i64::from(facts.is_empty());
    for fact in facts {
        version += 1;
        let reason = failure.clone().filter(|_| *fact == Fact::Failed);
        macro_rules! publish {
            ($event:ident) => {
                tx.publish_as(
                    &$event {
                        payment_id: payment.charge.id,
                        order_id: payment.charge.order_id,
                        attempt: 1,
                        amount: payment.charge.amount,
                        reason,
                        version,
                    },
                    headers.clone(),
                )?
            };
        }
        match fact {
            Fact::Authorised => publish!(PaymentAuthorised),
            Fact::Captured => publish!(PaymentCaptured),
            Fact::Failed => publish!(PaymentFailed),
            Fact::Voided => publish!(PaymentVoided),
            Fact::Refunded => tx.publish_as(
                &PaymentRefunded {
                    payment_id: payment.charge.id,
                    order_id: payment.charge.order_id,
                    attempt: 1,
                    amount: payment.charge.amount,
                    refund_id: None,
                    version,
                },
                headers.clone(),
            )?,
        }
    }
    Ok(version)
}
