//! One payment and its provider, from where it stands to where it can rest. Outside of any transaction.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt as _;
use message::{Clock, Headers, Timestamp};

use crate::{
    domain::{Answer, Fact, Next, Step},
    provider::{self, ChargeOutcome, Provider},
    queries::StoredPayment,
};

/// Longer texts of a provider are cut.
const LONGEST_TEXT: usize = 300;

/// How long a conversation may take, and by which clock.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) answer_within: Duration,
    /// Nothing is asked that might not be answered before this.
    pub(crate) ends_at: Timestamp,
    pub(crate) tries: i64,
    pub(crate) clock: Clock,
}

/// Where a conversation ended.
pub(crate) struct End {
    pub(crate) payment: StoredPayment,
    pub(crate) facts: Vec<Fact>,
    /// Why the next step should wait a while.
    pub(crate) trouble: Option<String>,
}

/// Asks the provider, step after step, until the payment can rest or the provider brings nothing.
pub(crate) async fn hold(
    mut payment: StoredPayment,
    headers: &Headers,
    provider: Option<Arc<dyn Provider>>,
    limits: Limits,
) -> End {
    let mut facts = Vec::new();
    let mut trouble = None;
    while trouble.is_none() {
        let (consequence, words) = match payment.standing.next() {
            Next::Rest => break,
            Next::Close => (payment.standing.close(), None),
            Next::Settle => (payment.standing.settle(), None),
            Next::Ask(_) if limits.clock.now().after(limits.answer_within) > limits.ends_at => {
                trouble = Some("the conversation took too long".to_owned());
                break;
            }
            Next::Ask(step) => {
                let (answer, words) =
                    ask(step, &payment, headers, provider.as_deref(), limits.answer_within).await;
                (payment.standing.apply(step, answer, limits.tries), words)
            }
        };
        payment.charge.state = payment.standing.state;
        payment.charge.reference.clone_from(&payment.standing.reference);
        facts.extend(consequence.facts);
        if consequence.pause {
            trouble = Some(words.unwrap_or_else(|| "the provider contradicts itself".to_owned()));
        }
    }
    // What was looked up may have changed by the next conversation.
    payment.standing.looked_up = false;
    payment.standing.refusal = None;
    End { payment, facts, trouble }
}

/// Asks for one step; the words say what went wrong.
async fn ask(
    step: Step,
    payment: &StoredPayment,
    headers: &Headers,
    provider: Option<&dyn Provider>,
    limit: Duration,
) -> (Answer, Option<String>) {
    let Some(provider) = provider else {
        return without_provider(step, payment, headers);
    };
    let started = Instant::now();
    let asked =
        AssertUnwindSafe(tokio::time::timeout(limit, call(step, payment, headers, provider))).catch_unwind();
    let answer = match asked.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(provider::Error::unknown("no answer in time")),
        Err(_) => Err(provider::Error::unknown("the adapter panicked")),
    };
    metrics::histogram!("payment_provider_seconds", "provider" => provider.name(), "step" => step.as_str())
        .record(started.elapsed());
    match answer {
        Ok(answer) => (answer, None),
        Err(error) => {
            let words = format!(
                "provider {} gave no answer to {}: {}",
                provider.name(),
                step.as_str(),
                error.detail()
            );
            (if error.is_unknown() { Answer::Unknown } else { Answer::Undone }, Some(words))
        }
    }
}

async fn call(
    step: Step,
    payment: &StoredPayment,
    headers: &Headers,
    provider: &dyn Provider,
) -> Result<Answer, provider::Error> {
    let charge = &payment.charge;
    let refund = payment.due_refund();
    let outcome = match (step, &refund) {
        (Step::LookUp, Some(refund)) => {
            return provider.look_up_refund(charge, refund).await.map(Answer::RefundFound);
        }
        (Step::Refund, Some(refund)) => provider.refund(charge, refund).await?,
        (Step::LookUp | Step::Refund, None) => return provider.look_up(charge).await.map(Answer::Found),
        (Step::Authorise, _) => provider.authorise(charge).await?,
        (Step::Capture, _) => provider.capture(charge).await?,
        (Step::Void, _) => provider.void(charge).await?,
    };
    Ok(match outcome {
        ChargeOutcome::Done(reference) => Answer::Done(one_line(&reference)),
        ChargeOutcome::Declined(reason) => {
            tracing::info!(correlation = %headers.correlation, payment = %charge.id, order = %charge.order_id, provider = provider.name(), step = step.as_str(), reason, "a payment provider declined");
            Answer::Declined(one_line(&reason))
        }
    })
}

/// A provider that this shop does not have can have charged nothing, unless it was taken away meanwhile.
fn without_provider(step: Step, payment: &StoredPayment, headers: &Headers) -> (Answer, Option<String>) {
    let answer = match step {
        Step::Authorise => {
            Answer::Declined(format!("This shop does not take payments by \"{}\".", payment.provider))
        }
        Step::LookUp if payment.charge.reference.is_none() => Answer::Found(provider::MoneyState::Nothing),
        Step::Void if payment.charge.reference.is_none() => Answer::Done(String::new()),
        _ => {
            tracing::error!(correlation = %headers.correlation, payment = %payment.charge.id, provider = payment.provider, step = step.as_str(), "a payment's provider is no longer set up, and it holds our money");
            let words = format!("provider {} is no longer set up", payment.provider);
            return (Answer::Unknown, Some(words));
        }
    };
    (answer, None)
}

/// What others wrote, fit for a database and a page.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST_TEXT).collect()
}
