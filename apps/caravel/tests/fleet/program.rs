//! The program as a fleet: its supervisor and its workers.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use serde_json::Value;
use testing::{TestBackend, free_port, until};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_caravel");

/// A fleet on a backend of its own. It is killed when this is dropped.
pub(crate) struct Fleet {
    pub(crate) folder: PathBuf,
    pub(crate) socket: String,
    variables: Vec<(&'static str, String)>,
    supervisor: Option<Child>,
}

impl Fleet {
    /// A fleet that does not run yet, with two edges, an empty shop and a settings file of its own.
    pub(crate) fn new(backend: &TestBackend) -> Self {
        let folder = backend.folder().to_owned();
        fs::write(folder.join("caravel.toml"), "").unwrap();
        let socket = format!("127.0.0.1:{}", free_port());
        let variables = vec![
            ("CARAVEL_DATABASE_URL", backend.url().unwrap_or_default()),
            ("CARAVEL_RABBITMQ_URL", backend.broker_url().unwrap_or_default()),
            ("CARAVEL_SHOP_DEMO", "false".to_owned()),
            ("CARAVEL_FLEET_WORKERS_EDGE", "2".to_owned()),
        ];
        Self { folder, socket, variables, supervisor: None }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// A command of the program on this fleet's backend.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir(&self.folder).args(arguments).args(["--listen", &self.socket, "--data", "data"]);
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts it, and waits for its greeting.
    pub(crate) async fn start(mut self) -> Self {
        let log = File::create(self.folder.join("fleet.log")).unwrap();
        let mut command = self.command(&["fleet"]);
        self.supervisor = Some(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        self.until("is open", |fleet| fleet.log().contains("Caravel sails.")).await;
        self
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("fleet.log")).unwrap()
    }

    pub(crate) fn supervisor(&mut self) -> &mut Child {
        self.supervisor.as_mut().unwrap()
    }

    /// The state of each worker, by its name.
    pub(crate) fn worker(&self, name: &str) -> Value {
        let status = self.run(&["fleet", "status", "--json"]);
        assert!(status.status.success(), "{}", said(&status));
        let status: Value = serde_json::from_slice(&status.stdout).unwrap();
        let workers = status["workers"].as_array().unwrap();
        workers.iter().find(|worker| worker["worker"] == name).unwrap().clone()
    }

    pub(crate) fn pid(&self, worker: &str) -> String {
        self.worker(worker)["pid"].to_string()
    }

    pub(crate) async fn until(&mut self, what: &str, is: impl Fn(&Self) -> bool) {
        until(&format!("the fleet {what}"), async || {
            if let Some(status) = self.supervisor().try_wait().unwrap() {
                panic!("the fleet ended with {status}");
            }
            is(self)
        })
        .await;
    }

    /// All processes of the fleet, by their command lines: the supervisor and its workers.
    pub(crate) fn processes(&self) -> Vec<String> {
        let mine = |pid: &str| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            line.starts_with(PROGRAM) && line.contains(&self.socket)
        };
        let names =
            fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(|first: char| first.is_ascii_digit()) && mine(name)).collect()
    }

    pub(crate) async fn until_ended(&mut self) -> ExitStatus {
        let supervisor = self.supervisor();
        until("the supervisor ends", async || supervisor.try_wait().unwrap().is_some()).await;
        supervisor.wait().unwrap()
    }

    pub(crate) async fn until_nobody_is_left(&self) {
        until("every process has ended", async || self.processes().is_empty()).await;
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if let Some(supervisor) = &mut self.supervisor {
            let _ = supervisor.kill();
            supervisor.wait().unwrap();
        }
        for pid in self.processes() {
            signal("KILL", &pid);
        }
        if std::thread::panicking() {
            let log = fs::read_to_string(self.folder.join("fleet.log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the fleet's log ends with:\n{}", lines[lines.len().saturating_sub(80)..].join("\n"));
        }
    }
}

pub(crate) fn signal(name: &str, pid: &str) {
    // A process that has ended already is not an error.
    let _ = Command::new("kill").args(["-s", name, pid]).status();
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
