//! Messages over RabbitMQ.
mod acks;
mod answering;
mod asking;
mod broken;
mod core;
mod link;
mod listening;
mod measure;
mod packing;
mod reacting;
mod settings;
mod supervisor;
mod topology;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bus::{Service, Transport};
use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use message::{Clock, Correlation, Envelope, Fault, Id, IdSource};
use tokio::task::JoinHandle;

use crate::core::Core;

pub use settings::{Settings, Url};
pub use topology::{Participant, Topology};

/// How long answers that are ready may take to leave when no more are taken in.
const LEAVING: Duration = Duration::from_secs(5);

/// The transport over RabbitMQ.
pub struct RabbitMq {
    core: Arc<Core>,
    supervisor: Mutex<Option<JoinHandle<()>>>,
}

impl RabbitMq {
    /// Connects in the background, and again whenever the broker was away. `process` is what the broker calls us.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(settings: Settings, topology: Topology, clock: Clock, process: String) -> Arc<Self> {
        let unique: Id<Correlation> = IdSource::random(clock.clone()).id();
        let unique = format!("{process}.{}", unique.uuid().simple());
        let core = Arc::new(Core::new(settings, topology, clock, process, &unique));
        let supervisor = tokio::spawn(supervisor::run(Arc::clone(&core)));
        Arc::new(Self { core, supervisor: Mutex::new(Some(supervisor)) })
    }

    /// Whether the broker is there and takes messages in; if not, why.
    pub fn health(&self) -> Result<(), String> {
        self.core.trouble().map_or(Ok(()), Err)
    }
}

impl Transport for RabbitMq {
    fn ask(&self, request: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
        asking::ask(Arc::clone(&self.core), request)
    }

    fn publish(&self, events: Vec<Envelope>) -> BoxFuture<'static, Result<(), Fault>> {
        Box::pin(reacting::publish(Arc::clone(&self.core), events))
    }

    fn mount(&self, service: Arc<Service>) {
        self.core.mount(service);
    }

    fn receive(&self) {
        self.core.receiving.cancel();
    }

    fn stop_receiving(&self) -> BoxFuture<'static, ()> {
        let core = Arc::clone(&self.core);
        Box::pin(async move {
            core.stopping.cancel();
            core.work.close();
            core.work.wait().await;
            // Every permit comes back when the answer that holds it is out.
            let all = u32::try_from(core.permits()).unwrap_or(u32::MAX);
            let mounted = core.mounted();
            let out = join_all(mounted.iter().map(|mounted| mounted.permits.acquire_many(all)));
            if tokio::time::timeout(LEAVING, out).await.is_err() {
                tracing::warn!("some answers could not be sent: their requests are left to others");
            }
        })
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let core = Arc::clone(&self.core);
        let supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).take();
        Box::pin(async move {
            core.closing.cancel();
            core.asking.close();
            if let Some(supervisor) = supervisor
                && let Err(error) = supervisor.await
            {
                tracing::error!(%error, "the link's supervisor ended badly");
            }
            // The services hold the bus, which holds this: without the cut none of them would ever be dropped.
            core.unmount();
        })
    }
}
