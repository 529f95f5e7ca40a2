//! Money that goes back: refund by refund, one after the other, and last what is left if the order ended.
//!
//! Each refund has an idempotency key of its own, and is looked up after a lost answer as a payment is. Because they are
//! asked for one after the other, a doubt is always about the one that is due. A refund that comes when all that is left has
//! begun to go back is a part of that: it is settled with it.

use order_contract::RefundId;
use payment_contract::PaymentState;

use super::{Answer, Consequence, Fact, Goal, Standing, is_final};

/// A refund that the order asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refund {
    pub(crate) id: RefundId,
    /// How much, in minor units.
    pub(crate) amount: i64,
    /// Whether it came after all that was left began to go back.
    pub(crate) is_late: bool,
    /// What came of it; none while it is pending.
    pub(crate) outcome: Option<RefundOutcome>,
}

/// What came of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefundOutcome {
    Refunded,
    /// It was refused, for a reason.
    Failed(String),
}

/// The refund that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DueRefund {
    /// None for all that is left.
    pub(crate) id: Option<RefundId>,
    /// How much, in minor units.
    pub(crate) amount: i64,
}

/// Why a refund fails that no provider was asked for.
const NOT_LEFT: &str = "Less than that is left of the payment.";

impl Standing {
    /// The refund that the provider is asked for next, or is being asked for: none while the money is not ours.
    pub(crate) fn due_refund(&self) -> Option<DueRefund> {
        if self.state != PaymentState::Captured {
            return None;
        }
        let early = self.refunds.iter().find(|refund| refund.outcome.is_none() && !refund.is_late);
        match early {
            Some(refund) => Some(DueRefund { id: Some(refund.id), amount: refund.amount }),
            None if self.goal == Goal::Return => {
                Some(DueRefund { id: None, amount: self.amount - self.refunded })
            }
            None => None,
        }
    }

    /// Whether a refund is pending that needs no provider: of a payment that has ended, or of more than is left.
    pub(super) fn can_settle(&self) -> bool {
        let is_pending = self.refunds.iter().any(|refund| refund.outcome.is_none());
        is_pending && is_final(self.state) || self.is_too_much()
    }

    /// Settles what needs no provider; for [`Next::Settle`](super::Next::Settle). The money of a payment that has ended is
    /// back already, or never left.
    pub(crate) fn settle(&mut self) -> Consequence {
        let mut consequence = Consequence::default();
        if self.is_too_much() {
            self.fail_due_refund(NOT_LEFT.to_owned(), &mut consequence);
            return consequence;
        }
        for refund in self.refunds.iter_mut().filter(|refund| refund.outcome.is_none()) {
            refund.outcome = Some(RefundOutcome::Refunded);
            consequence.facts.push(Fact::Refunded(Some(refund.id), refund.amount));
        }
        consequence
    }

    fn is_too_much(&self) -> bool {
        let left = self.amount - self.refunded;
        self.due_refund().is_some_and(|due| due.id.is_some() && due.amount > left)
    }

    /// Applies the answer to a question about the refund that is due: to carry it out, or whether it was.
    pub(super) fn apply_to_refund(&mut self, due: &DueRefund, answer: Answer, consequence: &mut Consequence) {
        match answer {
            Answer::Done(_) | Answer::RefundFound(true) => self.refund_done(due, consequence),
            Answer::RefundFound(false) => {
                self.looked_up = true;
                if let Some(reason) = self.refusal.take() {
                    self.fail_due_refund(reason, consequence);
                }
            }
            // It may have been carried out before: a look decides.
            Answer::Declined(reason) => {
                self.doubt = true;
                self.looked_up = false;
                if due.id.is_some() {
                    self.refusal = Some(reason);
                } else {
                    // What is owed because the order ended is asked for again and again.
                    self.tries += 1;
                    consequence.pause = true;
                }
            }
            Answer::Undone => {
                self.tries += 1;
                consequence.pause = true;
            }
            Answer::Unknown | Answer::Found(_) => {
                self.doubt = true;
                self.looked_up = false;
                self.tries += 1;
                consequence.pause = true;
            }
        }
    }

    fn refund_done(&mut self, due: &DueRefund, consequence: &mut Consequence) {
        self.refunded += due.amount;
        self.refusal = None;
        self.set_outcome(due.id, RefundOutcome::Refunded);
        consequence.facts.push(Fact::Refunded(due.id, due.amount));
        let is_all = self.refunded == self.amount && (due.id.is_none() || self.amount > 0);
        self.certain(if is_all { PaymentState::Refunded } else { PaymentState::Captured });
    }

    fn fail_due_refund(&mut self, reason: String, consequence: &mut Consequence) {
        let Some(DueRefund { id: Some(id), amount }) = self.due_refund() else { return };
        self.set_outcome(Some(id), RefundOutcome::Failed(reason.clone()));
        consequence.facts.push(Fact::RefundFailed(id, amount, reason));
        self.certain(PaymentState::Captured);
    }

    fn set_outcome(&mut self, id: Option<RefundId>, outcome: RefundOutcome) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| Some(refund.id) == id) {
            refund.outcome = Some(outcome);
        }
    }
}
