//! Receiving: messages are held while a service handles them, and deleted when it has.

use std::{sync::Arc, time::Duration};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use bus::{Backoff, Service};
use message::{Envelope, Fault};

use crate::{
    core::{Connected, Core},
    held::Held,
    measure,
    queues::{Queue, explain},
    taken::{Content, Taken},
};

/// The longest pause while a service cannot take what came for it, or the queue cannot be reached.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How much longer than it should a poll may take once nothing more shall come in.
const GRACE: Duration = Duration::from_secs(1);

/// What a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// What the service has to react to.
    Events,
    /// What SQS has given up.
    Dead,
}

/// What became of messages.
enum Outcome {
    /// They are committed.
    Handled,
    /// The same again would fail again here.
    Failed,
    /// Nothing more shall be tried.
    Stopped,
}

/// Takes from one queue for one service of this process.
pub(crate) struct Consumer {
    core: Arc<Core>,
    connected: Arc<Connected>,
    service: Arc<Service>,
    holds: Holds,
}

/// Takes what a queue of a service holds, until nothing more shall be taken.
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
        let mut pauses = Backoff::new(Duration::from_millis(100), LONGEST_PAUSE);
        while let Some(polled) = self.poll(queue).await {
            self.core.note(&queue.name, polled.as_ref().err());
            match polled {
                Ok(messages) => {
                    pauses.begin_anew();
                    self.handle(queue, messages).await;
                }
                Err(error) => {
                    measure::failed(&queue.name, "receive");
                    tracing::warn!(
                        queue = queue.name,
                        error,
                        "the SQS queue cannot be reached; trying again"
                    );
                    self.core.stopping.run_until_cancelled(tokio::time::sleep(pauses.pause())).await;
                }
            }
        }
    }

    /// Waits for messages; nothing once no more shall come.
    ///
    /// A poll that has begun is waited for: what it would have brought stays hidden from everybody else for a while.
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
        let messages: Vec<_> = messages.into_iter().map(Taken::new).collect();
        measure::repeated(&queue.name, messages.iter().filter(|message| message.receives > 1).count());
        let held = Held { client: &self.connected.client, queue, messages: &messages };
        match held.during(self.core.settings.visibility(), self.try_together(queue, &messages)).await {
            Outcome::Handled => held.delete().await,
            Outcome::Stopped => held.give_back(|_| 0).await,
            Outcome::Failed if messages.len() == 1 => held.give_back(Taken::pause).await,
            // One bad message must not keep its neighbours from being handled.
            Outcome::Failed => self.handle_each(queue, &messages).await,
        }
    }

    async fn handle_each(&self, queue: &Queue, messages: &[Taken]) {
        let all = Held { client: &self.connected.client, queue, messages };
        let each = async {
            for message in messages {
                let held = Held { messages: std::slice::from_ref(message), ..all };
                match self.try_together(queue, held.messages).await {
                    Outcome::Handled => held.delete().await,
                    Outcome::Stopped => held.give_back(|_| 0).await,
                    Outcome::Failed => held.give_back(Taken::pause).await,
                }
            }
        };
        all.during(self.core.settings.visibility(), each).await;
    }

    /// Tries until it works out or cannot.
    ///
    /// While something is only away the messages are held here: to give them back would count as one of the times that
    /// they may be given to the service.
    async fn try_together(&self, queue: &Queue, messages: &[Taken]) -> Outcome {
        let mut pauses = Backoff::new(Duration::from_millis(50), LONGEST_PAUSE);
        loop {
            let error = match self.attempt(queue, messages).await {
                Ok(()) => return Outcome::Handled,
                Err(error) => error,
            };
            if !error.is_transient() {
                tracing::error!(queue = queue.name, %error, messages = messages.len(), "messages cannot be handled");
                return Outcome::Failed;
            }
            tracing::warn!(queue = queue.name, %error, "messages cannot be handled just now; trying again");
            let pause = tokio::time::sleep(pauses.pause());
            if self.core.stopping.run_until_cancelled(pause).await.is_none() {
                return Outcome::Stopped;
            }
        }
    }

    async fn attempt(&self, queue: &Queue, messages: &[Taken]) -> Result<(), Fault> {
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
                    .bury(&events, "SQS gave it up: the service was given it too often without handling it")
                    .await
            }
        }
    }

    /// An event that this version does not know belongs to one that another version reacts to: it is kept, not dropped.
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
