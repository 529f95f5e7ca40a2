//! How much there is, and putting it right.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use message::Invalid;
use order_contract::{AdjustStock, GetStock, LocationCode, StockAdjustment};
use product_contract::VariantId;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::{
    Gateway,
    access::{Admin, IsAdmin},
    body::{Body, Sent},
    examples,
    orders::Key,
    private,
    problems::{Refusal, not_found},
    query::{NoParams, Segment},
    schema,
};

/// A change of what can be sold: goods in, goods lost, a count put right.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStockAdjustment {
    /// How many more, or fewer; not 0.
    #[schema(value_type = i64, minimum = -1_000_000_000, maximum = 1_000_000_000)]
    delta: Delta,
    /// Why, for the books.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: message::ShortText,
    /// Where; `main` unless said.
    #[schema(value_type = Option<String>)]
    location: Option<LocationCode>,
}

impl Sent for NewStockAdjustment {
    fn example() -> Value {
        examples::adjustment()
    }
}

/// A change that changes something.
#[derive(Deserialize)]
#[serde(try_from = "i64")]
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

/// The stock of a variant
///
/// Everybody sees how many can be sold. With the admin key also what is held for orders that are not paid yet, what
/// was sold, and all of it place by place.
#[utoipa::path(get, path = "/api/v1/stock/{variant_id}", tag = "stock", operation_id = "get_stock",
    params(("variant_id" = String, Path, description = "The variant.", example = json!(examples::VARIANT))),
    responses(
        (status = 200, description = "The stock; one that was never stocked has none.", body = schema::Stock,
            example = json!(examples::stock())),
        (status = 404, description = "`not-found`: this is no variant's id."),
    ),
    security((), ("admin" = [])))]
pub(crate) async fn read(
    State(gateway): State<Gateway>,
    IsAdmin(is_admin): IsAdmin,
    _: NoParams,
    variant_id: Segment,
) -> Result<Response, Problem> {
    let variant_id = variant(variant_id)?;
    let report = gateway.ask(&GetStock { variant_id }).await.map_err(Refusal::problem)?;
    if is_admin {
        private(StatusCode::OK, &report)
    } else {
        private(StatusCode::OK, &schema::Availability { variant_id, available: report.available })
    }
}

/// Adjust the stock of a variant
///
/// Adds to what can be sold at a place, or takes away; what is held for orders is not touched. The same
/// `Idempotency-Key` again changes nothing.
#[utoipa::path(post, path = "/api/v1/stock/{variant_id}/adjustments", tag = "stock", operation_id = "adjust_stock",
    params(
        ("variant_id" = String, Path, description = "The variant.", example = json!(examples::VARIANT)),
        ("Idempotency-Key" = String, Header, description = "Your name for this change, best a UUID."),
    ),
    request_body(content = NewStockAdjustment, example = json!(examples::adjustment())),
    responses(
        (status = 201, description = "The stock as it is now.", body = schema::StockReport,
            example = json!(examples::stock())),
        (status = 400, description = "`idempotency-key-missing`, `malformed-json`."),
        (status = 401, description = "`unauthorized`: without the admin key."),
        (status = 404, description = "`not-found`: this is no variant's id."),
        (status = 409, description = "`not-enough-stock`: less than nothing would be left; `available` says what is."),
        (status = 422, description = "`invalid-body`, `idempotency-key-reused`."),
    ),
    security(("admin" = [])))]
pub(crate) async fn adjust(
    State(gateway): State<Gateway>,
    _: Admin,
    _: NoParams,
    variant_id: Segment,
    Key(key): Key,
    Body(NewStockAdjustment { delta: Delta(delta), reason, location }): Body<NewStockAdjustment>,
) -> Result<Response, Problem> {
    let variant_id = variant(variant_id)?;
    let location = location.map_or_else(|| "main".parse(), Ok).map_err(message::Fault::internal)?;
    let adjustments = vec![StockAdjustment { key, variant_id, location, delta, reason }];
    let reports = gateway.ask(&AdjustStock { adjustments }).await.map_err(Refusal::problem)?;
    let report =
        reports.first().ok_or_else(|| message::Fault::internal("a change of stock without a report"))?;
    private(StatusCode::CREATED, report)
}

/// What is no id of a variant names no variant.
fn variant(id: Segment) -> Result<VariantId, Problem> {
    id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(|| not_found("There is no such variant."))
}
