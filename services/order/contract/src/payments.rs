//! How an order is paid and how its money goes back: payments are attempts of an order, refunds stand beside its status.

use message::{Entity, Example, FieldError, Id, IdempotencyKey, Money, ShortText, Timestamp, example::valid};
use product_contract::VariantId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Access, Order, OrderId, OrderStatus, PaymentMethod, Quantity};

/// The most payments that one order can have.
pub const MOST_PAYMENTS: usize = 10;

/// The most refunds that one order can have.
pub const MOST_REFUNDS: usize = 100;

/// The id of an [`OrderRefund`]; payment providers know the refund by it, so that asking them twice pays back once.
pub type RefundId = Id<OrderRefund>;

/// One payment of an order. At most one of them is under way or succeeded; all before it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentAttempt {
    /// 1 for the payment that the order was placed with; grows by one with every further one.
    pub attempt: i64,
    /// The name of the provider: `test`. Empty for orders from before it was kept.
    pub provider: String,
    /// What was to be paid.
    pub amount: Money,
    /// Its state.
    pub state: AttemptState,
    /// Why it failed, for the buyer; null if it did not fail.
    pub failure: Option<String>,
    /// What was captured.
    pub captured: Money,
    /// What of it was refunded, refunds under way included.
    pub refunded: Money,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

message::words! {
    /// The state of a payment of an order.
    pub enum AttemptState {
        /// The provider has not answered yet.
        Pending = "pending",
        /// The money is held for the shop; it is captured when the order ships.
        Authorised = "authorised",
        /// The money is the shop's, or a part of it still is.
        Captured = "captured",
        /// There is no money. What was taken all the same goes back by itself.
        Failed = "failed",
        /// The order ended before any money was captured.
        Voided = "voided",
        /// All of the money was refunded.
        Refunded = "refunded",
    }

    /// The state of a refund.
    pub enum RefundState {
        /// The provider is being asked.
        Pending = "pending",
        /// The money is on its way to the buyer.
        Refunded = "refunded",
        /// The provider refused it. It counts no more, and another refund can be asked for.
        Failed = "failed",
    }

    /// Why an order cannot be paid now.
    pub enum Unpayable {
        /// It is paid.
        Paid = "paid",
        /// A payment is under way; it may still succeed.
        UnderWay = "under_way",
        /// It was cancelled, or the time in which it could be paid is over.
        Ended = "ended",
        /// It had the most payments that one order can have.
        TooOften = "too_often",
    }
}

impl Unpayable {
    /// The refusal as a sentence without a full stop.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Paid => "the order is paid",
            Self::UnderWay => "a payment of this order is under way; wait for its outcome",
            Self::Ended => "the order can no longer be paid: it was cancelled, or its time is over",
            Self::TooOften => "the payment of this order failed too often",
        }
    }
}

/// Money of an order that goes back to its buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderRefund {
    /// Its id.
    pub id: RefundId,
    /// How much goes back.
    pub amount: Money,
    /// The tax in it.
    pub tax: Money,
    /// The lines that it is for, in the order of the order's lines. They add up to `amount` and `tax`.
    pub lines: Vec<RefundedLine>,
    /// Its state.
    pub state: RefundState,
    /// The reason, for the buyer.
    pub reason: ShortText,
    /// Why the provider refused it; null if it did not.
    pub failure: Option<String>,
    /// Whether the units of its lines went back on sale.
    pub restocked: bool,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the provider had carried it out or refused it; null while it is pending.
    pub settled_at: Option<Timestamp>,
}

impl Entity for OrderRefund {
    const PREFIX: &'static str = "refund";
}

/// A line's part of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefundedLine {
    /// The line's variant.
    pub variant_id: VariantId,
    /// How many units were given back; 0 if only an amount goes back.
    pub quantity: i64,
    /// How much goes back for it.
    pub amount: Money,
    /// The tax in it.
    pub tax: Money,
}

/// Pays an order again whose last payment failed, while its stock is held. The same key again gives the same payment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PayOrder {
    /// The order.
    pub id: OrderId,
    /// Who asks: an order that the caller may not see is not found.
    pub access: Access,
    /// The caller's name for this payment.
    pub idempotency_key: IdempotencyKey,
    /// The payment method.
    pub payment: PaymentMethod,
}

/// Refunds what was captured of an order, all of it or a part; for the merchant. The same key again gives the same refund.
///
/// Either `amount` or `lines`; without both, all that is left goes back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RefundOrder {
    /// The order.
    pub id: OrderId,
    /// The caller's name for this refund.
    pub idempotency_key: IdempotencyKey,
    /// How much goes back, shared over the lines in proportion to what is left of them.
    #[serde(default)]
    pub amount: Option<Money>,
    /// Units or amounts of lines.
    #[serde(default)]
    pub lines: Vec<RefundLine>,
    /// The reason, for the buyer.
    pub reason: ShortText,
    /// Whether the units of `lines` go back on sale.
    #[serde(default)]
    pub restock: bool,
}

/// What of a line is refunded: a number of units, or an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundLine {
    /// The line's variant.
    pub variant_id: VariantId,
    /// How many units. What was paid for the first k of n units is the line's total times k / n, rounded down, so that
    /// parts add up to the whole.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// How much, tax included.
    #[serde(default)]
    pub amount: Option<Money>,
}

/// Cancels an order whose parcel was lost on its way, and refunds what is left of its money; for the merchant. Asking
/// twice is granted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReportLost {
    /// The order.
    pub id: OrderId,
    /// The reason, for the buyer.
    pub reason: ShortText,
    /// Whether its units go back on sale.
    #[serde(default)]
    pub restock: bool,
}

impl Order {
    /// Why the order cannot be paid at `now`; none if it can.
    pub fn unpayable(&self, now: Timestamp) -> Option<Unpayable> {
        let last = self.payments.last().map(|payment| payment.state);
        match (self.status, last) {
            (OrderStatus::Pending, _) if self.held_until <= now => Some(Unpayable::Ended),
            (OrderStatus::Pending, Some(AttemptState::Failed)) => {
                (self.payments.len() >= MOST_PAYMENTS).then_some(Unpayable::TooOften)
            }
            (OrderStatus::Pending, _) => Some(Unpayable::UnderWay),
            (OrderStatus::Cancelled, _) => Some(Unpayable::Ended),
            _ => Some(Unpayable::Paid),
        }
    }
}

impl RefundLine {
    /// What is wrong with the line at `pointer`.
    pub fn check(&self, pointer: &str) -> Option<FieldError> {
        (self.quantity.is_some() == self.amount.is_some())
            .then(|| FieldError::new(pointer, "expected either quantity or amount"))
    }
}

/// The payment of the example's order.
impl Example for PaymentAttempt {
    fn example() -> Self {
        let PaymentMethod { provider, token: _ } = Example::example();
        let total = crate::Totals::example().total;
        let refund = OrderRefund::example();
        Self {
            attempt: 1,
            provider: provider.as_str().to_owned(),
            amount: total,
            state: AttemptState::Captured,
            failure: None,
            captured: total,
            refunded: refund.amount,
            requested_at: Example::example(),
        }
    }
}

impl Example for OrderRefund {
    fn example() -> Self {
        let RefundedLine { variant_id, quantity, amount, tax } = Example::example();
        Self {
            id: Example::example(),
            amount,
            tax,
            lines: vec![RefundedLine { variant_id, quantity, amount, tax }],
            state: RefundState::Refunded,
            reason: valid("one arrived with a dent".parse()),
            failure: None,
            restocked: false,
            requested_at: valid("2026-11-21T10:00:00Z".parse()),
            settled_at: Some(valid("2026-11-21T10:00:01Z".parse())),
        }
    }
}

/// One of the two units of the order's example.
impl Example for RefundedLine {
    fn example() -> Self {
        let line = crate::OrderLine::example();
        let Money { amount: total, currency } = line.totals.total;
        let half = |amount| Money::new(amount / 2, currency);
        Self {
            variant_id: line.variant_id,
            quantity: 1,
            amount: half(total),
            tax: half(line.totals.tax.amount + 1),
        }
    }
}

impl Example for RefundLine {
    fn example() -> Self {
        let RefundedLine { variant_id, .. } = Example::example();
        Self { variant_id, quantity: Quantity::try_from(1).ok(), amount: None }
    }
}
