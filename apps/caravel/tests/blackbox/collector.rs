//! A collector of traces, inside the test.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value,
};
use prost::Message as _;

/// A span, as far as the tests read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    /// The traces that it is linked to.
    pub(crate) links: Vec<String>,
    pub(crate) name: String,
    pub(crate) correlation: String,
    pub(crate) service: String,
}

/// Accepts spans as long as it lives.
pub(crate) struct Collector {
    pub(crate) endpoint: String,
    spans: Arc<Mutex<Vec<Span>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let spans = Arc::<Mutex<Vec<Span>>>::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&spans));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, spans, server }
    }

    /// Everything received so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap().clone()
    }

    /// The names of a trace's spans.
    pub(crate) fn names(&self, trace: &str) -> BTreeSet<String> {
        self.spans().into_iter().filter(|span| span.trace == trace).map(|span| span.name).collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(spans): State<Arc<Mutex<Vec<Span>>>>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    for resource in request.resource_spans {
        let service = attribute(&resource.resource.unwrap().attributes, "service.name");
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.lock().unwrap().push(Span {
                trace: message::hex(&span.trace_id),
                id: message::hex(&span.span_id),
                parent: message::hex(&span.parent_span_id),
                links: span.links.iter().map(|link| message::hex(&link.trace_id)).collect(),
                name: span.name,
                correlation: attribute(&span.attributes, "correlation"),
                service: service.clone(),
            });
        }
    }
    StatusCode::OK
}

fn attribute(attributes: &[opentelemetry_proto::tonic::common::v1::KeyValue], key: &str) -> String {
    let values: Vec<_> = attributes.iter().filter(|attribute| attribute.key == key).collect();
    assert!(values.len() <= 1, "{key} is there twice: {values:?}");
    match values.first().and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        _ => String::new(),
    }
}
