//! A virtual host on the tests' broker: what one test declares there, no other sees, and it is deleted with the host.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::backend::shared_server;

/// The time limit for one answer of the broker.
const PATIENCE: Duration = Duration::from_secs(30);

/// `guest:guest`, the credentials of every broker for clients on its own machine, in the form of RFC 7617.
const GUEST: &str = "Basic Z3Vlc3Q6Z3Vlc3Q=";

/// A virtual host of the shared broker.
#[derive(Clone)]
pub(crate) struct Vhost {
    name: String,
    broker: String,
    /// The host and port of the broker's HTTP API.
    api: String,
}

impl Vhost {
    pub(crate) fn named(name: String) -> Self {
        let broker = shared_server("CARAVEL_TEST_RABBITMQ_URL");
        Self { name, broker, api: shared_server("CARAVEL_TEST_RABBITMQ_API") }
    }

    /// The URL for clients.
    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.broker.trim_end_matches('/'), self.name)
    }

    /// Creates it. Its creator may use it at once.
    pub(crate) fn create(&self) {
        let status = self.ask("PUT").expect("the broker's HTTP API answers");
        assert!((200..300).contains(&status), "the broker makes no virtual host: {status}");
    }

    /// Deletes it with everything in it.
    pub(crate) fn delete(&self) {
        // A leftover is deleted with the broker.
        let _ = self.ask("DELETE");
    }

    /// Sends a request to the API and returns the status. HTTP 1.0, so that the end of the answer is the end of the
    /// connection.
    fn ask(&self, method: &str) -> std::io::Result<u16> {
        let mut connection =
            TcpStream::connect(self.api.trim_start_matches("http://").trim_end_matches('/'))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        write!(
            connection,
            "{method} /api/vhosts/{} HTTP/1.0\r\nauthorization: {GUEST}\r\ncontent-type: application/json\r\n\
             content-length: 0\r\n\r\n",
            self.name
        )?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| std::io::Error::other(format!("not an answer: {answer}")))
    }
}
