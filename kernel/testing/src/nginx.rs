//! A real nginx with the deployed configuration, in front of processes that a test has started.

use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::free_port;

/// The deployed configuration.
const MAIN: &str = include_str!("../../../deploy/nginx/nginx.conf");
const UPSTREAMS: &str = include_str!("../../../deploy/nginx/upstreams.conf");
const PRIVATE: &str = include_str!("../../../deploy/nginx/private.conf");

/// Health and metrics open to all clients: tests ask through nginx.
const OPEN: &str = "location = /metrics { proxy_pass http://gateway; }
location /health/ { proxy_pass http://gateway; }
";

/// The time limit of a start or a stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// The processes behind nginx.
#[derive(Debug, Clone)]
pub struct Upstreams {
    /// The processes that answer for the API.
    pub gateway: Vec<SocketAddr>,
    /// The processes that answer for the shop's pages.
    pub storefront: Vec<SocketAddr>,
}

/// A running nginx. It stops when this is dropped.
#[derive(Debug)]
pub struct Nginx {
    child: Child,
    folder: TempDir,
    socket: SocketAddr,
}

impl Upstreams {
    /// Processes that are both edges.
    pub fn both(sockets: impl IntoIterator<Item = SocketAddr>) -> Self {
        let gateway: Vec<_> = sockets.into_iter().collect();
        Self { storefront: gateway.clone(), gateway }
    }
}

impl Nginx {
    /// Starts nginx on a free port and waits until it listens. Unlike in production, health and metrics are open.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn in_front_of(upstreams: &Upstreams) -> Self {
        Self::start(free_port(), upstreams, OPEN)
    }

    /// The same on this port of the loopback interface.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn on_port(port: u16, upstreams: &Upstreams) -> Self {
        Self::start(port, upstreams, OPEN)
    }

    /// Exactly as it is deployed: health and metrics are closed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn as_deployed(upstreams: &Upstreams) -> Self {
        Self::start(free_port(), upstreams, PRIVATE)
    }

    /// The socket on which it listens.
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// Its log: requests as JSON, and errors.
    ///
    /// # Panics
    ///
    /// If the log cannot be read.
    pub fn log(&self) -> String {
        fs::read_to_string(log(self.folder.path())).expect("nginx's log can be read")
    }

    fn start(port: u16, upstreams: &Upstreams, private: &str) -> Self {
        let folder = render(port, upstreams, private).expect("nginx's configuration can be written");
        let log = log(folder.path());
        let file = File::create(&log).expect("nginx's log can be written");
        let child = nginx(folder.path())
            .args(["-g", "daemon off;"])
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file can be cloned"))
            .stderr(file)
            .spawn()
            .expect("nginx is installed");
        let socket = (Ipv4Addr::LOCALHOST, port).into();
        let mut nginx = Self { child, folder, socket };
        if let Err(error) = nginx.wait_until_it_listens() {
            panic!("nginx does not start: {error}\n{}", nginx.log());
        }
        nginx
    }

    fn wait_until_it_listens(&mut self) -> io::Result<()> {
        let began = Instant::now();
        while TcpStream::connect(self.socket).is_err() {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
            if began.elapsed() > PATIENCE {
                return Err(io::Error::other("it does not listen"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGKILL would leave the workers behind.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let began = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if began.elapsed() > PATIENCE {
                let _ = self.child.kill();
            }
            thread::sleep(Duration::from_millis(5));
        }
        if thread::panicking() {
            eprintln!("nginx has logged:\n{}", self.log());
        }
    }
}

/// The output of `nginx -t` for the deployed configuration.
///
/// # Panics
///
/// If it cannot be run.
pub fn check_configuration() -> Output {
    let unused = Upstreams::both([SocketAddr::from((Ipv4Addr::LOCALHOST, 1))]);
    let folder = render(free_port(), &unused, PRIVATE).expect("nginx's configuration can be written");
    nginx(folder.path()).arg("-t").output().expect("nginx is installed")
}

/// Writes the configuration into a folder of its own, with these ports instead of the containers' names.
fn render(port: u16, upstreams: &Upstreams, private: &str) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("caravel-nginx-").tempdir()?;
    // If it is started by root, its workers are another user.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    let main = replace(MAIN, "listen 8080 ", &format!("listen 127.0.0.1:{port} "));
    let names = replace(UPSTREAMS, "resolver 127.0.0.11 valid=2s ipv6=off;", "");
    let names = replace(&names, "server gateway:8080 resolve", &servers(&upstreams.gateway));
    let names = replace(&names, "server storefront:8080 resolve", &servers(&upstreams.storefront));
    for (name, text) in [("nginx.conf", &*main), ("upstreams.conf", &names), ("private.conf", private)] {
        fs::write(folder.path().join(name), text)?;
    }
    Ok(folder)
}

/// All but the last with the options that follow in the file.
fn servers(sockets: &[SocketAddr]) -> String {
    let servers: Vec<_> = sockets.iter().map(|socket| format!("server {socket}")).collect();
    servers.join(" max_fails=3 fail_timeout=2s;\n    ")
}

/// Replaces a text that must occur exactly once: otherwise the deployed file has changed, and the test would test
/// something else.
fn replace(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?} is expected once in nginx's configuration");
    text.replace(from, to)
}

fn nginx(folder: &Path) -> Command {
    let mut command = Command::new("nginx");
    // Debian installs it where only root's path leads.
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin"));
    command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")).args(["-e", "stderr"]);
    command
}

fn log(folder: &Path) -> PathBuf {
    folder.join("nginx.log")
}
