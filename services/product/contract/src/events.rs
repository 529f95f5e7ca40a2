//! The events of products.

use message::{Aggregate, Entity, Event, Id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Product, ProductId};

/// A product was created or changed. The event carries the whole product. (`order` publishes its stock.)
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProductChanged {
    /// The product, as it is now.
    pub product: Product,
}

impl Event for ProductChanged {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.product.id, self.product.version)
    }
}

/// The availability of these products changed: cached pages of them are out of date.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AvailabilityChanged {
    /// The id of the change; it is about no single product.
    pub id: Id<AvailabilityChanged>,
    /// The products.
    pub products: Vec<ProductId>,
}

impl Entity for AvailabilityChanged {
    const PREFIX: &'static str = "availability";
}
impl Event for AvailabilityChanged {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, 1)
    }
}
