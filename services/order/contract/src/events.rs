//! The facts of an order's life.

use message::{Aggregate, Email, Event, Message, Money, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CancelReason, Order, OrderId, OrderStatus, PaymentMethod, Tracking};

/// An order was accepted and its stock is held; it waits for its payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPlaced {
    /// Which.
    pub id: OrderId,
    /// The order's version.
    pub version: i64,
    /// The number that people say.
    pub number: i64,
    /// Where its mails go.
    pub email: Email,
    /// What is to be paid.
    pub total: Money,
    /// How.
    pub payment: PaymentMethod,
    /// When it was accepted.
    pub placed_at: Timestamp,
}

impl Message for OrderPlaced {
    const NAME: &'static str = "order.placed";
}
impl Event for OrderPlaced {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

/// An order is paid; carries the whole of it, so that whoever tells the buyer need not ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderConfirmed {
    /// As it is now.
    pub order: Order,
}

impl Message for OrderConfirmed {
    const NAME: &'static str = "order.confirmed";
}
impl Event for OrderConfirmed {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.order.id, self.order.version)
    }
}

/// An order ended before it was shipped; its stock went back, and its money must.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderCancelled {
    /// Which.
    pub id: OrderId,
    /// The order's version.
    pub version: i64,
    /// Where it stood.
    pub from: OrderStatus,
    /// Why.
    pub reason: CancelReason,
}

impl Message for OrderCancelled {
    const NAME: &'static str = "order.cancelled";
}
impl Event for OrderCancelled {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

/// An order is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderShipped {
    /// Which.
    pub id: OrderId,
    /// The order's version.
    pub version: i64,
    /// The parcel, where it is known.
    pub tracking: Option<Tracking>,
}

impl Message for OrderShipped {
    const NAME: &'static str = "order.shipped";
}
impl Event for OrderShipped {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

/// The facts that say no more than that an order took a step.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident = $wire:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            /// Which.
            pub id: OrderId,
            /// The order's version.
            pub version: i64,
        }
        impl Message for $name {
            const NAME: &'static str = $wire;
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
    OrderProcessing = "order.processing";
    /// An order arrived.
    OrderDelivered = "order.delivered";
    /// An order arrived, and its money must go back.
    OrderRefunded = "order.refunded";
}
