//! A made-up shop of a yard and a harbour, in as many processes as a test likes.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bus::{Batch, BatchLimits, Bus, Cx, Host, Incoming, Relays, Router, Transport, layers};
use futures::FutureExt as _;
use lapin::{
    Connection, ConnectionProperties,
    options::{ExchangeDeleteOptions, QueueDeleteOptions},
};
use message::{Aggregate, Clock, Entity, Event, Failure, Fault, Id, IdSource, Message, Request};
use rabbitmq::{Participant, RabbitMq, Settings, Topology};
use serde::{Deserialize, Serialize};
use store::{Db, Migration, Migrations, Tx, query};
use testing::Place;

/// A broker takes its time to start when everybody wants the processor.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) struct Boat;
impl Entity for Boat {
    const PREFIX: &'static str = "boat";
}

/// Asks the yard for a boat.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Launch {
    pub(crate) name: String,
}
impl Message for Launch {
    const NAME: &'static str = "yard.launch";
}
impl Request for Launch {
    type Reply = Id<Boat>;
    type Error = Refused;
}

/// Asks the yard for some time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Wait {
    pub(crate) ms: u64,
}
impl Message for Wait {
    const NAME: &'static str = "yard.wait";
}
impl Request for Wait {
    type Reply = u64;
    type Error = Fault;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Refused {
    NoWood,
    Fault(Fault),
}
impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A boat was changed; the harbour writes down what it hears.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Launched {
    pub(crate) id: Id<Boat>,
    pub(crate) name: String,
    pub(crate) version: i64,
}
impl Message for Launched {
    const NAME: &'static str = "boat.launched";
}
impl Event for Launched {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

const YARD: Migrations = &[];
const HARBOUR: Migrations = &[Migration {
    name: "0001_berths",
    sqlite: "CREATE TABLE berth (place INTEGER PRIMARY KEY AUTOINCREMENT, boat_id BLOB NOT NULL, name TEXT NOT NULL)",
    postgres: "CREATE TABLE berth (place bigint GENERATED ALWAYS AS IDENTITY, boat_id uuid NOT NULL, name text NOT NULL)",
}];

/// What tests see of a yard.
#[derive(Clone, Default)]
pub(crate) struct Yard {
    pub(crate) batches: Arc<Mutex<Vec<usize>>>,
    pub(crate) waits: Arc<AtomicUsize>,
}

pub(crate) fn yard(db: Db, state: Yard) -> Router<Yard> {
    async fn launch(cx: Cx<Yard>, requests: Batch<Launch>) -> Result<Vec<Result<Id<Boat>, Refused>>, Fault> {
        cx.batches.lock().unwrap().push(requests.len());
        assert!(!requests.iter().any(|request| request.body.name == "panic"), "no such boat");
        if requests.iter().any(|request| request.body.name == "leaky") {
            return Err(Fault::internal("it sank"));
        }
        let mut tx = cx.begin().await?;
        let mut answers = Vec::new();
        for Incoming { headers, body: Launch { name } } in requests.iter().cloned() {
            if name == "oak" {
                answers.push(Err(Refused::NoWood));
                continue;
            }
            let id = cx.id();
            tx.publish_as(&Launched { id, name, version: 1 }, headers)?;
            answers.push(Ok(id));
        }
        tx.commit().await?;
        Ok(answers)
    }
    async fn wait(cx: Cx<Yard>, Wait { ms }: Wait) -> Result<u64, Fault> {
        cx.waits.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(ms)).await;
        Ok(ms)
    }
    Router::new("yard", state).db(db).on_batch(BatchLimits { queue: 1000, batch: 100 }, launch).on(wait)
}

/// What tests see of a harbour, and tell it.
#[derive(Clone, Default)]
pub(crate) struct Harbour {
    pub(crate) tried: Arc<AtomicUsize>,
    pub(crate) strike: Arc<AtomicBool>,
    /// Whoever meets the leviathan does not come back.
    pub(crate) met_leviathan: Arc<AtomicBool>,
}

pub(crate) fn harbour(db: Db, state: Harbour) -> Router<Harbour> {
    async fn berth(cx: Cx<Harbour>, tx: &mut Tx, boats: Vec<Incoming<Launched>>) -> Result<(), Failure> {
        cx.tried.fetch_add(boats.len(), Ordering::SeqCst);
        query("INSERT INTO berth (boat_id, name) SELECT r.id, r.name FROM rows(id uuid, name text) AS r")
            .rows(boats.iter().map(|boat| (boat.body.id, &boat.body.name)))
            .execute(tx)
            .await?;
        let named = |name: &str| boats.iter().any(|boat| boat.body.name == name);
        if named("leviathan") {
            cx.met_leviathan.store(true, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
        if named("cursed") {
            return Err(Failure::reject("not in this harbour"));
        }
        if named("late") && cx.strike.load(Ordering::SeqCst) {
            return Err(Fault::unavailable("strike").into());
        }
        Ok(())
    }
    Router::new("harbour", state).db(db).react_batch(berth)
}

/// What a process that only listens has heard.
#[derive(Clone, Default)]
pub(crate) struct Lighthouse {
    pub(crate) heard: Arc<Mutex<Vec<String>>>,
    pub(crate) gaps: Arc<AtomicUsize>,
}

pub(crate) fn lighthouse(state: Lighthouse) -> Router<Lighthouse> {
    Router::new("lighthouse", state)
        .listen(|state: &Lighthouse, boat: Launched| state.heard.lock().unwrap().push(boat.name))
        .listen_for_gaps(|state: &Lighthouse| {
            state.gaps.fetch_add(1, Ordering::SeqCst);
        })
}

pub(crate) fn topology() -> Topology {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    Topology {
        services: vec![
            Participant {
                name: "yard".into(),
                answers: names(&["yard.launch", "yard.wait"]),
                reactions: vec![],
            },
            Participant { name: "harbour".into(), answers: vec![], reactions: names(&["boat.launched"]) },
        ],
    }
}

/// The broker that everybody shares.
pub(crate) fn broker() -> String {
    std::env::var("CARAVEL_TEST_RABBITMQ_URL").expect(
        "CARAVEL_TEST_RABBITMQ_URL is not set: run ./test, which starts a private RabbitMQ and sets it",
    )
}

/// A client of it that is not ours.
pub(crate) async fn connection() -> Connection {
    Connection::connect(&broker(), ConnectionProperties::default()).await.unwrap()
}

/// One test's corner of a broker.
pub(crate) struct Sea {
    pub(crate) place: Place,
    pub(crate) settings: Settings,
}

impl Sea {
    fn new(place: Place, url: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut settings = Settings::at(url.parse().unwrap());
        settings.prefix = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { place, settings }
    }

    pub(crate) async fn process(&self, name: &str, crew: Crew) -> Process {
        Process::start(&self.place, self.settings.clone(), name, crew).await
    }
}

/// Runs a test in a corner of the shared broker, and deletes whatever it made there.
pub(crate) fn at_sea<F, Fut>(test: F)
where
    F: FnOnce(Arc<Sea>) -> Fut,
    Fut: Future<Output = ()>,
{
    let url = broker();
    testing::run(Place::sqlite(), |place| async move {
        let sea = Arc::new(Sea::new(place, &url));
        let prefix = sea.settings.prefix.clone();
        let outcome = AssertUnwindSafe(test(sea)).catch_unwind().await;
        clear(&url, &prefix).await;
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Runs a test on a broker of its own.
pub(crate) fn at_sea_with<F, Fut>(url: String, test: F)
where
    F: FnOnce(Arc<Sea>) -> Fut,
    Fut: Future<Output = ()>,
{
    testing::run(Place::sqlite(), |place| async move { test(Arc::new(Sea::new(place, &url))).await });
}

async fn clear(url: &str, prefix: &str) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    for service in ["yard", "harbour", "loyalty"] {
        for kind in ["events", "requests", "dead"] {
            let channel = connection.create_channel().await.unwrap();
            let queue = format!("{prefix}.v1.{kind}.{service}");
            channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
        }
    }
    let channel = connection.create_channel().await.unwrap();
    for kind in ["events", "requests", "dead"] {
        let exchange = format!("{prefix}.v1.{kind}");
        channel.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await.unwrap();
    }
    connection.close(200, "done".into()).await.unwrap();
}

/// Who is on board of a process.
#[derive(Clone, Default)]
pub(crate) struct Crew {
    pub(crate) yard: Option<Yard>,
    pub(crate) harbour: Option<Harbour>,
    pub(crate) lighthouse: Option<Lighthouse>,
}

/// A process of the fleet, as far as the bus can tell.
pub(crate) struct Process {
    pub(crate) bus: Bus,
    pub(crate) rabbit: Arc<RabbitMq>,
    host: Arc<Host>,
}

impl Process {
    pub(crate) async fn start(place: &Place, settings: Settings, name: &str, crew: Crew) -> Self {
        let rabbit = RabbitMq::start(settings, topology(), Clock::system(), name.to_owned());
        let transport: Arc<dyn Transport> = rabbit.clone();
        let ids = IdSource::random(Clock::system());
        let caller = layers::standard(
            Arc::clone(&transport),
            Clock::system(),
            layers::Limits::default(),
            layers::Directory::default(),
        );
        let bus = Bus::new(Arc::clone(&transport), caller, ids.clone(), PATIENCE);
        let host = Arc::new(Host::new(transport));
        let open = async |service, migrations| {
            Db::open(&place.store(), service, migrations, ids.clone(), store::PoolSizes::default())
                .await
                .unwrap()
        };
        if let Some(state) = crew.yard {
            host.mount(yard(open("yard", YARD).await, state).into_service(bus.clone()));
        }
        if let Some(state) = crew.harbour {
            host.mount(harbour(open("harbour", HARBOUR).await, state).into_service(bus.clone()));
        }
        if let Some(state) = crew.lighthouse {
            host.mount(lighthouse(state).into_service(bus.clone()));
        }
        host.start(Relays::Run);
        Self { bus, rabbit, host }
    }

    pub(crate) fn db(&self, service: &str) -> Db {
        let services = self.host.services();
        services
            .iter()
            .find(|known| known.name() == service)
            .and_then(|service| service.db().cloned())
            .unwrap()
    }

    /// The boats that its harbour knows, in the order of their arrival.
    pub(crate) async fn berths(&self) -> Vec<String> {
        query("SELECT name FROM berth ORDER BY place")
            .fetch_all(&self.db("harbour"), |row| row.get("name"))
            .await
            .unwrap()
    }

    pub(crate) async fn launch(&self, name: &str) -> Result<Result<Id<Boat>, Refused>, Fault> {
        self.bus.ask(&launch(name)).await
    }

    pub(crate) async fn stop(self) {
        self.host.shut_down().await;
    }
}

pub(crate) fn launch(name: &str) -> Launch {
    Launch { name: name.to_owned() }
}

/// Waits until `condition` holds.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < PATIENCE, "gave up waiting until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
