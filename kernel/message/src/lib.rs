//! The types with which Caravel's services communicate: messages, ids, money, time. No I/O, and nothing about shops.
//!
//! # Which error to use when
//!
//! | situation | error |
//! |---|---|
//! | the rules of the shop refuse (sold out, not found, not allowed) | a variant of the contract's own error enum |
//! | something below the service failed (database, bus, a bug) | [`Fault`], which every contract's error can carry ([`RequestError`]) |
//! | an event cannot be handled *now* | return the [`Fault`]: the event is retried later |
//! | an event can never be handled | [`Failure::Reject`]: it goes to the dead letters at once |
//! | a value cannot be built from the input | [`Invalid`], which says what is expected, with the field |
//!
//! # Defining a message
//!
//! ```
//! use message::{Entity, Fault, Id};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! pub struct Boat { pub id: Id<Boat>, pub name: String }
//! impl Entity for Boat { const PREFIX: &'static str = "boat"; }
//!
//! #[derive(Serialize, Deserialize)]
//! pub struct GetBoat { pub id: Id<Boat> }
//!
//! #[derive(Debug, thiserror::Error, Serialize, Deserialize)]
//! pub enum BoatError {
//!     #[error("no boat has the id {0}")]
//!     NotFound(Id<Boat>),
//!     #[error(transparent)]
//!     Fault(#[from] Fault),
//! }
//! message::request_error!(BoatError);
//!
//! message::messages! {
//!     requests {
//!         GetBoat = "boat.get" -> Boat, BoatError;
//!     }
//!     events {}
//! }
//! ```

mod address;
mod back_off;
mod base64;
pub mod contract;
mod country;
mod currency;
mod email;
mod envelope;
pub mod example;
mod fault;
mod id;
mod invalid;
mod messages;
mod metadata;
mod money;
pub mod number;
mod page;
mod patch;
mod setting;
pub mod stored;
pub mod text;
mod time;
mod time_zone;
pub mod trace;
pub mod value;
pub mod wire;
pub mod words;

use serde::{Serialize, de::DeserializeOwned};

pub use address::{Address, Phone};
pub use back_off::{BackOff, Tries};
pub use base64::Base64;
pub use contract::Contract;
pub use country::Country;
pub use currency::Currency;
pub use email::{Email, Mailbox};
pub use envelope::{Aggregate, Correlation, CorrelationId, Envelope, Headers, MessageId, from_json, to_json};
pub use example::Example;
pub use fault::{Failure, Fault, Kind, RequestError};
pub use id::{Entity, Id, IdSource, type_id};
pub use invalid::{FieldError, Invalid};
pub use metadata::{Metadata, MetadataValue};
pub use money::Money;
pub use page::{Limit, ListPage};
pub use patch::Patch;
pub use setting::{HttpUrl, unless_empty, within};
pub use text::{IdempotencyKey, Locale, LongText, ShortText};
pub use time::{Clock, Timestamp};
pub use time_zone::TimeZone;
pub use value::Value;

/// What the macros of this crate write into other crates.
#[doc(hidden)]
pub mod expansion {
    pub use schemars::{JsonSchema, Schema, SchemaGenerator};
    pub use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as DeserializeError};
    pub use serde_json::json;
}

/// Anything that the bus carries.
pub trait Message: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name on the wire, `service.verb` or `thing.fact`. It never changes once released.
    const NAME: &'static str;
}

/// A message that is answered. A repeated request must be safe.
pub trait Request: Message {
    /// The answer to a granted request.
    type Reply: Serialize + DeserializeOwned + Send + 'static;
    /// The answer to a refused request; [`RequestError::fault`] distinguishes refusals from technical failures.
    type Error: Serialize + DeserializeOwned + RequestError + Send + 'static;
}

/// A fact. It is delivered at least once to every service that reacts to it.
pub trait Event: Message {
    /// The aggregate that the fact is about, with its new version.
    fn aggregate(&self) -> Aggregate;
}

/// Lower-case hexadecimal digits, for digests and tokens.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
