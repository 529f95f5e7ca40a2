//! Exchanges and queues: their names, and their declaration.

use bus::Service;
use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, LongString, ShortString},
};

use crate::{Settings, link_error::LinkError};

/// How often an event is delivered to a service whose process ends over it, before the broker gives it up.
const DELIVERY_LIMIT: i32 = 20;

/// How long a process's replies are kept while it is disconnected, in milliseconds.
const REPLIES_KEPT: i32 = 300_000;

/// How many packets of events wait for a process that only listens; further ones are dropped.
const OVERHEARD: i32 = 100_000;

/// The requests and events of every service of the shop, wherever it runs.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    /// The services.
    pub services: Vec<Participant>,
}

impl Topology {
    /// Whether any service reacts to this event.
    pub(crate) fn somebody_reacts_to(&self, event: &str) -> bool {
        self.services.iter().any(|service| service.reactions.iter().any(|name| name == event))
    }
}

/// A service, as far as others must know it so that nothing is lost while it is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// The service's name.
    pub name: String,
    /// The names of the requests that it answers.
    pub answers: Vec<String>,
    /// The names of the events to which it reacts.
    pub reactions: Vec<String>,
}

impl Participant {
    /// The description of `service`.
    pub fn of(service: &Service) -> Self {
        let mut answers: Vec<_> = service.answers().map(str::to_owned).collect();
        let mut reactions: Vec<_> = service.reactions().map(str::to_owned).collect();
        answers.sort_unstable();
        reactions.sort_unstable();
        Self { name: service.name().to_owned(), answers, reactions }
    }
}

/// The version of this wire: another version has other exchanges and queues.
const VERSION: &str = "v1";

/// The names of exchanges and queues.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    base: String,
    process: String,
}

impl Names {
    /// `process` must be a name that no other process has, nor any earlier one.
    pub(crate) fn new(settings: &Settings, process: &str) -> Self {
        Self { base: format!("{}.{VERSION}", settings.prefix), process: process.to_owned() }
    }

    pub(crate) fn events(&self) -> ShortString {
        format!("{}.events", self.base).into()
    }

    pub(crate) fn requests(&self) -> ShortString {
        format!("{}.requests", self.base).into()
    }

    pub(crate) fn dead(&self) -> ShortString {
        format!("{}.dead", self.base).into()
    }

    pub(crate) fn events_of(&self, service: &str) -> ShortString {
        format!("{}.events.{service}", self.base).into()
    }

    pub(crate) fn requests_of(&self, service: &str) -> ShortString {
        format!("{}.requests.{service}", self.base).into()
    }

    pub(crate) fn dead_of(&self, service: &str) -> ShortString {
        format!("{}.dead.{service}", self.base).into()
    }

    pub(crate) fn replies(&self) -> ShortString {
        format!("{}.replies.{}", self.base, self.process).into()
    }

    /// A new queue for each connection: events that an old connection missed are lost to listeners anyway.
    pub(crate) fn overheard(&self, connection: u64) -> ShortString {
        format!("{}.listen.{}.{connection}", self.base, self.process).into()
    }
}

/// Declares all exchanges and queues.
///
/// Every process declares the queues of all services, so that an event that is sent before its consumer's first start
/// is kept.
pub(crate) async fn declare(
    channel: &Channel,
    names: &Names,
    settings: &Settings,
    topology: &Topology,
) -> Result<(), LinkError> {
    exchange(channel, names.events(), ExchangeKind::Topic).await?;
    exchange(channel, names.requests(), ExchangeKind::Direct).await?;
    exchange(channel, names.dead(), ExchangeKind::Direct).await?;
    for service in &topology.services {
        if !service.reactions.is_empty() {
            let dead = names.dead_of(&service.name);
            queue(channel, &dead, durable(), quorum()).await?;
            bind(channel, &dead, &names.dead(), &service.name).await?;
            let events = names.events_of(&service.name);
            queue(channel, &events, durable(), events_arguments(names, settings, &service.name)).await?;
            for name in &service.reactions {
                bind(channel, &events, &names.events(), name).await?;
            }
        }
        if !service.answers.is_empty() {
            let requests = names.requests_of(&service.name);
            queue(channel, &requests, durable(), requests_arguments(settings)).await?;
            for name in &service.answers {
                bind(channel, &requests, &names.requests(), name).await?;
            }
        }
    }
    Ok(())
}

/// Declares this process's queue of replies, which outlives a short disconnection.
pub(crate) async fn declare_replies(channel: &Channel, names: &Names) -> Result<(), LinkError> {
    let mut arguments = FieldTable::default();
    arguments.insert("x-expires".into(), AMQPValue::LongInt(REPLIES_KEPT));
    queue(channel, &names.replies(), durable(), arguments).await
}

/// Declares a queue for listeners, which ends with its connection.
pub(crate) async fn declare_overheard<'a>(
    channel: &Channel,
    names: &Names,
    name: &ShortString,
    events: impl Iterator<Item = &'a str>,
) -> Result<(), LinkError> {
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongInt(OVERHEARD));
    let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
    queue(channel, name, options, arguments).await?;
    for event in events {
        bind(channel, name, &names.events(), event).await?;
    }
    Ok(())
}

fn durable() -> QueueDeclareOptions {
    QueueDeclareOptions { durable: true, ..Default::default() }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments
}

fn events_arguments(names: &Names, settings: &Settings, service: &str) -> FieldTable {
    let bytes = i64::from(settings.event_queue_megabytes.get()) * 1024 * 1024;
    let mut arguments = quorum();
    arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERY_LIMIT));
    arguments.insert("x-dead-letter-exchange".into(), text(names.dead().as_str()));
    arguments.insert("x-dead-letter-routing-key".into(), text(service));
    // A dead letter leaves its queue only when the dead-letter queue has it. The broker requires the overflow below for
    // that.
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments.insert("x-max-length-bytes".into(), AMQPValue::LongLongInt(bytes));
    arguments
}

fn requests_arguments(settings: &Settings) -> FieldTable {
    let length = i64::from(settings.request_queue.get());
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(length));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(text))
}

async fn exchange(channel: &Channel, name: ShortString, kind: ExchangeKind) -> Result<(), LinkError> {
    let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
    let made = channel.exchange_declare(name.clone(), kind, options, FieldTable::default()).await;
    made.map_err(|error| LinkError::declaring("exchange", name.as_str(), &error))
}

async fn queue(
    channel: &Channel,
    name: &ShortString,
    options: QueueDeclareOptions,
    arguments: FieldTable,
) -> Result<(), LinkError> {
    let made = channel.queue_declare(name.clone(), options, arguments).await;
    made.map(drop).map_err(|error| LinkError::declaring("queue", name.as_str(), &error))
}

async fn bind(
    channel: &Channel,
    queue: &ShortString,
    exchange: &ShortString,
    key: &str,
) -> Result<(), LinkError> {
    let (queue, exchange) = (queue.clone(), exchange.clone());
    Ok(channel
        .queue_bind(queue, exchange, key.into(), QueueBindOptions::default(), FieldTable::default())
        .await?)
}
