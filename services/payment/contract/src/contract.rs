//! The list of `payment`'s messages, with an example of each.

use message::{Contract, Currency, Example as _, Fault, Money, contract::valid};
use order_contract::{OrderId, OrderRefund};

use crate::{
    GetPayments, ListProviders, Payment, PaymentAuthorised, PaymentCaptured, PaymentError, PaymentFailed,
    PaymentId, PaymentProvider, PaymentRefundFailed, PaymentRefunded, PaymentState, PaymentVoided,
};

/// What `payment` answers and emits.
pub fn contract() -> Contract {
    let (payment_id, order_id, amount) = (payment_id(), order_id(), Money::new(472_000, Currency::INR));
    let (attempt, refund) = (1, OrderRefund::example());
    let declined = Some("The card was declined.".to_owned());
    Contract::new(
        "payment",
        "The money side of an order: charged when it is placed or paid again, given back by refunds and when it ends.",
    )
    .reacts_to(&[
        "order.placed",
        "order.payment_requested",
        "order.cancelled",
        "order.refund_requested",
        "order.refunded",
        "order.shipped",
    ])
    .request(
        &GetPayments { order_id },
        &vec![Payment {
            id: payment_id,
            order_id,
            attempt,
            amount,
            refunded: Money::new(0, amount.currency),
            state: PaymentState::Captured,
            provider: "test".to_owned(),
            reference: Some("ch_7Qd2".to_owned()),
            failure: None,
            version: 2,
            created_at: valid("2026-11-20T23:08:00.1Z".parse()),
            updated_at: valid("2026-11-20T23:08:01.2Z".parse()),
        }],
        &PaymentError::Fault(Fault::unavailable("the database is starting")),
    )
    .request(
        &ListProviders {},
        &vec![PaymentProvider::example()],
        &PaymentError::Fault(Fault::unavailable("payment is starting")),
    )
    .event(&PaymentAuthorised { payment_id, order_id, attempt, amount, reason: None, version: 2 })
    .event(&PaymentCaptured { payment_id, order_id, attempt, amount, reason: None, version: 2 })
    .event(&PaymentFailed { payment_id, order_id, attempt, amount, reason: declined, version: 2 })
    .event(&PaymentVoided { payment_id, order_id, attempt, amount, reason: None, version: 3 })
    .event(&PaymentRefunded {
        payment_id,
        order_id,
        attempt,
        amount: refund.amount,
        refund_id: Some(refund.id),
        version: 3,
    })
    .event(&PaymentRefundFailed {
        payment_id,
        order_id,
        attempt,
        amount: refund.amount,
        refund_id: refund.id,
        reason: "The account is closed.".to_owned(),
        version: 3,
    })
}

fn payment_id() -> PaymentId {
    valid("payment_01m1y2n4qbe2cr9v7j1k6m3n8d".parse())
}

fn order_id() -> OrderId {
    valid("order_01m1y2n4h8f3pb7t6c2r5v8wya".parse())
}

#[cfg(test)]
mod tests {
    #[test]
    fn lists_every_message_and_keeps_to_its_schemas() {
        testing::check_contract(&super::contract(), crate::MESSAGES);
    }
}
