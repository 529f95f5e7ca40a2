//! The fleet as its operator knows it: the real program with its workers, on PostgreSQL and RabbitMQ.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use testing::{Place, fleet_test};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::sleep,
};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_caravel");

/// Longer than anything here may take; the tests' program is not optimised.
const PATIENCE: Duration = Duration::from_secs(90);

/// A fleet on a place of its own. It is killed when this is dropped.
struct Fleet {
    folder: PathBuf,
    address: String,
    variables: Vec<(&'static str, String)>,
    supervisor: Option<Child>,
}

impl Fleet {
    /// One that does not run yet, with two edges, an empty shop and a settings file of its own.
    fn new(place: &Place) -> Self {
        let folder = place.folder().to_owned();
        fs::write(folder.join("caravel.toml"), "").unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let variables = vec![
            ("CARAVEL_DATABASE_URL", place.url().unwrap_or_default()),
            ("CARAVEL_RABBITMQ_URL", place.broker_url().unwrap_or_default()),
            ("CARAVEL_SHOP_DEMO", "false".to_owned()),
            ("CARAVEL_FLEET_WORKERS_EDGE", "2".to_owned()),
        ];
        Self { folder, address, variables, supervisor: None }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// A command of the program on this fleet's place.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir(&self.folder).args(arguments).args(["--listen", &self.address, "--data", "data"]);
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts it, and waits for its greeting.
    async fn start(mut self) -> Self {
        let log = File::create(self.folder.join("fleet.log")).unwrap();
        let mut command = self.command(&["fleet"]);
        self.supervisor = Some(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        self.until("is open", |fleet| fleet.log().contains("Caravel sails.")).await;
        self
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("fleet.log")).unwrap()
    }

    fn supervisor(&mut self) -> &mut Child {
        self.supervisor.as_mut().unwrap()
    }

    /// How each worker is, by its name.
    fn worker(&self, name: &str) -> Value {
        let status = self.run(&["fleet", "status", "--json"]);
        assert!(status.status.success(), "{}", said(&status));
        let status: Value = serde_json::from_slice(&status.stdout).unwrap();
        let workers = status["workers"].as_array().unwrap();
        workers.iter().find(|worker| worker["worker"] == name).unwrap().clone()
    }

    fn pid(&self, worker: &str) -> String {
        self.worker(worker)["pid"].to_string()
    }

    async fn until(&mut self, what: &str, is: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !is(self) {
            if let Some(status) = self.supervisor().try_wait().unwrap() {
                panic!("the fleet ended with {status}");
            }
            assert!(began.elapsed() < PATIENCE, "the fleet never {what}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Every process that belongs to it, by its command line: the supervisor and its workers.
    fn processes(&self) -> Vec<String> {
        let mine = |pid: &str| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            line.starts_with(PROGRAM) && line.contains(&self.address)
        };
        let names =
            fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(|first: char| first.is_ascii_digit()) && mine(name)).collect()
    }

    async fn until_ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.supervisor().try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "the supervisor does not end");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn until_nobody_is_left(&self) {
        let began = Instant::now();
        while !self.processes().is_empty() {
            assert!(began.elapsed() < PATIENCE, "left behind: {:?}", self.processes());
            sleep(Duration::from_millis(20)).await;
        }
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

fn signal(name: &str, pid: &str) {
    // One that has ended already is no reason to fail.
    let _ = Command::new("kill").args(["-s", name, pid]).status();
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn free_port() -> u16 {
    loop {
        let port = rand::random_range(10_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A client that keeps its connection until it is told not to, and never asks twice.
struct Client {
    address: String,
    stream: Option<TcpStream>,
}

impl Client {
    fn new(address: &str) -> Self {
        Self { address: address.to_owned(), stream: None }
    }

    /// The status of the answer.
    async fn get(&mut self, path: &str) -> Result<u16, String> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                TcpStream::connect(&self.address).await.map_err(|error| format!("connecting: {error}"))?
            }
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

#[fleet_test]
async fn no_request_fails_while_every_worker_is_replaced(place: Place) {
    let mut fleet = Fleet::new(&place).start().await;
    let workers = ["product.1", "order.1", "payment.1", "notification.1", "edge.1", "edge.2"];
    let before: Vec<String> = workers.iter().map(|worker| fleet.pid(worker)).collect();
    let (done, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut clients = JoinSet::new();
    for number in 0..8 {
        let (done, answered) = (Arc::clone(&done), Arc::clone(&answered));
        let mut client = Client::new(&fleet.address);
        clients.spawn(async move {
            for turn in 0.. {
                if done.load(Relaxed) {
                    break;
                }
                // What nobody has asked for before goes over the bus; the rest comes out of memory.
                let asked = format!("/api/v1/products/none-{number}-{turn}");
                assert_eq!(client.get(&asked).await, Ok(404), "{asked}");
                assert_eq!(client.get("/api/v1/products").await, Ok(200));
                answered.fetch_add(2, Relaxed);
            }
        });
    }
    fleet.until("answers", |_| answered.load(Relaxed) > 100).await;
    // Beside this thread, whose clients go on.
    let mut restart = fleet.command(&["fleet", "restart"]);
    let restarted = tokio::task::spawn_blocking(move || restart.output().unwrap()).await.unwrap();
    assert!(restarted.status.success(), "{}", said(&restarted));
    let so_far = answered.load(Relaxed);
    fleet.until("answers", |_| answered.load(Relaxed) > so_far + 100).await;
    done.store(true, Relaxed);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    for (worker, before) in workers.iter().zip(&before) {
        let now = fleet.worker(worker);
        assert_eq!((&now["state"], &now["restarts"]), (&"ready".into(), &0.into()), "{now}");
        assert_ne!(&now["pid"].to_string(), before, "{worker}");
        assert!(
            said(&restarted).contains(&format!("{worker}: replaced ({before} ->")),
            "{}",
            said(&restarted)
        );
    }
    assert_eq!(fleet.processes().len(), workers.len() + 1, "the old ones are gone");

    signal("INT", &fleet.supervisor().id().to_string());
    assert!(fleet.until_ended().await.success());
    assert!(fleet.processes().is_empty(), "who drains leaves nobody behind");
    let log = fleet.log();
    assert_eq!(log.matches("clean=true").count(), 2 * workers.len(), "old and new ones have drained: {log}");
}

#[fleet_test]
async fn who_ends_comes_back_and_who_keeps_ending_has_failed(place: Place) {
    let mut fleet = Fleet::new(&place).start().await;
    let mut client = Client::new(&fleet.address);
    let before = fleet.pid("product.1");
    signal("KILL", &before);
    // Who asks meanwhile waits.
    assert_eq!(client.get("/api/v1/products/none").await, Ok(404));
    fleet.until("is whole again", |fleet| fleet.worker("product.1")["state"] == "ready").await;
    assert_eq!(fleet.worker("product.1")["restarts"], 1);
    assert_ne!(fleet.pid("product.1"), before);

    // From now on whoever starts does not come far.
    fs::write(fleet.folder.join("caravel.toml"), "[shop]\nname = \"\"\n").unwrap();
    let refused = fleet.run(&["fleet", "restart", "edge"]);
    assert!(!refused.status.success());
    assert!(
        said(&refused).contains("edge.1") && said(&refused).contains("left as they are"),
        "{}",
        said(&refused)
    );
    signal("KILL", &fleet.pid("notification.1"));
    fleet.until("tells of the failure", |fleet| fleet.worker("notification.1")["state"] == "failed").await;
    let log = fleet.log();
    assert!(
        log.contains("A WORKER HAS FAILED") && log.contains("caravel fleet restart notification"),
        "{log}"
    );
    assert!(
        log.contains("notification.1 | caravel: a setting is wrong: caravel.toml:2: `shop.name`"),
        "{log}"
    );
    assert_eq!(client.get("/api/v1/products/none-2").await, Ok(404), "the rest goes on");
    let table = fleet.run(&["fleet", "status"]);
    assert!(said(&table).contains("notification.1  FAILED"), "{}", said(&table));

    fs::write(fleet.folder.join("caravel.toml"), "").unwrap();
    let revived = fleet.run(&["fleet", "restart", "notification"]);
    assert!(revived.status.success(), "{}", said(&revived));
    assert_eq!(fleet.worker("notification.1")["state"], "ready");
    let stopped = fleet.run(&["fleet", "stop"]);
    assert!(stopped.status.success(), "{}", said(&stopped));
    assert!(fleet.until_ended().await.success());
}

#[fleet_test]
async fn nobody_outlives_the_supervisor(place: Place) {
    let mut fleet = Fleet::new(&place).start().await;
    assert_eq!(fleet.processes().len(), 7);
    fleet.supervisor().kill().unwrap();
    fleet.supervisor().wait().unwrap();
    fleet.until_nobody_is_left().await;
    let nobody = fleet.run(&["fleet", "status"]);
    assert!(!nobody.status.success());
    assert!(said(&nobody).contains("no fleet runs on the data folder data"), "{}", said(&nobody));

    let mut fleet = fleet.start().await;
    let second = fleet.run(&["fleet"]);
    assert!(!second.status.success());
    assert!(said(&second).contains("cannot be listened on"), "{}", said(&second));
    let pid = fleet.supervisor().id().to_string();
    for worker in fleet.processes() {
        if worker != pid {
            signal("STOP", &worker);
        }
    }
    signal("TERM", &pid);
    fleet.until("heard", |fleet| fleet.log().contains("a second signal ends it at once")).await;
    signal("TERM", &pid);
    assert!(!fleet.until_ended().await.success(), "this was no clean end");
    fleet.until_nobody_is_left().await;
}

#[fleet_test]
async fn named_services_run_alone_and_wait_for_each_other(place: Place) {
    let health = format!("127.0.0.1:{}", free_port());
    let fleet = Fleet::new(&place).with("CARAVEL_LOG_FORMAT", "json");
    let edge = fleet.command(&["run", "gateway", "storefront"]).stderr(Stdio::null()).spawn();
    let mut edge = Dying(edge.unwrap());
    let mut client = Client::new(&fleet.address);
    let until = async |client: &mut Client, path: &str, wanted: u16| {
        let began = Instant::now();
        loop {
            let status = client.get(path).await;
            if status == Ok(wanted) {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "{path}: {status:?}");
            sleep(Duration::from_millis(50)).await;
        }
    };
    until(&mut client, "/health/ready", 200).await;

    let mut product = fleet.command(&["run", "product"]);
    product.env("CARAVEL_RUN_HEALTH", &health).stderr(Stdio::null());
    let mut product = Dying(product.spawn().unwrap());
    until(&mut client, "/api/v1/products/none", 404).await;
    let mut own = Client::new(&health);
    for (path, status) in [("/health/live", 200), ("/health/ready", 200), ("/metrics", 200), ("/", 404)] {
        assert_eq!(own.get(path).await, Ok(status), "{path}");
    }
    for process in [&mut edge, &mut product] {
        signal("TERM", &process.0.id().to_string());
        assert!(process.0.wait().unwrap().success());
    }
    assert!(fleet.folder.join("data/admin.key").exists(), "the gateway has made it");
    assert!(!fleet.folder.join("data/caravel.lock").exists(), "no process of several owns the folder");
}

/// A process that does not outlive its test.
struct Dying(Child);

impl Drop for Dying {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[fleet_test]
async fn what_cannot_be_is_explained(place: Place) {
    let fleet = Fleet::new(&place);
    for (arguments, without, told) in [
        (&["run", "order"][..], "CARAVEL_DATABASE_URL", "several processes need a PostgreSQL database"),
        (&["run", "order"], "CARAVEL_RABBITMQ_URL", "several processes need a broker"),
        (&["fleet"], "CARAVEL_DATABASE_URL", "several processes need a PostgreSQL database"),
        (&["fleet"], "CARAVEL_RABBITMQ_URL", "several processes need a broker"),
        (&["run", "oder"], "", "there is no service `oder`; there are product, order, payment"),
        (&["run"], "", "say what to run: product, order"),
        (&["fleet", "restart"], "", "no fleet runs on the data folder"),
        (&["fleet", "stop"], "", "no fleet runs on the data folder"),
    ] {
        let refused = fleet.command(arguments).env_remove(without).output().unwrap();
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(said(&refused).contains(told), "{arguments:?}: {}", said(&refused));
    }
    assert!(!fleet.folder.join("data").exists(), "nothing was done");
    let printed = fleet.run(&["config"]);
    assert!(
        said(&printed).contains("fleet.workers.edge = 2    (CARAVEL_FLEET_WORKERS_EDGE)"),
        "{}",
        said(&printed)
    );
}
