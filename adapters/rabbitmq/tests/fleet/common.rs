//! The example services in several processes that share only a broker.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures::FutureExt as _;
use lapin::{
    Connection, ConnectionProperties,
    options::{ExchangeDeleteOptions, QueueDeleteOptions},
};
use message::Clock;
use rabbitmq::{Participant, RabbitMq, Settings, Topology};
use testing::{
    TestBackend,
    example_services::{self, HARBOUR, Harbour, Lighthouse, YARD, Yard},
    shared_server,
};

/// A broker starts slowly while all tests compete for the processors.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// A process whose transport is the broker.
pub(crate) type Process = example_services::Process<RabbitMq>;

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

/// The shared broker's URL.
pub(crate) fn broker() -> String {
    shared_server("CARAVEL_TEST_RABBITMQ_URL")
}

/// Another client of the broker.
pub(crate) async fn connection() -> Connection {
    Connection::connect(&broker(), ConnectionProperties::default()).await.unwrap()
}

/// The part of a broker that one test uses.
pub(crate) struct Sea {
    pub(crate) backend: TestBackend,
    pub(crate) settings: Settings,
}

impl Sea {
    fn new(backend: TestBackend, url: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut settings = Settings::at(url.parse().unwrap());
        settings.prefix = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { backend, settings }
    }

    pub(crate) async fn process(&self, name: &str, crew: Crew) -> Process {
        start(&self.backend, self.settings.clone(), name, crew).await
    }
}

/// Runs a test on the shared broker, and deletes its queues and exchanges.
pub(crate) fn at_sea<F, Fut>(test: F)
where
    F: FnOnce(Arc<Sea>) -> Fut,
    Fut: Future<Output = ()>,
{
    let url = broker();
    testing::run(TestBackend::sqlite(), |backend| async move {
        let sea = Arc::new(Sea::new(backend, &url));
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
    testing::run(
        TestBackend::sqlite(),
        |backend| async move { test(Arc::new(Sea::new(backend, &url))).await },
    );
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

/// The services of a process.
#[derive(Clone, Default)]
pub(crate) struct Crew {
    pub(crate) yard: Option<Yard>,
    pub(crate) harbour: Option<Harbour>,
    pub(crate) lighthouse: Option<Lighthouse>,
}

impl Crew {
    pub(crate) fn yard(yard: &Yard) -> Self {
        Self { yard: Some(yard.clone()), ..Self::default() }
    }

    pub(crate) fn harbour(harbour: &Harbour) -> Self {
        Self { harbour: Some(harbour.clone()), ..Self::default() }
    }

    pub(crate) fn lighthouse(lighthouse: &Lighthouse) -> Self {
        Self { lighthouse: Some(lighthouse.clone()), ..Self::default() }
    }
}

/// Starts a process with these services.
pub(crate) async fn start(backend: &TestBackend, settings: Settings, name: &str, crew: Crew) -> Process {
    let rabbit = RabbitMq::start(settings, topology(), Clock::system(), name.to_owned());
    let process = Process::new(rabbit, PATIENCE);
    if let Some(state) = crew.yard {
        process.mount(example_services::yard(process.open(backend, "yard", YARD).await, state));
    }
    if let Some(state) = crew.harbour {
        process.mount(example_services::harbour(process.open(backend, "harbour", HARBOUR).await, state));
    }
    if let Some(state) = crew.lighthouse {
        process.mount(example_services::lighthouse(state));
    }
    process.start();
    process
}
