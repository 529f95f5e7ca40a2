//! Reacting: events are handled in the order of their arrival.

use std::time::Duration;

use bus::Backoff;
use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use lapin::{
    Channel, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicCancelOptions, BasicRejectOptions},
    types::{AMQPValue, DeliveryTag, FieldTable},
};
use message::{Envelope, Fault, wire};

use crate::{
    acks::Acks,
    broken::Broken,
    core::{Core, Ground, Mounted},
    measure::Holds,
};

/// The longest pause while a service cannot take what came for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A message that came back this often may be what ends the processes that take it.
const SUSPECT: i64 = 3;

/// Handles the events of a service, until the link is gone or nothing more shall be taken.
///
/// A process that ends over an event takes down with it whatever it was sent ahead, and all of that is one delivery nearer
/// to its end. So the first event comes alone, and what has ended processes before is looked at one at a time.
pub(crate) async fn react(ground: Ground) -> Result<(), Broken> {
    let Ground { core, link, mounted } = &ground;
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
        // What was sent ahead goes back to the queue with the channel, and the next of the service's workers takes over.
        let _ = link.within("closing a channel", channel.close(200, "stopped".into())).await;
        match next {
            Some(next) => pace = next,
            None => return Ok(()),
        }
    }
}

/// How much is let come before the first of it is handled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    OneByOne,
    Ahead,
}

/// Handles what comes over a channel until another pace is better, or nothing more shall be taken.
async fn handle(
    ground: &Ground,
    channel: &Channel,
    mut events: Consumer,
    pace: Pace,
) -> Result<Option<Pace>, Broken> {
    let Ground { core, link, mounted } = ground;
    loop {
        let first = tokio::select! {
            () = ground.ended() => return Ok(None),
            delivery = events.next() => delivery,
        };
        let gone = || Broken::new(format!("a queue of {} was deleted", mounted.service.name()));
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
            // Nothing may come any more, or it would go back to the queue once for nothing.
            let tag = events.tag();
            link.within("pausing", channel.basic_cancel(tag, BasicCancelOptions::default())).await?;
        }
        link.within("acknowledging", channel.basic_ack(last, BasicAckOptions { multiple: true })).await?;
        if opens_up {
            return Ok(Some(Pace::Ahead));
        }
    }
}

/// How often a message went back to its queue.
fn returned(delivery: &Delivery) -> i64 {
    let headers = delivery.properties.headers().as_ref();
    headers
        .and_then(|headers| headers.inner().get("x-delivery-count")?.as_long_long_int())
        .unwrap_or_default()
}

/// What has arrived together.
struct Arrived {
    events: Vec<Envelope>,
    /// The last packet that could be read.
    last: Option<DeliveryTag>,
}

/// Takes what is there without waiting, up to a limit. Unreadable packets go to the dead letters.
async fn gather(core: &Core, events: &mut Consumer, first: Delivery) -> Result<Arrived, Broken> {
    let mut arrived = Arrived { events: Vec::new(), last: None };
    let mut next = Some(first);
    while let Some(delivery) = next {
        let (tag, acker) = (delivery.delivery_tag, delivery.acker);
        match wire::decode(&Bytes::from(delivery.data)) {
            Ok(packet) => {
                Holds::Events.arrived(&packet, &core.clock);
                arrived.events.extend(packet);
                arrived.last = Some(tag);
            }
            Err(error) => {
                Holds::Events.unreadable();
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

/// An event that this version does not know belongs to one that another version reacts to: it is kept, not dropped.
async fn deliver(mounted: &Mounted, events: &[Envelope]) -> Result<(), Fault> {
    let (known, unknown): (Vec<_>, Vec<_>) =
        events.iter().cloned().partition(|event| mounted.service.reacts_to(&event.name));
    mounted.service.deliver(known).await?;
    if unknown.is_empty() {
        return Ok(());
    }
    mounted.service.bury(&unknown, "this version of the service does not react to it").await
}

/// Tries until it works out. Whether it did: not if the link is gone or nothing more shall be taken meanwhile.
///
/// What waits is kept here, unacknowledged: to give it back would count as one of the deliveries that a message has.
async fn keep_trying<F: Future<Output = Result<(), Fault>>>(
    ground: &Ground,
    what: &str,
    mut attempt: impl FnMut() -> F,
) -> bool {
    let mut pauses = Backoff::new(Duration::from_millis(50), LONGEST_PAUSE);
    loop {
        let Err(error) = attempt().await else { return true };
        tracing::warn!(%error, "{what}; trying again");
        tokio::select! {
            () = ground.ended() => return false,
            () = tokio::time::sleep(pauses.pause()) => {}
        }
    }
}

/// Keeps what the broker has given up for a service among its dead letters, until the link is gone or nothing more shall
/// be taken.
pub(crate) async fn bury(ground: Ground) -> Result<(), Broken> {
    let Ground { core, link, mounted } = &ground;
    let queue = core.names.dead_of(mounted.service.name());
    let (channel, mut dead) = link.consume(queue.clone(), core.settings.prefetch.get()).await?;
    let acks = Acks::start(link, channel);
    loop {
        let delivery = tokio::select! {
            () = ground.ended() => return Ok(()),
            delivery = dead.next() => delivery,
        };
        let delivery = delivery.ok_or_else(|| Broken::new(format!("the queue {queue} was deleted")))??;
        let reason = reason(delivery.properties.headers().as_ref());
        let packet = Bytes::from(delivery.data);
        let (events, reason) = match wire::decode(&packet) {
            Ok(events) => (events, reason.to_owned()),
            Err(error) => (vec![wire::unreadable(&packet)], error.to_string()),
        };
        Holds::DeadLetters.consumed(events.len());
        let buried = || mounted.service.bury(&events, &reason);
        if !keep_trying(&ground, "dead letters cannot be kept", buried).await {
            return Ok(());
        }
        acks.one(delivery.delivery_tag);
    }
}

/// Why the broker gave a message up, in words for whoever looks at it.
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
