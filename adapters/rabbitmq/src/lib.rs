//! The transport of a fleet: messages over RabbitMQ. `docs/messages.md` describes the wire for other languages.
//!
//! # Exchanges and queues
//!
//! | | exchange | key | queue |
//! |---|---|---|---|
//! | requests | `<prefix>.v1.requests`, direct | the request's name | `….requests.<service>`, classic, not persistent |
//! | answers | the default exchange | the queue's name | `….replies.<process>`, expires 5 minutes after its process |
//! | events | `<prefix>.v1.events`, topic | the event's name | `….events.<service>`, quorum, one active consumer |
//! | events for listeners | the same | the same | `….listen.<process>`, ends with its connection |
//! | dead letters | `<prefix>.v1.dead`, direct | the service's name | `….dead.<service>`, quorum |
//!
//! Every process declares all of them, for all services ([`Topology`]), so an event that is sent before its consumer's
//! first start is kept. Another `v` is another wire beside this one.
//!
//! **Bindings are never removed.** A worker cannot know whether a binding that it does not need is a leftover of an
//! older version or belongs to a newer one that is being deployed, and a wrong guess would lose events. So an event
//! without a reaction is kept among the service's dead letters; after the upgrade it can be replayed there, and nothing
//! is lost. If a reaction was removed for good while its event is still published, remove the binding by hand
//! (`rabbitmqadmin delete binding source=caravel.v1.events destination_type=queue
//! destination=caravel.v1.events.<service> properties_key=<event>`).
//!
//! # A packet
//!
//! A hop through a broker costs the same for one message as for a hundred. So all messages that wait for one
//! destination travel in one AMQP message; while it is written, the next one fills. No message waits for a packet to
//! fill up.
//!
//! # A request
//!
//! 1. The caller's process records the request (their number is limited) and sends it as `mandatory`, with its
//!    deadline as expiration. An unknown name is returned at once, and a full queue rejects it; the caller gets an
//!    error for both.
//! 2. A worker receives it, within the limit of requests that it may answer at once, and answers it concurrently with
//!    the others of its packet.
//! 3. The request is acknowledged when the broker has confirmed its answer. So a worker that ends in between costs
//!    time, not the answer: another one answers the request again, which is safe by contract. A repeated delivery to
//!    the worker that is still answering it does not start again.
//! 4. After a lost link the caller's process repeats all unanswered requests over the next one. Its queue of answers
//!    still exists, unless the broker was restarted; a second answer to the same request is ignored.
//!
//! # An event
//!
//! 1. [`Transport::publish`] returns when every queue that is bound to the event has it on disk; otherwise the outbox
//!    keeps it. Single events that are sent at the same time share packets, as requests do.
//! 2. Of all workers of a service, one consumes at a time (`x-single-active-consumer`); when its connection ends, the
//!    next one takes over. This keeps the events of each aggregate in order, which the bus guarantees and reactions
//!    rely on, such as those of `order` to `payment.captured` and `payment.failed`. It costs no speed: events that
//!    arrive together are one transaction, and two transactions on the same rows would only wait for each other.
//! 3. The event is acknowledged when [`Service::deliver`] has committed it, as handled or as parked. While the
//!    database is unavailable, it is held here and retried: returning it would count as a delivery, and deliveries
//!    are limited.
//! 4. If the process ends over it repeatedly, the broker gives it up after 20 deliveries. It goes to the service's
//!    dead-letter queue, and from there into the service's database, where operators see it. The same happens to
//!    unreadable messages. Events that were sent ahead do not go with it: the first event comes alone, and returned
//!    events are handled one by one.
//!
//! A listener is notified each time that its queue was created anew, because events may have passed it by.
//!
//! # Links
//!
//! One supervisor per process keeps a link: a connection that publishes and one that consumes, because a broker that
//! accepts no messages must still deliver them. If either is lost, both are opened anew, with pauses of at most 5 s.
//! Acknowledgements belong to the link over which their messages came. A message that is being handled when a link is
//! lost is handled to its end; its answer goes out over the next link. The client library's own recovery is off: it
//! knows neither which requests to repeat nor whom to notify of a gap.
//!
//! [`RabbitMq::health`] reports what is wrong: the broker is unavailable or blocked (its disk or memory is full), or a
//! queue exists with other properties. A request waits for the broker until its deadline.
mod acks;
mod answering;
mod asking;
mod connect;
mod core;
mod link;
mod link_error;
mod listening;
mod measure;
mod packing;
mod publishing;
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

/// How long finished answers may take to be sent after the process stops receiving.
const LEAVING: Duration = Duration::from_secs(5);

/// The transport over RabbitMQ.
pub struct RabbitMq {
    core: Arc<Core>,
    supervisor: Mutex<Option<JoinHandle<()>>>,
}

impl RabbitMq {
    /// Connects in the background, and again after each loss. `process` is the name of this process in the broker.
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

    /// Whether the broker is connected and accepts messages; if not, why.
    pub fn health(&self) -> Result<(), String> {
        self.core.trouble().map_or(Ok(()), Err)
    }
}

impl Transport for RabbitMq {
    fn ask(&self, request: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
        asking::ask(Arc::clone(&self.core), request)
    }

    fn publish(&self, events: Vec<Envelope>) -> BoxFuture<'static, Result<(), Fault>> {
        Box::pin(publishing::publish(Arc::clone(&self.core), events))
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
            // Every permit returns when its answer is sent.
            let all = u32::try_from(core.permits()).unwrap_or(u32::MAX);
            let mounted = core.mounted();
            let out = join_all(mounted.iter().map(|mounted| mounted.permits.acquire_many(all)));
            if tokio::time::timeout(LEAVING, out).await.is_err() {
                tracing::warn!("some answers could not be sent; other workers will answer their requests");
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
            // The services hold the bus, which holds this transport: without breaking the cycle none of them would be
            // dropped.
            core.unmount();
        })
    }
}
