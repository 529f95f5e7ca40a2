//! RabbitMQ brokers that live as long as one test, for tests that stop, freeze or fill them.
//!
//! Needs Debian's `rabbitmq-server`. Tests that do no harm share the broker of `CARAVEL_TEST_RABBITMQ_URL`.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{ports::free_ports, tls::Authority};

/// Not the wrappers in `/usr/sbin`, which require one certain user.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";

/// The time limit of a start, and of each command.
const PATIENCE: Duration = Duration::from_mins(2);

/// A broker for one test, on free ports. It ends when this is dropped, with all its data.
///
/// All methods block until the broker has done what they ask for.
pub struct Broker {
    folder: TempDir,
    port: u16,
    is_encrypted: bool,
    distribution: u16,
    names: u16,
    /// Erlang's register of nodes, which would otherwise outlive the broker.
    register: Child,
    server: Option<Child>,
}

impl Broker {
    /// Starts a broker.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts a broker that listens only for encrypted connections.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_encrypted(authority: &Authority) -> Self {
        Self::start_with(Some(authority))
    }

    fn start_with(authority: Option<&Authority>) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let [port, distribution, names] = free_ports();
        let listeners = authority.map_or_else(
            || format!("listeners.tcp.1 = 127.0.0.1:{port}"),
            |authority| encrypted(port, authority),
        );
        let configuration = format!(
            "{listeners}\nlog.console = true\nlog.console.level = warning\n\
             disk_free_limit.absolute = 10MB\n"
        );
        fs::write(folder.path().join("rabbitmq.conf"), configuration).expect("the folder can be written to");
        fs::write(folder.path().join("plugins"), "[].").expect("the folder can be written to");
        let register = Command::new("epmd")
            .args(["-port", &names.to_string(), "-address", "127.0.0.1"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("epmd starts: is Erlang installed?");
        let is_encrypted = authority.is_some();
        let mut broker = Self { folder, port, is_encrypted, distribution, names, register, server: None };
        broker.restart();
        broker
    }

    /// The broker's URL: `amqp://guest:guest@127.0.0.1:…`, or `amqps://…`.
    pub fn url(&self) -> String {
        let scheme = if self.is_encrypted { "amqps" } else { "amqp" };
        format!("{scheme}://guest:guest@127.0.0.1:{}", self.port)
    }

    /// The root of the broker's processes.
    ///
    /// # Panics
    ///
    /// If it does not run.
    pub fn pid(&self) -> u32 {
        self.server.as_ref().expect("the broker runs").id()
    }

    /// Stops it gracefully.
    ///
    /// # Panics
    ///
    /// If it does not end.
    pub fn stop(&mut self) {
        self.control(&["stop"]);
        if let Some(mut server) = self.server.take() {
            server.wait().expect("the broker was started by this process");
        }
    }

    /// Kills it (SIGKILL).
    ///
    /// RabbitMQ 3.10 may lose a quorum queue, with all its messages, that was created in the last seconds before: the
    /// queue is still listed, but does not answer. A test that is not about that stops the broker gracefully once
    /// before.
    ///
    /// # Panics
    ///
    /// If it does not end.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            signal(&server, "KILL");
            server.wait().expect("the broker was started by this process");
            // Its Erlang node is a child of the script that was waited for.
            wait_until("the broker's port is closed", || TcpStream::connect(self.socket()).is_err());
        }
    }

    /// Starts it again, with the data on its disk.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn restart(&mut self) {
        self.kill();
        let log = File::options().create(true).append(true).open(self.log()).expect("a log can be written");
        let mut command = self.command("rabbitmq-server");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("the log can be shared")).stderr(log);
        self.server =
            Some(command.process_group(0).spawn().expect("the broker starts: is rabbitmq-server installed?"));
        wait_until("the broker answers", || {
            let ended = self.server.as_mut().and_then(|server| server.try_wait().ok().flatten());
            assert!(
                ended.is_none(),
                "the broker ended: {}",
                fs::read_to_string(self.log()).unwrap_or_default()
            );
            self.answers()
        });
    }

    /// Freezes its processes (SIGSTOP): connections stay open, and nothing is answered.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Continues a frozen broker (SIGCONT).
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Simulates a full disk: the broker accepts no messages until [`Broker::clear_disk_alarm`].
    pub fn raise_disk_alarm(&self) {
        self.control(&["set_disk_free_limit", "1000000GB"]);
    }

    /// Ends [`Broker::raise_disk_alarm`].
    pub fn clear_disk_alarm(&self) {
        self.control(&["set_disk_free_limit", "10MB"]);
    }

    /// Runs `rabbitmqctl` and returns its output.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn control(&self, arguments: &[&str]) -> String {
        let output = self.command("rabbitmqctl").args(arguments).output().expect("rabbitmqctl runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "rabbitmqctl {arguments:?}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }

    fn socket(&self) -> (Ipv4Addr, u16) {
        (Ipv4Addr::LOCALHOST, self.port)
    }

    fn log(&self) -> std::path::PathBuf {
        self.folder.path().join("log")
    }

    fn signal(&self, name: &str) {
        signal(self.server.as_ref().expect("the broker runs"), name);
    }

    /// One of the broker's programs, with the broker's environment.
    fn command(&self, program: &str) -> Command {
        let folder = self.folder.path();
        let mut command = Command::new(Path::new(PROGRAMS).join(program));
        command
            .env("HOME", folder)
            .env("RABBITMQ_NODENAME", format!("caravel{}@localhost", self.port))
            .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
            .env("RABBITMQ_LOG_BASE", folder.join("logs"))
            .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"))
            .env("RABBITMQ_DIST_PORT", self.distribution.to_string())
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
            .env("ERL_EPMD_PORT", self.names.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1");
        command
    }

    /// Whether it greets as AMQP 0-9-1 requires: the port may be open earlier. An encrypted broker is asked with its
    /// own program instead.
    fn answers(&self) -> bool {
        if self.is_encrypted {
            let asked = self.command("rabbitmqctl").args(["await_startup", "--timeout", "60"]).output();
            return asked.expect("rabbitmqctl runs").status.success();
        }
        let greet = || {
            let mut connection = TcpStream::connect(self.socket())?;
            connection.set_read_timeout(Some(Duration::from_secs(2)))?;
            connection.write_all(b"AMQP\0\0\x09\x01")?;
            connection.read_exact(&mut [0; 7])
        };
        greet().is_ok()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            signal(&server, "KILL");
            // What cannot be waited for has ended already.
            let _ = server.wait();
        }
        let _ = self.register.kill();
        let _ = self.register.wait();
    }
}

/// Settings of a broker that is reached at this port and encrypted, and in no other way.
fn encrypted(port: u16, authority: &Authority) -> String {
    format!(
        "listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:{port}\nssl_options.cacertfile = {}\n\
         ssl_options.certfile = {}\nssl_options.keyfile = {}\nssl_options.verify = verify_none",
        authority.certificate().display(),
        authority.server_certificate().display(),
        authority.server_key().display(),
    )
}

/// Signals the broker's whole group: its script, its Erlang node and that one's helpers.
fn signal(server: &Child, name: &str) {
    let group = format!("-{}", server.id());
    let _ = Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "gave up waiting until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
