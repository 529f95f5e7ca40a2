//! Publishing: events leave in packets, and their senders are notified when they are on disk.

use std::{num::NonZeroUsize, sync::Arc};

use futures::{FutureExt as _, StreamExt as _, future::try_join_all, stream::FuturesUnordered};
use lapin::{BasicProperties, Confirmation};
use message::{Envelope, Fault, Kind, wire};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::{
    core::Core,
    link::{Destination, Link, Sending},
    link_error::LinkError,
    packing,
};

/// AMQP's delivery mode for messages that survive a restart of the broker.
const PERSISTENT: u8 = 2;

/// The largest number of unconfirmed packets of single events. A confirm waits for the disk, and events gather
/// meanwhile: few enough for large packets under load, enough to keep the disk busy.
const WINDOW: usize = 4;

/// Single events of many senders, each of which would otherwise need its own packet and confirm.
pub(crate) struct EventQueue {
    queue: mpsc::Sender<Single>,
    /// Only one link sends them at a time.
    queued: Mutex<mpsc::Receiver<Single>>,
}

struct Single {
    event: Envelope,
    confirmed: oneshot::Sender<Result<(), Fault>>,
}

impl EventQueue {
    /// At most `limit` events wait.
    pub(crate) fn new(limit: NonZeroUsize) -> Self {
        let (queue, queued) = mpsc::channel(limit.get());
        Self { queue, queued: Mutex::new(queued) }
    }

    async fn send(&self, event: Envelope) -> Result<(), Fault> {
        let (confirmed, reply) = oneshot::channel();
        let busy = |_| Fault::new(Kind::Busy, "too many events of this process wait to be sent");
        self.queue.try_send(Single { event, confirmed }).map_err(busy)?;
        reply.await.unwrap_or_else(|_| Err(Fault::unavailable("events are not confirmed: the link was lost")))
    }
}

/// Publishes events. On success every queue that is bound to them has them on disk.
pub(crate) async fn publish(core: Arc<Core>, mut events: Vec<Envelope>) -> Result<(), Fault> {
    let publishing = async {
        match (events.len(), events.pop()) {
            (1, Some(event)) => {
                // While the broker is unavailable, events stay with their sender, whose patience is limited.
                linked(&core).await?;
                core.line.send(event).await
            }
            (_, last) => {
                events.extend(last);
                publish_in_order(&core, events).await
            }
        }
    };
    let in_time = tokio::time::timeout(core.settings.patience(), publishing).await;
    in_time.unwrap_or_else(|_| Err(Fault::unavailable(core.too_late("events were not confirmed"))))
}

/// Waits for a link. No event is queued for a broker that accepts none: events would pile up in memory, once for each
/// attempt.
async fn linked(core: &Core) -> Result<Arc<Link>, Fault> {
    core.link().await.ok_or_else(|| Fault::unavailable("the bus is closed"))
}

async fn publish_in_order(core: &Core, events: Vec<Envelope>) -> Result<(), Fault> {
    let link = linked(core).await?;
    let mut sendings = Vec::new();
    for run in bus::runs(events) {
        for packet in core.limits.split(run, |event| event.body.len()) {
            sendings.extend(enqueue(core, &link, &packet)?);
        }
    }
    let confirmed = try_join_all(sendings.into_iter().map(Sending::confirmed)).await;
    let confirmed =
        confirmed.map_err(|broken| Fault::unavailable(format!("events are not confirmed: {broken}")))?;
    confirmed.into_iter().try_for_each(|confirmation| accepted(&link, confirmation))
}

/// Sends single events until the link is lost.
pub(crate) async fn write(core: Arc<Core>, link: Arc<Link>) -> Result<(), LinkError> {
    let mut queue = core.line.queued.lock().await;
    let (mut confirms, mut gathered) = (FuturesUnordered::new(), Vec::new());
    loop {
        tokio::select! {
            Some((confirmed, senders)) = confirms.next() => {
                let accepted = accepted(&link, confirmed?);
                notify(senders, &accepted);
            }
            taken = queue.recv_many(&mut gathered, core.settings.event_batch.get()), if confirms.len() < WINDOW => {
                if taken == 0 {
                    return Ok(());
                }
                // A sender that has given up may have sent the same event again.
                gathered.retain(|single: &Single| !single.confirmed.is_closed());
                let named = gathered.drain(..).map(|single| (single.event.name.clone(), single));
                for (_, singles) in packing::group(named) {
                    for packet in core.limits.split(singles, |single| single.event.body.len()) {
                        let (events, senders): (Vec<_>, Vec<_>) =
                            packet.into_iter().map(|single| (single.event, single.confirmed)).unzip();
                        match enqueue(&core, &link, &events) {
                            Ok(Some(sending)) => {
                                confirms.push(sending.confirmed().map(|confirmed| (confirmed, senders)));
                            }
                            Ok(None) => {}
                            Err(fault) => notify(senders, &Err(fault)),
                        }
                    }
                }
            }
        }
    }
}

fn notify(senders: Vec<oneshot::Sender<Result<(), Fault>>>, outcome: &Result<(), Fault>) {
    for sender in senders {
        // A sender that no longer waits will send the event again.
        let _ = sender.send(outcome.clone());
    }
}

/// Queues a packet of events with one name.
fn enqueue(core: &Core, link: &Link, packet: &[Envelope]) -> Result<Option<Sending>, Fault> {
    let Some(first) = packet.first() else { return Ok(None) };
    let to = Destination {
        exchange: core.names.events(),
        key: first.name.as_ref().into(),
        mandatory: core.topology.somebody_reacts_to(&first.name),
    };
    let properties = BasicProperties::default()
        .with_content_type(wire::CONTENT_TYPE.into())
        .with_delivery_mode(PERSISTENT);
    Ok(Some(link.events.publish(to, properties, wire::encode(packet)?, packet.len())))
}

/// Whether the broker has accepted a packet.
///
/// A packet without a queue is returned, together with its own confirmation or an earlier one: the client library does
/// not say which. So this function detects that queues are gone and declares them again, but it cannot say which packet
/// was lost.
fn accepted(link: &Link, confirmation: Confirmation) -> Result<(), Fault> {
    let is_refused = confirmation.is_nack();
    if confirmation.take_message().is_some() {
        let gone = "an event came back: the queues of all services that react to it are gone";
        tracing::error!("{gone}; they are made again");
        link.fail(LinkError::new(gone));
        return Err(Fault::unavailable(gone));
    }
    if is_refused {
        return Err(Fault::unavailable(
            "events are refused: the queue of a service that reacts to them is full",
        ));
    }
    Ok(())
}
