//! An edge whose answers come from the test, a client, and an edge that dies of every request.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, request::Parts};
use reqwest::Client;
pub(crate) use testing::until;
use tokio::{io::AsyncReadExt as _, net::TcpListener, task::JoinHandle};

/// The largest size of a request's body here.
const BODY: usize = 1 << 20;

/// An edge with the test's answers, which records its requests.
pub(crate) struct StandIn {
    pub(crate) socket: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: JoinHandle<()>,
}

/// A recorded request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// With its query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// Its number among the requests for this path, from 1.
    pub(crate) count: usize,
}

impl Asked {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl StandIn {
    /// Answers each request with the result of `answer`, after `pause`.
    pub(crate) async fn start<R: IntoResponse>(
        pause: Duration,
        answer: impl Fn(&Asked) -> R + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::<Asked>::new()));
        let log = Arc::clone(&asked);
        let router = Router::new().fallback(move |request: Request| {
            let (log, answer) = (Arc::clone(&log), answer.clone());
            async move {
                let (Parts { uri, headers, .. }, body) = request.into_parts();
                let body = axum::body::to_bytes(body, BODY).await.unwrap_or_default();
                let (path, body) = (uri.to_string(), String::from_utf8_lossy(&body).into_owned());
                let asked = {
                    let mut log = log.lock().unwrap();
                    let count = log.iter().filter(|before| before.path == path).count() + 1;
                    log.push(Asked { path, headers, body, count });
                    log[log.len() - 1].clone()
                };
                tokio::time::sleep(pause).await;
                answer(&asked).into_response()
            }
        });
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { socket, asked, serving }
    }

    /// All recorded requests.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An edge that dies of each request: the connection ends without an answer.
pub(crate) async fn dying() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = listener.local_addr().unwrap();
    let deaths = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&deaths);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 16 * 1024];
            if connection.read(&mut request).await.is_ok_and(|length| length > 0) {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (socket, deaths)
}

/// A page with this `Cache-Control`.
pub(crate) fn page(cache_control: &str, body: impl Into<Body>) -> Response {
    Response::builder().header("cache-control", cache_control).body(body.into()).unwrap()
}

/// An answer with its whole content.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Got {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The state of nginx's cache for it; `None` if the cache was not used.
    pub(crate) fn cache(&self) -> &str {
        self.header("x-cache-status")
    }
}

/// A client of one server.
#[derive(Clone)]
pub(crate) struct Visitor {
    client: Client,
    socket: SocketAddr,
}

impl Visitor {
    pub(crate) fn of(socket: SocketAddr) -> Self {
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { client: client.timeout(Duration::from_secs(30)).build().unwrap(), socket }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.socket))
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Got {
        let request = self.request(Method::GET, path);
        send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Got {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
    Got { status, headers, body }
}
