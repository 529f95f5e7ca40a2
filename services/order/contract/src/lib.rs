//! What `order` answers, emits and knows: orders, and the stock that they are made of.
//!
//! | module | holds |
//! |---|---|
//! | `order` | the order itself: its status, lines, sums, history |
//! | `place` | the requests that make an order, or tell what it would cost |
//! | `requests` | the requests about orders that are there |
//! | `stock` | the requests and the event about stock |
//! | `events` | what happens to an order |
//! | `intake` | orders that are accepted first and placed later |
//! | `access` | the tokens that open orders |
//! | `quantity` | how many of a variant an order can have |
//! | `contract` | all messages with an example of each |

mod access;
mod contract;
mod events;
mod intake;
mod order;
mod place;
mod quantity;
mod requests;
mod stock;

pub use access::Secret;
pub use contract::contract;
pub use events::{
    OrderCancelled, OrderConfirmed, OrderDelivered, OrderPlaced, OrderProcessing, OrderRefunded, OrderShipped,
};
pub use intake::{Intake, OrderRequested};
pub use order::{CancelReason, HistoryEntry, Order, OrderId, OrderLine, OrderStatus, Totals, Tracking};
pub use place::{Item, PaymentMethod, PlaceError, PlaceOrder, PlacedOrder, Quote, QuoteOrder, Shortage};
pub use quantity::Quantity;
pub use requests::{
    Access, AdvanceOrder, CancelOrder, ChangeAddress, GetHistory, GetOrder, ListOrders, OrderError,
};
pub use stock::{
    AdjustStock, GetStock, LocationCode, LocationStock, StockAdjustment, StockBatch, StockChanged,
    StockError, StockLevel, StockReport,
};
