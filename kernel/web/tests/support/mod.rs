//! A server on a free port, and a client that sends given bytes.
#![expect(dead_code, reason = "no test file needs all of it")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper of tests may panic")]

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use web::serve::{DrainReport, Server, ServerLimits, listen};

/// Longer than anything in these tests may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Running {
    pub(crate) listens_at: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) ended: JoinHandle<DrainReport>,
}

pub(crate) fn start(server: Server) -> Running {
    let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let listens_at = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let ended = tokio::spawn(server.run([listener], stop.clone()));
    Running { listens_at, stop, ended }
}

pub(crate) fn start_router(router: Router) -> Running {
    start(Server::new(router))
}

/// Limits that are short enough for tests to wait for.
pub(crate) fn short() -> ServerLimits {
    let limit = Duration::from_millis(300);
    ServerLimits {
        connections: 100,
        head: limit,
        idle: limit * 4,
        stalled: limit,
        drain: Duration::from_secs(2),
        farewell: limit * 2,
    }
}

impl Running {
    pub(crate) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.listens_at).await.unwrap())
    }

    /// Sends `request` on a connection that asks to be closed, and returns the response.
    pub(crate) async fn exchange(&self, request: &str) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.rest().await
    }
}

pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn send(&mut self, bytes: &str) {
        self.0.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// Reads until the server closes.
    pub(crate) async fn rest(&mut self) -> Answer {
        let mut bytes = Vec::new();
        // A reset after the response counts as an end.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await.expect("the server closes");
        Answer::new(&bytes)
    }

    /// Reads until `end` arrives.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        let mut buffer = [0; 4096];
        while !text.contains(end) {
            let read = timeout(PATIENCE, self.0.read(&mut buffer)).await.expect("an answer in time").unwrap();
            assert!(read > 0, "closed after {text:?}");
            text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        text
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn new(bytes: &[u8]) -> Self {
        let split = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
        Self { head: String::from_utf8_lossy(&bytes[..split]).into_owned(), body: bytes[split..].to_vec() }
    }

    pub(crate) fn status(&self) -> u16 {
        self.head
            .get(9..12)
            .and_then(|code| code.parse().ok())
            .unwrap_or_else(|| panic!("no status: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
