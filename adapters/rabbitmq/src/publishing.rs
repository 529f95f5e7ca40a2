//! Publishing: events go out in packets, and whoever sent them hears when they are on disk.

use std::{num::NonZeroUsize, sync::Arc};

use futures::{FutureExt as _, StreamExt as _, future::try_join_all, stream::FuturesUnordered};
use lapin::{BasicProperties, Confirmation};
use message::{Envelope, Fault, Kind, wire};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::{
    broken::Broken,
    core::Core,
    link::{Address, Link, Sending},
    packing,
};

/// Survives a restart of the broker.
const PERSISTENT: u8 = 2;

/// How many packets of single events may be unconfirmed. A confirm waits for the disk, and what comes meanwhile gathers: so
/// few that under load the packets are large, so many that the disk always has something to do.
const WINDOW: usize = 4;

/// Single events of many senders, which would each be a packet and a confirm of its own.
pub(crate) struct Line {
    queue: mpsc::Sender<Single>,
    /// Only one link writes them at a time.
    queued: Mutex<mpsc::Receiver<Single>>,
}

struct Single {
    event: Envelope,
    confirmed: oneshot::Sender<Result<(), Fault>>,
}

impl Line {
    /// At most `limit` wait.
    pub(crate) fn new(limit: NonZeroUsize) -> Self {
        let (queue, queued) = mpsc::channel(limit.get());
        Self { queue, queued: Mutex::new(queued) }
    }

    async fn send(&self, event: Envelope) -> Result<(), Fault> {
        let (confirmed, told) = oneshot::channel();
        let busy = |_| Fault::new(Kind::Busy, "too many events of this process wait to be sent");
        self.queue.try_send(Single { event, confirmed }).map_err(busy)?;
        told.await.unwrap_or_else(|_| Err(Fault::unavailable("events are not confirmed: the link was lost")))
    }
}

/// Publishes events; on success every queue that is bound to them has them on disk.
pub(crate) async fn publish(core: Arc<Core>, mut events: Vec<Envelope>) -> Result<(), Fault> {
    let publishing = async {
        match (events.len(), events.pop()) {
            (1, Some(event)) => {
                // What waits for a broker that is away stays with its sender, who will not wait for ever.
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

/// Waits for a link. Nothing is put in line for a broker that takes nothing in: it would only pile up in memory, once for
/// each try.
async fn linked(core: &Core) -> Result<Arc<Link>, Fault> {
    core.link().await.ok_or_else(|| Fault::unavailable("the bus is closed"))
}

async fn publish_in_order(core: &Core, events: Vec<Envelope>) -> Result<(), Fault> {
    let link = linked(core).await?;
    let mut sendings = Vec::new();
    for run in bus::runs(events) {
        for packet in core.limits.split(run, |event| event.body.len()) {
            sendings.extend(put_in_line(core, &link, &packet)?);
        }
    }
    let confirmed = try_join_all(sendings.into_iter().map(Sending::confirmed)).await;
    let confirmed =
        confirmed.map_err(|broken| Fault::unavailable(format!("events are not confirmed: {broken}")))?;
    confirmed.into_iter().try_for_each(|confirmation| accepted(&link, confirmation))
}

/// Writes single events, until the link is gone.
pub(crate) async fn write(core: Arc<Core>, link: Arc<Link>) -> Result<(), Broken> {
    let mut queue = core.line.queued.lock().await;
    let (mut confirms, mut gathered) = (FuturesUnordered::new(), Vec::new());
    loop {
        tokio::select! {
            Some((confirmed, senders)) = confirms.next() => {
                let accepted = accepted(&link, confirmed?);
                tell(senders, &accepted);
            }
            taken = queue.recv_many(&mut gathered, core.settings.event_batch.get()), if confirms.len() < WINDOW => {
                if taken == 0 {
                    return Ok(());
                }
                // Who has given up may have sent the same again.
                gathered.retain(|single: &Single| !single.confirmed.is_closed());
                let named = gathered.drain(..).map(|single| (single.event.name.clone(), single));
                for (_, singles) in packing::group(named) {
                    for packet in core.limits.split(singles, |single| single.event.body.len()) {
                        let (events, senders): (Vec<_>, Vec<_>) =
                            packet.into_iter().map(|single| (single.event, single.confirmed)).unzip();
                        match put_in_line(&core, &link, &events) {
                            Ok(Some(sending)) => {
                                confirms.push(sending.confirmed().map(|confirmed| (confirmed, senders)));
                            }
                            Ok(None) => {}
                            Err(fault) => tell(senders, &Err(fault)),
                        }
                    }
                }
            }
        }
    }
}

fn tell(senders: Vec<oneshot::Sender<Result<(), Fault>>>, outcome: &Result<(), Fault>) {
    for sender in senders {
        // Whoever no longer listens will send it again.
        let _ = sender.send(outcome.clone());
    }
}

/// Puts a packet of events of one name in line.
fn put_in_line(core: &Core, link: &Link, packet: &[Envelope]) -> Result<Option<Sending>, Fault> {
    let Some(first) = packet.first() else { return Ok(None) };
    let to = Address {
        exchange: core.names.events(),
        key: first.name.as_ref().into(),
        mandatory: core.topology.somebody_reacts_to(&first.name),
    };
    let properties = BasicProperties::default()
        .with_content_type(wire::CONTENT_TYPE.into())
        .with_delivery_mode(PERSISTENT);
    Ok(Some(link.events.publish(to, properties, wire::encode(packet)?, packet.len())))
}

/// Whether the broker has taken a packet over.
///
/// A packet that no queue was there for comes back, together with its own confirm or an earlier one's: the client library
/// does not say which. So this tells that queues are gone, and makes them again, but not for sure what was lost.
fn accepted(link: &Link, confirmation: Confirmation) -> Result<(), Fault> {
    let is_refused = confirmation.is_nack();
    if confirmation.take_message().is_some() {
        let gone = "an event came back: the queues of all services that react to it are gone";
        tracing::error!("{gone}; they are made again");
        link.fail(Broken::new(gone));
        return Err(Fault::unavailable(gone));
    }
    if is_refused {
        return Err(Fault::unavailable(
            "events are refused: the queue of a service that reacts to them is full",
        ));
    }
    Ok(())
}
