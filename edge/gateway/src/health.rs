//! What the machinery asks: whether to send traffic here, and the figures.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::json;
use web::problem::Problem;

use crate::{Gateway, private};

/// Whether the process lives
///
/// It answers as long as it can answer anything.
#[utoipa::path(get, path = "/health/live", tag = "operations", operation_id = "live",
    responses((status = 200, description = "It lives.", body = serde_json::Value, example = json!({"status": "live"}))))]
pub(crate) async fn live() -> Result<Response, Problem> {
    private(StatusCode::OK, &json!({"status": "live"}))
}

/// Whether the process can serve
///
/// Service by service. While it starts, drains or misses something that it cannot do without, the status is 503, and
/// whoever balances load sends requests elsewhere.
#[utoipa::path(get, path = "/health/ready", tag = "operations", operation_id = "ready",
    responses(
        (status = 200, description = "It can serve.", body = serde_json::Value),
        (status = 503, description = "It cannot just now.", body = serde_json::Value),
    ))]
pub(crate) async fn ready(State(gateway): State<Gateway>) -> Result<Response, Problem> {
    let (ready, detail) = (gateway.0.hooks.ready)().await;
    private(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &detail)
}

/// The figures
///
/// In Prometheus's text format.
#[utoipa::path(get, path = "/metrics", tag = "operations", operation_id = "metrics",
    responses((status = 200, description = "The figures.", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(gateway): State<Gateway>) -> Response {
    let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(CONTENT_TYPE, format)], (gateway.0.hooks.metrics)()).into_response()
}
