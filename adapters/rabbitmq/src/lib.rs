//! Messages over RabbitMQ: the transport of a fleet. What travels is described for other languages in `docs/messages.md`.
//!
//! # What lies in the broker
//!
//! | | exchange | key | queue |
//! |---|---|---|---|
//! | requests | `<prefix>.v1.requests`, direct | the request's name | `….requests.<service>`, classic, not persistent |
//! | answers | the default exchange | the queue's name | `….replies.<process>`, expires 5 minutes after its process |
//! | events | `<prefix>.v1.events`, topic | the event's name | `….events.<service>`, quorum, one active consumer |
//! | what is overheard | the same | the same | `….listen.<process>`, ends with its connection |
//! | dead letters | `<prefix>.v1.dead`, direct | the service's name | `….dead.<service>`, quorum |
//!
//! Every process makes all of it, for all services ([`Topology`]): an event that is sent before its consumer ever ran is
//! kept. Another `v` is another wire beside this one.
//!
//! **Bindings are never removed.** A worker cannot know whether a binding that it does not need is left from an older
//! version or made by a newer one that is just coming in, and to guess wrong would lose events. So an event without a
//! reaction is kept among the service's dead letters: replayed there after the upgrade it is handled, nothing is lost. If
//! a reaction was removed for good while its event is still published, remove the binding by hand
//! (`rabbitmqadmin delete binding source=caravel.v1.events destination_type=queue destination=caravel.v1.events.<service>
//! properties_key=<event>`).
//!
//! # A packet
//!
//! A hop through a broker costs the same for one message as for a hundred. So whatever is in line for one destination when
//! the line is free travels in one AMQP message, and while that is written the next one gathers. Nothing waits for a
//! packet to fill.
//!
//! # A request
//!
//! 1. The caller's process notes it, bounded, and puts it in line; it goes out `mandatory`, and expires with its deadline.
//!    Nobody's name comes back at once; a full queue is refused; both are told to the caller.
//! 2. A worker takes it, within the bound of what it may answer at once, and answers it beside the others of its packet.
//! 3. The request is acknowledged when the broker has confirmed its answer. So a worker that ends in between costs time,
//!    not the answer: another one does it again, and asking twice is safe by contract. What is delivered again to the very
//!    worker that is still at it is not begun again.
//! 4. When a link was lost, the caller's process asks again over the next one whatever is not answered. Its queue of
//!    answers is still there, unless the broker ended; if an answer comes twice, the second finds nobody.
//!
//! # An event
//!
//! 1. [`Transport::publish`] returns when every queue that is bound to it has it on disk; otherwise the outbox keeps it.
//!    Single events that many send at the same time share packets, as requests do.
//! 2. Of all workers of a service one consumes at a time (`x-single-active-consumer`); when its connection ends, the next
//!    takes over. That keeps the order of each thing's events, which the bus promises and reactions such as those of
//!    `order` to `payment.captured` and `payment.failed` rest on. It costs no speed: what has arrived together is one
//!    transaction, and two of them on the same rows would only wait for each other.
//! 3. It is acknowledged when [`Service::deliver`] has committed it, as handled or as parked. While the database is away
//!    it is kept here and tried again: to give it back would count as a delivery, and those are limited.
//! 4. If the process ends over it again and again, the broker gives it up after 20 deliveries. It goes to the service's
//!    queue of the dead, and from there into its database, where its operators see it. So does what cannot be read.
//!    What is sent ahead does not go with it: the first event comes alone, and what came back is taken one by one.
//!
//! Who listens is told when events may have passed it by: each time that its queue was made anew.
//!
//! # Links
//!
//! One supervisor per process holds a link: a connection that publishes and one that consumes, since a broker that takes
//! nothing in must still be able to give something out. If either is lost, both are made anew, with pauses up to 5 s.
//! Acknowledgements belong to the link that their messages came over. What is being handled when a link is lost is handled
//! to its end; its answer goes out over the next. The client library's own recovery is off: it knows neither what must be
//! asked again nor who must be told of a gap.
//!
//! [`RabbitMq::health`] names what is wrong: the broker away, blocked (its disk or memory is full), or a queue that is
//! there with other properties. A request waits for the broker as long as its deadline allows.
mod acks;
mod answering;
mod asking;
mod broken;
mod core;
mod link;
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
