//! What the machinery asks: whether to send traffic here, and the figures.

use std::convert::Infallible;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header::CONTENT_TYPE};
use serde_json::json;

use crate::{
    Gateway,
    answer::private,
    operation::{Content, Operation, Output, ResponseDoc, Signature, get},
    problems::Refusal,
};

pub(crate) fn operations() -> [Operation; 3] {
    [
        get("live", "/health/live", live)
            .says("Whether the process lives", "It answers as long as it can answer anything."),
        get("ready", "/health/ready", ready).says(
            "Whether the process can serve",
            "Service by service. While it starts, drains or misses something that it cannot do without, the status is \
             503, and whoever balances load sends requests elsewhere.",
        ),
        get("metrics", "/metrics", metrics).says("The figures", "In Prometheus's text format."),
    ]
}

/// 200, or 503 where that `CAN_FAIL`, with what there is to say.
struct Health<const CAN_FAIL: bool>(Response);

impl<const CAN_FAIL: bool> IntoResponse for Health<CAN_FAIL> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<const CAN_FAIL: bool> Output for Health<CAN_FAIL> {
    fn describe(signature: &mut Signature) {
        let mut answer = |status, description| {
            signature.answers.push(ResponseDoc {
                content: Some(Content::any()),
                ..ResponseDoc::empty(status, description)
            });
        };
        answer(StatusCode::OK, "It can.");
        if CAN_FAIL {
            answer(StatusCode::SERVICE_UNAVAILABLE, "It cannot just now.");
        }
    }
}

async fn live(_: State<Gateway>) -> Result<Health<false>, Refusal> {
    Ok(Health(private(StatusCode::OK, &json!({"status": "live"}))?))
}

async fn ready(State(gateway): State<Gateway>) -> Result<Health<true>, Refusal> {
    let (is_ready, detail) = (gateway.0.hooks.ready)().await;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(Health(private(status, &detail)?))
}

/// 200, with the figures.
struct Figures(String);

impl IntoResponse for Figures {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], self.0).into_response()
    }
}

impl Output for Figures {
    fn describe(signature: &mut Signature) {
        let figures = ResponseDoc::empty(StatusCode::OK, "The figures.");
        signature.answers.push(ResponseDoc { content: Some(Content::text("text/plain")), ..figures });
    }
}

async fn metrics(State(gateway): State<Gateway>) -> Result<Figures, Infallible> {
    Ok(Figures((gateway.0.hooks.metrics)()))
}
