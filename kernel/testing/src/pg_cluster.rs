//! A PostgreSQL cluster of three real servers, to be killed, stopped and promoted.
//!
//! ```ignore
//! let mut cluster = PgCluster::start();
//! // … a shop on `cluster.url()`, reading from `cluster.read_url()` …
//! cluster.kill(0);
//! cluster.promote(1);
//! cluster.follow(2, 1);
//! ```
//!
//! Server 0 is the first primary; 1 and 2 are its standbys. A commit is acknowledged when it is also on one of them, so
//! no acknowledged commit is lost if the right one is promoted: [`PgCluster::most_advanced`].

#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "servers are 0, 1 and 2, and whatever goes wrong here fails the test that it is for"
)]

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{free_port, tls::Authority};

/// The time limit for each command.
const PATIENCE: Duration = Duration::from_secs(30);

/// Three servers with the same data; they end when this is dropped.
pub struct PgCluster {
    // Before the folder, so that no server writes into it while it is removed.
    nodes: [Node; 3],
    _folder: TempDir,
}

struct Node {
    name: String,
    data: PathBuf,
    log: PathBuf,
    port: u16,
    server: Option<Child>,
}

impl PgCluster {
    /// Creates the servers and starts them; on return both standbys follow.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed or fails; with its log.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// The same, but unencrypted clients are rejected.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed or fails; with its log.
    pub fn start_encrypted(authority: &Authority) -> Self {
        Self::start_with(Some(authority))
    }

    fn start_with(authority: Option<&Authority>) -> Self {
        let folder =
            tempfile::Builder::new().prefix("caravel-pg-").tempdir().expect("a temporary folder can be made");
        own(folder.path());
        let nodes = [0, 1, 2].map(|at| Node {
            name: format!("s{at}"),
            data: folder.path().join(format!("s{at}")),
            log: folder.path().join(format!("s{at}.log")),
            port: free_port(),
            server: None,
        });
        let mut cluster = Self { nodes, _folder: folder };
        cluster.make_primary();
        if let Some(authority) = authority {
            cluster.encrypt_primary(authority);
        }
        cluster.start_primary();
        for standby in [1, 2] {
            cluster.copy(0, standby);
            cluster.start_server(standby);
        }
        cluster.until("both standbys follow", |cluster| {
            cluster.ask(0, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'").as_deref()
                == Some("2")
        });
        cluster
    }

    /// All three servers, for the URL for writes.
    pub fn url(&self, database: &str) -> String {
        self.url_of(&[0, 1, 2], database)
    }

    /// The two first standbys, for the URL for reads.
    pub fn read_url(&self, database: &str) -> String {
        self.url_of(&[1, 2], database)
    }

    /// Some of the servers, in this order.
    pub fn url_of(&self, servers: &[usize], database: &str) -> String {
        let hosts: Vec<_> = servers.iter().map(|at| format!("127.0.0.1:{}", self.nodes[*at].port)).collect();
        format!("postgres://postgres@{}/{database}", hosts.join(","))
    }

    /// Kills a server and all its processes, like a loss of power.
    pub fn kill(&mut self, at: usize) {
        self.signal(at, "KILL");
        if let Some(mut server) = self.nodes[at].server.take() {
            server.wait().expect("the server can be waited for");
        }
    }

    /// Stops a server and all its processes: its connections stay open and nothing answers.
    pub fn pause(&self, at: usize) {
        self.signal(at, "STOP");
    }

    /// Continues a stopped server.
    pub fn resume(&self, at: usize) {
        self.signal(at, "CONT");
    }

    /// Starts a killed server in its old role.
    pub fn restart(&mut self, at: usize) {
        self.start_server(at);
    }

    /// Makes a server a standby of another one, whatever its state.
    pub fn rejoin(&mut self, standby: usize, primary: usize) {
        self.kill(standby);
        fs::remove_dir_all(&self.nodes[standby].data).expect("a server's files can be removed");
        self.copy(primary, standby);
        self.start_server(standby);
        self.until_following(standby, primary);
    }

    /// Promotes a standby to primary. On return it accepts writes, and its commits wait for the server that follows.
    pub fn promote(&self, at: usize) {
        assert_eq!(self.ask(at, "SELECT pg_promote(true, 30)").as_deref(), Some("t"), "{}", self.log(at));
    }

    /// Makes a standby follow another server.
    pub fn follow(&self, standby: usize, primary: usize) {
        let source = self.conninfo(primary, standby);
        self.execute(standby, &format!("ALTER SYSTEM SET primary_conninfo = '{source}'"));
        self.execute(standby, "SELECT pg_reload_conf()");
        self.until_following(standby, primary);
    }

    /// The standby that has received most: the one to promote.
    pub fn most_advanced(&self, standbys: [usize; 2]) -> usize {
        let received = |at: usize| -> u64 {
            let sql = "SELECT CAST(pg_last_wal_receive_lsn() - '0/0' AS bigint)";
            self.ask(at, sql)
                .and_then(|answer| answer.parse().ok())
                .expect("a standby reports what it has received")
        };
        standbys.into_iter().max_by_key(|at| received(*at)).expect("there are two")
    }

    /// Makes a standby receive new commits without showing them.
    pub fn hold_back(&self, standby: usize) {
        self.execute(standby, "SELECT pg_wal_replay_pause()");
        self.until("replay is paused", |cluster| {
            cluster.ask(standby, "SELECT pg_get_wal_replay_pause_state()").as_deref() == Some("paused")
        });
    }

    /// Ends [`PgCluster::hold_back`].
    pub fn let_go(&self, standby: usize) {
        self.execute(standby, "SELECT pg_wal_replay_resume()");
    }

    /// The result of a statement on one server: rows as lines, columns separated by `|`. `None` if the server does not
    /// answer.
    pub fn ask(&self, at: usize, sql: &str) -> Option<String> {
        self.ask_in(at, "postgres", sql)
    }

    /// The same in another database.
    pub fn ask_in(&self, at: usize, database: &str, sql: &str) -> Option<String> {
        let url = format!("{}?connect_timeout=2", self.url_of(&[at], database));
        let output = program("psql")
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", sql, &url])
            .output()
            .expect("psql can be started");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn execute(&self, at: usize, sql: &str) {
        assert!(self.ask(at, sql).is_some(), "server {at} refuses: {sql}\n{}", self.log(at));
    }

    fn make_primary(&self) {
        let data = &self.nodes[0].data;
        let flags = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync"];
        run(program("initdb").args(flags).arg("--pgdata").arg(data));
        // What a killed process has written is in the kernel's hands: for these tests it is safe without fsync, and
        // faster.
        let settings = "
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            fsync = off
            full_page_writes = off
            wal_level = replica
            max_wal_senders = 10
            wal_keep_size = '256MB'
            hot_standby = on
            synchronous_commit = on
            recovery_target_timeline = 'latest'
            wal_retrieve_retry_interval = '200ms'
            wal_receiver_timeout = '5s'
            max_connections = 200
            shared_buffers = '16MB'\n";
        append(&data.join("postgresql.conf"), settings);
    }

    /// Runs before the standbys are created: they get everything with the copy.
    fn encrypt_primary(&self, authority: &Authority) {
        let data = &self.nodes[0].data;
        // The names under which the server looks for them.
        for (from, to) in
            [(authority.server_certificate(), "server.crt"), (authority.server_key(), "server.key")]
        {
            fs::copy(from, data.join(to)).expect("a certificate can be copied");
            own(&data.join(to));
        }
        append(&data.join("postgresql.conf"), "ssl = on\n");
        let who = "hostssl all all 127.0.0.1/32 trust\nhostssl replication all 127.0.0.1/32 trust\n";
        fs::write(data.join("pg_hba.conf"), who).expect("settings can be written");
    }

    fn start_primary(&mut self) {
        self.start_server(0);
        // A promoted server waits for one of the other two.
        self.execute(0, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (s0, s1, s2)'");
        self.execute(0, "SELECT pg_reload_conf()");
    }

    fn copy(&self, primary: usize, standby: usize) {
        let source = self.conninfo(primary, standby);
        run(program("pg_basebackup")
            .args(["--checkpoint=fast", "--write-recovery-conf", "--no-sync", "--dbname", &source])
            .arg("--pgdata")
            .arg(&self.nodes[standby].data));
    }

    fn start_server(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let log = OpenOptions::new().create(true).append(true).open(&node.log).expect("a log can be made");
        let server = program("postgres")
            .arg("-D")
            .arg(&node.data)
            .args(["-p", &node.port.to_string()])
            .stdout(log.try_clone().expect("a file can be opened twice"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("postgres can be started");
        node.server = Some(server);
        self.until("the server answers", |cluster| cluster.ask(at, "SELECT 1").is_some());
    }

    fn conninfo(&self, primary: usize, standby: usize) -> String {
        let (port, name) = (self.nodes[primary].port, &self.nodes[standby].name);
        format!("host=127.0.0.1 port={port} user=postgres application_name={name} connect_timeout=2")
    }

    fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !condition(self) {
            let logs = || [0, 1, 2].map(|at| self.log(at)).join("\n");
            assert!(started.elapsed() < PATIENCE, "gave up waiting until {what}\n{}", logs());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn until_following(&self, standby: usize, primary: usize) {
        let following = format!(
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND application_name = 's{standby}'"
        );
        self.until("the standby follows its new primary", |cluster| {
            cluster.ask(primary, &following).as_deref() == Some("1")
        });
    }

    fn log(&self, at: usize) -> String {
        fs::read_to_string(&self.nodes[at].log).unwrap_or_default()
    }

    fn signal(&self, at: usize, signal: &str) {
        if let Some(server) = &self.nodes[at].server {
            signal_all(server.id(), signal);
        }
    }
}

impl Drop for PgCluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            if let Some(mut server) = node.server.take() {
                signal_all(server.id(), "KILL");
                // Nothing can be done about a server that cannot be killed.
                let _ = server.wait();
            }
        }
    }
}

/// Signals a server with its processes. Each of them leads its own process group, so they are found by their parent.
fn signal_all(server: u32, signal: &str) {
    // The server first: it would answer the death of a child by restarting all others.
    for pid in std::iter::once(server).chain(children(server)) {
        // A child may have ended meanwhile.
        let _ = Command::new("kill")
            .args([&format!("-{signal}"), &pid.to_string()])
            .stderr(Stdio::null())
            .status();
    }
}

fn children(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // After the name in brackets: the state, then the parent (see proc(5)).
        let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().nth(1).map(str::to_owned));
        fields.flatten().is_some_and(|found| found == parent.to_string())
    })
    .collect()
}

/// One of PostgreSQL's programs, not as root, which the server rejects.
fn program(name: &str) -> Command {
    let path = programs().join(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path).current_dir("/");
    // Clients look for their certificates in the home folder, and root's is closed to them.
    command.env("HOME", "/");
    command
}

fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter(|version| version.path().join("bin/postgres").exists())
        .max_by_key(|version| version.file_name().to_string_lossy().parse::<u32>().unwrap_or_default());
    newest.expect("PostgreSQL is installed in /usr/lib/postgresql").path().join("bin")
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|data| std::os::unix::fs::MetadataExt::uid(&data) == 0)
}

fn append(file: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).open(file).expect("initdb makes its settings");
    file.write_all(text.as_bytes()).expect("settings can be written");
}

/// Gives a file or folder to the user of PostgreSQL.
fn own(path: &Path) {
    if is_root() {
        run(Command::new("chown").arg("postgres:").arg(path));
    }
}

fn run(command: &mut Command) {
    let output = command.output().expect("the program can be started");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
