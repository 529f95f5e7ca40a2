//! Redis servers that live as long as one test, for tests that kill, freeze or empty them.
//!
//! Needs Debian's `redis-server`. Tests that do no harm share the server of `CARAVEL_TEST_REDIS_URL`.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{free_port, tls::Authority};

/// The time limit of a start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server for one test on a free port, without persistence unless a test saves. It is killed when this is dropped.
///
/// All methods block until the server has done what they ask for.
pub struct RedisServer {
    folder: TempDir,
    port: u16,
    encryption: Option<Encryption>,
    child: Child,
}

/// The files for encrypted connections, and the authority that its clients trust.
struct Encryption {
    certificate: PathBuf,
    key: PathBuf,
    authority: PathBuf,
}

impl RedisServer {
    /// Starts a server.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts a server that listens only for encrypted connections.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_encrypted(authority: &Authority) -> Self {
        Self::start_with(Some(authority))
    }

    fn start_with(authority: Option<&Authority>) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let encryption = authority.map(|authority| Encryption {
            certificate: authority.server_certificate(),
            key: authority.server_key(),
            authority: authority.certificate(),
        });
        let port = free_port();
        let child = spawn(&folder, port, encryption.as_ref());
        let server = Self { folder, port, encryption, child };
        server.wait_until_it_answers();
        server
    }

    /// The server's URL: `redis://127.0.0.1:…`, or `rediss://…`.
    pub fn url(&self) -> String {
        let scheme = if self.encryption.is_some() { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Kills it (SIGKILL).
    ///
    /// # Panics
    ///
    /// If it does not end.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server was started by this process");
        self.child.wait().expect("the server was started by this process");
    }

    /// Starts it again, with what was saved, or empty.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn restart(&mut self) {
        self.child = spawn(&self.folder, self.port, self.encryption.as_ref());
        self.wait_until_it_answers();
    }

    /// Moves to the port of another server that has ended. Its own clients stay connected.
    ///
    /// # Panics
    ///
    /// If it cannot.
    pub fn move_to(&mut self, other: &Self) {
        assert_eq!(self.cli(&["CONFIG", "SET", "port", &other.port.to_string()]), "OK");
        self.port = other.port;
    }

    /// Freezes it (SIGSTOP): it keeps its connections and answers nothing.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Continues a frozen server (SIGCONT).
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// The output of `redis-cli` with these arguments.
    ///
    /// # Panics
    ///
    /// If it cannot be run.
    pub fn cli(&self, words: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &self.port.to_string()]);
        if let Some(encryption) = &self.encryption {
            command.args(["--tls", "--cacert"]).arg(&encryption.authority);
        }
        let said = command.args(words).output().expect("redis-cli is installed");
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill is installed").success(), "there is no process {pid}");
    }

    fn wait_until_it_answers(&self) {
        let began = Instant::now();
        while !self.answers() {
            assert!(began.elapsed() < PATIENCE, "Redis does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn answers(&self) -> bool {
        if self.encryption.is_some() {
            return self.cli(&["PING"]) == "PONG";
        }
        let ping = || {
            let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            connection.set_read_timeout(Some(Duration::from_secs(2)))?;
            connection.write_all(b"PING\r\n")?;
            let mut answer = [0; 5];
            connection.read_exact(&mut answer)?;
            std::io::Result::Ok(answer)
        };
        ping().is_ok_and(|answer| answer == *b"+PONG")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // A server that has ended needs no killing; a frozen one dies too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &TempDir, port: u16, encryption: Option<&Encryption>) -> Child {
    let port = port.to_string();
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]).arg(folder.path());
    match encryption {
        None => command.args(["--port", &port]),
        Some(Encryption { certificate, key, authority }) => {
            command.args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"]);
            command.arg("--tls-cert-file").arg(certificate).arg("--tls-key-file").arg(key);
            command.arg("--tls-ca-cert-file").arg(authority)
        }
    };
    command.stdout(Stdio::null()).spawn().expect("redis-server is installed")
}
