//! Sending: on success every queue has every event that belongs to it.

use std::{sync::Arc, time::Duration};

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures::future::join_all;
use message::{Envelope, Fault, Tries};

use crate::{
    core::{Core, OpenQueues},
    measure,
    packing::{self, Packet},
    queues::{Queue, explain},
};

/// Sends events to the queues of all services that react to them.
pub(crate) async fn publish(core: Arc<Core>, events: Vec<Envelope>) -> Result<(), Fault> {
    let sending = async {
        let connected = core.connected().await.ok_or_else(|| Fault::unavailable("the bus is closed"))?;
        let sends = core.subscribers.iter().filter_map(|subscriber| {
            let wanted: Vec<_> =
                events.iter().filter(|event| subscriber.reacts_to(&event.name)).cloned().collect();
            let queues = connected.queues.get(&subscriber.service)?;
            (!wanted.is_empty()).then(|| send(&core, &connected, &queues.events, wanted))
        });
        // Waits for all: an error of one queue must not cut off the sending to the others.
        join_all(sends).await.into_iter().collect()
    };
    let sent = tokio::time::timeout(core.settings.send_within(), sending).await.unwrap_or_else(|_| {
        let why = core.away().unwrap_or_else(|| "it answers slowly, or rejects some".to_owned());
        Err(Fault::unavailable(format!("SQS has not accepted all events in time: {why}")))
    });
    core.note_sent(sent.as_ref().err());
    sent
}

async fn send(
    core: &Core,
    connected: &OpenQueues,
    queue: &Queue,
    events: Vec<Envelope>,
) -> Result<(), Fault> {
    let packets = packing::packets(events, &core.settings)?;
    // One after the other: rejected messages are sent again before anything that follows them.
    for request in packing::requests(packets, core.settings.send_bytes()) {
        send_all(connected, queue, request).await?;
    }
    Ok(())
}

/// Sends the messages of one request until SQS has accepted each of them.
async fn send_all(connected: &OpenQueues, queue: &Queue, mut packets: Vec<Packet>) -> Result<(), Fault> {
    let mut pauses = Tries::new(Duration::from_millis(50), Duration::from_secs(2));
    loop {
        let entries = packets
            .iter()
            .enumerate()
            .map(|(index, packet)| entry(index, packet))
            .collect::<Result<_, _>>()?;
        let call = connected.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries));
        let reply = call.send().await.map_err(|error| {
            measure::failed(&queue.name, "send");
            Fault::unavailable(format!("sending to the queue {}: {}", queue.name, explain(&error)))
        })?;
        // Only messages that the response names as successful are stored.
        let taken = |index: usize| reply.successful().iter().any(|entry| entry.id() == index.to_string());
        let mut index = 0..;
        packets.retain(|packet| {
            let taken = index.next().is_some_and(taken);
            if taken {
                measure::sent(&queue.name, packet.events);
            }
            !taken
        });
        if packets.is_empty() {
            return Ok(());
        }
        measure::refused(&queue.name, packets.len());
        let first = reply.failed().first();
        let reason =
            first.map_or("no reason given", |failed| failed.message().unwrap_or_else(|| failed.code()));
        tracing::warn!(
            queue = queue.name,
            messages = packets.len(),
            reason,
            "SQS rejects messages; sending them again"
        );
        tokio::time::sleep(pauses.pause()).await;
    }
}

fn entry(index: usize, packet: &Packet) -> Result<SendMessageBatchRequestEntry, Fault> {
    let mut entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(&packet.body);
    if let Some(lane) = packet.lane {
        entry = entry.message_group_id(lane.to_string()).message_deduplication_id(packet.digest());
    }
    entry.build().map_err(Fault::internal)
}
