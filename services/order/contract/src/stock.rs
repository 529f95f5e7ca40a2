//! Stock: how many of a variant can be sold, are held, and were sold, at each location.

use message::{
    Aggregate, Entity, Event, Example, Fault, FieldError, Id, IdempotencyKey, Limit, ShortText, Timestamp,
    example::valid,
};
use product_contract::{OptionValue, Product, Sku, Variant, VariantId};
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

/// Reads the stock of a variant; one that was never stocked has none, one that does not exist is refused.
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
    /// Whether the variants may be created after this. Otherwise one that does not exist is refused.
    #[serde(default)]
    pub in_advance: bool,
}

/// Sets what can be sold to what was counted. All or none.
///
/// Each count is recorded as the adjustment that it makes of what is there at that moment, so adjustments before and after
/// it add up.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SetStock {
    /// At most 1,000.
    pub counts: Vec<StockCount>,
}

/// A number of pieces that can be sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockCount {
    /// The caller's name for this count: the same again changes nothing.
    pub key: IdempotencyKey,
    /// The variant.
    pub variant_id: VariantId,
    /// The location.
    pub location: LocationCode,
    /// How many can be sold, without those that are held for orders; at most a thousand million. Other systems' figures may
    /// be negative, for what was sold and not there: then none can be sold, and the figure is recorded as it came.
    pub available: i64,
    /// The reason, for the merchant's records.
    pub reason: ShortText,
}

message::words! {
    /// Which stock is listed.
    pub enum StockFilter {
        /// Little is left, and it is for sale.
        Low = "low",
        /// Nothing is left, and it is for sale.
        Out = "out",
    }
}

/// Lists the stock of variants; for the merchant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ListStock {
    /// Only variants with this SKU; there may be several.
    pub sku: Option<Sku>,
    /// Only variants of which little or nothing is left.
    pub level: Option<StockFilter>,
    /// What is little: so many or fewer. The shop's own threshold unless given.
    pub threshold: Option<u32>,
    /// The `next_cursor` of the page before; none for the first page.
    pub cursor: Option<String>,
    /// The most variants in the answer.
    #[serde(default)]
    pub limit: Limit,
}

/// A variant with its stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockItem {
    /// The variant's SKU, if it has one.
    #[serde(default)]
    pub sku: Option<Sku>,
    /// The product's name.
    pub title: String,
    /// What distinguishes the variant from the product's others.
    pub options: Vec<OptionValue>,
    /// Whether it can be bought while stock lasts.
    pub for_sale: bool,
    /// Its stock.
    #[serde(flatten)]
    pub stock: StockReport,
}

/// Lists the adjustments of a variant's stock, newest first; for the merchant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ListAdjustments {
    /// The variant.
    pub variant_id: VariantId,
    /// The `next_cursor` of the page before; none for the first page.
    pub cursor: Option<String>,
    /// The most adjustments in the answer.
    #[serde(default)]
    pub limit: Limit,
}

/// An adjustment that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdjustmentEntry {
    /// The caller's name for it.
    pub key: IdempotencyKey,
    /// The location.
    pub location: LocationCode,
    /// How many more or fewer; 0 for a count that found what was known.
    pub delta: i64,
    /// What was counted, if it was a count.
    pub counted: Option<i64>,
    /// How many could be sold at the location after it; null for those that were made before this was recorded.
    pub available: Option<i64>,
    /// The reason.
    pub reason: ShortText,
    /// When it was made.
    pub adjusted_at: Timestamp,
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
    /// There are no such variants.
    #[error("there is no such variant")]
    NoSuchVariants(Vec<VariantId>),
    /// The key was used for another change.
    #[error("the idempotency key was used for a different adjustment")]
    KeyReused,
    /// Fields with wrong values; pointers are into the request.
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

impl Example for StockCount {
    fn example() -> Self {
        let StockAdjustment { variant_id, location, .. } = Example::example();
        Self {
            key: valid("count-2026-11-27/7".parse()),
            variant_id,
            location,
            available: 7,
            reason: valid("counted".parse()),
        }
    }
}

impl Example for StockItem {
    fn example() -> Self {
        let Variant { sku, options, .. } = Example::example();
        let title = Product::example().title.to_string();
        Self { sku, title, options, for_sale: true, stock: Example::example() }
    }
}

impl Example for AdjustmentEntry {
    fn example() -> Self {
        let StockAdjustment { key, location, delta, reason, .. } = Example::example();
        let adjusted_at = Example::example();
        Self { key, location, delta, counted: None, available: Some(12), reason, adjusted_at }
    }
}

impl Example for StockLevel {
    fn example() -> Self {
        Self { variant_id: Example::example(), available: 12, version: 17 }
    }
}
