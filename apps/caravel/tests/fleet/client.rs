//! A client that notices every lost connection.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A client that keeps its connection until the server closes it, and never repeats a request.
pub(crate) struct Client {
    socket: String,
    stream: Option<TcpStream>,
}

impl Client {
    pub(crate) fn new(socket: &str) -> Self {
        Self { socket: socket.to_owned(), stream: None }
    }

    /// The status of the answer.
    pub(crate) async fn get(&mut self, path: &str) -> Result<u16, String> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(&self.socket).await.map_err(|error| format!("connecting: {error}"))?,
        };
        let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n");
        stream.write_all(request.as_bytes()).await.map_err(|error| format!("sending: {error}"))?;
        let mut answer = Vec::new();
        loop {
            let head = answer.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4);
            if let Some(head) = head {
                let text = String::from_utf8_lossy(&answer[..head]).to_lowercase();
                let field = |name: &str| {
                    text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
                };
                let length: usize = field("content-length:").unwrap().parse().unwrap();
                if answer.len() >= head + length {
                    if field("connection:").as_deref() != Some("close") {
                        self.stream = Some(stream);
                    }
                    return Ok(text[9..12].parse().unwrap());
                }
            }
            if stream.read_buf(&mut answer).await.map_err(|error| format!("receiving: {error}"))? == 0 {
                return Err(format!("closed after {} bytes of an answer", answer.len()));
            }
        }
    }
}
