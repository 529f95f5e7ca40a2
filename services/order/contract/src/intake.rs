//! Orders that are accepted first and decided over later.

use message::{Aggregate, Event, Message};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{OrderId, PlaceOrder};

message::words! {
    /// When an edge accepts orders without waiting until they are decided over.
    pub enum Intake default WhenAsked {
        /// When the client asks for it.
        WhenAsked = "when_asked",
        /// Also when placing at once fails because something is busy or away.
        UnderPressure = "under_pressure",
        /// Always.
        Always = "always",
    }
}

/// A buyer was promised that this order is decided over, and does not wait for it: it becomes an order, or is refused.
///
/// Whoever takes the buyer's wish publishes it; the same wish may come again under another id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderRequested {
    /// The id that the order shall have.
    pub id: OrderId,
    /// What is wished.
    pub order: PlaceOrder,
}

impl Message for OrderRequested {
    const NAME: &'static str = "order.requested";
}
impl Event for OrderRequested {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, 0)
    }
}
