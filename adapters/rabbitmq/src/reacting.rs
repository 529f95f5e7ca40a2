//! Reacting: events are handled in the order of their arrival.

use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use lapin::{
    Channel, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicCancelOptions, BasicRejectOptions},
    types::{AMQPValue, DeliveryTag, FieldTable},
};
use message::{Envelope, Fault, Tries, wire};

use crate::{
    acks::Acks,
    core::{Core, MountedService, ReceiverContext},
    link_error::LinkError,
    measure::PacketKind,
};

/// The longest pause while a service cannot handle events.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A message that was returned this often may be the one that ends its consumers.
const SUSPECT: i64 = 3;

/// Handles the events of a service, until the link is lost or the process stops receiving.
///
/// If a process ends over an event, everything that was sent ahead to it counts one more delivery. So the first event
/// comes alone, and events that have been returned are handled one at a time.
pub(crate) async fn react(ground: ReceiverContext) -> Result<(), LinkError> {
    let ReceiverContext { core, link, mounted } = &ground;
    let _turn = tokio::select! {
        () = ground.ended() => return Ok(()),
        turn = mounted.turn.lock() => turn,
    };
    let queue = core.names.events_of(mounted.service.name());
    let mut pace = Pace::OneByOne;
    loop {
        let prefetch = match pace {
            Pace::OneByOne => 1,
            Pace::Ahead => core.settings.prefetch.get(),
        };
        let (channel, events) = link.consume(queue.clone(), prefetch).await?;
        let next = handle(&ground, &channel, events, pace).await?;
        // Events that were sent ahead return to the queue with the channel, and the service's next worker takes over.
        let _ = link.within("closing a channel", channel.close(200, "stopped".into())).await;
        match next {
            Some(next) => pace = next,
            None => return Ok(()),
        }
    }
}

/// How much is sent ahead.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    OneByOne,
    Ahead,
}

/// Handles the events of a channel until the pace should change or the process stops receiving.
async fn handle(
    ground: &ReceiverContext,
    channel: &Channel,
    mut events: Consumer,
    pace: Pace,
) -> Result<Option<Pace>, LinkError> {
    let ReceiverContext { core, link, mounted } = ground;
    loop {
        let first = tokio::select! {
            () = ground.ended() => return Ok(None),
            delivery = events.next() => delivery,
        };
        let gone = || LinkError::new(format!("a queue of {} was deleted", mounted.service.name()));
        let first = first.ok_or_else(gone)??;
        let is_suspect = returned(&first) >= SUSPECT;
        if is_suspect && pace == Pace::Ahead {
            return Ok(Some(Pace::OneByOne));
        }
        let arrived = gather(core, &mut events, first).await?;
        let Some(last) = arrived.last else { continue };
        if !keep_trying(ground, "events cannot be handled", || deliver(mounted, &arrived.events)).await {
            return Ok(None);
        }
        let opens_up = pace == Pace::OneByOne && !is_suspect;
        if opens_up {
            // Stop consuming first, or further events would be returned to the queue once for nothing.
            let tag = events.tag();
            link.within("pausing", channel.basic_cancel(tag, BasicCancelOptions::default())).await?;
        }
        link.within("acknowledging", channel.basic_ack(last, BasicAckOptions { multiple: true })).await?;
        if opens_up {
            return Ok(Some(Pace::Ahead));
        }
    }
}

/// How often a message was returned to its queue.
fn returned(delivery: &Delivery) -> i64 {
    let headers = delivery.properties.headers().as_ref();
    headers
        .and_then(|headers| headers.inner().get("x-delivery-count")?.as_long_long_int())
        .unwrap_or_default()
}

/// Events that have arrived together.
struct EventBatch {
    events: Vec<Envelope>,
    /// The last packet that could be read.
    last: Option<DeliveryTag>,
}

/// Takes all waiting events without waiting, up to a limit. Unreadable packets go to the dead letters.
async fn gather(core: &Core, events: &mut Consumer, first: Delivery) -> Result<EventBatch, LinkError> {
    let mut arrived = EventBatch { events: Vec::new(), last: None };
    let mut next = Some(first);
    while let Some(delivery) = next {
        let (tag, acker) = (delivery.delivery_tag, delivery.acker);
        match wire::decode(&Bytes::from(delivery.data)) {
            Ok(packet) => {
                PacketKind::Events.arrived(&packet, &core.clock);
                arrived.events.extend(packet);
                arrived.last = Some(tag);
            }
            Err(error) => {
                PacketKind::Events.unreadable();
                tracing::error!(%error, "a packet of events cannot be read");
                acker.reject(BasicRejectOptions { requeue: false }).await?;
            }
        }
        if arrived.events.len() >= core.settings.event_batch.get() {
            break;
        }
        next = events.next().now_or_never().flatten().transpose()?;
    }
    Ok(arrived)
}

/// An event that this version does not know belongs to a reaction of another version: it is kept, not dropped.
async fn deliver(mounted: &MountedService, events: &[Envelope]) -> Result<(), Fault> {
    let (known, unknown): (Vec<_>, Vec<_>) =
        events.iter().cloned().partition(|event| mounted.service.reacts_to(&event.name));
    mounted.service.deliver(known).await?;
    if unknown.is_empty() {
        return Ok(());
    }
    mounted.service.bury(&unknown, "this version of the service does not react to it").await
}

/// Retries until success. Returns `false` if the link is lost or the process stops receiving meanwhile.
///
/// The messages stay here, unacknowledged: returning them would count as a delivery.
async fn keep_trying<F: Future<Output = Result<(), Fault>>>(
    ground: &ReceiverContext,
    what: &str,
    mut attempt: impl FnMut() -> F,
) -> bool {
    let mut pauses = Tries::new(Duration::from_millis(50), LONGEST_PAUSE);
    loop {
        let Err(error) = attempt().await else { return true };
        tracing::warn!(%error, "{what}; retrying");
        tokio::select! {
            () = ground.ended() => return false,
            () = tokio::time::sleep(pauses.pause()) => {}
        }
    }
}

/// Stores messages that the broker has given up for a service among its dead letters, until the link is lost or the
/// process stops receiving.
pub(crate) async fn bury(ground: ReceiverContext) -> Result<(), LinkError> {
    let ReceiverContext { core, link, mounted } = &ground;
    let queue = core.names.dead_of(mounted.service.name());
    let (channel, mut dead) = link.consume(queue.clone(), core.settings.prefetch.get()).await?;
    let acks = Acks::start(link, channel);
    loop {
        let delivery = tokio::select! {
            () = ground.ended() => return Ok(()),
            delivery = dead.next() => delivery,
        };
        let delivery = delivery.ok_or_else(|| LinkError::new(format!("the queue {queue} was deleted")))??;
        let reason = reason(delivery.properties.headers().as_ref());
        let packet = Bytes::from(delivery.data);
        let (events, reason) = match wire::decode(&packet) {
            Ok(events) => (events, reason.to_owned()),
            Err(error) => (vec![wire::unreadable(&packet)], error.to_string()),
        };
        PacketKind::DeadLetters.consumed(events.len());
        let buried = || mounted.service.bury(&events, &reason);
        if !keep_trying(&ground, "dead letters cannot be kept", buried).await {
            return Ok(());
        }
        acks.one(delivery.delivery_tag);
    }
}

/// Why the broker gave a message up, as text for operators.
fn reason(headers: Option<&FieldTable>) -> &'static str {
    let death = headers
        .and_then(|headers| headers.inner().get("x-death")?.as_array()?.as_slice().first()?.as_field_table());
    let reason = death.and_then(|death| death.inner().get("reason")).map(AMQPValue::as_long_string);
    match reason.flatten().map(lapin::types::LongString::as_bytes) {
        Some(b"delivery_limit") => "the service ended each time that it was given this event",
        Some(b"rejected") => "the service rejected the event",
        _ => "the broker gave the event up",
    }
}
