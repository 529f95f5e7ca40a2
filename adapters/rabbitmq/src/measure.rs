//! The metrics of this transport.

use std::time::{Duration, Instant};

use message::{Clock, Envelope};

/// The content of a packet; a label of the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PacketKind {
    Requests,
    Replies,
    Events,
    DeadLetters,
    Overheard,
}

impl PacketKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Replies => "replies",
            Self::Events => "events",
            Self::DeadLetters => "dead_letters",
            Self::Overheard => "overheard",
        }
    }

    /// A packet with `messages` was written.
    pub(crate) fn published(self, messages: usize) {
        let kind = self.as_str();
        metrics::counter!("rabbitmq_packets_published_total", "kind" => kind).increment(1);
        metrics::counter!("rabbitmq_messages_published_total", "kind" => kind).increment(messages as u64);
        metrics::histogram!("rabbitmq_packet_size", "kind" => kind).record(number(messages));
    }

    /// The broker has confirmed a packet that was published at `since`.
    pub(crate) fn confirmed(self, since: Instant) {
        metrics::histogram!("rabbitmq_confirm_seconds", "kind" => self.as_str()).record(since.elapsed());
    }

    /// The broker has rejected a packet because a queue is full.
    pub(crate) fn refused(self) {
        metrics::counter!("rabbitmq_refused_total", "kind" => self.as_str()).increment(1);
    }

    /// A packet with `messages` was received.
    pub(crate) fn consumed(self, messages: usize) {
        let kind = self.as_str();
        metrics::counter!("rabbitmq_packets_consumed_total", "kind" => kind).increment(1);
        metrics::counter!("rabbitmq_messages_consumed_total", "kind" => kind).increment(messages as u64);
    }

    /// These messages were received, some time after their creation.
    pub(crate) fn arrived(self, messages: &[Envelope], clock: &Clock) {
        self.consumed(messages.len());
        let ages = metrics::histogram!("rabbitmq_delivery_age_seconds", "kind" => self.as_str());
        let now = clock.now().as_micros() / 1000;
        for message in messages {
            // The first 48 bits of the id are the time of its creation in milliseconds.
            let made = i64::try_from(message.id.uuid().as_u128() >> 80).unwrap_or(now);
            ages.record(Duration::from_millis(u64::try_from(now - made).unwrap_or(0)));
        }
    }

    /// A packet could not be read.
    pub(crate) fn unreadable(self) {
        metrics::counter!("rabbitmq_unreadable_total", "kind" => self.as_str()).increment(1);
    }
}

/// Whether the broker is connected.
pub(crate) fn up(up: bool) {
    metrics::gauge!("rabbitmq_up").set(if up { 1.0 } else { 0.0 });
}

/// Whether the broker blocks publishing.
pub(crate) fn blocked(blocked: bool) {
    metrics::gauge!("rabbitmq_blocked").set(if blocked { 1.0 } else { 0.0 });
}

/// A link was lost and is opened anew.
pub(crate) fn reconnecting() {
    metrics::counter!("rabbitmq_reconnects_total").increment(1);
}

/// Requests were returned because no queue was bound to their names.
pub(crate) fn returned(requests: usize) {
    metrics::counter!("rabbitmq_returned_total").increment(requests as u64);
}

/// Requests are repeated because their answers may have been lost with a link.
pub(crate) fn repeated(requests: usize) {
    metrics::counter!("rabbitmq_repeated_requests_total").increment(requests as u64);
}

/// The number of packets that wait in a queue.
pub(crate) fn depth(queue: &str, packets: u32) {
    metrics::gauge!("rabbitmq_queue_depth", "queue" => queue.to_owned()).set(f64::from(packets));
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
