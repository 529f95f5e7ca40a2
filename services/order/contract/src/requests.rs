//! What is asked of orders that are placed: they are read, listed, changed and moved on.

use message::{Address, Email, Fault, FieldError, Limit, ListPage, Message, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{HistoryEntry, Order, OrderId, OrderStatus, PlaceError, Tracking};

/// Who asks; an order that is not theirs does not exist for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Somebody with this order's token.
    Token(String),
    /// Somebody with the admin key.
    Admin,
}

/// Reads an order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetOrder {
    /// Which.
    pub id: OrderId,
    /// Who asks.
    pub access: Access,
}

impl Message for GetOrder {
    const NAME: &'static str = "order.get";
}
impl Request for GetOrder {
    type Reply = Order;
    type Error = OrderError;
}

/// Reads an order's history, first step first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetHistory {
    /// Of which order.
    pub id: OrderId,
    /// Who asks.
    pub access: Access,
}

impl Message for GetHistory {
    const NAME: &'static str = "order.history";
}
impl Request for GetHistory {
    type Reply = Vec<HistoryEntry>;
    type Error = OrderError;
}

/// Lists orders, newest first; for the merchant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ListOrders {
    /// Only those in this state.
    pub status: Option<OrderStatus>,
    /// Only those of this buyer.
    pub email: Option<Email>,
    /// Where to go on: the `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many.
    #[serde(default)]
    pub limit: Limit,
}

impl Message for ListOrders {
    const NAME: &'static str = "order.list";
}
impl Request for ListOrders {
    type Reply = ListPage<Order>;
    type Error = OrderError;
}

/// Cancels an order that is not shipped and gives its stock back. Cancelling twice is granted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CancelOrder {
    /// Which.
    pub id: OrderId,
    /// Who asks.
    pub access: Access,
}

impl Message for CancelOrder {
    const NAME: &'static str = "order.cancel";
}
impl Request for CancelOrder {
    type Reply = Order;
    type Error = OrderError;
}

/// Changes where an order goes, until it is shipped.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChangeAddress {
    /// Which.
    pub id: OrderId,
    /// Who asks.
    pub access: Access,
    /// To where.
    pub shipping_address: Address,
}

impl Message for ChangeAddress {
    const NAME: &'static str = "order.change_address";
}
impl Request for ChangeAddress {
    type Reply = Order;
    type Error = OrderError;
}

/// Moves an order on: to processing, shipped, delivered or refunded; for the merchant. A step taken twice is granted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AdvanceOrder {
    /// Which.
    pub id: OrderId,
    /// To where.
    pub to: OrderStatus,
    /// The parcel; kept when it is not given.
    pub tracking: Option<Tracking>,
}

impl Message for AdvanceOrder {
    const NAME: &'static str = "order.advance";
}
impl Request for AdvanceOrder {
    type Reply = Order;
    type Error = OrderError;
}

/// Why `order` refuses what is asked of an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderError {
    /// No such order, or not yours.
    #[error("there is no such order")]
    NotFound,
    /// It was accepted unseen and then could not be placed.
    #[error("the order could not be placed: {0}")]
    Refused(PlaceError),
    /// The state machine has no such step.
    #[error("an order that is {} cannot become {}", .from.as_str(), .to.as_str())]
    Transition {
        /// Where it stands.
        from: OrderStatus,
        /// Where it was to go.
        to: OrderStatus,
    },
    /// Too late: the parcel is on its way.
    #[error("the address cannot be changed once an order is {}", .0.as_str())]
    AddressFixed(OrderStatus),
    /// Fields that hold no sensible value.
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<FieldError>),
    /// Something under us failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
message::request_error!(OrderError);
