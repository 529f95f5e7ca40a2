//! Requests about orders that are placed: they are read, listed, changed and advanced.

use message::{Address, Email, Fault, FieldError, Limit, Money, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{OrderId, OrderStatus, PlaceError, Tracking, Unpayable};

/// Who asks. An order that is not theirs is not found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// A caller with this order's token.
    Token(String),
    /// A caller with the admin key.
    Admin,
}

/// Reads an order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetOrder {
    /// The order.
    pub id: OrderId,
    /// Who asks: an order that the caller may not see is not found.
    pub access: Access,
}

/// Reads an order's history, first step first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetHistory {
    /// The order.
    pub id: OrderId,
    /// Who asks: an order that the caller may not see is not found.
    pub access: Access,
}

/// Lists orders, newest first; for the merchant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ListOrders {
    /// Only those in this state.
    pub status: Option<OrderStatus>,
    /// Only those of this buyer; capital letters make no difference.
    pub email: Option<Email>,
    /// Only the one with this number.
    #[serde(default)]
    pub number: Option<i64>,
    /// Only those placed at this time or later.
    #[serde(default)]
    pub placed_from: Option<Timestamp>,
    /// Only those placed before this time.
    #[serde(default)]
    pub placed_before: Option<Timestamp>,
    /// Only those that have all these words, 1 to 8: in their number, the buyer's name and e-mail address, the titles and
    /// SKUs of their lines. Capital letters and punctuation make no difference, and the beginning of a word is enough.
    #[serde(default)]
    pub q: Option<String>,
    /// The `next_cursor` of the page before; none for the first page.
    pub cursor: Option<String>,
    /// The most orders in the answer.
    #[serde(default)]
    pub limit: Limit,
}

/// Cancels an order that is not shipped and gives its stock back. Cancelling twice is granted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CancelOrder {
    /// The order.
    pub id: OrderId,
    /// Who asks: an order that the caller may not see is not found.
    pub access: Access,
}

/// Changes the address of an order that is not shipped.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChangeAddress {
    /// The order.
    pub id: OrderId,
    /// Who asks: an order that the caller may not see is not found.
    pub access: Access,
    /// The new address.
    pub shipping_address: Address,
}

/// Advances an order to processing, shipped, delivered or refunded; for the merchant. A step taken twice is granted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AdvanceOrder {
    /// The order.
    pub id: OrderId,
    /// The status that it gets.
    pub to: OrderStatus,
    /// The parcel; kept when it is not given.
    pub tracking: Option<Tracking>,
}

/// Why a request about an order is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderError {
    /// No such order, or not the caller's.
    #[error("there is no such order")]
    NotFound,
    /// It was a deferred order and then could not be placed.
    #[error("the order could not be placed: {0}")]
    Refused(PlaceError),
    /// The state machine has no such step.
    #[error("an order that is {} cannot become {}", .from.as_str(), .to.as_str())]
    Transition {
        /// The order's status.
        from: OrderStatus,
        /// The status that it was to get.
        to: OrderStatus,
    },
    /// Too late: the parcel is on its way.
    #[error("the address cannot be changed once an order is {}", .0.as_str())]
    AddressFixed(OrderStatus),
    /// It cannot be paid now.
    #[error("{}", .0.words())]
    Unpayable(Unpayable),
    /// More would go back than is left of what was captured.
    #[error("{refundable} can be refunded")]
    TooMuch {
        /// What can still be refunded; 0 before anything is captured.
        refundable: Money,
    },
    /// The idempotency key was used for another payment or refund of the order.
    #[error("the idempotency key was used for a different request")]
    KeyReused,
    /// Fields with wrong values.
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<FieldError>),
    /// The machinery failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
message::request_error!(OrderError);
