//! Messages while they are handled, and their deletion or return afterwards.

use std::{pin::pin, time::Duration};

use aws_sdk_sqs::{
    Client,
    types::{
        BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    },
};

use crate::{
    measure,
    queues::{Queue, explain},
    received::ReceivedMessage,
};

/// How often a failed deletion is tried in total.
const TRIES: u32 = 3;

/// Received messages of one queue, at most as many as one call may name.
#[derive(Clone, Copy)]
pub(crate) struct HeldMessages<'a> {
    pub(crate) client: &'a Client,
    pub(crate) queue: &'a Queue,
    pub(crate) messages: &'a [ReceivedMessage],
}

impl HeldMessages<'_> {
    /// Keeps the messages hidden from other consumers while `work` runs.
    ///
    /// If SQS cannot be reached in time, the messages are delivered again, and the inbox skips them.
    pub(crate) async fn during<T>(&self, visibility: Duration, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let seconds = i32::try_from(visibility.as_secs()).unwrap_or(i32::MAX);
        loop {
            let prolonging = async {
                tokio::time::sleep(visibility / 3).await;
                self.hide(|_| seconds).await;
            };
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = prolonging => {}
            }
        }
    }

    /// Deletes the messages, which are handled.
    pub(crate) async fn delete(&self) {
        let mut left: Vec<_> = self.messages.iter().collect();
        for _ in 0..TRIES {
            let entries = left.iter().enumerate().map(|(index, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
                entry.receipt_handle(&message.receipt).build()
            });
            // The entries have all required fields.
            let Ok(entries) = entries.collect() else { return };
            let call =
                self.client.delete_message_batch().queue_url(&self.queue.url).set_entries(Some(entries));
            // The future of an SDK call is large.
            match Box::pin(call.send()).await {
                Ok(reply) => {
                    let mut index = 0..;
                    left.retain(|_| index.next().is_some_and(|index| refused(reply.failed(), index)));
                }
                Err(error) => {
                    self.failed("delete", &explain(&error));
                    return;
                }
            }
            if left.is_empty() {
                return;
            }
        }
        self.failed("delete", &format!("{} messages were rejected", left.len()));
    }

    /// Makes the messages visible again, each after this many seconds.
    pub(crate) async fn give_back(&self, seconds: impl Fn(&ReceivedMessage) -> i32) {
        measure::given_back(&self.queue.name, self.messages.len());
        self.hide(seconds).await;
    }

    async fn hide(&self, seconds: impl Fn(&ReceivedMessage) -> i32) {
        let entries = self.messages.iter().enumerate().map(|(index, message)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
            entry.receipt_handle(&message.receipt).visibility_timeout(seconds(message)).build()
        });
        // The entries have all required fields.
        let Ok(entries) = entries.collect() else { return };
        let call = self.client.change_message_visibility_batch().queue_url(&self.queue.url);
        if let Err(error) = Box::pin(call.set_entries(Some(entries)).send()).await {
            self.failed("change_visibility", &explain(&error));
        }
    }

    /// No message is lost: they are delivered again, and the inbox skips them.
    fn failed(&self, call: &'static str, error: &str) {
        measure::failed(&self.queue.name, call);
        tracing::warn!(
            queue = self.queue.name,
            call,
            error,
            "a call to SQS failed; the messages may be delivered again"
        );
    }
}

fn refused(failed: &[BatchResultErrorEntry], index: usize) -> bool {
    failed.iter().any(|entry| entry.id() == index.to_string())
}
