//! Answering: requests arrive in packets and are answered concurrently; their answers leave in packets.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, future::join_all, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Consumer,
    message::Delivery,
    options::{BasicCancelOptions, BasicNackOptions, BasicRejectOptions},
    types::ShortString,
};
use message::{Envelope, MessageId, wire};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    acks::{Acks, ReceivedPacket},
    core::{Core, MountedService, ReceiverContext},
    link::{Destination, Link, Sending},
    link_error::LinkError,
    measure::PacketKind,
    packing,
};

/// The largest number of unconfirmed packets.
const WINDOW: usize = 256;

/// An answer on its way to its caller.
pub(crate) struct OutgoingAnswer {
    /// The caller's queue of replies; `None` if the request did not name one.
    to: Option<ShortString>,
    reply: wire::Reply,
    /// The packets of the request: more than one if it was delivered again while it was being answered.
    taken: Vec<Arc<ReceivedPacket>>,
    /// Released when the answer is sent.
    _permit: OwnedSemaphorePermit,
}

/// The requests that a service is answering, so that a repeated delivery does not start a second time.
#[derive(Default)]
pub(crate) struct RunningRequests(Mutex<HashMap<MessageId, Vec<Arc<ReceivedPacket>>>>);

impl RunningRequests {
    fn lock(&self) -> MutexGuard<'_, HashMap<MessageId, Vec<Arc<ReceivedPacket>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this request is new. If not, its packet is finished together with the running one.
    fn begin(&self, id: MessageId, taken: &Arc<ReceivedPacket>) -> bool {
        let mut running = self.lock();
        let packets = running.entry(id).or_default();
        packets.push(Arc::clone(taken));
        packets.len() == 1
    }

    fn end(&self, id: MessageId) -> Vec<Arc<ReceivedPacket>> {
        self.lock().remove(&id).unwrap_or_default()
    }
}

/// Receives requests for a service, until the link is lost or the process stops receiving.
pub(crate) async fn receive(
    ReceiverContext { core, link, mounted }: ReceiverContext,
) -> Result<(), LinkError> {
    let queue = core.names.requests_of(mounted.service.name());
    let (channel, mut requests) = link.consume(queue.clone(), core.settings.prefetch.get()).await?;
    let acks = Acks::start(&link, channel.clone());
    loop {
        let delivery = tokio::select! {
            () = link.gone().cancelled() => return Ok(()),
            () = core.stopping.cancelled() => return give_back(&link, &channel, requests).await,
            delivery = requests.next() => delivery,
        };
        let delivery = delivery.ok_or_else(|| LinkError::new(format!("the queue {queue} was deleted")))??;
        take(&core, &mounted, delivery, &acks).await?;
    }
}

/// Stops consuming, and returns the requests that have not been started.
async fn give_back(link: &Link, channel: &Channel, mut requests: Consumer) -> Result<(), LinkError> {
    let tag = requests.tag();
    link.within("no longer consuming", channel.basic_cancel(tag, BasicCancelOptions::default())).await?;
    let returning = async {
        while let Some(delivery) = requests.next().await {
            delivery?.nack(BasicNackOptions { requeue: true, multiple: false }).await?;
        }
        Ok(())
    };
    link.within("giving requests back", returning).await
}

/// Starts the requests of a packet, as many at a time as the service may answer.
async fn take(
    core: &Arc<Core>,
    mounted: &Arc<MountedService>,
    delivery: Delivery,
    acks: &Acks,
) -> Result<(), LinkError> {
    let requests = match wire::decode(&Bytes::from(delivery.data)) {
        Ok(requests) => requests,
        Err(error) => {
            PacketKind::Requests.unreadable();
            tracing::error!(service = mounted.service.name(), %error, "a packet of requests cannot be read");
            delivery.acker.reject(BasicRejectOptions { requeue: false }).await?;
            return Ok(());
        }
    };
    PacketKind::Requests.arrived(&requests, &core.clock);
    if requests.is_empty() {
        acks.one(delivery.delivery_tag);
    }
    let to = delivery.properties.reply_to().clone();
    let taken = ReceivedPacket::new(acks, delivery.delivery_tag, requests.len());
    for request in requests {
        if mounted.running.begin(request.id, &taken) {
            // The semaphore is never closed.
            let Ok(permit) = Arc::clone(&mounted.permits).acquire_owned().await else { return Ok(()) };
            core.work.spawn(answer(Arc::clone(core), Arc::clone(mounted), request, to.clone(), permit));
        }
    }
    Ok(())
}

async fn answer(
    core: Arc<Core>,
    mounted: Arc<MountedService>,
    request: Envelope,
    to: Option<ShortString>,
    permit: OwnedSemaphorePermit,
) {
    let id = request.id;
    let outcome = mounted.service.answer(request).await;
    let taken = mounted.running.end(id);
    // The receiver lives as long as the core.
    let _ = core.answers.send(OutgoingAnswer {
        to,
        reply: wire::Reply { to: id, outcome },
        taken,
        _permit: permit,
    });
}

/// Sends answers until the link is lost. A request is acknowledged when the broker has confirmed its answer.
pub(crate) async fn reply(core: Arc<Core>, link: Arc<Link>) -> Result<(), LinkError> {
    let mut queue = core.answered.lock().await;
    let mut confirms = FuturesUnordered::new();
    let mut answered = Vec::new();
    loop {
        let sendings = send(&core, &link, answered.drain(..));
        for sent in
            join_all(sendings.into_iter().map(|(sending, of)| sending.written().map(|sent| (sent, of)))).await
        {
            let (sending, of) = sent;
            confirms.push(sending.confirmed().map(move |confirmed| (confirmed, of)));
        }
        tokio::select! {
            Some((confirmed, of)) = confirms.next() => {
                confirmed?;
                done(&of);
            }
            taken = queue.recv_many(&mut answered, core.permits()), if confirms.len() < WINDOW => {
                if taken == 0 {
                    return Ok(());
                }
            }
        }
    }
}

/// Queues answers, packed by destination.
fn send(
    core: &Core,
    link: &Link,
    answered: impl Iterator<Item = OutgoingAnswer>,
) -> Vec<(Sending, Vec<OutgoingAnswer>)> {
    let mut sendings = Vec::new();
    for (to, answered) in packing::group(answered.map(|answered| (answered.to.clone(), answered))) {
        let Some(to) = to else {
            done(&answered);
            continue;
        };
        let size = |answered: &OutgoingAnswer| answered.reply.outcome.as_ref().map_or(0, Bytes::len);
        for mut packet in core.limits.split(answered, size) {
            let replies: Vec<_> = packet.iter().map(|answered| answered.reply.clone()).collect();
            match wire::encode_replies(&replies) {
                Ok(body) => {
                    let properties = BasicProperties::default().with_content_type(wire::CONTENT_TYPE.into());
                    let to = Destination { exchange: "".into(), key: to.clone(), mandatory: false };
                    let sending = link.replies.publish(to, properties, body, packet.len());
                    sendings.push((sending, std::mem::take(&mut packet)));
                }
                Err(error) => {
                    tracing::error!(%error, "answers cannot be written");
                    done(&packet);
                }
            }
        }
    }
    sendings
}

/// The requests of these answers need not be delivered again.
fn done(answered: &[OutgoingAnswer]) {
    answered.iter().flat_map(|answered| &answered.taken).for_each(|taken| taken.done());
}
