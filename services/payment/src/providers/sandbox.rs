//! The provider `test`: a payment provider that moves no money, for trying out and testing a shop.
//!
//! What it does is decided by the token:
//!
//! | token | what happens |
//! |---|---|
//! | `tok_ok` | charged |
//! | `tok_declined` | declined |
//! | `tok_slow` | charged after three seconds |
//! | `tok_timeout` | never answered and never charged |
//! | `tok_lost` | charged, but the answer is lost on its way |
//!
//! | `tok_refund_declined` | charged, and every refund of a part is declined |
//!
//! Anything else is declined. A refund is carried out at once; the last row is not among the choices of a page.
//!
//! It plays the outside world, so a crash of the shop must not make it forget what it has charged. It keeps its book in
//! the table `sandbox_charge`, in transactions of its own. Only `tok_lost` needs a line there: with every other token a
//! charge exists only in the answer that tells of it. If the process dies before that answer is written down, the
//! charge dies with it, which is what a look-up then says; if it is written down, the payment itself remembers it. So
//! the other tokens write nothing, and the journey's speed is not the sandbox's.

use std::time::Duration;

use futures::future::BoxFuture;
use message::{Fault, Money};
use payment_contract::{PaymentChoice, PaymentId, PaymentProvider, PaymentState};
use store::{Db, query};

use crate::provider::{Charge, ChargeOutcome, ChargeRefund, Error, MoneyState, Provider, ProviderAnswer};

/// What orders call it.
pub(crate) const NAME: &str = "test";

/// How long `tok_slow` takes.
const SLOW: Duration = Duration::from_secs(3);

const LOST: &str = "tok_lost";

const REFUND_DECLINED: &str = "tok_refund_declined";

/// What a buyer can choose: token, label and hint.
const CHOICES: [(&str, &str, &str); 5] = [
    ("tok_ok", "A card that works", "Paid at once."),
    (
        "tok_declined",
        "A card that is declined",
        "The order waits for another way to pay, until its time is over.",
    ),
    ("tok_slow", "A slow bank", "It answers after three seconds."),
    ("tok_timeout", "A bank that does not answer", "The shop asks again until it knows."),
    (LOST, "A lost answer", "The bank has charged, but nobody heard it; it is found out, not charged twice."),
];

/// What a page shows of it.
pub(crate) fn offer() -> PaymentProvider {
    let choice = |(token, label, hint): (&str, &str, &str)| PaymentChoice {
        token: token.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
    };
    PaymentProvider {
        name: NAME.to_owned(),
        label: "Test provider".to_owned(),
        hint: "This is the test provider: no card, no money. Choose how the bank should answer.".to_owned(),
        choices: CHOICES.map(choice).into(),
    }
}

/// The test provider; its book is in this database.
pub(crate) struct Sandbox {
    db: Db,
}

impl Sandbox {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Moves a charge in the book from one of `from` to `to`. A move that was made before is granted again.
    async fn move_in_book(&self, charge: &Charge, from: &[&str], to: &'static str) -> ProviderAnswer {
        let mut tx = self.db.begin().await.map_err(|fault| undone(&fault))?;
        let now = state(&mut tx, charge.id).await.map_err(|fault| undone(&fault))?;
        let outcome = match now.as_deref() {
            Some(state) if state == to => done(charge),
            Some(state) if from.contains(&state) => {
                set_state(&mut tx, charge.id, to).await.map_err(|fault| undone(&fault))?;
                done(charge)
            }
            Some(state) => ChargeOutcome::Declined(format!("This payment is {state}.")),
            None if to == "voided" => {
                write_line(&mut tx, charge.id, charge.amount, to).await.map_err(|fault| undone(&fault))?;
                done(charge)
            }
            None => ChargeOutcome::Declined("There is no such payment.".to_owned()),
        };
        tx.commit().await.map_err(|fault| unknown(&fault))?;
        Ok(outcome)
    }

    /// Gives back in the book, once per key and never more than was captured.
    async fn refund_in_book(&self, charge: &Charge, refund: &ChargeRefund) -> ProviderAnswer {
        let mut tx = self.db.begin().await.map_err(|fault| undone(&fault))?;
        let now = state(&mut tx, charge.id).await.map_err(|fault| undone(&fault))?;
        let outcome = if has_refund(&mut tx, charge.id, refund.key).await.map_err(|fault| undone(&fault))? {
            done(charge)
        } else if now.as_deref() == Some("captured") {
            write_refund(&mut tx, charge, refund).await.map_err(|fault| undone(&fault))?
        } else {
            ChargeOutcome::Declined(format!("This payment is {}.", now.as_deref().unwrap_or("unknown")))
        };
        tx.commit().await.map_err(|fault| unknown(&fault))?;
        Ok(outcome)
    }

    /// Charges for `tok_lost`, once, however often it is asked.
    async fn charge_in_silence(&self, charge: &Charge) -> ProviderAnswer {
        let mut tx = self.db.begin().await.map_err(|fault| undone(&fault))?;
        write_line(&mut tx, charge.id, charge.amount, "authorised").await.map_err(|fault| undone(&fault))?;
        tx.commit().await.map_err(|fault| unknown(&fault))?;
        Err(Error::unknown("the connection broke before the answer came"))
    }
}

impl Provider for Sandbox {
    fn name(&self) -> &'static str {
        NAME
    }

    fn offer(&self) -> PaymentProvider {
        offer()
    }

    fn authorise<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ProviderAnswer> {
        Box::pin(async move {
            match charge.token.as_str() {
                "tok_ok" | REFUND_DECLINED => Ok(done(charge)),
                "tok_slow" => {
                    tokio::time::sleep(SLOW).await;
                    Ok(done(charge))
                }
                "tok_timeout" => std::future::pending().await,
                LOST => self.charge_in_silence(charge).await,
                "tok_declined" => {
                    Ok(ChargeOutcome::Declined("The card was declined. Try another way to pay.".to_owned()))
                }
                _ => Ok(ChargeOutcome::Declined("The test provider does not know this token.".to_owned())),
            }
        })
    }

    fn capture<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ProviderAnswer> {
        self.later(charge, &["authorised"], "captured")
    }

    fn void<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ProviderAnswer> {
        self.later(charge, &["authorised"], "voided")
    }

    fn refund<'a>(&'a self, charge: &'a Charge, refund: &'a ChargeRefund) -> BoxFuture<'a, ProviderAnswer> {
        Box::pin(async move {
            match charge.token.as_str() {
                LOST => self.refund_in_book(charge, refund).await,
                REFUND_DECLINED if refund.amount != charge.amount => {
                    Ok(ChargeOutcome::Declined("The test provider declines this refund.".to_owned()))
                }
                _ => Ok(done(charge)),
            }
        })
    }

    fn look_up_refund<'a>(
        &'a self,
        charge: &'a Charge,
        refund: &'a ChargeRefund,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        // Of the other tokens, what no answer told of did not happen.
        Box::pin(async move {
            Ok(charge.token == LOST
                && has_refund(&self.db, charge.id, refund.key).await.map_err(|fault| undone(&fault))?)
        })
    }

    fn look_up<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<MoneyState, Error>> {
        Box::pin(async move {
            if charge.token != LOST {
                return Ok(remembered(charge));
            }
            let state = state(&self.db, charge.id).await.map_err(|fault| undone(&fault))?;
            Ok(match state.as_deref() {
                None => MoneyState::Nothing,
                Some("authorised") => MoneyState::Authorised(reference(charge)),
                Some("captured") => MoneyState::Captured(reference(charge)),
                Some("voided") => MoneyState::Voided,
                Some(_) => MoneyState::Refunded,
            })
        })
    }
}

impl Sandbox {
    /// What follows on a charge: in the book for `tok_lost`, by word alone for the others.
    fn later<'a>(
        &'a self,
        charge: &'a Charge,
        from: &'static [&'static str],
        to: &'static str,
    ) -> BoxFuture<'a, ProviderAnswer> {
        Box::pin(async move {
            if charge.token == LOST { self.move_in_book(charge, from, to).await } else { Ok(done(charge)) }
        })
    }
}

/// What a charge that is in no book is: what its payment remembers of the answers.
fn remembered(charge: &Charge) -> MoneyState {
    match charge.state {
        PaymentState::Pending | PaymentState::Failed => MoneyState::Nothing,
        PaymentState::Authorised => MoneyState::Authorised(reference(charge)),
        PaymentState::Captured => MoneyState::Captured(reference(charge)),
        PaymentState::Voided => MoneyState::Voided,
        PaymentState::Refunded => MoneyState::Refunded,
    }
}

fn done(charge: &Charge) -> ChargeOutcome {
    ChargeOutcome::Done(reference(charge))
}

/// The same for the same payment, however often it is asked.
fn reference(charge: &Charge) -> String {
    format!("test_{}", charge.id.uuid().simple())
}

/// Nothing was committed.
fn undone(fault: &Fault) -> Error {
    Error::undone(fault.to_string())
}

/// The commit failed, which does not say that nothing was committed.
fn unknown(fault: &Fault) -> Error {
    Error::unknown(fault.to_string())
}

async fn state(on: impl Into<store::On<'_>>, id: PaymentId) -> Result<Option<String>, Fault> {
    query("SELECT state FROM sandbox_charge WHERE payment_id = $1 FOR UPDATE")
        .bind(id)
        .fetch_optional(on, |row| row.get("state"))
        .await
}

async fn set_state(tx: &mut store::Tx, id: PaymentId, state: &'static str) -> Result<(), Fault> {
    query("UPDATE sandbox_charge SET state = $2 WHERE payment_id = $1")
        .bind(id)
        .bind(state)
        .execute(tx)
        .await
        .map(drop)
}

async fn write_line(
    tx: &mut store::Tx,
    id: PaymentId,
    amount: Money,
    state: &'static str,
) -> Result<(), Fault> {
    query(
        "INSERT INTO sandbox_charge (payment_id, amount, currency, state, asked) VALUES ($1, $2, $3, $4, 1)
         ON CONFLICT (payment_id) DO UPDATE SET asked = sandbox_charge.asked + 1",
    )
    .bind(id)
    .bind(amount.amount)
    .bind(amount.currency.code())
    .bind(state)
    .execute(tx)
    .await
    .map(drop)
}

async fn has_refund(
    on: impl Into<store::On<'_>>,
    payment: PaymentId,
    key: uuid::Uuid,
) -> Result<bool, Fault> {
    let found = query("SELECT amount FROM sandbox_refund WHERE payment_id = $1 AND key = $2")
        .bind(payment)
        .bind(key)
        .fetch_optional(on, |row| row.get::<i64>("amount"))
        .await?;
    Ok(found.is_some())
}

/// Writes a refund of a captured payment, unless less than that is left.
async fn write_refund(
    tx: &mut store::Tx,
    charge: &Charge,
    refund: &ChargeRefund,
) -> Result<ChargeOutcome, Fault> {
    let before: i64 = query(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS bigint) AS refunded FROM sandbox_refund WHERE payment_id = $1",
    )
    .bind(charge.id)
    .fetch_one(&mut *tx, |row| row.get("refunded"))
    .await?;
    let refunded = before + refund.amount.amount;
    if refunded > charge.amount.amount {
        return Ok(ChargeOutcome::Declined("Less than that is left.".to_owned()));
    }
    query("INSERT INTO sandbox_refund (payment_id, key, amount) VALUES ($1, $2, $3)")
        .bind(charge.id)
        .bind(refund.key)
        .bind(refund.amount.amount)
        .execute(&mut *tx)
        .await?;
    if refunded == charge.amount.amount {
        set_state(tx, charge.id, "refunded").await?;
    }
    Ok(done(charge))
}
