//! One payment and its provider, from where it stands to where it can rest. Outside of any transaction.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt as _;
use message::Clock;

use crate::{
    domain::{Answer, Fact, Next, Step},
    provider::{self, Outcome, Provider},
    queries::Claimed,
};

/// Longer texts of a provider are cut.
const LONGEST_TEXT: usize = 300;

/// How long one may take, and by which clock.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) answer_within: Duration,
    pub(crate) tries: i64,
    pub(crate) clock: Clock,
}

/// What came of a conversation.
pub(crate) struct Landed {
    pub(crate) payment: Claimed,
    pub(crate) facts: Vec<Fact>,
    /// Whether the next step should wait a while.
    pub(crate) pause: bool,
}

/// Asks the provider, step after step, until the payment can rest or the provider brings nothing.
///
/// `until` is when somebody else may take the payment up; nothing is asked that might not be answered before it.
pub(crate) async fn hold(
    mut payment: Claimed,
    provider: Option<Arc<dyn Provider>>,
    until: message::Timestamp,
    limits: Limits,
) -> Landed {
    let mut facts = Vec::new();
    let mut pause = false;
    while !pause {
        let learnt = match payment.standing.next() {
            Next::Rest => break,
            Next::Close => payment.standing.close(),
            Next::Ask(_) if limits.clock.now().after(limits.answer_within) > until => {
                pause = true;
                break;
            }
            Next::Ask(step) => {
                let answer = ask(step, &payment, provider.as_deref(), limits.answer_within).await;
                payment.standing.learn(step, answer, limits.tries)
            }
        };
        payment.charge.state = payment.standing.state;
        payment.charge.reference.clone_from(&payment.standing.reference);
        facts.extend(learnt.facts);
        pause = learnt.pause;
    }
    Landed { payment, facts, pause }
}

async fn ask(step: Step, payment: &Claimed, provider: Option<&dyn Provider>, limit: Duration) -> Answer {
    let Some(provider) = provider else {
        return without_provider(step, payment);
    };
    let started = Instant::now();
    let asked = AssertUnwindSafe(tokio::time::timeout(limit, call(step, payment, provider))).catch_unwind();
    let answer = match asked.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(provider::Error::unknown("no answer in time")),
        Err(_) => Err(provider::Error::unknown("the adapter panicked")),
    };
    metrics::histogram!("payment_provider_seconds", "provider" => provider.name(), "step" => step.as_str())
        .record(started.elapsed());
    answer.unwrap_or_else(|error| {
        let (id, tries) = (payment.charge.id, payment.standing.tries + 1);
        let (provider, step, unknown) = (provider.name(), step.as_str(), error.is_unknown());
        tracing::warn!(correlation = %payment.headers.correlation, payment = %id, order = %payment.charge.order_id, provider, step, tries, unknown, error = error.detail(), "a payment provider gave no answer");
        if error.is_unknown() { Answer::Unknown } else { Answer::Undone }
    })
}

async fn call(step: Step, payment: &Claimed, provider: &dyn Provider) -> Result<Answer, provider::Error> {
    let charge = &payment.charge;
    let outcome = match step {
        Step::LookUp => return provider.look_up(charge).await.map(Answer::Found),
        Step::Authorise => provider.authorise(charge).await?,
        Step::Capture => provider.capture(charge).await?,
        Step::Void => provider.void(charge).await?,
        Step::Refund => provider.refund(charge).await?,
    };
    Ok(match outcome {
        Outcome::Done(reference) => Answer::Done(one_line(&reference)),
        Outcome::Declined(reason) => {
            tracing::info!(correlation = %payment.headers.correlation, payment = %charge.id, order = %charge.order_id, provider = provider.name(), step = step.as_str(), reason, "a payment provider declined");
            Answer::Declined(one_line(&reason))
        }
    })
}

/// A provider that this shop does not have can have charged nothing, unless it was taken away meanwhile.
fn without_provider(step: Step, payment: &Claimed) -> Answer {
    match step {
        Step::Authorise => {
            Answer::Declined(format!("This shop does not take payments by \"{}\".", payment.provider))
        }
        Step::LookUp if payment.charge.reference.is_none() => Answer::Found(provider::Found::Nothing),
        Step::Void if payment.charge.reference.is_none() => Answer::Done(String::new()),
        _ => {
            tracing::error!(correlation = %payment.headers.correlation, payment = %payment.charge.id, provider = payment.provider, step = step.as_str(), "a payment's provider is no longer set up, and it holds our money");
            Answer::Unknown
        }
    }
}

/// What others wrote, fit for a database and a page.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST_TEXT).collect()
}
