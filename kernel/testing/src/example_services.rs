//! Example services for tests of transports: a yard launches boats, a harbour gives them berths, and a lighthouse
//! listens.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{Batch, BatchLimits, Bus, Cx, Host, Incoming, Relays, Router, Transport};
use message::{
    Aggregate, Clock, Entity, Event, Failure, Fault, Id, IdSource, Kind, Message, Request, RequestError as _,
};
use serde::{Deserialize, Serialize};
use store::{Db, Migration, Migrations, PoolSizes, Tx, query};

use crate::{TestBackend, shop::bus_over};

/// The entity of the example services.
pub struct Boat;
impl Entity for Boat {
    const PREFIX: &'static str = "boat";
}

/// Asks the yard for a boat.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Launch {
    /// The boat's name. An `oak` is refused; `leaky` fails its whole batch, and `panic` panics.
    pub name: String,
}
impl Message for Launch {
    const NAME: &'static str = "yard.launch";
}
impl Request for Launch {
    type Reply = Id<Boat>;
    type Error = LaunchError;
}

/// Why the yard launches no boat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LaunchError {
    /// The boat was to be an `oak`.
    NoWood,
    /// A failure below the service.
    Fault(Fault),
}
impl From<Fault> for LaunchError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
message::request_error!(LaunchError);
impl LaunchError {
    /// Of which kind the fault is, if it is one.
    pub fn kind(&self) -> Option<Kind> {
        self.fault().map(Fault::kind)
    }
}

/// Asks the yard to wait.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wait {
    /// In milliseconds.
    pub ms: u64,
}
impl Message for Wait {
    const NAME: &'static str = "yard.wait";
}
impl Request for Wait {
    type Reply = u64;
    type Error = Fault;
}

/// A boat was launched, or changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Launched {
    /// The boat's id.
    pub id: Id<Boat>,
    /// The boat's name. The harbour rejects a `cursed` one, and a `late` one while it is on strike. A `monster` makes
    /// it panic, and a `leviathan` blocks it for ever.
    pub name: String,
    /// The boat's version; grows with every change.
    pub version: i64,
}
impl Message for Launched {
    const NAME: &'static str = "boat.launched";
}
impl Event for Launched {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, self.version)
    }
}

/// A request for a boat of this name.
pub fn launch(name: &str) -> Launch {
    Launch { name: name.to_owned() }
}

/// The yard's migrations: it has no tables of its own.
pub const YARD: Migrations = &[];

/// The harbour's migrations.
pub const HARBOUR: Migrations = &[Migration {
    name: "0001_berths",
    sqlite: "CREATE TABLE berth (number INTEGER PRIMARY KEY AUTOINCREMENT, boat_id BLOB NOT NULL, name TEXT NOT NULL)",
    postgres: "CREATE TABLE berth (number bigint GENERATED ALWAYS AS IDENTITY, boat_id uuid NOT NULL, name text NOT NULL)",
}];

/// What a test can see of the yard.
#[derive(Clone, Default)]
pub struct Yard {
    /// The sizes of the batches of requests, in order.
    pub batches: Arc<Mutex<Vec<usize>>>,
    /// The number of requests to wait.
    pub waits: Arc<AtomicUsize>,
}

/// The yard: launches boats, in batches.
pub fn yard(db: Db, state: Yard) -> Router<Yard> {
    async fn launch(
        cx: Cx<Yard>,
        requests: Batch<Launch>,
    ) -> Result<Vec<Result<Id<Boat>, LaunchError>>, Fault> {
        cx.batches.lock().unwrap_or_else(PoisonError::into_inner).push(requests.len());
        assert!(!requests.iter().any(|request| request.body.name == "panic"), "no such boat");
        if requests.iter().any(|request| request.body.name == "leaky") {
            return Err(Fault::internal("it sank"));
        }
        let mut tx = cx.begin().await?;
        let mut answers = Vec::new();
        for Incoming { headers, body: Launch { name } } in requests.iter().cloned() {
            if name == "oak" {
                answers.push(Err(LaunchError::NoWood));
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

/// What a test can see and control of the harbour.
#[derive(Clone, Default)]
pub struct Harbour {
    /// The number of boats that it handled; repeated attempts count again.
    pub tried: Arc<AtomicUsize>,
    /// Whether it is on strike.
    pub strike: Arc<AtomicBool>,
    /// How long it takes to handle a batch, in milliseconds.
    pub slow_ms: Arc<AtomicU64>,
    /// Whether a `leviathan` has arrived.
    pub met_leviathan: Arc<AtomicBool>,
}

/// The harbour: stores the boats that are launched.
pub fn harbour(db: Db, state: Harbour) -> Router<Harbour> {
    async fn berth(cx: Cx<Harbour>, tx: &mut Tx, boats: Vec<Incoming<Launched>>) -> Result<(), Failure> {
        cx.tried.fetch_add(boats.len(), Ordering::SeqCst);
        query("INSERT INTO berth (boat_id, name) SELECT r.id, r.name FROM rows(id uuid, name text) AS r")
            .rows(boats.iter().map(|boat| (boat.body.id, &boat.body.name)))
            .execute(tx)
            .await?;
        tokio::time::sleep(Duration::from_millis(cx.slow_ms.load(Ordering::SeqCst))).await;
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
        assert!(!named("monster"), "a monster");
        Ok(())
    }
    Router::new("harbour", state).db(db).react_batch(berth)
}

/// The boats with a berth, in the order of their arrival.
///
/// # Panics
///
/// If the harbour's database does not answer.
pub async fn berths(harbour: &Db) -> Vec<(Id<Boat>, String)> {
    query("SELECT boat_id, name FROM berth ORDER BY number")
        .fetch_all(harbour, |row| Ok((row.get("boat_id")?, row.get("name")?)))
        .await
        .expect("the harbour's database answers")
}

/// What a test can see of the lighthouse.
#[derive(Clone, Default)]
pub struct Lighthouse {
    /// The names of the boats.
    pub received: Arc<Mutex<Vec<String>>>,
    /// How often it was notified that it may have missed events.
    pub gaps: Arc<AtomicUsize>,
}

/// The lighthouse: only listens.
pub fn lighthouse(state: Lighthouse) -> Router<Lighthouse> {
    Router::new("lighthouse", state)
        .listen(|state: &Lighthouse, boat: Launched| {
            state.received.lock().unwrap_or_else(PoisonError::into_inner).push(boat.name);
        })
        .listen_for_gaps(|state: &Lighthouse| {
            state.gaps.fetch_add(1, Ordering::SeqCst);
        })
}

/// One process of a fleet, as far as the bus matters.
pub struct Process<T> {
    /// Sends requests.
    pub bus: Bus,
    /// Connects it with the other processes.
    pub transport: Arc<T>,
    host: Arc<Host>,
}

impl<T: Transport> Process<T> {
    /// A process on `transport`, whose callers wait `patience`. Nothing runs before [`Process::start`].
    pub fn new(transport: Arc<T>, patience: Duration) -> Self {
        let shared: Arc<dyn Transport> = Arc::<T>::clone(&transport);
        let bus = bus_over(&shared, &IdSource::random(Clock::system()), patience);
        Self { bus, transport, host: Arc::new(Host::new(shared)) }
    }

    /// Opens the database of this service on `backend`.
    ///
    /// # Panics
    ///
    /// If it does not open.
    pub async fn open(&self, backend: &TestBackend, service: &'static str, migrations: Migrations) -> Db {
        Db::open(&backend.store(), service, migrations, self.bus.ids().clone(), PoolSizes::default())
            .await
            .expect("the service's database opens")
    }

    /// Adds a service.
    pub fn mount<S: Send + Sync + 'static>(&self, service: Router<S>) {
        self.host.mount(service.into_service(self.bus.clone()));
    }

    /// Starts the services.
    pub fn start(&self) {
        self.host.start(&Relays::Run);
    }

    /// Stops the services and closes the transport.
    pub async fn stop(self) {
        self.host.shut_down().await;
    }

    /// The database of one of its services.
    ///
    /// # Panics
    ///
    /// If there is no such service.
    pub fn db(&self, service: &str) -> Db {
        let services = self.host.services();
        let service = services.iter().find(|known| known.name() == service);
        service.and_then(|service| service.db().cloned()).expect("the service runs in this process")
    }

    /// How many events wait in its outboxes.
    ///
    /// # Panics
    ///
    /// If a database does not answer.
    pub async fn waiting(&self) -> i64 {
        let mut waiting = 0;
        for service in self.host.services() {
            if let Some(db) = service.db() {
                waiting += store::outbox::backlog(db).await.expect("the database answers");
            }
        }
        waiting
    }

    /// Asks for a boat.
    pub async fn launch(&self, name: &str) -> Result<Id<Boat>, LaunchError> {
        self.bus.ask(&launch(name)).await
    }

    /// The names of the boats in its harbour, in the order of their arrival.
    ///
    /// # Panics
    ///
    /// If it has no harbour.
    pub async fn berths(&self) -> Vec<String> {
        berths(&self.db("harbour")).await.into_iter().map(|(_, name)| name).collect()
    }
}
