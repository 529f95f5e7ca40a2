//! What HTTP shows otherwise than the contracts: products, whose pictures have URLs, and lists that are given whole.
//!
//! A contract's type that gains a field does not compile here until it is shown, or left out by name.

use message::Example;
use order_contract::HistoryEntry;
use product_contract::CollectionSummary;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::{
    dead_letters::{DeadLetterList, DeadLetterResource},
    files::MediaResource,
    orders::{NewOrder, OrderAnswer, QueuedOrder, RefusedOrder},
    payments::PaymentProviderList,
    products::resource::{PictureLink, ProductResource, SavedProductResource, SavedVariantResource},
    shop::{MerchantSettings, ShopResource},
    stock::{Availability, Stock},
};

/// The collections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CollectionList {
    /// By name.
    pub data: Vec<CollectionSummary>,
}

/// An order's steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// The first step first.
    pub data: Vec<HistoryEntry>,
}

impl Example for CollectionList {
    fn example() -> Self {
        Self { data: Example::example() }
    }
}

impl Example for History {
    fn example() -> Self {
        Self { data: Example::example() }
    }
}
