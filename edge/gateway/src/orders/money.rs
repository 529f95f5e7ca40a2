//! Paying an order again, and giving its money back.

use axum::extract::State;
use message::{Example, FieldError, Money, ShortText};
use order_contract::{
    Order, OrderId, OrderRefund, PayOrder, PaymentMethod, RefundLine, RefundOrder, ReportLost,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Key, deferred};
use crate::{
    Gateway,
    access::{Admin, Asker},
    answer::{Created, Private},
    body::{Body, Sent},
    operation::{Operation, post},
    path::Path,
    problems::{IDEMPOTENCY_KEY_REUSED, NOT_PAYABLE, ORDER_QUEUED, Refusal, TOO_MUCH, TRANSITION},
    query::{Nothing, Query},
};

/// The most lines that one refund names: those of one order.
const MOST_LINES: usize = 100;

pub(crate) fn operations() -> [Operation; 3] {
    [
        post("pay_order", "/api/v1/orders/{id}/payments", pay)
            .says(
                "Pay an order again",
                "A payment that failed is not the end of an order: it stays pending and keeps its stock until \
                 `held_until`, and can be paid again, ten times in all. One payment is under way at a time, and one \
                 succeeds. The answer is the order; the last of its `payments` is the new one, and `status` reports its \
                 outcome.",
            )
            .refuses(&[&NOT_PAYABLE, &IDEMPOTENCY_KEY_REUSED, &ORDER_QUEUED]),
        post("refund_order", "/api/v1/orders/{id}/refunds", refund)
            .says(
                "Refund an order",
                "What was captured goes back, in any status after confirmed: all that is left, an `amount`, or units or \
                 amounts of `lines`. Never more than was captured. The answer is the order; the last of its `refunds` is \
                 the new one, which is carried out after that. A shipped or delivered order whose money goes back \
                 entirely becomes refunded.",
            )
            .refuses(&[&TOO_MUCH, &IDEMPOTENCY_KEY_REUSED]),
        post("report_order_lost", "/api/v1/orders/{id}/lost", report_lost)
            .says(
                "Report a parcel as lost",
                "Cancels a shipped order, and refunds what is left of its money. Its units do not go back on sale, unless \
                 `restock` says so. Asking twice is granted, and needs no idempotency key.",
            )
            .refuses(&[&TRANSITION]),
    ]
}

/// Another payment of an order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPayment {
    /// The payment method.
    payment: PaymentMethod,
}

/// Money that goes back: either `amount` or `lines`; without both, all that is left.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    /// How much goes back, shared over the lines in proportion to what is left of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    /// Units or amounts of lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST_LINES))]
    lines: Vec<RefundLine>,
    /// The reason, for the buyer.
    reason: ShortText,
    /// Whether the units of `lines` go back on sale.
    #[serde(default)]
    restock: bool,
}

/// A parcel that was lost.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LostParcel {
    /// The reason, for the buyer.
    reason: ShortText,
    /// Whether its units go back on sale.
    #[serde(default)]
    restock: bool,
}

impl Sent for NewPayment {}

impl Sent for NewRefund {
    fn check(&self) -> Vec<FieldError> {
        if self.amount.is_some() && !self.lines.is_empty() {
            return vec![FieldError::new("/lines", "expected either amount or lines")];
        }
        if self.lines.len() > MOST_LINES {
            let expected = format!("expected at most {MOST_LINES} lines, not {}", self.lines.len());
            return vec![FieldError::new("/lines", expected)];
        }
        let check = |(index, line): (usize, &RefundLine)| line.check(&format!("/lines/{index}"));
        self.lines.iter().enumerate().filter_map(check).collect()
    }
}

impl Sent for LostParcel {}

impl Example for NewPayment {
    fn example() -> Self {
        Self { payment: Example::example() }
    }
}

impl Example for NewRefund {
    fn example() -> Self {
        let OrderRefund { reason, restocked, .. } = Example::example();
        Self { amount: None, lines: Example::example(), reason, restock: restocked }
    }
}

impl Example for LostParcel {
    fn example() -> Self {
        Self { reason: message::example::valid("the carrier cannot find it".parse()), restock: false }
    }
}

async fn pay(
    State(gateway): State<Gateway>,
    Asker(access): Asker,
    Path(id): Path<OrderId>,
    Key(idempotency_key): Key,
    Body(NewPayment { payment }): Body<NewPayment>,
) -> Result<Created<Order>, Refusal> {
    let request = PayOrder { id, access: access.clone(), idempotency_key, payment };
    created(&deferred::ask_placed(&gateway, id, &access, &request).await?)
}

async fn refund(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Path(id): Path<OrderId>,
    Key(idempotency_key): Key,
    Body(NewRefund { amount, lines, reason, restock }): Body<NewRefund>,
) -> Result<Created<Order>, Refusal> {
    created(&gateway.ask(&RefundOrder { id, idempotency_key, amount, lines, reason, restock }).await?)
}

async fn report_lost(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Path(id): Path<OrderId>,
    Body(LostParcel { reason, restock }): Body<LostParcel>,
) -> Result<Private<Order>, Refusal> {
    Ok(Private::of(&gateway.ask(&ReportLost { id, reason, restock }).await?)?)
}

/// The order, which is read where it always is.
fn created(order: &Order) -> Result<Created<Order>, Refusal> {
    Ok(Created::at(&deferred::path(order.id), order)?)
}
