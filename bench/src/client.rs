//! A simple blocking client for the work around a measurement: finding products, setting stock, reading metrics.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

use crate::load::{
    parser::{Keep, Parser},
    request,
};

/// How long the server may stay silent.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one server, with a connection for each request.
#[derive(Clone, Debug)]
pub struct Client {
    server: SocketAddr,
    bearer: Option<String>,
}

/// An answer with its whole content.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// Names and values in the order of their arrival.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON, if the answer is a success.
    pub fn json(&self) -> io::Result<Value> {
        if !(200..300).contains(&self.status) {
            let body = String::from_utf8_lossy(&self.body);
            return Err(io::Error::other(format!("status {}: {}", self.status, body.trim())));
        }
        Ok(serde_json::from_slice(&self.body)?)
    }
}

impl Client {
    /// A client without a key.
    pub fn new(server: SocketAddr) -> Self {
        Self { server, bearer: None }
    }

    /// The same, with a key in every request.
    #[must_use]
    pub fn with_bearer(self, key: &str) -> Self {
        Self { bearer: Some(key.to_owned()), ..self }
    }

    /// Sends a GET. `headers` are whole lines without their ends.
    pub fn get(&self, path: &str, headers: &[String]) -> io::Result<HttpAnswer> {
        self.exchange(&request::get(path, &self.headers(headers)))
    }

    /// Sends a POST with a JSON body.
    pub fn post(&self, path: &str, headers: &[String], body: &Value) -> io::Result<HttpAnswer> {
        self.exchange(&request::json("POST", path, &self.headers(headers), body.to_string().as_bytes()))
    }

    /// The bytes of a GET for a load, which keeps its connection open.
    pub fn repeated_get(&self, path: &str) -> Vec<u8> {
        request::get(path, &self.bearer().collect::<Vec<_>>())
    }

    fn bearer(&self) -> impl Iterator<Item = String> {
        self.bearer.iter().map(|key| format!("Authorization: Bearer {key}"))
    }

    fn headers(&self, more: &[String]) -> Vec<String> {
        self.bearer().chain(more.iter().cloned()).chain(["Connection: close".to_owned()]).collect()
    }

    fn exchange(&self, request: &[u8]) -> io::Result<HttpAnswer> {
        let mut stream = TcpStream::connect(self.server)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.write_all(request)?;
        let mut parser = Parser::new(Keep::HeadAndBody);
        let mut buffer = vec![0; 64 * 1024];
        let response = loop {
            let read = stream.read(&mut buffer)?;
            let outcome = match read {
                0 => parser.finish().map(Some),
                _ => parser.feed(buffer.get(..read).unwrap_or_default()),
            };
            if let Some(response) = outcome.map_err(io::Error::other)? {
                break response;
            }
        };
        Ok(HttpAnswer {
            status: response.status,
            headers: headers_of(parser.head()),
            body: parser.body().to_vec(),
        })
    }
}

fn headers_of(head: &[u8]) -> Vec<(String, String)> {
    String::from_utf8_lossy(head)
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}
