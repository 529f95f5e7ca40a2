//! The events of an order.

use message::{Aggregate, Email, Event, Money, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CancelReason, Order, OrderId, OrderStatus, PaymentMethod, Tracking};

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

/// An order was cancelled before it was shipped. Its stock went back; its money must go back.
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
    /// An order arrived, and its money must go back.
    OrderRefunded;
}
