//! Faults: failures below the rules of the shop.

use std::{fmt, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A failure of the machinery: the database, the bus, a bug. Never the shop's own refusal.
///
/// Its `detail` is for the operator's log and is not shown to shoppers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct Fault {
    /// What a caller can do about it.
    kind: Kind,
    /// What happened, for the operator's log.
    detail: String,
    /// The violated constraint, if that is what happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    constraint: Option<String>,
}

/// What a caller can do about a [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A bug or a damaged state: the same again will fail again.
    Internal,
    /// Something is down or in the way just now: the same later may pass.
    Unavailable,
    /// A queue is full: ask again after a pause.
    Busy,
    /// The answer did not come before the deadline; whether the work was done is not known.
    Timeout,
    /// Nobody answers this name.
    NoRoute,
    /// The message could not be read.
    Malformed,
    /// A constraint of the database was violated; see [`Fault::constraint`].
    Constraint,
}

impl Kind {
    /// The name in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal error",
            Self::Unavailable => "unavailable",
            Self::Busy => "busy",
            Self::Timeout => "timed out",
            Self::NoRoute => "no route",
            Self::Malformed => "malformed",
            Self::Constraint => "constraint violated",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Fault {
    /// How long a caller should wait after a "busy" fault.
    pub const RETRY_AFTER: Duration = Duration::from_secs(1);

    /// A fault of this kind.
    pub fn new(kind: Kind, detail: impl fmt::Display) -> Self {
        Self { kind, detail: detail.to_string(), constraint: None }
    }

    /// A bug or a damaged state.
    pub fn internal(detail: impl fmt::Display) -> Self {
        Self::new(Kind::Internal, detail)
    }

    /// Something is down or in the way just now.
    pub fn unavailable(detail: impl fmt::Display) -> Self {
        Self::new(Kind::Unavailable, detail)
    }

    /// The constraint `name` was violated, as PostgreSQL names it by default (`orders_pkey`, `orders_number_key`).
    pub fn violated(name: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self { kind: Kind::Constraint, detail: detail.to_string(), constraint: Some(name.into()) }
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The violated constraint, if that is what happened. A query turns it into the domain's own error.
    pub fn constraint(&self) -> Option<&str> {
        self.constraint.as_deref()
    }

    /// Whether a retry may succeed without any repair.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, Kind::Unavailable | Kind::Busy | Kind::Timeout)
    }
}

/// The error of a request: a refusal of the shop, or the [`Fault`] that prevented an answer.
///
/// [`request_error!`](crate::request_error) implements it for a contract's error enum.
pub trait RequestError: From<Fault> {
    /// The technical failure; `None` if the shop refused.
    fn fault(&self) -> Option<&Fault>;
}

/// A request that the shop never refuses.
impl RequestError for Fault {
    fn fault(&self) -> Option<&Fault> {
        Some(self)
    }
}

/// Implements [`RequestError`] for enums that hold a [`Fault`] in their variant `Fault`.
#[macro_export]
macro_rules! request_error {
    ($($name:ident),+) => {$(
        impl $crate::RequestError for $name {
            fn fault(&self) -> ::std::option::Option<&$crate::Fault> {
                if let Self::Fault(fault) = self { ::std::option::Option::Some(fault) } else { ::std::option::Option::None }
            }
        }
    )+};
}

/// Why a reaction to an event failed, and what happens to the event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Retry later, with back-off; after the last attempt the event becomes a dead letter.
    #[error("{0}")]
    Retry(Fault),
    /// It can never succeed: it becomes a dead letter at once.
    #[error("rejected: {0}")]
    Reject(String),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Retry(fault)
    }
}

impl Failure {
    /// A rejection for this reason.
    pub fn reject(reason: impl fmt::Display) -> Self {
        Self::Reject(reason.to_string())
    }
}
