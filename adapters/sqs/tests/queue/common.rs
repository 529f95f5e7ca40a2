//! The example services in several processes whose events use SQS.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_sdk_sqs::{Client, config::Credentials, types::QueueAttributeName};
use bus::{InProcess, Transport as _};
use futures::FutureExt as _;
use message::{Clock, Envelope, Fault, Headers, Id, IdSource};
use sqs::{Settings, Sqs, Subscriber};
use store::Db;
use testing::{
    TestBackend,
    example_services::{self, Boat, HARBOUR, Harbour, Launched, Lighthouse, YARD, Yard},
    shared_server, until,
};

use crate::proxy::Proxy;

const PATIENCE: Duration = Duration::from_mins(1);

/// A process whose events use SQS.
pub(crate) type Process = example_services::Process<Sqs>;

pub(crate) fn subscribers() -> Vec<Subscriber> {
    let reacting = |service: &str, events: &[&str]| Subscriber {
        service: service.to_owned(),
        events: events.iter().map(|name| (*name).to_owned()).collect(),
    };
    vec![reacting("yard", &[]), reacting("harbour", &["boat.launched"])]
}

/// Invented credentials, so that no real ones are looked up.
fn loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .region(Region::new("eu-central-1"))
}

/// The part of SQS that one test uses, with a proxy in front of it.
pub(crate) struct Sea {
    pub(crate) backend: TestBackend,
    pub(crate) settings: Settings,
    pub(crate) proxy: Arc<Proxy>,
    /// Connects to SQS directly.
    pub(crate) direct: Client,
    harbour: Db,
}

/// Runs a test, and deletes its queues.
pub(crate) fn at_sea<F, Fut>(change: impl FnOnce(&mut Settings) + Send + 'static, test: F)
where
    F: FnOnce(Arc<Sea>) -> Fut + Send + 'static,
    Fut: Future<Output = ()>,
{
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = shared_server("CARAVEL_TEST_SQS_URL");
    testing::run(TestBackend::sqlite(), |backend| async move {
        let proxy = Proxy::start(server.clone()).await;
        let mut settings = Settings {
            endpoint: proxy.url.parse().ok(),
            prefix: format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)),
            wait_seconds: 1,
            visibility_seconds: 30,
            ..Settings::default()
        };
        change(&mut settings);
        let direct = Settings { endpoint: server.parse().ok(), ..settings.clone() };
        let direct = sqs::client_from(loader(), &direct).await;
        let ids = IdSource::random(Clock::system());
        let sizes = store::PoolSizes::default();
        let harbour = Db::open(&backend.store(), "harbour", HARBOUR, ids, sizes).await.unwrap();
        let sea = Arc::new(Sea { backend, settings, proxy, direct, harbour });
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
        let process = Process::new(sqs, PATIENCE);
        if crew.yard {
            process.mount(example_services::yard(
                process.open(&self.backend, "yard", YARD).await,
                Yard::default(),
            ));
        }
        if let Some(state) = crew.harbour {
            process.mount(example_services::harbour(self.harbour.clone(), state));
        }
        process.mount(example_services::lighthouse(Lighthouse {
            received: crew.received,
            ..Lighthouse::default()
        }));
        process.start();
        process
    }

    /// The process of a harbour.
    pub(crate) async fn harbour(&self, state: &Harbour) -> Process {
        self.process(Crew { harbour: Some(state.clone()), ..Crew::default() }).await
    }

    /// The database of all harbours.
    pub(crate) fn db(&self) -> &Db {
        &self.harbour
    }

    /// The boats in the harbours, in the order of their arrival.
    pub(crate) async fn berths(&self) -> Vec<(Id<Boat>, String)> {
        example_services::berths(&self.harbour).await
    }

    pub(crate) async fn until_berths(&self, count: usize) {
        until(&format!("{count} boats have their berths"), async || self.berths().await.len() == count).await;
    }

    /// The names of a service's queues: `harbour`, `harbour-dead`.
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
                .and_then(|reply| reply.queue_url);
            url.is_some()
        })
        .await;
        url.unwrap()
    }

    /// Waits until the queue has no messages, neither visible nor hidden.
    pub(crate) async fn until_empty(&self, name: &str) {
        let url = self.url(name).await;
        until(&format!("{name} is empty"), async || {
            let reply =
                self.direct.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All);
            let attributes = reply.send().await.unwrap().attributes.unwrap();
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

/// The services of a process.
#[derive(Clone, Default)]
pub(crate) struct Crew {
    pub(crate) yard: bool,
    pub(crate) harbour: Option<Harbour>,
    /// The boats that its listener received.
    pub(crate) received: Arc<Mutex<Vec<String>>>,
}

impl Crew {
    pub(crate) fn yard() -> Self {
        Self { yard: true, ..Self::default() }
    }
}

/// Launches a boat that the harbour accepts.
pub(crate) async fn launch(process: &Process, name: &str) -> Id<Boat> {
    process.launch(name).await.unwrap()
}

/// Publishes like an outbox.
pub(crate) async fn publish(process: &Process, boats: Vec<Launched>) -> Result<(), Fault> {
    let ids = process.bus.ids();
    let envelope = |boat: Launched| Envelope::event(&boat, Headers::new(ids.id()), ids).unwrap();
    process.transport.publish(boats.into_iter().map(envelope).collect()).await
}
