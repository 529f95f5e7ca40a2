//! The events of an order.

use message::{Aggregate, Email, Event, Money, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CancelReason, Order, OrderId, OrderRefund, OrderStatus, PaymentMethod, RefundId, Tracking};

/// An order was accepted and its stock is held; it waits for its payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPlaced {
    /// The order.
    pub id: OrderId,
    /// The order's version.
    pub version: i64,
    /// The number that people use: `1042`.
    pub number: i64,
    /// The buyer's e-mail address.
    pub email: Email,
    /// The amount to be paid.
    pub total: Money,
    /// The payment method.
    pub payment: PaymentMethod,
    /// When it was accepted.
    pub placed_at: Timestamp,
}

impl Event for OrderPlaced {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

/// An order is paid. The event carries the whole order, so that a mail can be written from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderConfirmed {
    /// The order, as it is now.
    pub order: Order,
}

impl Event for OrderConfirmed {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.order.id, self.order.version)
    }
}

/// An order was cancelled. What is left of its money must go back; its stock went back, unless its parcel was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderCancelled {
    /// The order.
    pub id: OrderId,
    /// The order's version.
    pub version: i64,
    /// The status that it had.
    pub from: OrderStatus,
    /// The reason.
    pub reason: CancelReason,
    /// The order, as it is now; null in events from before it was sent along.
    #[serde(default)]
    pub order: Option<Order>,
}

impl Event for OrderCancelled {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

/// An order is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderShipped {
    /// The order.
    pub id: OrderId,
    /// The order's version.
    pub version: i64,
    /// The parcel, where it is known.
    pub tracking: Option<Tracking>,
    /// The order, as it is now; null in events from before it was sent along.
    #[serde(default)]
    pub order: Option<Order>,
}

impl Event for OrderShipped {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

/// The events that carry only the order's id and version.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            /// The order.
            pub id: OrderId,
            /// The order's version.
            pub version: i64,
        }
        impl Event for $name {
            fn aggregate(&self) -> Aggregate {
                Aggregate::new(self.id, self.version)
            }
        }
    )*};
}

steps! {
    /// An order is being packed.
    OrderProcessing;
    /// An order arrived.
    OrderDelivered;
}

/// All of an order's money goes back, after it was shipped or arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderRefunded {
    /// The order.
    pub id: OrderId,
    /// The order's version.
    pub version: i64,
    /// The order, as it is now. Null in events from before refunds were requested one by one: such an event asks for all
    /// of the order's money.
    #[serde(default)]
    pub order: Option<Order>,
}

impl Event for OrderRefunded {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

/// An order whose payment failed is paid again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPaymentRequested {
    /// The order.
    pub id: OrderId,
    /// The order's version.
    pub version: i64,
    /// The number of the payment: 2 or more.
    pub attempt: i64,
    /// The amount to be paid.
    pub amount: Money,
    /// The payment method.
    pub payment: PaymentMethod,
}

impl Event for OrderPaymentRequested {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

/// A payment of a pending order failed. The order keeps its stock until `order.held_until` and can be paid again until
/// then, unless [`Order::unpayable`] says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPaymentFailed {
    /// The order, as it is now; the last of its payments is the one that failed.
    pub order: Order,
}

impl Event for OrderPaymentFailed {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.order.id, self.order.version)
    }
}

/// A part of an order's money, or all of it, must go back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderRefundRequested {
    /// The order.
    pub id: OrderId,
    /// The order's version.
    pub version: i64,
    /// The payment whose money it is.
    pub attempt: i64,
    /// The refund.
    pub refund_id: RefundId,
    /// How much goes back.
    pub amount: Money,
}

impl Event for OrderRefundRequested {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

/// The provider has sent money back to the buyer: for a refund, or because the order was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderRefundCompleted {
    /// The order, as it is now.
    pub order: Order,
    /// The refund.
    pub refund: OrderRefund,
}

impl Event for OrderRefundCompleted {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.order.id, self.order.version)
    }
}
