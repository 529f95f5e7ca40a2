//! What happens to products.

use message::{Aggregate, Entity, Event, Id, Message};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Product, ProductId};

/// A product was created or changed; carries the whole of it. (Its stock is told by `order`.)
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProductChanged {
    /// As it is now.
    pub product: Product,
}

impl Message for ProductChanged {
    const NAME: &'static str = "product.changed";
}
impl Event for ProductChanged {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.product.id, self.product.version)
    }
}

/// What shoppers see of these products' stock has changed: cached pages of them are out of date.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AvailabilityChanged {
    /// Names this fact; there is no single product that it is about.
    pub id: Id<AvailabilityChanged>,
    /// Which products.
    pub products: Vec<ProductId>,
}

impl Entity for AvailabilityChanged {
    const PREFIX: &'static str = "availability";
}
impl Message for AvailabilityChanged {
    const NAME: &'static str = "product.availability_changed";
}
impl Event for AvailabilityChanged {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, 1)
    }
}
