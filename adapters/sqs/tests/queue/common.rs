//! A made-up shop of a yard and a harbour, in as many processes as a test likes.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_sdk_sqs::{Client, config::Credentials, types::QueueAttributeName};
use bus::{Bus, Cx, Host, InProcess, Incoming, Relays, Router, Transport, layers};
use futures::FutureExt as _;
use message::{
    Aggregate, Clock, Entity, Envelope, Event, Failure, Fault, Headers, Id, IdSource, Message, Request,
};
use serde::{Deserialize, Serialize};
use sqs::{Settings, Sqs, Subscriber};
use store::{Db, Migration, Migrations, Tx, query};
use testing::Place;

use crate::proxy::Proxy;

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

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
    type Error = Fault;
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

fn yard(db: Db) -> Router<()> {
    async fn launch(cx: Cx<()>, Launch { name }: Launch) -> Result<Id<Boat>, Fault> {
        let mut tx = cx.begin().await?;
        let id = cx.id();
        tx.publish(&Launched { id, name, version: 1 })?;
        tx.commit().await?;
        Ok(id)
    }
    Router::new("yard", ()).db(db).on(launch)
}

/// What tests see of a harbour, and tell it.
#[derive(Clone, Default)]
pub(crate) struct Harbour {
    pub(crate) tried: Arc<AtomicUsize>,
    /// How long it takes over what comes, in milliseconds.
    pub(crate) slow_ms: Arc<AtomicU64>,
}

fn harbour(db: Db, state: Harbour) -> Router<Harbour> {
    async fn berth(cx: Cx<Harbour>, tx: &mut Tx, boats: Vec<Incoming<Launched>>) -> Result<(), Failure> {
        cx.tried.fetch_add(boats.len(), Ordering::SeqCst);
        query("INSERT INTO berth (boat_id, name) SELECT r.id, r.name FROM rows(id uuid, name text) AS r")
            .rows(boats.iter().map(|boat| (boat.body.id, &boat.body.name)))
            .execute(tx)
            .await?;
        tokio::time::sleep(Duration::from_millis(cx.slow_ms.load(Ordering::SeqCst))).await;
        Ok(())
    }
    Router::new("harbour", state).db(db).react_batch(berth)
}

fn lighthouse(heard: Arc<Mutex<Vec<String>>>) -> Router<Arc<Mutex<Vec<String>>>> {
    Router::new("lighthouse", heard)
        .listen(|heard: &Arc<Mutex<Vec<String>>>, boat: Launched| heard.lock().unwrap().push(boat.name))
}

pub(crate) fn subscribers() -> Vec<Subscriber> {
    let reacting = |service: &str, events: &[&str]| Subscriber {
        service: service.to_owned(),
        events: events.iter().map(|name| (*name).to_owned()).collect(),
    };
    vec![reacting("yard", &[]), reacting("harbour", &["boat.launched"])]
}

/// The server that everybody shares.
pub(crate) fn server() -> String {
    std::env::var("CARAVEL_TEST_SQS_URL")
        .expect("CARAVEL_TEST_SQS_URL is not set: run ./test, which starts a private SQS and sets it")
}

/// Made-up credentials, so that nobody's own are looked for.
fn loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .region(Region::new("eu-central-1"))
}

/// One test's corner of SQS, with a proxy before it.
pub(crate) struct Sea {
    pub(crate) place: Place,
    pub(crate) settings: Settings,
    pub(crate) proxy: Arc<Proxy>,
    /// Goes to SQS directly.
    pub(crate) direct: Client,
    harbour: Db,
}

/// Runs a test, and deletes whatever it made.
pub(crate) fn at_sea<F, Fut>(change: impl FnOnce(&mut Settings) + Send + 'static, test: F)
where
    F: FnOnce(Arc<Sea>) -> Fut + Send + 'static,
    Fut: Future<Output = ()>,
{
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    testing::run(Place::sqlite(), |place| async move {
        let proxy = Proxy::start(server.clone()).await;
        let mut settings = Settings {
            endpoint: proxy.url.clone(),
            prefix: format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)),
            wait_seconds: 1,
            visibility_seconds: 30,
            ..Settings::default()
        };
        change(&mut settings);
        let direct = Settings { endpoint: server, ..settings.clone() };
        let direct = sqs::client_from(loader(), &direct).await;
        let ids = IdSource::random(Clock::system());
        let sizes = store::PoolSizes::default();
        let harbour = Db::open(&place.store(), "harbour", HARBOUR, ids, sizes).await.unwrap();
        let sea = Arc::new(Sea { place, settings, proxy, direct, harbour });
        let outcome = AssertUnwindSafe(test(Arc::clone(&sea))).catch_unwind().await;
        sea.clear().await;
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
}

impl Sea {
    pub(crate) async fn process(&self, crew: Crew) -> Process {
        let client = sqs::client_from(loader(), &self.settings).await;
        let sqs = Sqs::start(client, InProcess::new(), self.settings.clone(), subscribers());
        let transport: Arc<dyn Transport> = sqs.clone();
        let ids = IdSource::random(Clock::system());
        let caller = layers::standard(
            Arc::clone(&transport),
            Clock::system(),
            layers::Limits::default(),
            layers::Directory::default(),
        );
        let bus = Bus::new(Arc::clone(&transport), caller, ids.clone(), PATIENCE);
        let host = Arc::new(Host::new(transport));
        if crew.yard {
            let sizes = store::PoolSizes::default();
            let db = Db::open(&self.place.store(), "yard", YARD, ids.clone(), sizes).await.unwrap();
            host.mount(yard(db).into_service(bus.clone()));
        }
        if let Some(state) = crew.harbour {
            host.mount(harbour(self.harbour.clone(), state).into_service(bus.clone()));
        }
        host.mount(lighthouse(crew.heard).into_service(bus.clone()));
        host.start(Relays::Run);
        Process { bus, sqs, ids, host }
    }

    /// A harbour's process.
    pub(crate) async fn harbour(&self, state: &Harbour) -> Process {
        self.process(Crew { harbour: Some(state.clone()), ..Crew::default() }).await
    }

    /// The database of all harbours.
    pub(crate) fn db(&self) -> &Db {
        &self.harbour
    }

    /// What the harbours have written down, in the order of writing.
    pub(crate) async fn berths(&self) -> Vec<(Id<Boat>, String)> {
        let written = query("SELECT boat_id, name FROM berth ORDER BY place");
        written.fetch_all(&self.harbour, |row| Ok((row.get("boat_id")?, row.get("name")?))).await.unwrap()
    }

    pub(crate) async fn until_berths(&self, count: usize) {
        until(&format!("{count} boats have their berths"), async || self.berths().await.len() == count).await;
    }

    /// What the queues of a service are called: `harbour`, `harbour-dead`.
    pub(crate) fn queue(&self, name: &str) -> String {
        format!("{}-v1-{name}{}", self.settings.prefix, if self.settings.fifo { ".fifo" } else { "" })
    }

    pub(crate) async fn url(&self, name: &str) -> String {
        let name = self.queue(name);
        let mut url = None;
        until(&format!("there is a queue {name}"), async || {
            url = self
                .direct
                .get_queue_url()
                .queue_name(&name)
                .send()
                .await
                .ok()
                .and_then(|told| told.queue_url);
            url.is_some()
        })
        .await;
        url.unwrap()
    }

    /// Waits until nothing is in the queue, neither visible nor hidden.
    pub(crate) async fn until_empty(&self, name: &str) {
        let url = self.url(name).await;
        until(&format!("{name} is empty"), async || {
            let told =
                self.direct.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All);
            let attributes = told.send().await.unwrap().attributes.unwrap();
            let count = |name| attributes.get(&name).map_or("0", String::as_str);
            count(QueueAttributeName::ApproximateNumberOfMessages) == "0"
                && count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible) == "0"
        })
        .await;
    }

    async fn clear(&self) {
        let listed = self.direct.list_queues().queue_name_prefix(&self.settings.prefix).send().await.unwrap();
        for url in listed.queue_urls.unwrap_or_default() {
            self.direct.delete_queue().queue_url(url).send().await.unwrap();
        }
    }
}

/// Who is on board of a process.
#[derive(Clone, Default)]
pub(crate) struct Crew {
    pub(crate) yard: bool,
    pub(crate) harbour: Option<Harbour>,
    /// What its listener has heard.
    pub(crate) heard: Arc<Mutex<Vec<String>>>,
}

impl Crew {
    pub(crate) fn yard() -> Self {
        Self { yard: true, ..Self::default() }
    }
}

/// A process of the fleet, as far as the bus can tell.
pub(crate) struct Process {
    pub(crate) bus: Bus,
    pub(crate) sqs: Arc<Sqs>,
    ids: IdSource,
    host: Arc<Host>,
}

impl Process {
    pub(crate) async fn launch(&self, name: &str) -> Id<Boat> {
        self.bus.ask(&Launch { name: name.to_owned() }).await.unwrap().unwrap()
    }

    /// Publishes as an outbox does.
    pub(crate) async fn publish(&self, boats: Vec<Launched>) -> Result<(), Fault> {
        let envelope =
            |boat: Launched| Envelope::event(&boat, Headers::new(self.ids.id()), &self.ids).unwrap();
        self.sqs.publish(boats.into_iter().map(envelope).collect()).await
    }

    pub(crate) fn boat(&self) -> Id<Boat> {
        self.ids.id()
    }

    /// How many events wait in its outboxes.
    pub(crate) async fn waiting(&self) -> i64 {
        let mut waiting = 0;
        for service in self.host.services() {
            if let Some(db) = service.db() {
                waiting += store::outbox::backlog(db).await.unwrap();
            }
        }
        waiting
    }

    pub(crate) async fn stop(self) {
        self.host.shut_down().await;
    }
}

/// Waits until `condition` holds.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < PATIENCE, "gave up waiting until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
