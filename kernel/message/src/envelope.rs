//! Envelopes: a message's body with its metadata.

use std::borrow::Cow;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Entity, Event, Fault, Id, IdSource, Kind, Message, Timestamp, stored};

/// The id of one message. Consumers recognise repeated messages by it.
pub type MessageId = Id<Envelope>;

/// The id that everything that follows from one click or call has in common.
pub type CorrelationId = Id<Correlation>;

/// Everything that follows from one click or call.
#[derive(Debug)]
pub enum Correlation {}

impl Entity for Correlation {
    const PREFIX: &'static str = "req";
}

/// What an event is about: consumers ignore a version that they have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Aggregate {
    /// The thing's id, whatever its kind.
    pub id: Uuid,
    /// Grows by one with every change of the thing.
    pub version: i64,
}

impl Aggregate {
    /// Version `version` of the thing `id`.
    pub fn new<E>(id: Id<E>, version: i64) -> Self {
        Self { id: id.uuid(), version }
    }
}

/// Where a message belongs; it is handed on to all that follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Headers {
    /// What it belongs to.
    pub correlation: CorrelationId,
    /// The message that it directly follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<MessageId>,
    /// The W3C `traceparent` of the span that sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// When nobody waits for the answer any more; such a request is not handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

impl Headers {
    /// The headers of a message that follows from no other.
    pub fn new(correlation: CorrelationId) -> Self {
        Self { correlation, causation: None, trace: None, deadline: None }
    }
}

/// A message with its metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The message's id; a repeated delivery has the same.
    pub id: MessageId,
    /// [`Message::NAME`].
    pub name: Cow<'static, str>,
    /// The message's headers.
    pub headers: Headers,
    /// For events: the aggregate and its version.
    pub aggregate: Option<Aggregate>,
    /// The message as JSON.
    pub body: Bytes,
}

impl Entity for Envelope {
    const PREFIX: &'static str = "msg";
}

impl Envelope {
    /// Puts a request into an envelope.
    pub fn request<M: Message>(message: &M, headers: Headers, ids: &IdSource) -> Result<Self, Fault> {
        Ok(Self {
            id: ids.id(),
            name: Cow::Borrowed(M::NAME),
            headers,
            aggregate: None,
            body: to_json(message)?,
        })
    }

    /// Puts an event into an envelope.
    pub fn event<E: Event>(event: &E, headers: Headers, ids: &IdSource) -> Result<Self, Fault> {
        let aggregate = Some(event.aggregate());
        Ok(Self { aggregate, ..Self::request(event, headers, ids)? })
    }

    /// Reads the message.
    pub fn open<M: Message>(&self) -> Result<M, Fault> {
        from_json(&self.body)
    }

    /// The headers of a message that follows from this one.
    pub fn follow_up(&self) -> Headers {
        Headers { causation: Some(self.id), deadline: None, ..self.headers.clone() }
    }
}

/// Serialises a value for the wire.
pub fn to_json<T: Serialize>(value: &T) -> Result<Bytes, Fault> {
    serde_json::to_vec(value).map(Bytes::from).map_err(Fault::internal)
}

/// Reads a value from the wire, as it was written, see [`stored`](crate::stored).
pub fn from_json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    stored::as_written(|| serde_json::from_slice(body)).map_err(|error| Fault::new(Kind::Malformed, error))
}
