//! The payments of an order, one after the other: which one is under way, and what is shown of them.

use message::{Money, Timestamp};
use order_contract::{AttemptState, CancelReason, OrderStatus, PaymentAttempt};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What an order keeps of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAttempt {
    /// The provider's name.
    pub provider: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// The caller's name for it; none for the payment that the order was placed with.
    #[serde(default)]
    pub key: Option<String>,
    /// Of what was asked for under this key.
    #[serde(default)]
    pub fingerprint: Option<Uuid>,
    /// Why it failed; none if it did not.
    #[serde(default)]
    pub failure: Option<String>,
}

/// The payments of an order, the first one first. All but the last one failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempts(Vec<StoredAttempt>);

/// The words for a payment that failed without any.
const NO_WORDS: &str = "The payment did not go through.";

impl Attempts {
    /// Those that were stored; where nothing was, the first payment alone.
    pub fn new(stored: Option<Vec<StoredAttempt>>, provider: String, placed_at: Timestamp) -> Self {
        let first = || StoredAttempt {
            provider,
            requested_at: placed_at,
            key: None,
            fingerprint: None,
            failure: None,
        };
        Self(stored.filter(|attempts| !attempts.is_empty()).unwrap_or_else(|| vec![first()]))
    }

    /// The number of the last one.
    pub fn last_number(&self) -> i64 {
        i64::try_from(self.0.len()).unwrap_or(i64::MAX)
    }

    /// Whether the payment of this number is the last one and did not fail: the only one whose money counts.
    pub fn is_live(&self, number: i64) -> bool {
        number == self.last_number() && self.0.last().is_some_and(|last| last.failure.is_none())
    }

    /// Notes that the payment of this number failed. Returns whether that is news of the live one.
    pub fn fail(&mut self, number: i64, reason: Option<String>) -> bool {
        let is_live = self.is_live(number);
        if let Some(last) = self.0.last_mut().filter(|_| is_live) {
            last.failure = Some(reason.unwrap_or_else(|| NO_WORDS.to_owned()));
        }
        is_live
    }

    /// The payment that was asked for under this key.
    pub fn find(&self, key: &str) -> Option<&StoredAttempt> {
        self.0.iter().find(|attempt| attempt.key.as_deref() == Some(key))
    }

    /// Adds one that is under way from now on.
    pub fn push(&mut self, attempt: StoredAttempt) {
        self.0.push(attempt);
    }

    /// What is shown of them.
    pub fn shown(self, order: &Standing) -> Vec<PaymentAttempt> {
        let nothing = Money::new(0, order.total.currency);
        let count = self.0.len();
        let shown = |(number, attempt): (usize, StoredAttempt)| {
            let is_last = number + 1 == count;
            let (failure, state) = match attempt.failure {
                Some(failure) => (Some(failure), AttemptState::Failed),
                None if order.cancel_reason == Some(CancelReason::PaymentFailed) => {
                    (Some(NO_WORDS.to_owned()), AttemptState::Failed)
                }
                None => (None, order.live_state()),
            };
            let has_money = is_last && state != AttemptState::Failed;
            PaymentAttempt {
                attempt: i64::try_from(number).unwrap_or(i64::MAX).saturating_add(1),
                provider: attempt.provider,
                amount: order.total,
                state,
                failure,
                captured: if has_money { order.paid } else { nothing },
                refunded: if has_money { order.refunded } else { nothing },
                requested_at: attempt.requested_at,
            }
        };
        self.0.into_iter().enumerate().map(shown).collect()
    }
}

/// What the state of an order's live payment follows from.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The order's status.
    pub status: OrderStatus,
    /// Why it was cancelled.
    pub cancel_reason: Option<CancelReason>,
    /// What is to be paid.
    pub total: Money,
    /// What was captured.
    pub paid: Money,
    /// What of it goes back.
    pub refunded: Money,
}

impl Standing {
    fn live_state(&self) -> AttemptState {
        let (paid, refunded) = (self.paid.amount, self.refunded.amount);
        match self.status {
            OrderStatus::Pending => AttemptState::Pending,
            _ if paid > 0 && refunded == paid => AttemptState::Refunded,
            _ if paid > 0 => AttemptState::Captured,
            OrderStatus::Cancelled | OrderStatus::Refunded => AttemptState::Voided,
            // An order that costs nothing has nothing to capture.
            _ if self.total.amount == 0 => AttemptState::Captured,
            _ => AttemptState::Authorised,
        }
    }
}

#[cfg(test)]
mod tests {
    use message::Currency;

    use super::*;

    fn standing(status: OrderStatus, paid: i64, refunded: i64) -> Standing {
        let money = |amount| Money::new(amount, Currency::INR);
        Standing {
            status,
            cancel_reason: None,
            total: money(100),
            paid: money(paid),
            refunded: money(refunded),
        }
    }

    #[test]
    fn only_the_last_payment_that_did_not_fail_is_live() {
        let at = Timestamp::from_micros(0);
        let mut attempts = Attempts::new(None, "test".to_owned(), at);
        let again = StoredAttempt { key: Some("k".to_owned()), ..attempts.0[0].clone() };
        assert!(attempts.is_live(1) && !attempts.is_live(2));
        assert!(attempts.fail(1, None) && !attempts.fail(1, Some("late".to_owned())));
        assert!(!attempts.is_live(1), "what failed stays failed");
        attempts.push(again.clone());
        assert!(attempts.is_live(2) && !attempts.is_live(1) && !attempts.fail(1, None));
        assert_eq!(attempts.find("k"), Some(&again));
        let shown = attempts.shown(&standing(OrderStatus::Confirmed, 100, 30));
        let states: Vec<_> = shown.iter().map(|payment| (payment.attempt, payment.state)).collect();
        assert_eq!(states, [(1, AttemptState::Failed), (2, AttemptState::Captured)]);
        assert_eq!(
            (shown[0].captured.amount, shown[1].captured.amount, shown[1].refunded.amount),
            (0, 100, 30)
        );
        assert_eq!(shown[0].failure.as_deref(), Some(NO_WORDS));
    }

    #[test]
    fn the_state_of_a_payment_follows_from_its_order() {
        use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Refunded};
        for (status, paid, refunded, expected) in [
            (Pending, 0, 0, AttemptState::Pending),
            (Confirmed, 0, 0, AttemptState::Authorised),
            (Delivered, 100, 99, AttemptState::Captured),
            (Refunded, 100, 100, AttemptState::Refunded),
            (Cancelled, 100, 100, AttemptState::Refunded),
            (Cancelled, 0, 0, AttemptState::Voided),
        ] {
            assert_eq!(standing(status, paid, refunded).live_state(), expected, "{status:?}");
        }
    }
}
