//! The rules of a payment: where its money is, where it should go, and the next step from the one to the other.
//!
//! Everything that can happen in any order meets here without caring about the order. News of the order only raises the
//! [`Goal`], which never falls, so a cancellation may come before the provider's answer or before the placement itself.
//! What the provider did is only believed when it says so: after a lost answer, and after a crash, it is looked up
//! before anything else is asked. Money that is ours goes back refund by refund (`refunds`).

use order_contract::RefundId;
use payment_contract::PaymentState;

#[cfg(test)]
mod model;
mod refunds;

pub(crate) use refunds::{DueRefund, Refund, RefundOutcome};

/// Where the money should go. News of the order can only raise it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Goal {
    /// Be held until the order ships.
    Hold = 1,
    /// Be ours.
    Take = 2,
    /// Go back, or never leave.
    Return = 3,
}

impl Goal {
    pub(crate) const fn to_number(self) -> i64 {
        self as i64
    }

    pub(crate) const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Hold),
            2 => Some(Self::Take),
            3 => Some(Self::Return),
            _ => None,
        }
    }
}

/// A payment as far as its money is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Where the money is, by the provider's last answer.
    pub(crate) state: PaymentState,
    /// Where it should go.
    pub(crate) goal: Goal,
    /// Whether a request may have reached the provider whose answer we do not have.
    pub(crate) doubt: bool,
    /// Answers that brought nothing since the last that did.
    pub(crate) tries: i64,
    /// The provider's own name for it.
    pub(crate) reference: Option<String>,
    /// Why it failed, for the shopper; once it is there, the failure was announced.
    pub(crate) failure: Option<String>,
    /// Whether the provider was looked up since the last request in doubt. Forgotten between conversations.
    pub(crate) looked_up: bool,
    /// How much is paid, in minor units.
    pub(crate) amount: i64,
    /// What of it went back, in minor units.
    pub(crate) refunded: i64,
    /// The refunds that the order asked for and that were not settled when this was read, in the order in which they came.
    pub(crate) refunds: Vec<Refund>,
    /// Why the provider refused the refund that is due. Forgotten between conversations.
    pub(crate) refusal: Option<String>,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Ask the provider this.
    Ask(Step),
    /// Nothing was ever asked and nothing is wanted any more: it ends without the provider.
    Close,
    /// A refund can be settled without the provider.
    Settle,
    /// Nothing.
    Rest,
}

/// What a provider can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    LookUp,
    Authorise,
    Capture,
    Void,
    Refund,
}

impl Step {
    /// How metrics and logs call it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::LookUp => "look_up",
            Self::Authorise => "authorise",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }
}

/// What the provider made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is done.
    Done(String),
    /// It will not be done, for a reason that the shopper may read.
    Declined(String),
    /// Looked up.
    Found(MoneyState),
    /// The refund that is due was looked up: whether it was carried out.
    RefundFound(bool),
    /// Certainly nothing happened; the same may pass later.
    Undone,
    /// Nobody knows.
    Unknown,
}

/// Where a provider says the money is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoneyState {
    /// It never held any.
    Nothing,
    /// Held, under this reference.
    Authorised(String),
    /// Taken, under this reference.
    Captured(String),
    /// It was held and let go, or closed before it ever was.
    Voided,
    /// It was taken and given back.
    Refunded,
}

/// What the rest of the shop must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fact {
    Authorised,
    Captured,
    Failed,
    Voided,
    /// So much went back, for this refund or because the payment ended.
    Refunded(Option<RefundId>, i64),
    /// The provider refuses so much of this refund, for a reason.
    RefundFailed(RefundId, i64, String),
}

impl Fact {
    /// How metrics call it.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Authorised => "authorised",
            Self::Captured => "captured",
            Self::Failed => "failed",
            Self::Voided => "voided",
            Self::Refunded(..) => "refunded",
            Self::RefundFailed(..) => "refund_failed",
        }
    }
}

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Consequence {
    /// To be published, in this order.
    pub(crate) facts: Vec<Fact>,
    /// Whether the next step should wait a while: this one brought nothing.
    pub(crate) pause: bool,
}

/// What the shopper reads when the provider stays silent.
const NO_ANSWER: &str =
    "The payment provider did not answer in time. If it took any money, the money comes back by itself.";
const CANCELLED_BEFORE: &str = "The order was cancelled before it was paid.";
const ENDED_ELSEWHERE: &str = "The payment provider ended this payment.";

/// Whether nothing can happen any more, whatever the goal becomes.
pub(crate) const fn is_final(state: PaymentState) -> bool {
    matches!(state, PaymentState::Voided | PaymentState::Refunded | PaymentState::Failed)
}

impl Standing {
    /// Follows news that came while the provider was asked.
    pub(crate) fn raise(&mut self, goal: Goal) {
        self.goal = self.goal.max(goal);
    }

    /// The state as others see it: a failure that was announced is one, although the provider may still owe us a word.
    pub(crate) fn shown_state(&self) -> PaymentState {
        match self.state {
            PaymentState::Pending if self.failure.is_some() => PaymentState::Failed,
            state => state,
        }
    }

    /// What comes next.
    pub(crate) fn next(&self) -> Next {
        use PaymentState::{Authorised, Captured, Pending};
        if self.can_settle() {
            return Next::Settle;
        }
        let step = match (self.state, self.goal) {
            (Authorised, Goal::Hold) => return Next::Rest,
            _ if is_final(self.state) => return Next::Rest,
            (Captured, _) if self.due_refund().is_none() => return Next::Rest,
            _ if self.doubt && !self.looked_up => Step::LookUp,
            (Pending, Goal::Return) if !self.doubt => return Next::Close,
            (Pending, Goal::Hold | Goal::Take) => Step::Authorise,
            (Authorised, Goal::Take) => Step::Capture,
            (Captured, _) => Step::Refund,
            // A payment that was never held is voided as well when it was ever asked for: a request may still be on
            // its way, and what is voided it cannot charge.
            _ => Step::Void,
        };
        Next::Ask(step)
    }

    /// Ends it without the provider; for [`Next::Close`].
    pub(crate) fn close(&mut self) -> Consequence {
        let mut consequence = Consequence::default();
        self.fail(CANCELLED_BEFORE, &mut consequence);
        self.state = PaymentState::Failed;
        consequence
    }

    /// Applies the answer to `step`. A payment that is not charged after `limit` tries is given up.
    pub(crate) fn apply(&mut self, step: Step, answer: Answer, limit: i64) -> Consequence {
        let mut consequence = Consequence::default();
        if let Some(due) = self.due_refund() {
            self.apply_to_refund(&due, answer, &mut consequence);
            return consequence;
        }
        match answer {
            Answer::RefundFound(_) => consequence.pause = true,
            Answer::Found(found) => self.found(found, limit, &mut consequence),
            Answer::Done(reference) => self.done(step, reference, &mut consequence),
            Answer::Declined(reason) => self.declined(step, &reason, &mut consequence),
            Answer::Undone => self.nothing_came(step, step == Step::LookUp, limit, &mut consequence),
            Answer::Unknown => {
                if step != Step::LookUp {
                    self.doubt = true;
                    self.looked_up = false;
                }
                self.nothing_came(step, true, limit, &mut consequence);
            }
        }
        consequence
    }

    fn done(&mut self, step: Step, reference: String, consequence: &mut Consequence) {
        match step {
            Step::Authorise => self.held(reference, consequence),
            Step::Capture => self.taken(reference, consequence),
            Step::Void => self.returned(PaymentState::Voided, consequence),
            Step::Refund => self.returned(PaymentState::Refunded, consequence),
            Step::LookUp => {}
        }
    }

    fn declined(&mut self, step: Step, reason: &str, consequence: &mut Consequence) {
        match step {
            Step::Authorise => {
                self.fail(reason, consequence);
                self.certain(PaymentState::Failed);
            }
            Step::Capture => {
                self.give_up(reason, consequence);
                self.doubt = true;
                self.looked_up = false;
            }
            // It is not where we think it is.
            Step::Void | Step::Refund | Step::LookUp => {
                self.doubt = true;
                self.looked_up = false;
                self.tries += 1;
                consequence.pause = true;
            }
        }
    }

    fn found(&mut self, state: MoneyState, limit: i64, consequence: &mut Consequence) {
        match (state, self.state) {
            (MoneyState::Authorised(reference), _) => self.held(reference, consequence),
            (MoneyState::Captured(reference), _) => self.taken(reference, consequence),
            (MoneyState::Voided, _) | (MoneyState::Nothing, PaymentState::Authorised) => {
                self.returned(PaymentState::Voided, consequence);
            }
            (MoneyState::Refunded, _) => self.returned(PaymentState::Refunded, consequence),
            (MoneyState::Nothing, PaymentState::Pending) => {
                self.looked_up = true;
                if self.goal != Goal::Return && self.tries >= limit {
                    self.give_up(NO_ANSWER, consequence);
                }
            }
            // It says that what it took never was: nothing to build on.
            (MoneyState::Nothing, _) => {
                self.tries += 1;
                consequence.pause = true;
            }
        }
    }

    fn held(&mut self, reference: String, consequence: &mut Consequence) {
        if self.goal == Goal::Hold && self.state == PaymentState::Pending {
            consequence.facts.push(Fact::Authorised);
        }
        self.reference = Some(reference);
        self.certain(PaymentState::Authorised);
    }

    fn taken(&mut self, reference: String, consequence: &mut Consequence) {
        if self.goal != Goal::Return && self.state != PaymentState::Captured {
            consequence.facts.push(Fact::Captured);
        }
        self.reference = Some(reference);
        self.certain(PaymentState::Captured);
    }

    /// The money is back where it came from, or can never leave it.
    fn returned(&mut self, state: PaymentState, consequence: &mut Consequence) {
        if self.goal != Goal::Return {
            self.fail(ENDED_ELSEWHERE, consequence);
        }
        if self.state == PaymentState::Pending && state == PaymentState::Voided {
            self.fail(CANCELLED_BEFORE, consequence);
            self.certain(PaymentState::Failed);
            return;
        }
        let left = self.amount - self.refunded;
        if state == PaymentState::Refunded {
            self.refunded = self.amount;
            consequence.facts.push(Fact::Refunded(None, left));
        } else {
            consequence.facts.push(Fact::Voided);
        }
        self.certain(state);
    }

    /// Only a payment that a shopper waits for is ever given up; money that is held or owed is asked about until the
    /// provider answers.
    fn nothing_came(&mut self, step: Step, in_doubt: bool, limit: i64, consequence: &mut Consequence) {
        self.tries += 1;
        consequence.pause = true;
        let waited_for = self.state == PaymentState::Pending && self.goal != Goal::Return;
        // In doubt, a last look decides: the money may be held already.
        let decided = step == Step::LookUp || !in_doubt;
        if waited_for && decided && self.tries >= limit {
            self.give_up(NO_ANSWER, consequence);
        }
    }

    fn certain(&mut self, state: PaymentState) {
        self.state = state;
        self.doubt = false;
        self.tries = 0;
    }

    /// Announces that there will be no money, and turns round whatever was charged.
    fn give_up(&mut self, reason: &str, consequence: &mut Consequence) {
        self.fail(reason, consequence);
        self.goal = Goal::Return;
    }

    fn fail(&mut self, reason: &str, consequence: &mut Consequence) {
        if self.failure.is_none() {
            self.failure = Some(reason.to_owned());
            consequence.facts.push(Fact::Failed);
        }
    }
}
