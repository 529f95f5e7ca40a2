//! What `payment` answers, emits and knows: the money side of an order.

mod contract;
mod provider;

use message::{Aggregate, Entity, Event, Fault, Id, Money, Timestamp};
use order_contract::OrderId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use contract::contract;
pub use provider::{ListProviders, PaymentChoice, PaymentProvider};

message::messages! {
    requests {
        GetPayment = "payment.get" -> Option<Payment>, PaymentError;
        ListProviders = "payment.providers" -> Vec<PaymentProvider>, PaymentError;
    }
    events {
        PaymentAuthorised = "payment.authorised";
        PaymentCaptured = "payment.captured";
        PaymentFailed = "payment.failed";
        PaymentVoided = "payment.voided";
        PaymentRefunded = "payment.refunded";
    }
}

/// The id of a [`Payment`].
pub type PaymentId = Id<Payment>;

/// One order's payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    /// Its id; providers know the payment by it, so that asking them twice charges once.
    pub id: PaymentId,
    /// What is paid for.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
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
        /// The money went back.
        Refunded = "refunded",
        /// The provider said no.
        Failed = "failed",
    }
}

/// Reads the payment of an order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetPayment {
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
    /// The money went back.
    PaymentRefunded;
}
