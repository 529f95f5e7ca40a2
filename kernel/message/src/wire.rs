//! Packets: the encoding of messages and answers for a broker, for services in any language.
//!
//! A packet is a JSON array, so that all messages for one destination can travel together:
//!
//! ```json
//! [{"id":"msg_…","name":"order.placed","headers":{"correlation":"req_…"},"aggregate":{"id":"…","version":3},"body":{…}}]
//! [{"to":"msg_…","answer":{"Ok":{…}}},{"to":"msg_…","fault":{"kind":"busy","detail":"…"}}]
//! ```
//!
//! A reader ignores unknown fields, and reads a single object as a packet of one. Bodies and answers are passed
//! through: they are neither parsed nor copied here.

use std::{borrow::Cow, fmt::Display, io::Write as _};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{Aggregate, Envelope, Fault, Headers, Id, Kind, MessageId, to_json};

/// The media type of every packet.
pub const CONTENT_TYPE: &str = "application/json";

/// The result of a request: the JSON of its `Result<Reply, Error>`, or a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The id of the request.
    pub to: MessageId,
    /// The answer, or the fault that prevented it.
    pub outcome: Result<Bytes, Fault>,
}

/// Encodes messages as one packet. Their bodies must be JSON, as [`Envelope::request`] and [`decode`] make them.
pub fn encode(messages: &[Envelope]) -> Result<Bytes, Fault> {
    let size = messages.iter().map(|message| message.body.len() + HEAD).sum();
    let mut packet = Packet::with_capacity(size);
    for message in messages {
        packet.begin("id", message.id);
        packet.field(",\"name\":", &message.name)?;
        packet.field(",\"headers\":", &message.headers)?;
        if let Some(aggregate) = &message.aggregate {
            packet.field(",\"aggregate\":", aggregate)?;
        }
        packet.raw(",\"body\":", &message.body)?;
    }
    Ok(packet.finish())
}

/// Decodes a packet of messages. Each body is a slice of the packet.
///
/// A packet that cannot be read is a [`Kind::Malformed`] that names the message and the error.
pub fn decode(packet: &Bytes) -> Result<Vec<Envelope>, Fault> {
    let messages = read::<WireMessage<'_>>(packet)?;
    // No database can store these.
    if messages.iter().any(|message| message.name.contains('\0')) {
        return Err(Fault::new(Kind::Malformed, "a message's name holds a NUL character"));
    }
    let message = |message: WireMessage<'_>| Envelope {
        id: message.id,
        name: Cow::Owned(message.name.into_owned()),
        headers: message.headers,
        aggregate: message.aggregate,
        body: packet.slice_ref(message.body.get().as_bytes()),
    };
    Ok(messages.into_iter().map(message).collect())
}

/// Encodes answers as one packet. Their outcomes must be JSON.
pub fn encode_replies(replies: &[Reply]) -> Result<Bytes, Fault> {
    let size =
        replies.iter().map(|reply| reply.outcome.as_ref().map_or(HEAD, |answer| answer.len() + HEAD)).sum();
    let mut packet = Packet::with_capacity(size);
    for reply in replies {
        packet.begin("to", reply.to);
        match &reply.outcome {
            Ok(answer) => packet.raw(",\"answer\":", answer)?,
            Err(fault) => packet.field(",\"fault\":", fault)?,
        }
    }
    Ok(packet.finish())
}

/// Decodes a packet of answers. Each answer is a slice of the packet.
///
/// A packet that cannot be read is a [`Kind::Malformed`] that names the answer and the error.
pub fn decode_replies(packet: &Bytes) -> Result<Vec<Reply>, Fault> {
    let replies = read::<WireReply<'_>>(packet)?;
    let reply = |WireReply { to, answer, fault }: WireReply<'_>| {
        let outcome = match (answer, fault) {
            (Some(answer), None) => Ok(packet.slice_ref(answer.get().as_bytes())),
            (None, Some(fault)) => Err(fault),
            _ => {
                return Err(malformed(format_args!(
                    "the answer to {to} must have either `answer` or `fault`"
                )));
            }
        };
        Ok(Reply { to, outcome })
    };
    replies.into_iter().map(reply).collect()
}

/// Wraps a packet that [`decode`] rejects in a message for the dead letters: its text, named `unreadable`, under an id
/// that is the same for the same text.
pub fn unreadable(packet: &[u8]) -> Envelope {
    let text = String::from_utf8_lossy(packet);
    Envelope {
        id: Id::from_uuid(Uuid::from_u128(fingerprint(packet))),
        name: Cow::Borrowed("unreadable"),
        headers: Headers::new(Id::from_uuid(Uuid::nil())),
        aggregate: Some(Aggregate { id: Uuid::nil(), version: 0 }),
        body: to_json(&text).unwrap_or_else(|_| Bytes::from_static(b"null")),
    }
}

/// FNV-1a in 128 bits (Fowler, Noll, Vo): the same in every process and version.
fn fingerprint(bytes: &[u8]) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    bytes.iter().fold(BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

/// The approximate size of a message without its body: ids, headers, an aggregate.
const HEAD: usize = 320;

/// A JSON array of objects, while it is written.
struct Packet(Vec<u8>);

impl Packet {
    fn with_capacity(size: usize) -> Self {
        let mut bytes = Vec::with_capacity(size);
        bytes.push(b'[');
        Self(bytes)
    }

    /// Starts the next object with an id, whose letters need no escaping.
    fn begin(&mut self, field: &str, id: MessageId) {
        self.0.extend_from_slice(if self.0.len() > 1 { b"},{" } else { b"{" });
        // Writing to memory cannot fail.
        let _ = write!(self.0, "\"{field}\":\"{id}\"");
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Fault> {
        self.0.extend_from_slice(name.as_bytes());
        serde_json::to_writer(&mut self.0, value).map_err(Fault::internal)
    }

    /// A field that is JSON already. It is not validated: reading it again would cost as much as everything else here.
    fn raw(&mut self, name: &str, json: &Bytes) -> Result<(), Fault> {
        if json.is_empty() {
            return Err(Fault::internal("a message without a body cannot be written"));
        }
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(json);
        Ok(())
    }

    fn finish(mut self) -> Bytes {
        self.0.extend_from_slice(if self.0.len() > 1 { b"}]" } else { b"]" });
        self.0.into()
    }
}

#[derive(Deserialize)]
struct WireMessage<'a> {
    id: MessageId,
    #[serde(borrow)]
    name: Cow<'a, str>,
    headers: Headers,
    aggregate: Option<Aggregate>,
    #[serde(borrow)]
    body: &'a RawValue,
}

#[derive(Deserialize)]
struct WireReply<'a> {
    to: MessageId,
    #[serde(borrow)]
    answer: Option<&'a RawValue>,
    fault: Option<Fault>,
}

fn read<'a, T: Deserialize<'a>>(packet: &'a [u8]) -> Result<Vec<T>, Fault> {
    if packet.trim_ascii_start().first() == Some(&b'{') {
        return Ok(vec![serde_json::from_slice(packet).map_err(malformed)?]);
    }
    serde_json::from_slice(packet).map_err(|error| explain::<T>(packet, error))
}

/// Finds the invalid object of a packet. Slow; used only for invalid packets.
fn explain<'a, T: Deserialize<'a>>(packet: &'a [u8], error: serde_json::Error) -> Fault {
    let Ok(objects) = serde_json::from_slice::<Vec<&'a RawValue>>(packet) else { return malformed(error) };
    let wrong = objects.into_iter().enumerate().find_map(|(index, object)| {
        let error = serde_json::from_str::<T>(object.get()).err()?;
        Some(malformed(format_args!("item {index}: {error}")))
    });
    wrong.unwrap_or_else(|| malformed(error))
}

fn malformed(detail: impl Display) -> Fault {
    Fault::new(Kind::Malformed, format_args!("packet: {detail}"))
}

#[cfg(test)]
mod tests;
