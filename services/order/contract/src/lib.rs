//! What `order` answers, emits and knows: orders, and the stock that they are made of.

mod access;
mod contract;
mod events;
mod intake;
mod stock;
mod text;

use message::{Entity, Fault, FieldError, Id, Limit, Message, Money, Page, Request, Timestamp};
use product_contract::{OptionValue, Sku, VariantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use access::Secret;
pub use contract::contract;
pub use events::{
    OrderCancelled, OrderConfirmed, OrderDelivered, OrderPlaced, OrderProcessing, OrderRefunded, OrderShipped,
};
pub use intake::{Intake, OrderRequested};
pub use stock::{
    AdjustStock, GetStock, LocationCode, LocationStock, StockAdjustment, StockBatch, StockChanged,
    StockError, StockLevel, StockReport,
};
pub use text::{Country, Email, IdempotencyKey, Line, Quantity};

/// The id of an [`Order`].
pub type OrderId = Id<Order>;

/// An order as its buyer and the merchant see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// The number that people say: `1042`.
    pub number: i64,
    /// Where it stands.
    pub status: OrderStatus,
    /// Where its mails go.
    pub email: Email,
    /// What was bought, at the prices of that moment.
    pub lines: Vec<OrderLine>,
    /// The sums.
    #[serde(flatten)]
    pub totals: Totals,
    /// Where it goes.
    pub shipping_address: Address,
    /// The parcel, once it is shipped.
    pub tracking: Option<Tracking>,
    /// Why it was cancelled, for the buyer.
    pub cancel_reason: Option<CancelReason>,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was accepted.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Until when its stock is held while it is not paid.
    pub held_until: Timestamp,
}

impl Entity for Order {
    const PREFIX: &'static str = "order";
}

/// Where an order stands. The only ways through are in `order`'s domain module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Accepted, its stock held, not yet paid.
    Pending,
    /// Paid.
    Confirmed,
    /// Being packed.
    Processing,
    /// On its way.
    Shipped,
    /// Arrived.
    Delivered,
    /// Ended before it was shipped; its stock went back.
    Cancelled,
    /// Arrived, and its money went back.
    Refunded,
}

impl OrderStatus {
    /// Every status, in the order of an order's life.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Confirmed,
        Self::Processing,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
        Self::Refunded,
    ];

    /// Its name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Processing => "processing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderLine {
    /// What was bought.
    pub variant_id: VariantId,
    /// Its code at that moment.
    pub sku: Sku,
    /// Its product's name at that moment.
    pub title: String,
    /// What set it apart from its siblings.
    pub options: Vec<OptionValue>,
    /// How many.
    pub quantity: Quantity,
    /// The price of one, as it was shown: with or without tax as the shop shows prices.
    pub unit_price: Money,
    /// The tax rate in basis points: 1800 is 18 %.
    pub tax_rate: i64,
    /// The line's sums.
    #[serde(flatten)]
    pub totals: Totals,
}

/// Sums that always add up: `subtotal + tax = total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Without tax.
    pub subtotal: Money,
    /// The tax.
    pub tax: Money,
    /// What is paid.
    pub total: Money,
}

/// Where a parcel goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// To whom.
    pub name: Line,
    /// Street and number.
    pub line1: Line,
    /// Flat, floor, landmark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<Line>,
    /// City.
    pub city: Line,
    /// State or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Line>,
    /// PIN or ZIP code.
    pub postal_code: Line,
    /// ISO 3166-1 alpha-2: `IN`.
    pub country: Country,
}

/// A parcel on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tracking {
    /// Who carries it.
    pub company: Line,
    /// The carrier's number for it.
    pub number: Line,
}

/// Why an order was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The buyer or the merchant asked for it.
    Requested,
    /// The payment was declined.
    PaymentFailed,
    /// It was not paid in time.
    Expired,
}

impl CancelReason {
    /// Its name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::PaymentFailed => "payment_failed",
            Self::Expired => "expired",
        }
    }
}

/// One step of an order's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryEntry {
    /// What it became.
    pub status: OrderStatus,
    /// When.
    pub at: Timestamp,
    /// Why, where there is something to say.
    pub note: Option<String>,
}

/// Places an order: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    /// The caller's name for this attempt: the same again gives the same answer and no second order.
    pub idempotency_key: IdempotencyKey,
    /// Where its mails go.
    pub email: Email,
    /// 1 to 100 items, each variant once.
    pub items: Vec<Item>,
    /// Where it goes.
    pub shipping_address: Address,
    /// How it is paid.
    pub payment: PaymentMethod,
}

/// So many of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Which variant.
    pub variant_id: VariantId,
    /// How many.
    pub quantity: Quantity,
}

/// How an order is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentMethod {
    /// Which provider: `test`.
    pub provider: Line,
    /// What the provider gave the buyer's browser for this payment.
    pub token: Line,
}

/// The answer to [`PlaceOrder`]: the order as it was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlacedOrder {
    /// Its id.
    pub id: OrderId,
    /// The number that people say.
    pub number: i64,
    /// Always pending; the payment decides what follows.
    pub status: OrderStatus,
    /// What was bought.
    pub lines: Vec<OrderLine>,
    /// The sums.
    #[serde(flatten)]
    pub totals: Totals,
    /// When it was accepted.
    pub placed_at: Timestamp,
    /// Until when its stock is held while it is not paid.
    pub held_until: Timestamp,
    /// Opens the order to whoever has it; for its buyer alone.
    pub token: String,
}

impl Message for PlaceOrder {
    const NAME: &'static str = "order.place";
}
impl Request for PlaceOrder {
    type Reply = PlacedOrder;
    type Error = PlaceError;
}

/// Why an order is not placed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceError {
    /// Not enough is left.
    #[error("{} item(s) are out of stock", .0.len())]
    OutOfStock(Vec<Shortage>),
    /// Fields that hold no sensible value; pointers are into [`PlaceOrder`].
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<FieldError>),
    /// The idempotency key was used for another order.
    #[error("the idempotency key was used for a different order")]
    KeyReused,
    /// An order with this idempotency key is being placed right now.
    #[error("an order with this idempotency key is being placed")]
    InProgress,
    /// Something under us failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What an order asks for and the stock does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shortage {
    /// Which variant.
    pub variant_id: VariantId,
    /// How many were asked for.
    pub requested: Quantity,
    /// How many are left.
    pub available: i64,
}

/// Tells what an order would cost, and whether there is enough of everything; holds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuoteOrder {
    /// 1 to 100 items, each variant once.
    pub items: Vec<Item>,
}

/// What an order would cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quote {
    /// What would be bought.
    pub lines: Vec<OrderLine>,
    /// The sums.
    #[serde(flatten)]
    pub totals: Totals,
}

impl Message for QuoteOrder {
    const NAME: &'static str = "order.quote";
}
impl Request for QuoteOrder {
    type Reply = Quote;
    type Error = PlaceError;
}

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
    type Reply = Page<Order>;
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
