//! Receiving: messages stay hidden while a service handles them, and are deleted afterwards.

use std::{sync::Arc, time::Duration};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use bus::Service;
use message::{Envelope, Fault, Tries};

use crate::{
    core::{Core, OpenQueues},
    held::HeldMessages,
    measure,
    queues::{Queue, explain},
    received::{Content, ReceivedMessage},
};

/// The longest pause while a service cannot handle messages, or the queue is unavailable.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How much longer than requested a poll may take after the stop.
const GRACE: Duration = Duration::from_secs(1);

/// The content of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Events for the service's reactions.
    Events,
    /// Messages that SQS has given up.
    Dead,
}

/// The result of handling messages.
enum Outcome {
    /// They are committed.
    Handled,
    /// A retry would fail again here.
    Failed,
    /// The process stops; nothing more is tried.
    Stopped,
}

/// Receives from one queue for one service of this process.
pub(crate) struct Consumer {
    core: Arc<Core>,
    connected: Arc<OpenQueues>,
    service: Arc<Service>,
    holds: Holds,
}

/// Handles the messages of one queue of a service, until the stop.
pub(crate) async fn consume(core: Arc<Core>, service: Arc<Service>, holds: Holds) {
    let connected = core.stopping.run_until_cancelled(core.connected()).await.flatten();
    if let Some(connected) = connected {
        let consumer = Consumer { core, connected, service, holds };
        if let Some(queue) = consumer.queue() {
            consumer.run(queue).await;
        }
    }
}

impl Consumer {
    fn queue(&self) -> Option<&Queue> {
        let queues = self.connected.queues.get(self.service.name())?;
        Some(match self.holds {
            Holds::Events => &queues.events,
            Holds::Dead => &queues.dead,
        })
    }

    async fn run(&self, queue: &Queue) {
        let mut pauses = Tries::new(Duration::from_millis(100), LONGEST_PAUSE);
        while let Some(polled) = self.poll(queue).await {
            self.core.note(&queue.name, polled.as_ref().err());
            match polled {
                Ok(messages) => {
                    pauses.begin_anew();
                    self.handle(queue, messages).await;
                }
                Err(error) => {
                    measure::failed(&queue.name, "receive");
                    tracing::warn!(queue = queue.name, error, "the SQS queue is unavailable; retrying");
                    self.core.stopping.run_until_cancelled(tokio::time::sleep(pauses.pause())).await;
                }
            }
        }
    }

    /// Waits for messages; `None` after the stop.
    ///
    /// A running poll is waited for: its messages would otherwise stay hidden from other consumers for a while.
    async fn poll(&self, queue: &Queue) -> Option<Result<Vec<Message>, String>> {
        let (settings, stopping) = (&self.core.settings, &self.core.stopping);
        if stopping.is_cancelled() {
            return None;
        }
        let polling = self.connected.client.receive_message().queue_url(&queue.url);
        let polling = polling
            .max_number_of_messages(settings.batch)
            .wait_time_seconds(settings.wait_seconds)
            .visibility_timeout(settings.visibility_seconds)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .send();
        let enough = async {
            stopping.cancelled().await;
            tokio::time::sleep(settings.wait() + GRACE).await;
        };
        tokio::select! {
            polled = polling => Some(match polled {
                Ok(polled) => Ok(polled.messages.unwrap_or_default()),
                Err(error) => Err(format!("receiving from the queue {}: {}", queue.name, explain(&error))),
            }),
            () = enough => None,
        }
    }

    async fn handle(&self, queue: &Queue, messages: Vec<Message>) {
        if messages.is_empty() {
            return;
        }
        measure::received(&queue.name, messages.len());
        let messages: Vec<_> = messages.into_iter().map(ReceivedMessage::new).collect();
        measure::repeated(&queue.name, messages.iter().filter(|message| message.receives > 1).count());
        let held = HeldMessages { client: &self.connected.client, queue, messages: &messages };
        match held.during(self.core.settings.visibility(), self.try_together(queue, &messages)).await {
            Outcome::Handled => held.delete().await,
            Outcome::Stopped => held.give_back(|_| 0).await,
            Outcome::Failed if messages.len() == 1 => held.give_back(ReceivedMessage::pause).await,
            // One bad message must not prevent the others from being handled.
            Outcome::Failed => self.handle_each(queue, &messages).await,
        }
    }

    async fn handle_each(&self, queue: &Queue, messages: &[ReceivedMessage]) {
        let all = HeldMessages { client: &self.connected.client, queue, messages };
        let each = async {
            for message in messages {
                let held = HeldMessages { messages: std::slice::from_ref(message), ..all };
                match self.try_together(queue, held.messages).await {
                    Outcome::Handled => held.delete().await,
                    Outcome::Stopped => held.give_back(|_| 0).await,
                    Outcome::Failed => held.give_back(ReceivedMessage::pause).await,
                }
            }
        };
        all.during(self.core.settings.visibility(), each).await;
    }

    /// Retries until it succeeds or cannot.
    ///
    /// During a transient failure the messages stay here: returning them would count as one of the times that they may
    /// be received.
    async fn try_together(&self, queue: &Queue, messages: &[ReceivedMessage]) -> Outcome {
        let mut pauses = Tries::new(Duration::from_millis(50), LONGEST_PAUSE);
        loop {
            let error = match self.attempt(queue, messages).await {
                Ok(()) => return Outcome::Handled,
                Err(error) => error,
            };
            if !error.is_transient() {
                tracing::error!(queue = queue.name, %error, messages = messages.len(), "messages cannot be handled");
                return Outcome::Failed;
            }
            tracing::warn!(queue = queue.name, %error, "messages cannot be handled for now; retrying");
            let pause = tokio::time::sleep(pauses.pause());
            if self.core.stopping.run_until_cancelled(pause).await.is_none() {
                return Outcome::Stopped;
            }
        }
    }

    async fn attempt(&self, queue: &Queue, messages: &[ReceivedMessage]) -> Result<(), Fault> {
        let mut events = Vec::new();
        for message in messages {
            match &message.content {
                Content::Events(packet) => events.extend(packet.iter().cloned()),
                Content::Unreadable(as_text, error) => {
                    measure::unreadable(&queue.name);
                    tracing::error!(queue = queue.name, error, "an SQS message cannot be read");
                    self.service.bury(std::slice::from_ref(as_text), error).await?;
                }
            }
        }
        match self.holds {
            Holds::Events => self.deliver(events).await,
            Holds::Dead => {
                self.service
                    .bury(&events, "SQS gave it up: the service received it too often without handling it")
                    .await
            }
        }
    }

    /// An event that this version does not know belongs to a reaction of another version: it is kept, not dropped.
    async fn deliver(&self, events: Vec<Envelope>) -> Result<(), Fault> {
        let (known, unknown): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| self.service.reacts_to(&event.name));
        self.service.deliver(known).await?;
        if unknown.is_empty() {
            return Ok(());
        }
        self.service.bury(&unknown, "this version of the service does not react to it").await
    }
}
