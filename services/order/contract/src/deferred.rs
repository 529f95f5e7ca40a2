//! Deferred orders: accepted now, placed later.

use message::{Aggregate, Event};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{OrderId, PlaceOrder};

message::words! {
    /// When an edge defers orders.
    pub enum DeferralPolicy default WhenAsked {
        /// When the client asks for it.
        WhenAsked = "when_asked",
        /// Also when placing at once fails because something is busy or unavailable.
        UnderPressure = "under_pressure",
        /// Always.
        Always = "always",
    }
}

/// An order was deferred: its buyer does not wait. It becomes an order later, or is refused.
///
/// The edge that accepted it publishes it. The same order may come again under another id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderRequested {
    /// The id that the order gets.
    pub id: OrderId,
    /// The order.
    pub order: PlaceOrder,
}

impl Event for OrderRequested {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, 0)
    }
}
