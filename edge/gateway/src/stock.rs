//! How much there is, and putting it right.

use axum::extract::State;
use message::{Example, Fault, Invalid, ShortText};
use order_contract::{AdjustStock, GetStock, LocationCode, StockAdjustment, StockReport};
use product_contract::VariantId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Gateway,
    access::{Admin, IsAdmin},
    answer::{Created, Private},
    body::{Body, Sent},
    operation::{Operation, get, post},
    orders::Key,
    path::Path,
    problems::{IDEMPOTENCY_KEY_REUSED, NOT_ENOUGH_STOCK, Refusal},
    query::{Nothing, Query},
};

pub(crate) fn operations() -> [Operation; 2] {
    [
        get("get_stock", "/api/v1/stock/{variant_id}", read).says(
            "The stock of a variant",
            "Everybody sees how many can be sold. With the admin key also what is held for orders that are not paid \
             yet, what was sold, and all of it location by location. A variant that was never stocked has none.",
        ),
        post("adjust_stock", "/api/v1/stock/{variant_id}/adjustments", adjust)
            .says(
                "Adjust the stock of a variant",
                "Adds to what can be sold at a location, or takes away; what is held for orders is not touched. The \
                 same `Idempotency-Key` again changes nothing.",
            )
            .refuses(&[&NOT_ENOUGH_STOCK, &IDEMPOTENCY_KEY_REUSED]),
    ]
}

/// The stock of a variant: with the admin key in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Stock {
    /// As the merchant sees it.
    Full(StockReport),
    /// As everybody sees it.
    Brief(Availability),
}

/// The stock of a variant, as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Availability {
    /// Of which variant.
    pub variant_id: VariantId,
    /// How many can be sold.
    pub available: i64,
}

/// A change of what can be sold: goods in, goods lost, a count put right.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewStockAdjustment {
    /// How many more, or fewer; not 0.
    delta: Delta,
    /// Why, for the books.
    reason: ShortText,
    /// Where; `main` unless given.
    location: Option<LocationCode>,
}

/// A change that changes something.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "i64", into = "i64")]
#[schemars(extend("minimum" = -1_000_000_000, "maximum" = 1_000_000_000))]
struct Delta(i64);

impl TryFrom<i64> for Delta {
    type Error = Invalid;

    fn try_from(delta: i64) -> Result<Self, Invalid> {
        if delta != 0 && delta.unsigned_abs() <= 1_000_000_000 {
            Ok(Self(delta))
        } else {
            Err(Invalid::new("expected a whole number from -1000000000 to 1000000000, not 0"))
        }
    }
}

impl From<Delta> for i64 {
    fn from(Delta(delta): Delta) -> Self {
        delta
    }
}

impl Sent for NewStockAdjustment {}

impl Example for NewStockAdjustment {
    fn example() -> Self {
        let StockAdjustment { key: _, variant_id: _, location, delta, reason } = Example::example();
        Self { delta: Delta(delta), reason, location: Some(location) }
    }
}

impl Example for Stock {
    fn example() -> Self {
        Self::Full(StockReport::example())
    }
}

async fn read(
    State(gateway): State<Gateway>,
    IsAdmin(is_admin): IsAdmin,
    _: Query<Nothing>,
    Path(variant_id): Path<VariantId>,
) -> Result<Private<Stock>, Refusal> {
    let report = gateway.ask(&GetStock { variant_id }).await?;
    let available = report.available;
    Ok(Private::of(&if is_admin {
        Stock::Full(report)
    } else {
        Stock::Brief(Availability { variant_id, available })
    })?)
}

async fn adjust(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Path(variant_id): Path<VariantId>,
    Key(key): Key,
    Body(NewStockAdjustment { delta: Delta(delta), reason, location }): Body<NewStockAdjustment>,
) -> Result<Created<StockReport>, Refusal> {
    let location = location.map_or_else(|| "main".parse(), Ok).map_err(Fault::internal)?;
    let adjustments = vec![StockAdjustment { key, variant_id, location, delta, reason }];
    let reports = gateway.ask(&AdjustStock { adjustments }).await?;
    let report = reports.first().ok_or_else(|| Fault::internal("a change of stock without a report"))?;
    Ok(Created::at(&format!("/api/v1/stock/{variant_id}"), report)?)
}
