//! Stock: how many of a variant can be sold, are held, and were sold, at each location.

use message::{
    Aggregate, Entity, Event, Example, Fault, FieldError, Id, IdempotencyKey, ShortText, example::valid,
};
use product_contract::VariantId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of a location that stock is kept at: `main` unless another is given.
pub type LocationCode = ShortText;

/// The stock of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockReport {
    /// The variant.
    pub variant_id: VariantId,
    /// How many can be sold.
    pub available: i64,
    /// How many are held for orders that are not paid yet.
    pub reserved: i64,
    /// How many were sold: in orders that are paid and not cancelled.
    pub sold: i64,
    /// The same, location by location.
    pub locations: Vec<LocationStock>,
}

/// The stock of a variant at one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LocationStock {
    /// The location.
    pub location: LocationCode,
    /// How many can be sold.
    pub available: i64,
    /// How many are held for orders that are not paid yet.
    pub reserved: i64,
    /// How many were sold from here.
    pub sold: i64,
}

/// Reads the stock of a variant; one that was never stocked has none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetStock {
    /// The variant.
    pub variant_id: VariantId,
}

/// Adds to what can be sold, or takes away: goods in, goods lost, a count put right. All or none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AdjustStock {
    /// At most 1,000.
    pub adjustments: Vec<StockAdjustment>,
}

/// One change of what can be sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockAdjustment {
    /// The caller's name for this change: the same again changes nothing.
    pub key: IdempotencyKey,
    /// The variant.
    pub variant_id: VariantId,
    /// The location.
    pub location: LocationCode,
    /// How many more (or fewer); not 0, at most a thousand million either way.
    pub delta: i64,
    /// The reason, for the merchant's records.
    pub reason: ShortText,
}

/// Why a request about stock is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockError {
    /// There is less than shall be taken away.
    #[error("only {available} can be taken away")]
    NotEnough {
        /// The variant.
        variant_id: VariantId,
        /// How many there are at that location.
        available: i64,
    },
    /// The key was used for another change.
    #[error("the idempotency key was used for a different adjustment")]
    KeyReused,
    /// Fields with wrong values; pointers are into [`AdjustStock`].
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<FieldError>),
    /// The machinery failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
message::request_error!(StockError);

/// The stock levels of some variants changed: one event for all that one transaction changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockChanged {
    /// The id of the change; it is about no single variant.
    pub id: Id<StockBatch>,
    /// The new levels, each with a version of its own.
    pub levels: Vec<StockLevel>,
}

/// The changes of stock that one transaction made.
#[derive(Debug)]
pub enum StockBatch {}

impl Entity for StockBatch {
    const PREFIX: &'static str = "stock";
}

/// How many of a variant can be sold, over all locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockLevel {
    /// The variant.
    pub variant_id: VariantId,
    /// How many can be sold.
    pub available: i64,
    /// Grows with every change of this variant's stock; an older level than the one known is ignored.
    pub version: i64,
}

impl Event for StockChanged {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, 1)
    }
}

impl Example for StockReport {
    fn example() -> Self {
        let LocationStock { location: _, available, reserved, sold } = Example::example();
        Self { variant_id: Example::example(), available, reserved, sold, locations: Example::example() }
    }
}

impl Example for LocationStock {
    fn example() -> Self {
        Self { location: valid("main".parse()), available: 12, reserved: 2, sold: 30 }
    }
}

impl Example for StockAdjustment {
    fn example() -> Self {
        Self {
            key: valid("delivery-2026-11-20/7".parse()),
            variant_id: Example::example(),
            location: valid("main".parse()),
            delta: -2,
            reason: valid("two were broken".parse()),
        }
    }
}

impl Example for StockLevel {
    fn example() -> Self {
        Self { variant_id: Example::example(), available: 12, version: 17 }
    }
}
