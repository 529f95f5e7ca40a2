//! nginx beside us: the same bytes, from a file and from its configuration, on a private port.

use std::{
    fmt::Write as _,
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::cpu;

/// nginx refuses a word of its configuration of 4096 bytes or more; escapes count.
const LONGEST_WORD: usize = 2000;

/// Where the page is served from a file.
pub const FILE: &str = "/file";

/// Where the page is served from the configuration.
pub const RETURN: &str = "/return";

/// What nginx is to serve.
#[derive(Clone, Debug)]
pub struct ServedPage {
    /// The `Content-Type`.
    pub content_type: String,
    /// Further headers, as the other server sends them. Those that nginx makes itself are left out.
    pub headers: Vec<(String, String)>,
    /// The bytes of the page.
    pub body: Vec<u8>,
}

/// A running nginx. It stops when this is dropped.
#[derive(Debug)]
pub struct Nginx {
    child: Child,
    folder: TempDir,
    socket: SocketAddr,
}

impl Nginx {
    /// Starts nginx with two workers and waits until it answers.
    pub fn start(page: &ServedPage) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("caravel-bench-nginx-").tempdir()?;
        // Started by root, its workers are another user, and must get at the page.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        fs::create_dir(folder.path().join("www"))?;
        fs::write(folder.path().join("www/file"), &page.body)?;
        let socket = free_port()?;
        fs::write(folder.path().join("nginx.conf"), configuration(page, socket.port())?)?;
        let child = command(folder.path())
            .args(["-g", "daemon off;"])
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("stderr.log"))?)
            .spawn()?;
        let mut nginx = Self { child, folder, socket };
        nginx.wait_until_it_listens()?;
        Ok(nginx)
    }

    /// Where it listens.
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The processor time of its workers so far.
    pub fn cpu(&self) -> Duration {
        cpu::process(self.child.id())
    }

    fn wait_until_it_listens(&mut self) -> io::Result<()> {
        let start = Instant::now();
        while TcpStream::connect(self.socket).is_err() {
            if self.child.try_wait()?.is_some() || start.elapsed() > Duration::from_secs(5) {
                let log = fs::read_to_string(self.folder.path().join("stderr.log")).unwrap_or_default();
                return Err(io::Error::other(format!("nginx does not start: {}", log.trim())));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A signal to the master alone that it cannot pass on would leave the workers behind.
        let stopped = command(self.folder.path()).args(["-s", "stop"]).stderr(Stdio::null()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")).args(["-e", "stderr.log"]);
    command
}

/// A port that was free a moment ago.
pub fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn configuration(page: &ServedPage, port: u16) -> io::Result<String> {
    let body = std::str::from_utf8(&page.body)
        .map_err(|_| io::Error::other("nginx can only return text from its configuration"))?;
    let mut variables = Variables::default();
    let body = variables.expression("body", body);
    let mut headers = String::new();
    for (n, (name, value)) in page.headers.iter().filter(|(name, _)| !is_nginx_own(name)).enumerate() {
        let value = variables.expression(&format!("header{n}"), value);
        let _ = writeln!(headers, "        add_header {name} {value};");
    }
    let (definitions, content_type) = (variables.definitions, quoted(&page.content_type));
    Ok(format!(
        "worker_processes 2;
pid nginx.pid;
error_log stderr.log error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    etag off;
    server_tokens off;
    types {{ }}
    default_type {content_type};
    client_body_temp_path tmp;
    proxy_temp_path tmp;
    fastcgi_temp_path tmp;
    uwsgi_temp_path tmp;
    scgi_temp_path tmp;
{definitions}    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root www;
{headers}        location = {FILE} {{ }}
        location = {RETURN} {{ return 200 {body}; }}
    }}
}}
"
    ))
}

/// Headers that nginx makes itself, or that are about the connection.
fn is_nginx_own(name: &str) -> bool {
    ["content-type", "content-length", "date", "server", "connection", "transfer-encoding", "keep-alive"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

/// Texts that cannot be written where they are used: nginx takes `$` for a variable there, and limits the length.
/// In a `geo` block nothing is expanded, and its default is a constant that costs a look-up.
#[derive(Debug, Default)]
struct Variables {
    definitions: String,
}

impl Variables {
    /// What to write for `text` in a place that expands variables.
    fn expression(&mut self, name: &str, text: &str) -> String {
        if text.len() <= LONGEST_WORD / 2 && !text.contains('$') {
            return quoted(text);
        }
        let mut expression = String::from("\"");
        for (n, piece) in pieces(text, LONGEST_WORD).into_iter().enumerate() {
            let _ = writeln!(self.definitions, "    geo ${name}_{n} {{ default {}; }}", quoted(piece));
            let _ = write!(expression, "${{{name}_{n}}}");
        }
        expression + "\""
    }
}

/// A word of nginx's configuration in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

/// Cuts `text` into pieces of at most `size` bytes, between characters.
fn pieces(mut text: &str, size: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let (piece, rest) = text.split_at(text.floor_char_boundary(size));
        pieces.push(piece);
        text = rest;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;

    fn page(body: String) -> ServedPage {
        ServedPage {
            content_type: "application/json; charset=utf-8".to_owned(),
            headers: vec![
                ("ETag".to_owned(), "\"a$1\"".to_owned()),
                ("Cache-Control".to_owned(), "public, max-age=60".to_owned()),
                ("Content-Length".to_owned(), "1".to_owned()),
            ],
            body: body.into_bytes(),
        }
    }

    #[test]
    fn both_places_serve_the_same_bytes_and_headers() {
        let awkward = r#"{"price":"$10 ${body_0}","quote":"it's \"fine\" \\","name":"caravel — कारवाँ"}"#;
        for body in [awkward.to_owned(), awkward.repeat(100)] {
            let nginx = Nginx::start(&page(body.clone())).unwrap();
            for path in [FILE, RETURN] {
                let answer = Client::new(nginx.socket()).get(path, &[]).unwrap();
                assert_eq!(answer.status, 200, "{path}");
                assert!(answer.body == body.as_bytes(), "{path} of {} bytes differs", body.len());
                assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
                assert_eq!(answer.header("etag"), Some("\"a$1\""));
                assert_eq!(answer.header("cache-control"), Some("public, max-age=60"));
            }
            let folder = nginx.folder.path().to_owned();
            drop(nginx);
            assert!(!folder.exists());
        }
    }

    #[test]
    fn a_bad_configuration_is_told() {
        let page = ServedPage { content_type: "a'; nonsense".repeat(1000), ..page(String::new()) };
        let error = Nginx::start(&page).unwrap_err().to_string();
        assert!(error.contains("nginx does not start") && error.contains("too long"), "{error}");
    }
}
