//! The HTTP client that brings spans to the collector.
//!
//! The exporter's own client also speaks HTTP/2, for which each build would compile a library that nothing else needs.

use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{client::conn::http1, header};
use hyper_util::rt::TokioIo;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::net::TcpStream;

/// The longest answer that is read, in bytes. It says which spans were refused, and why.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Opens a connection for each delivery: there are at most four in a second.
#[derive(Debug)]
pub(super) struct Client {
    /// The time limit of a delivery.
    pub(super) limit: Duration,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        tokio::time::timeout(self.limit, send(request)).await?
    }
}

async fn send(mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let uri = std::mem::take(request.uri_mut());
    let authority = uri.authority().ok_or("the URL of the collector names no host")?;
    let port = authority.port_u16().unwrap_or(80);
    let stream = TcpStream::connect(format!("{}:{port}", authority.host())).await?;
    request.headers_mut().insert(header::HOST, authority.as_str().parse()?);
    *request.uri_mut() = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let answering = async {
        let (head, body) = sender.send_request(request.map(Full::new)).await?.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    };
    tokio::select! {
        answer = answering => answer,
        // It ends before the answer only if it failed.
        Err(error) = connection => Err(error.into()),
    }
}
