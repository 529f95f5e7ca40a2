//! Any set of services in one process.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bus::{Bus, Host, InProcess, Relays, Router, Transport, layers};
use futures::future::BoxFuture;
use message::{Clock, Envelope, Event, Fault, IdSource, Request};
use store::{Db, Migrations, PoolSizes, dead_letters};

use crate::TestBackend;

/// How long a test waits for anything before it fails.
const PATIENCE: Duration = Duration::from_mins(1);

type Records = Arc<Mutex<HashMap<TypeId, Vec<Box<dyn Any + Send>>>>>;
type Mount = Box<dyn FnOnce(Arc<Host>, Bus, store::Backend, IdSource) -> BoxFuture<'static, ()>>;

/// Builds a [`TestShop`].
pub struct TestShopBuilder {
    backend: store::Backend,
    clock: Clock,
    ids: Option<IdSource>,
    mounts: Vec<Mount>,
    recorder: Router<Records>,
    records: Records,
    relays: Relays,
}

/// A set of services on real databases.
pub struct TestShop {
    /// Sends requests.
    pub bus: Bus,
    /// The clock of the services.
    pub clock: Clock,
    host: Arc<Host>,
    records: Records,
}

impl TestShop {
    /// A shop on `backend`, without services.
    pub fn builder(backend: &TestBackend) -> TestShopBuilder {
        let records = Records::default();
        TestShopBuilder {
            backend: backend.store(),
            clock: Clock::system(),
            ids: None,
            mounts: Vec::new(),
            recorder: Router::new("recorder", Arc::clone(&records)),
            records,
            relays: Relays::Run,
        }
    }

    /// Sends a request.
    pub async fn ask<R: Request>(&self, request: &R) -> Result<R::Reply, R::Error> {
        self.bus.ask(request).await
    }

    /// The recorded events of one kind, in the order of their arrival.
    pub fn recorded<E: Event + Clone>(&self) -> Vec<E> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let events = records.get(&TypeId::of::<E>()).map(Vec::as_slice).unwrap_or_default();
        events.iter().filter_map(|event| event.downcast_ref::<E>()).cloned().collect()
    }

    /// Waits until every event so far, and every event that followed from one, was delivered.
    ///
    /// # Panics
    ///
    /// If that does not happen in time.
    pub async fn settled(&self) {
        let settled = tokio::time::timeout(PATIENCE, self.host.settle()).await;
        settled.expect("the outboxes become empty in time").expect("the databases answer");
    }

    /// Waits until `condition` holds.
    ///
    /// # Panics
    ///
    /// If that does not happen in time.
    pub async fn until(&self, what: &str, condition: impl AsyncFnMut() -> bool) {
        crate::until(what, condition).await;
    }

    /// The number of dead letters of all services.
    ///
    /// # Panics
    ///
    /// If a database does not answer.
    pub async fn dead_letters(&self) -> i64 {
        let mut count = 0;
        for db in self.databases() {
            count += dead_letters::count(&db).await.expect("the database answers");
        }
        count
    }

    /// Delivers events to a service, as a transport would.
    ///
    /// # Panics
    ///
    /// If there is no such service.
    pub async fn deliver(&self, service: &str, events: Vec<Envelope>) -> Result<(), Fault> {
        let services = self.host.services();
        let service =
            services.iter().find(|known| known.name() == service).expect("the service is in the shop");
        service.deliver(events).await
    }

    /// The database of a service.
    ///
    /// # Panics
    ///
    /// If there is no such service.
    pub fn db(&self, service: &str) -> Db {
        self.databases().into_iter().find(|db| db.service() == service).expect("the service is in the shop")
    }

    /// Stops the services and closes their databases; their data stays.
    pub async fn stop(self) {
        self.host.shut_down().await;
    }

    fn databases(&self) -> Vec<Db> {
        self.host.services().iter().filter_map(|service| service.db().cloned()).collect()
    }
}

impl TestShopBuilder {
    /// Adds a service with a database of its own.
    ///
    /// # Panics
    ///
    /// When the shop is started, if the database does not open.
    #[must_use]
    pub fn service<S: Send + Sync + 'static>(
        mut self,
        name: &'static str,
        migrations: Migrations,
        router: impl FnOnce(Db) -> Router<S> + Send + 'static,
    ) -> Self {
        self.mounts.push(Box::new(move |host, bus, backend, ids| {
            Box::pin(async move {
                let db = Db::open(&backend, name, migrations, ids, PoolSizes::default())
                    .await
                    .expect("the service's database opens");
                host.mount(router(db).into_service(bus));
            })
        }));
        self
    }

    /// Adds a service without a database: a stand-in for a neighbour.
    #[must_use]
    pub fn stand_in<S: Send + Sync + 'static>(mut self, router: Router<S>) -> Self {
        self.mounts.push(Box::new(move |host, bus, _, _| {
            Box::pin(async move { host.mount(router.into_service(bus)) })
        }));
        self
    }

    /// Records the events of this kind for [`TestShop::recorded`].
    #[must_use]
    pub fn record<E: Event>(mut self) -> Self {
        self.recorder = self.recorder.listen(|records: &Records, event: E| {
            let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
            records.entry(TypeId::of::<E>()).or_default().push(Box::new(event));
        });
        self
    }

    /// Sets the clock of the services.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Makes ids and random values repeatable.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { ids: Some(IdSource::seeded(self.clock.clone(), seed)), ..self }
    }

    /// Sets which events are published.
    #[must_use]
    pub fn relays(self, relays: Relays) -> Self {
        Self { relays, ..self }
    }

    /// Opens the databases and starts the services.
    pub async fn start(self) -> TestShop {
        let transport: Arc<dyn Transport> = InProcess::new();
        let ids = self.ids.unwrap_or_else(|| IdSource::random(self.clock.clone()));
        let bus = bus_over(&transport, &ids, PATIENCE);
        let host = Arc::new(Host::new(transport));
        for mount in self.mounts {
            mount(Arc::clone(&host), bus.clone(), self.backend.clone(), ids.clone()).await;
        }
        host.mount(self.recorder.into_service(bus.clone()));
        host.start(&self.relays);
        TestShop { bus, clock: self.clock, host, records: self.records }
    }
}

/// A bus with the usual layers, whose callers wait `patience`.
pub(crate) fn bus_over(transport: &Arc<dyn Transport>, ids: &IdSource, patience: Duration) -> Bus {
    let (limits, directory) = (layers::RequestLimits::default(), layers::Directory::default());
    let caller = layers::standard(Arc::clone(transport), ids.clock().clone(), limits, directory);
    Bus::new(Arc::clone(transport), caller, ids.clone(), patience)
}
