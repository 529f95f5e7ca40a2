//! The names of the queues, and their creation.

use std::{collections::HashMap, error::Error};

use aws_sdk_sqs::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_queue_url::GetQueueUrlError,
    types::QueueAttributeName,
};

use crate::Settings;

/// How long a message is kept, in seconds: the longest time that SQS allows (14 days).
const KEPT: &str = "1209600";

/// The version of this wire: another version has other queues.
const VERSION: &str = "v1";

/// A queue that exists.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) url: String,
}

/// The two queues of a service that reacts to events.
#[derive(Debug)]
pub(crate) struct Queues {
    /// The events for its reactions.
    pub(crate) events: Queue,
    /// The messages that SQS has given up.
    pub(crate) dead: Queue,
}

impl Queues {
    /// Looks up the queues of a service, and creates them if the settings allow it.
    pub(crate) async fn open(client: &Client, settings: &Settings, service: &str) -> Result<Self, String> {
        let opening = Opening { client, settings };
        let dead = opening.open(name(settings, service, "-dead"), HashMap::new()).await?;
        let mut attributes = HashMap::new();
        if settings.create {
            let arn = opening.arn(&dead).await?;
            let most = settings.max_receives;
            let redrive = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{most}}}"#);
            attributes.insert(QueueAttributeName::RedrivePolicy, redrive);
        }
        let events = opening.open(name(settings, service, ""), attributes).await?;
        Ok(Self { events, dead })
    }
}

/// The names of FIFO queues must have this ending.
fn name(settings: &Settings, service: &str, what: &str) -> String {
    let end = if settings.fifo { ".fifo" } else { "" };
    format!("{}-{VERSION}-{service}{what}{end}", settings.prefix)
}

struct Opening<'a> {
    client: &'a Client,
    settings: &'a Settings,
}

impl Opening<'_> {
    async fn open(
        &self,
        name: String,
        mut attributes: HashMap<QueueAttributeName, String>,
    ) -> Result<Queue, String> {
        attributes.insert(QueueAttributeName::MessageRetentionPeriod, KEPT.to_owned());
        attributes
            .insert(QueueAttributeName::VisibilityTimeout, self.settings.visibility_seconds.to_string());
        let found = self.client.get_queue_url().queue_name(&name).send().await;
        let url = match found {
            Ok(found) => {
                let url = found.queue_url.unwrap_or_default();
                if self.settings.create {
                    self.adjust(&name, &url, attributes).await?;
                }
                url
            }
            Err(error) if error.as_service_error().is_some_and(GetQueueUrlError::is_queue_does_not_exist) => {
                if !self.settings.create {
                    return Err(format!("there is no queue {name}, and sqs.create is off"));
                }
                self.make(&name, attributes).await?
            }
            Err(error) => return Err(failed("looking up", &name, &error)),
        };
        Ok(Queue { name, url })
    }

    async fn make(
        &self,
        name: &str,
        attributes: HashMap<QueueAttributeName, String>,
    ) -> Result<String, String> {
        let mut making = self.client.create_queue().queue_name(name).set_attributes(Some(attributes));
        if self.settings.fifo {
            making = making.attributes(QueueAttributeName::FifoQueue, "true");
        }
        let made = making.send().await.map_err(|error| failed("making", name, &error))?;
        tracing::info!(queue = name, "created an SQS queue");
        Ok(made.queue_url.unwrap_or_default())
    }

    async fn adjust(
        &self,
        name: &str,
        url: &str,
        attributes: HashMap<QueueAttributeName, String>,
    ) -> Result<(), String> {
        let set = self.client.set_queue_attributes().queue_url(url).set_attributes(Some(attributes));
        set.send().await.map(drop).map_err(|error| failed("adjusting", name, &error))
    }

    /// The queue's identifier for settings of other queues.
    async fn arn(&self, queue: &Queue) -> Result<String, String> {
        let asked = self.client.get_queue_attributes().queue_url(&queue.url);
        let reply = asked.attribute_names(QueueAttributeName::QueueArn).send().await;
        let reply = reply.map_err(|error| failed("looking at", &queue.name, &error))?;
        let arn =
            reply.attributes.and_then(|mut attributes| attributes.remove(&QueueAttributeName::QueueArn));
        arn.ok_or_else(|| format!("the queue {} has no ARN", queue.name))
    }
}

fn failed<E: ProvideErrorMetadata + Error + 'static>(what: &str, name: &str, error: &SdkError<E>) -> String {
    format!("{what} the queue {name}: {}", explain(error))
}

/// The error as SQS reports it, or else the chain of causes. The whole response would fill a screen.
pub(crate) fn explain<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> String {
    if let (Some(code), Some(message)) = (error.code(), error.message()) {
        return format!("{code}: {message}");
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
