//! Messages while they are handled, and what becomes of them after.

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
    taken::Taken,
};

/// How often SQS is asked to delete what it does not delete at once.
const TRIES: u32 = 3;

/// Messages of one queue that this process has taken: at most as many as one call may name.
#[derive(Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) client: &'a Client,
    pub(crate) queue: &'a Queue,
    pub(crate) messages: &'a [Taken],
}

impl Held<'_> {
    /// Keeps the messages hidden from others for as long as the work takes.
    ///
    /// When SQS cannot be told in time they come again, and whoever handles them finds them handled.
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

    /// The messages are handled and shall not come again.
    pub(crate) async fn delete(&self) {
        let mut left: Vec<_> = self.messages.iter().collect();
        for _ in 0..TRIES {
            let entries = left.iter().enumerate().map(|(index, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
                entry.receipt_handle(&message.receipt).build()
            });
            // It has all that it must have.
            let Ok(entries) = entries.collect() else { return };
            let call =
                self.client.delete_message_batch().queue_url(&self.queue.url).set_entries(Some(entries));
            // A call of the SDK is large.
            match Box::pin(call.send()).await {
                Ok(told) => {
                    let mut index = 0..;
                    left.retain(|_| index.next().is_some_and(|index| refused(told.failed(), index)));
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
        self.failed("delete", &format!("{} messages were refused", left.len()));
    }

    /// The messages shall come again, each in so many seconds.
    pub(crate) async fn give_back(&self, seconds: impl Fn(&Taken) -> i32) {
        measure::given_back(&self.queue.name, self.messages.len());
        self.hide(seconds).await;
    }

    async fn hide(&self, seconds: impl Fn(&Taken) -> i32) {
        let entries = self.messages.iter().enumerate().map(|(index, message)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
            entry.receipt_handle(&message.receipt).visibility_timeout(seconds(message)).build()
        });
        // It has all that it must have.
        let Ok(entries) = entries.collect() else { return };
        let call = self.client.change_message_visibility_batch().queue_url(&self.queue.url);
        if let Err(error) = Box::pin(call.set_entries(Some(entries)).send()).await {
            self.failed("change_visibility", &explain(&error));
        }
    }

    /// Nothing is lost: the messages come again, and are known to the service's inbox.
    fn failed(&self, call: &'static str, error: &str) {
        measure::failed(&self.queue.name, call);
        tracing::warn!(queue = self.queue.name, call, error, "SQS was not told; the messages may come again");
    }
}

fn refused(failed: &[BatchResultErrorEntry], index: usize) -> bool {
    failed.iter().any(|entry| entry.id() == index.to_string())
}
