//! Whether a worker answers, and what it reports of itself.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use runtime::BoxError;
use serde_json::Value;
use tokio::{
    net::TcpStream,
    sync::watch::Sender,
    time::{sleep, timeout},
};

/// How long an answer may take; a worker's own checks time out earlier.
const ANSWER: Duration = Duration::from_secs(4);

/// Between two checks.
const PAUSE: Duration = Duration::from_secs(1);

/// Between two checks of a worker that has just been started.
const SHORT_PAUSE: Duration = Duration::from_millis(50);

/// How many checks follow each other quickly.
const SOON: u32 = 100;

/// The longest report that is read, in bytes.
const REPORT: usize = 64 * 1024;

/// What the last check of a worker found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pulse {
    pub(super) is_ready: bool,
    /// What is wrong, in its own words; empty if nothing is.
    pub(super) detail: String,
    /// For how long it has answered nothing. Counted by checks, not by the clock: while this process was stopped, nothing
    /// asked the worker.
    pub(super) silent: Duration,
}

/// Checks the worker that listens on `listen_address` until nobody reads the result any more.
pub(super) async fn watch(listen_address: SocketAddr, pulse: Sender<Pulse>) {
    let mut checks = 0_u32;
    while !pulse.is_closed() {
        let pause = if checks < SOON { SHORT_PAUSE } else { PAUSE };
        let silent = |passed, detail: &str| {
            let silent = pulse.borrow().silent + passed;
            Pulse { is_ready: false, detail: detail.to_owned(), silent }
        };
        let now = match timeout(ANSWER, check(listen_address)).await {
            Ok(Ok(pulse)) => pulse,
            Ok(Err(_)) => silent(pause, "does not answer"),
            Err(_) => silent(ANSWER + pause, "does not answer in time"),
        };
        checks = if now.is_ready { SOON } else { checks.saturating_add(1) };
        pulse.send_if_modified(|before| {
            let modified = *before != now;
            *before = now;
            modified
        });
        sleep(pause).await;
    }
}

/// Any answer shows that it lives; the status and the body, whether it is ready.
async fn check(listen_address: SocketAddr) -> Result<Pulse, BoxError> {
    let stream = TcpStream::connect(listen_address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get("/health/ready")
        .header("host", listen_address.to_string())
        .body(Empty::<Bytes>::new())?;
    let asking = async {
        let answer = sender.send_request(request).await?;
        let is_ready = answer.status() == StatusCode::OK;
        let body = Limited::new(answer.into_body(), REPORT).collect().await?.to_bytes();
        Ok(Pulse { is_ready, detail: detail(&body), silent: Duration::ZERO })
    };
    let carrying = async {
        // However it ends: the request on it fails then.
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        pulse = asking => pulse,
        () = carrying => Err("the connection was closed".into()),
    }
}

/// What the report complains about.
fn detail(report: &[u8]) -> String {
    let report: Value = serde_json::from_slice(report).unwrap_or_default();
    let complaints = report.get("services").and_then(Value::as_object).into_iter().flatten();
    let complaints: Vec<String> = complaints
        .filter_map(|(part, report)| Some(format!("{part}: {}", report.get("detail")?.as_str()?)))
        .collect();
    complaints.join("; ")
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn only_complaints_are_reported() {
        let report = br#"{"status":"failed","services":{"a":{"status":"ok"},"b":{"status":"failed","detail":"gone"}}}"#;
        assert_eq!(detail(report), "b: gone");
        assert_eq!(detail(b"nonsense"), "");
    }

    #[tokio::test]
    async fn a_worker_is_starting_then_ready_then_gone() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (sender, mut pulse) = tokio::sync::watch::channel(Pulse::default());
        let watching = tokio::spawn(watch(listener.local_addr().unwrap(), sender));
        for (answer, is_ready) in
            [("503 Service Unavailable\r\ncontent-length: 0", false), ("200 OK\r\ncontent-length: 0", true)]
        {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1000];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            assert!(request.starts_with(b"GET /health/ready HTTP/1.1\r\n"));
            stream.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).await.unwrap();
            pulse.wait_for(|pulse| pulse.is_ready == is_ready).await.unwrap();
        }
        drop(listener);
        pulse.wait_for(|pulse| pulse.silent > SHORT_PAUSE * 2).await.unwrap();
        assert!(!pulse.borrow().is_ready);
        drop(pulse);
        tokio::time::timeout(ANSWER * 2, watching).await.unwrap().unwrap();
    }
}
