//! The metrics of this transport.

/// SQS has accepted a message with this many events.
pub(crate) fn sent(queue: &str, events: usize) {
    metrics::counter!("sqs_messages_sent_total", "queue" => queue.to_owned()).increment(1);
    metrics::counter!("sqs_events_sent_total", "queue" => queue.to_owned()).increment(events as u64);
}

/// SQS has rejected some messages of a request, which are sent again.
pub(crate) fn refused(queue: &str, messages: usize) {
    metrics::counter!("sqs_messages_refused_total", "queue" => queue.to_owned()).increment(messages as u64);
}

/// This many messages were received.
pub(crate) fn received(queue: &str, messages: usize) {
    metrics::counter!("sqs_messages_received_total", "queue" => queue.to_owned()).increment(messages as u64);
}

/// This many messages were received again.
pub(crate) fn repeated(queue: &str, messages: usize) {
    metrics::counter!("sqs_messages_repeated_total", "queue" => queue.to_owned()).increment(messages as u64);
}

/// This many messages were not handled and will be delivered again.
pub(crate) fn given_back(queue: &str, messages: usize) {
    metrics::counter!("sqs_messages_given_back_total", "queue" => queue.to_owned())
        .increment(messages as u64);
}

/// A message could not be read.
pub(crate) fn unreadable(queue: &str) {
    metrics::counter!("sqs_messages_unreadable_total", "queue" => queue.to_owned()).increment(1);
}

/// A call to SQS failed, after the client's own retries.
pub(crate) fn failed(queue: &str, call: &'static str) {
    metrics::counter!("sqs_failed_calls_total", "queue" => queue.to_owned(), "call" => call).increment(1);
}
