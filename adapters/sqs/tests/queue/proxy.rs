//! A proxy between a test's processes and SQS, which makes calls fail.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// Forwards calls to SQS, except those that must fail. Ends with the runtime.
pub(crate) struct Proxy {
    /// The proxy's URL.
    pub(crate) url: String,
    behind: String,
    client: reqwest::Client,
    failing: Mutex<HashSet<&'static str>>,
    refusals: AtomicUsize,
    calls: Mutex<HashMap<String, usize>>,
    given: AtomicUsize,
    signed: Mutex<String>,
}

impl Proxy {
    pub(crate) async fn start(behind: String) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            behind,
            client: reqwest::Client::new(),
            failing: Mutex::default(),
            refusals: AtomicUsize::new(0),
            calls: Mutex::default(),
            given: AtomicUsize::new(0),
            signed: Mutex::default(),
        });
        let app = Router::new().fallback(pass).with_state(Arc::clone(&proxy));
        tokio::spawn(async move { axum::serve(listener, app).await });
        proxy
    }

    /// Makes all calls of a kind (`DeleteMessageBatch`) fail; `*` means every call.
    pub(crate) fn fail(&self, call: &'static str) {
        self.failing.lock().unwrap().insert(call);
    }

    /// Forwards all calls again.
    pub(crate) fn heal(&self) {
        self.failing.lock().unwrap().clear();
        self.refusals.store(0, Ordering::SeqCst);
    }

    /// Makes this many requests succeed in part: only the last of their messages, and none if there is just one.
    pub(crate) fn refuse(&self, requests: usize) {
        self.refusals.store(requests, Ordering::SeqCst);
    }

    /// The number of calls of a kind, including failed ones.
    pub(crate) fn calls(&self, call: &str) -> usize {
        self.calls.lock().unwrap().get(call).copied().unwrap_or(0)
    }

    /// The number of delivered messages, counting repetitions.
    pub(crate) fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }

    /// The signature of the last call.
    pub(crate) fn signed(&self) -> String {
        self.signed.lock().unwrap().clone()
    }

    fn fails(&self, call: &str) -> bool {
        let failing = self.failing.lock().unwrap();
        failing.contains("*") || failing.contains(call)
    }
}

async fn pass(State(proxy): State<Arc<Proxy>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let call = target.rsplit('.').next().unwrap_or_default().to_owned();
    *proxy.calls.lock().unwrap().entry(call.clone()).or_default() += 1;
    let signed = headers.get("authorization").and_then(|signed| signed.to_str().ok()).unwrap_or_default();
    signed.clone_into(&mut proxy.signed.lock().unwrap());
    if proxy.fails(&call) {
        return (StatusCode::SERVICE_UNAVAILABLE, "away").into_response();
    }
    let mut request: Value = serde_json::from_slice(&body).unwrap();
    let refused = if call == "SendMessageBatch" { refuse(&proxy, &mut request) } else { Vec::new() };
    if !refused.is_empty() && request["Entries"].as_array().is_some_and(Vec::is_empty) {
        return axum::Json(json!({"Successful": [], "Failed": refused})).into_response();
    }
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name?, value)));
    let headers = headers.filter(|(name, _)| name != "content-length" && name != "host").collect();
    let forwarded = proxy.client.post(&proxy.behind).headers(headers).body(request.to_string()).send().await;
    let answered = forwarded.unwrap();
    let (status, headers) = (answered.status(), answered.headers().clone());
    let mut answer = answered.bytes().await.unwrap();
    if call == "ReceiveMessage"
        && let Ok(value) = serde_json::from_slice::<Value>(&answer)
    {
        let given = value["Messages"].as_array().map_or(0, Vec::len);
        proxy.given.fetch_add(given, Ordering::SeqCst);
    }
    if !refused.is_empty() {
        let mut value: Value = serde_json::from_slice(&answer).unwrap();
        value["Failed"] = Value::Array(refused);
        answer = value.to_string().into();
    }
    let headers: HeaderMap = headers
        .into_iter()
        .filter(|(name, _)| named(name.as_ref()))
        .filter_map(|(name, value)| Some((name?, value)))
        .collect();
    (status, headers, answer).into_response()
}

/// The headers of an answer that was not changed on its way.
fn named(header: Option<&axum::http::HeaderName>) -> bool {
    header.is_some_and(|name| name == "content-type" || name.as_str().starts_with("x-amz"))
}

/// Removes all messages but the last from a request, if the test wants that, and returns the failures to report.
fn refuse(proxy: &Proxy, request: &mut Value) -> Vec<Value> {
    let wanted = proxy.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    let entries = request["Entries"].as_array_mut().unwrap();
    if wanted.is_err() {
        return Vec::new();
    }
    let taken = usize::from(entries.len() > 1);
    let refused = entries.drain(..entries.len() - taken);
    let failed = |entry: Value| json!({"Id": entry["Id"], "Code": "InternalError", "SenderFault": false, "Message": "not now"});
    refused.map(failed).collect()
}
