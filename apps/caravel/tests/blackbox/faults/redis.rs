//! A Redis of one's own, to be killed.

use std::{
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::shop::free_port;

/// How long a start may take.
const START: Duration = Duration::from_secs(10);

/// A Redis server that keeps nothing. It is killed when this is dropped.
pub(super) struct Redis {
    port: u16,
    server: Child,
}

impl Redis {
    pub(super) fn start() -> Self {
        let port = free_port();
        Self { port, server: serve(port) }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) fn pid(&self) -> u32 {
        self.server.id()
    }

    pub(super) fn kill(&mut self) {
        // One that has ended already is as dead as we want it.
        let _ = self.server.kill();
        self.server.wait().unwrap();
    }

    /// Starts it again, empty.
    pub(super) fn restart(&mut self) {
        self.server = serve(self.port);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn serve(port: u16) -> Child {
    let server = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed");
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < START, "Redis does not listen");
        sleep(Duration::from_millis(10));
    }
    server
}
