//! The program, started on a backend of its own, and killed without warning.

use std::{
    fs::{self, File},
    net::Ipv4Addr,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use testing::{
    TestBackend, free_port,
    nginx::{Nginx, Upstreams},
};
use tokio::time::sleep;

use crate::api::Api;

/// The time limit of a start until the shop can serve; the program is built for tests, without optimisation.
const START: Duration = Duration::from_mins(1);

/// The time limit of a stop.
const STOP: Duration = Duration::from_secs(40);

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_caravel");

/// The program's output when everything is running.
const GREETING: &str = "Caravel sails.";

/// The settings of a start.
#[derive(Clone)]
pub(crate) struct Setup {
    folder: PathBuf,
    /// The socket for clients.
    port: u16,
    variables: Vec<(String, String)>,
    fleet: Option<Fleet>,
}

/// A shop of many processes, behind an nginx that stays when they end.
#[derive(Clone)]
struct Fleet {
    /// The sockets of its edges.
    port: u16,
    _front: Arc<Nginx>,
}

/// A running shop. It is killed when this is dropped.
pub(crate) struct Shop {
    pub(crate) api: Api,
    setup: Setup,
    program: Program,
}

/// One process of the program.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
    /// The number of greetings in the log before this start.
    greetings: usize,
}

impl Setup {
    /// An empty shop without samples, on `backend`.
    pub(crate) fn new(backend: &TestBackend) -> Self {
        let setup = Self {
            folder: backend.folder().to_owned(),
            port: free_port(),
            variables: Vec::new(),
            fleet: None,
        }
        .with("CARAVEL_SHOP_DEMO", "false")
        .with("CARAVEL_DATABASE_URL", &backend.url().unwrap_or_default());
        let Some(broker) = backend.broker_url() else { return setup };
        setup
            .into_fleet()
            .with("CARAVEL_RABBITMQ_URL", &broker)
            .with("CARAVEL_REDIS_URL", &backend.redis_url().unwrap_or_default())
            .with("CARAVEL_REDIS_PREFIX", &broker.replace([':', '/', '@'], "-"))
    }

    /// The shop as many processes, with nginx in front of them.
    fn into_fleet(self) -> Self {
        let port = free_port();
        let front = Nginx::on_port(self.port, &Upstreams::both([(Ipv4Addr::LOCALHOST, port).into()]));
        Self { fleet: Some(Fleet { port, _front: Arc::new(front) }), ..self }
    }

    /// With a setting in an environment variable.
    pub(crate) fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// With another data folder.
    pub(crate) fn on_folder(mut self, name: &str) -> Self {
        self.folder.push(name);
        fs::create_dir_all(&self.folder).unwrap();
        self
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Starts the shop and waits until it can serve.
    pub(crate) async fn start(self) -> Shop {
        let mut shop = self.begin();
        shop.wait_until_ready().await;
        shop
    }

    /// Starts the shop without waiting.
    pub(crate) fn begin(self) -> Shop {
        let program = self.spawn();
        Shop { api: Api::new(self.base_url(), String::new()), setup: self, program }
    }

    /// Runs a command of the program on this shop's backend, to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).arg("--data").arg(self.data()).output().unwrap()
    }

    /// Starts the program without waiting.
    fn spawn(&self) -> Program {
        let log = self.folder.join("shop.log");
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let greetings = fs::read_to_string(&log).unwrap().matches(GREETING).count();
        let (command, port) = match &self.fleet {
            Some(fleet) => ("fleet", fleet.port),
            None => ("up", self.port),
        };
        let child = self
            .command(&[command, "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(self.data())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            // A process group, so that its children are killed with it.
            .process_group(0)
            .spawn()
            .unwrap();
        Program { child, log, greetings }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        // A folder without any other settings file.
        command.current_dir(&self.folder).args(arguments).stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Shop {
    /// An empty shop without samples, on `backend`.
    pub(crate) async fn start(backend: &TestBackend) -> Self {
        Setup::new(backend).start().await
    }

    /// The settings of its start.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Kills the process at once.
    pub(crate) fn kill(&mut self) {
        self.program.kill();
    }

    /// Stops the process, and waits until it has ended.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        signal("TERM", self.program.child.id());
        self.program.ended(STOP).await
    }

    /// Starts the shop again on the same data, and waits until it can serve.
    pub(crate) async fn start_again(&mut self) {
        self.spawn_again();
        self.wait_until_ready().await;
    }

    /// Starts the shop again on the same data, without waiting.
    pub(crate) fn spawn_again(&mut self) {
        self.program = self.setup.spawn();
    }

    /// Waits until the shop can serve, and reads its admin key.
    pub(crate) async fn wait_until_ready(&mut self) {
        let started = Instant::now();
        loop {
            // The edges of a fleet are ready before its services.
            if self.program.has_greeted() && self.api.is_ready().await {
                break;
            }
            if let Some(status) = self.program.child.try_wait().unwrap() {
                panic!("the shop ended with {status} at its start");
            }
            assert!(started.elapsed() < START, "the shop is not ready after {START:?}");
            sleep(Duration::from_millis(10)).await;
        }
        let key = fs::read_to_string(self.setup.data().join("admin.key")).unwrap();
        self.api = Api::new(self.setup.base_url(), key.trim().to_owned());
    }

    /// The program's output.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.program.log).unwrap()
    }
}

impl Program {
    fn has_greeted(&self) -> bool {
        fs::read_to_string(&self.log).unwrap().matches(GREETING).count() > self.greetings
    }

    /// Kills it with its children.
    fn kill(&mut self) {
        let group = format!("-{}", self.child.id());
        // It may have ended already.
        let is_there = |signal: &str| {
            let command = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
            command.unwrap().success()
        };
        is_there("-KILL");
        self.child.wait().unwrap();
        let began = Instant::now();
        while is_there("-0") {
            assert!(began.elapsed() < STOP, "a process of the shop does not die");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the process has ended by itself.
    async fn ended(&mut self, limit: Duration) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < limit, "the process did not end within {limit:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            print_end(&self.log);
        }
    }
}

/// Sends a signal to a process, which must exist.
pub(crate) fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
    assert!(status.unwrap().success(), "there is no process {pid}");
}

fn print_end(log: &Path) {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    eprintln!("the shop's log ends with:\n{}", lines[lines.len().saturating_sub(60)..].join("\n"));
}
