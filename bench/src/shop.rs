//! The shop that is measured: a child process with its own data folder, which is stopped at the end.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{client::Client, cpu, metrics::Metrics, nginx::free_port};

/// The time limit of the first start: it creates the databases and the demo catalogue.
const START: Duration = Duration::from_mins(1);

/// How long a shutdown may drain.
const STOP: Duration = Duration::from_secs(30);

/// Variables with settings of the shop. An unknown one would prevent its start.
mod setting {
    /// Events are kept until later: the first minute of a sale.
    pub(super) const REACTIONS_PAUSED: &str = "CARAVEL_BUS_REACTIONS_PAUSED";
    /// PostgreSQL's URL, instead of SQLite in the data folder.
    pub(super) const DATABASE_URL: &str = "CARAVEL_DATABASE_URL";
    /// The URL of a fleet's broker.
    pub(super) const BROKER_URL: &str = "CARAVEL_RABBITMQ_URL";
    /// The prefix of a fleet's queues.
    pub(super) const BROKER_PREFIX: &str = "CARAVEL_RABBITMQ_PREFIX";
    /// The largest number of messages in one packet.
    pub(super) const PACKET_MESSAGES: &str = "CARAVEL_RABBITMQ_PACKET_MESSAGES";
}

/// The shop to start.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The program `caravel`.
    pub binary: PathBuf,
    /// PostgreSQL's URL; SQLite without one.
    pub database_url: Option<String>,
    /// Whether events wait in their outboxes.
    pub reactions_paused: bool,
    /// One process per service, over this broker; without it one process for all.
    pub fleet: Option<FleetSetup>,
}

/// The messaging of a fleet.
#[derive(Clone, Debug)]
pub struct FleetSetup {
    /// RabbitMQ's URL.
    pub broker_url: String,
    /// The prefix of its queues: fleets with different prefixes can share a broker.
    pub prefix: String,
    /// The largest number of messages in one packet; without it the shop's default.
    pub packet_messages: Option<usize>,
}

/// A process of a fleet, as reported by `caravel fleet status`.
#[derive(Clone, Debug, Deserialize)]
pub struct Worker {
    /// Its crew and its number there: `order.1`.
    pub worker: String,
    /// Its crew: `order`.
    pub name: String,
    /// `ready`, if all is well.
    pub state: String,
    /// The process id, if it runs.
    pub pid: Option<u32>,
    /// Its resident memory in bytes.
    pub memory: Option<u64>,
}

impl Setup {
    /// A shop on SQLite whose reactions run. Without a path it is the `caravel` beside this program.
    pub fn new(binary: Option<&Path>) -> io::Result<Self> {
        let binary = match binary {
            Some(binary) => binary.to_owned(),
            None => std::env::current_exe()?.with_file_name("caravel"),
        };
        if !binary.is_file() {
            let hint = "build it with `cargo build --profile dist`, or say where it is with --shop";
            return Err(io::Error::other(format!("there is no shop at {}: {hint}", binary.display())));
        }
        Ok(Self { binary, database_url: None, reactions_paused: false, fleet: None })
    }

    /// The program, with its database in the environment.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        if let Some(url) = &self.database_url {
            command.env(setting::DATABASE_URL, url);
        }
        command
    }

    /// The command that opens the shop.
    fn open(&self) -> Command {
        let mut command = self.command();
        if let Some(fleet) = &self.fleet {
            command.arg("fleet").env(setting::BROKER_URL, &fleet.broker_url);
            command.env(setting::BROKER_PREFIX, &fleet.prefix);
            if let Some(messages) = fleet.packet_messages {
                command.env(setting::PACKET_MESSAGES, messages.to_string());
            }
        }
        if self.reactions_paused {
            command.env(setting::REACTIONS_PAUSED, "true");
        }
        command
    }
}

/// How a fleet is.
#[derive(Deserialize)]
struct Status {
    workers: Vec<Worker>,
}

/// A running shop. It stops when this is dropped.
#[derive(Debug)]
pub struct Shop {
    setup: Setup,
    child: Child,
    data: TempDir,
    socket: SocketAddr,
    client: Client,
}

impl Shop {
    /// Starts a shop on an empty data folder; ready to sell when this returns.
    pub fn start(setup: &Setup) -> io::Result<Self> {
        let data = tempfile::Builder::new().prefix("caravel-bench-").tempdir()?;
        // A sale is announced before it begins: what is sold must be known before the reactions wait. One process fills
        // the databases of a fleet as well.
        let seeded = setup.command().arg("seed").arg("--data").arg(data.path()).output()?;
        if !seeded.status.success() {
            let output = String::from_utf8_lossy(&seeded.stderr).into_owned();
            return Err(io::Error::other(format!("the shop cannot be filled: {output}")));
        }
        Self::start_on(setup, data)
    }

    /// Stops this shop and starts one on its data. Also returns the time to the first page.
    pub fn restart(mut self, setup: &Setup) -> io::Result<(Self, Duration)> {
        self.stop()?;
        let data = std::mem::replace(&mut self.data, tempfile::tempdir()?);
        let start = Instant::now();
        let shop = Self::start_on(setup, data)?;
        Ok((shop, start.elapsed()))
    }

    fn start_on(setup: &Setup, data: TempDir) -> io::Result<Self> {
        let socket = free_port()?;
        let mut command = setup.open();
        command.arg("--listen").arg(socket.to_string()).arg("--data").arg(data.path());
        let log = fs::File::create(data.path().join("bench-shop.log"))?;
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let mut shop = Self { setup: setup.clone(), child, data, socket, client: Client::new(socket) };
        shop.wait_for_first_page()?;
        shop.wait_for_workers()?;
        let key = fs::read_to_string(shop.data.path().join("admin.key"))?;
        shop.client = Client::new(socket).with_bearer(key.trim());
        Ok(shop)
    }

    fn wait_for_first_page(&mut self) -> io::Result<()> {
        let start = Instant::now();
        while !self.client.get("/", &[]).is_ok_and(|answer| answer.status == 200) {
            if let Some(status) = self.child.try_wait()? {
                return Err(self.failed(&format!("the shop ended with {status}")));
            }
            if start.elapsed() > START {
                return Err(self.failed("the shop shows no page"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// A fleet shows its first page before all of it is there.
    fn wait_for_workers(&self) -> io::Result<()> {
        let start = Instant::now();
        while self.workers()?.iter().any(|worker| worker.state != "ready") {
            if start.elapsed() > START {
                return Err(self.failed("not all workers of the fleet are ready"));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// The processes of a fleet, its supervisor not among them; none if it is one process.
    pub fn workers(&self) -> io::Result<Vec<Worker>> {
        if self.setup.fleet.is_none() {
            return Ok(Vec::new());
        }
        let mut command = Command::new(&self.setup.binary);
        let output = command.args(["fleet", "status", "--json", "--data"]).arg(self.data.path()).output()?;
        if !output.status.success() {
            return Err(self.failed(String::from_utf8_lossy(&output.stderr).trim()));
        }
        Ok(serde_json::from_slice::<Status>(&output.stdout)?.workers)
    }

    fn failed(&self, what: &str) -> io::Error {
        let log = fs::read_to_string(self.data.path().join("bench-shop.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines.get(lines.len().saturating_sub(15)..).unwrap_or_default();
        io::Error::other(format!("{what}; its log ends with:\n{}", end.join("\n")))
    }

    /// Where it listens.
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// A client that shows the admin key.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Its processor time so far, with all its workers if it is a fleet.
    pub fn cpu(&self) -> Duration {
        cpu::process(self.child.id())
    }

    /// Its resident memory in bytes.
    pub fn resident(&self) -> u64 {
        cpu::resident(self.child.id()).unwrap_or_default()
    }

    /// Its metrics as they stand.
    pub fn metrics(&self) -> io::Result<Metrics> {
        Ok(Metrics::parse(&String::from_utf8_lossy(&self.client.get("/metrics", &[])?.body)))
    }

    /// All products as the API lists them.
    pub fn products(&self) -> io::Result<Vec<Value>> {
        let (mut products, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.client.get(&format!("/api/v1/products?limit=100{cursor}"), &[])?.json()?;
            products.extend(page.get("data").and_then(Value::as_array).cloned().unwrap_or_default());
            match page.get("next_cursor").and_then(Value::as_str) {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(products),
            }
        }
    }

    /// Adds `quantity` to the stock of each variant in the catalogue, and gives their ids.
    pub fn stock_all(&self, quantity: i64) -> io::Result<Vec<String>> {
        let mut ids = Vec::new();
        for product in self.products()? {
            let path = format!("/api/v1/products/{}", text(&product, "id")?);
            let product = self.client.get(&path, &[])?.json()?;
            for variant in product.get("variants").and_then(Value::as_array).into_iter().flatten() {
                let id = text(variant, "id")?;
                let body = json!({ "delta": quantity, "reason": "benchmark" });
                let key = format!("Idempotency-Key: bench-stock-{id}");
                self.client.post(&format!("/api/v1/stock/{id}/adjustments"), &[key], &body)?.json()?;
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// How many of a variant are not for sale any more: held, and sold.
    pub fn taken(&self, variant: &str) -> io::Result<i64> {
        let stock = self.client.get(&format!("/api/v1/stock/{variant}"), &[])?.json()?;
        let count = |field: &str| stock.get(field).and_then(Value::as_i64);
        count("reserved").zip(count("sold")).map(|(reserved, sold)| reserved + sold).ok_or_else(|| {
            io::Error::other(format!("a report of stock without `reserved` and `sold`: {stock}"))
        })
    }

    fn stop(&mut self) -> io::Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > STOP {
                self.child.kill()?;
                self.child.wait()?;
                return Err(io::Error::other(format!("the shop did not stop within {} s", STOP.as_secs())));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("bench: {error}");
        }
    }
}

fn text(value: &Value, field: &str) -> io::Result<String> {
    let text = value.get(field).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| io::Error::other(format!("no `{field}` in {value}")))
}
