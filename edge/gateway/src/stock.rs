//! How much there is, and putting it right.

use axum::extract::State;
use message::{Example, Fault, FieldError, Limit, ListPage, ShortText};
use order_contract::{
    AdjustStock, AdjustmentEntry, GetStock, ListAdjustments, ListStock, LocationCode, SetStock,
    StockAdjustment, StockCount, StockItem, StockReport,
};
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
    problems::{IDEMPOTENCY_KEY_REUSED, IntoProblem as _, NOT_ENOUGH_STOCK, Refusal},
    query::{Nothing, Query, of_parameters},
};

pub(crate) fn operations() -> [Operation; 4] {
    [
        get("list_stock", "/api/v1/stock", list).says(
            "List stock",
            "Every variant with its stock, oldest first: all of them, those with one `sku` (there may be several), or with \
             `level` those for sale of which little or nothing is left.",
        ),
        get("get_stock", "/api/v1/stock/{variant_id}", read).says(
            "The stock of a variant",
            "Everybody sees how many can be sold. With the admin key also what is held for orders that are not paid \
             yet, what was sold, and all of it location by location. A variant that was never stocked has none.",
        ),
        post("adjust_stock", "/api/v1/stock/{variant_id}/adjustments", adjust)
            .says(
                "Adjust the stock of a variant",
                "Adds to what can be sold at a location or takes away (`delta`), or sets it to what was counted \
                 (`set_to`); what is held for orders is not touched. A count is recorded as the adjustment that it makes. \
                 The same `Idempotency-Key` again changes nothing.",
            )
            .refuses(&[&NOT_ENOUGH_STOCK, &IDEMPOTENCY_KEY_REUSED]),
        get("list_stock_adjustments", "/api/v1/stock/{variant_id}/adjustments", adjustments)
            .says("List the adjustments of a variant's stock", "Newest first, each with what it came to."),
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

/// A change of what can be sold: goods in, goods lost (`delta`), or a count (`set_to`); one of the two.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewStockAdjustment {
    /// How many more, or fewer; not 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delta: Option<Delta>,
    /// How many can be sold from now on. A negative figure, as other systems have them for what was sold and not there, is
    /// recorded and makes it none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    set_to: Option<Figure>,
    /// Why, for the books.
    reason: ShortText,
    /// Where; `main` unless given.
    location: Option<LocationCode>,
}

message::whole_number! {
    /// A change that changes something.
    struct Delta: -1_000_000_000..=1_000_000_000, not 0;

    /// A number of pieces, as some system has it.
    struct Figure: -1_000_000_000..=1_000_000_000;
}

impl Sent for NewStockAdjustment {
    fn check(&self) -> Vec<FieldError> {
        match (self.delta, self.set_to) {
            (None, None) => vec![FieldError::new("/delta", "expected delta or set_to")],
            (Some(_), Some(_)) => vec![FieldError::new("/set_to", "expected delta or set_to, not both")],
            _ => Vec::new(),
        }
    }
}

impl Example for NewStockAdjustment {
    fn example() -> Self {
        let StockAdjustment { key: _, variant_id: _, location, delta, reason } = Example::example();
        Self { delta: Delta::try_from(delta).ok(), set_to: None, reason, location: Some(location) }
    }
}

impl Example for Stock {
    fn example() -> Self {
        Self::Full(StockReport::example())
    }
}

async fn list(
    State(gateway): State<Gateway>,
    _: Admin,
    Query(mut request): Query<ListStock>,
) -> Result<Private<ListPage<StockItem>>, Refusal> {
    let threshold = gateway.0.shop.known().low_stock_threshold.get();
    request.threshold = request.threshold.or_else(|| u32::try_from(threshold).ok());
    let page = gateway.ask(&request).await.map_err(|error| of_parameters(error.into_problem()))?;
    Ok(Private::of(&page)?)
}

/// The query of a list of adjustments.
#[derive(Debug, Deserialize, JsonSchema)]
struct Slice {
    /// The `next_cursor` of the page before; none for the first page.
    cursor: Option<String>,
    /// The most adjustments in the answer.
    #[serde(default)]
    limit: Limit,
}

async fn adjustments(
    State(gateway): State<Gateway>,
    _: Admin,
    Query(Slice { cursor, limit }): Query<Slice>,
    Path(variant_id): Path<VariantId>,
) -> Result<Private<ListPage<AdjustmentEntry>>, Refusal> {
    let request = ListAdjustments { variant_id, cursor, limit };
    let page = gateway.ask(&request).await.map_err(|error| of_parameters(error.into_problem()))?;
    Ok(Private::of(&page)?)
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
    Body(NewStockAdjustment { delta, set_to, reason, location }): Body<NewStockAdjustment>,
) -> Result<Created<StockReport>, Refusal> {
    let location = location.map_or_else(|| "main".parse(), Ok).map_err(Fault::internal)?;
    let reports = match (delta, set_to) {
        (_, Some(figure)) => {
            let available = figure.get();
            let counts = vec![StockCount { key, variant_id, location, available, reason }];
            gateway.ask(&SetStock { counts }).await?
        }
        (delta, None) => {
            let delta = delta.ok_or_else(|| Fault::internal("a body that was not checked"))?.get();
            let adjustments = vec![StockAdjustment { key, variant_id, location, delta, reason }];
            gateway.ask(&AdjustStock { adjustments, in_advance: false }).await?
        }
    };
    let report = reports.first().ok_or_else(|| Fault::internal("a change of stock without a report"))?;
    Ok(Created::at(&format!("/api/v1/stock/{variant_id}"), report)?)
}
