//! What `payment` answers, emits and knows: the money side of an order.

mod contract;
mod provider;

use message::{Aggregate, Entity, Event, Fault, Id, Money, Timestamp};
use order_contract::{OrderId, RefundId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use contract::contract;
pub use provider::{ListProviders, PaymentChoice, PaymentProvider};

message::messages! {
    requests {
        GetPayments = "payment.get" -> Vec<Payment>, PaymentError;
        ListProviders = "payment.providers" -> Vec<PaymentProvider>, PaymentError;
    }
    events {
        PaymentAuthorised = "payment.authorised";
        PaymentCaptured = "payment.captured";
        PaymentFailed = "payment.failed";
        PaymentVoided = "payment.voided";
        PaymentRefunded = "payment.refunded";
        PaymentRefundFailed = "payment.refund_failed";
    }
}

/// The id of a [`Payment`].
pub type PaymentId = Id<Payment>;

/// One payment of an order. An order whose payment failed may have another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    /// Its id; providers know the payment by it, so that asking them twice charges once.
    pub id: PaymentId,
    /// What is paid for.
    pub order_id: OrderId,
    /// The number of the payment among those of its order, from 1.
    pub attempt: i64,
    /// How much.
    pub amount: Money,
    /// What of it went back.
    pub refunded: Money,
    /// Where it stands.
    pub state: PaymentState,
    /// Who takes the money.
    pub provider: String,
    /// The provider's own name for it.
    pub reference: Option<String>,
    /// Why it failed, for the shopper.
    pub failure: Option<String>,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Entity for Payment {
    const PREFIX: &'static str = "payment";
}

message::words! {
    /// Where a payment stands.
    pub enum PaymentState {
        /// The provider has not answered yet.
        Pending = "pending",
        /// The money is held for us.
        Authorised = "authorised",
        /// The money is ours.
        Captured = "captured",
        /// The held money was let go.
        Voided = "voided",
        /// All of the money went back.
        Refunded = "refunded",
        /// The provider said no.
        Failed = "failed",
    }
}

/// Reads the payments of an order, the first one first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetPayments {
    /// Of which order.
    pub order_id: OrderId,
}

/// Why `payment` refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentError {
    /// Something under us failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
message::request_error!(PaymentError);

/// The facts about payments, all of one shape.
macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            /// Which payment.
            pub payment_id: PaymentId,
            /// Of which order.
            pub order_id: OrderId,
            /// The number of the payment among those of its order; 1 in messages from before there were several.
            #[serde(default = "first")]
            pub attempt: i64,
            /// How much.
            pub amount: Money,
            /// Why it failed, for the shopper; only on failures.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub reason: Option<String>,
            /// The payment's version.
            pub version: i64,
        }
        impl Event for $name {
            fn aggregate(&self) -> Aggregate {
                Aggregate::new(self.payment_id, self.version)
            }
        }
    )*};
}

facts! {
    /// The money is held for us; it is captured when the order ships.
    PaymentAuthorised;
    /// The money is ours.
    PaymentCaptured;
    /// The provider said no, for good.
    PaymentFailed;
    /// The held money was let go.
    PaymentVoided;
}

/// The number of the payment in messages that do not have it.
const fn first() -> i64 {
    1
}

/// Money went back: for a refund, or what was left because the order ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRefunded {
    /// Which payment.
    pub payment_id: PaymentId,
    /// Of which order.
    pub order_id: OrderId,
    /// The number of the payment among those of its order; 1 in messages from before there were several.
    #[serde(default = "first")]
    pub attempt: i64,
    /// How much went back.
    pub amount: Money,
    /// The refund that asked for it; null if all that was left went back because the order or the payment ended.
    #[serde(default)]
    pub refund_id: Option<RefundId>,
    /// The payment's version.
    pub version: i64,
}

impl Event for PaymentRefunded {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.payment_id, self.version)
    }
}

/// The provider refuses to send the money of a refund back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRefundFailed {
    /// Which payment.
    pub payment_id: PaymentId,
    /// Of which order.
    pub order_id: OrderId,
    /// The number of the payment among those of its order.
    pub attempt: i64,
    /// How much was to go back.
    pub amount: Money,
    /// The refund that asked for it.
    pub refund_id: RefundId,
    /// Why, for the merchant.
    pub reason: String,
    /// The payment's version.
    pub version: i64,
}

impl Event for PaymentRefundFailed {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.payment_id, self.version)
    }
}
