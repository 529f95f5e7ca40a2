//! What `order` answers, emits and knows: orders, and the stock that they are made of.
//!
//! | module | holds |
//! |---|---|
//! | `order` | the order itself: its status, lines, sums, history |
//! | `place` | the requests that make an order, or compute what it would cost |
//! | `requests` | the requests about orders that are placed |
//! | `stock` | the requests and the event about stock |
//! | `events` | what happens to an order |
//! | `deferred` | deferred orders: accepted now, placed later |
//! | `access` | the tokens that open orders |
//! | `quantity` | how many of a variant an order can have |
//! | `contract` | all messages with an example of each |

mod access;
mod contract;
mod deferred;
mod events;
mod order;
mod place;
mod quantity;
mod requests;
mod stock;

use message::ListPage;

pub use access::OrderSecret;
pub use contract::contract;
pub use deferred::{DeferralPolicy, OrderRequested};
pub use events::{
    OrderCancelled, OrderConfirmed, OrderDelivered, OrderPlaced, OrderProcessing, OrderRefunded, OrderShipped,
};
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

message::messages! {
    requests {
        PlaceOrder = "order.place" -> PlacedOrder, PlaceError;
        QuoteOrder = "order.quote" -> Quote, PlaceError;
        GetOrder = "order.get" -> Order, OrderError;
        GetHistory = "order.history" -> Vec<HistoryEntry>, OrderError;
        ListOrders = "order.list" -> ListPage<Order>, OrderError;
        CancelOrder = "order.cancel" -> Order, OrderError;
        ChangeAddress = "order.change_address" -> Order, OrderError;
        AdvanceOrder = "order.advance" -> Order, OrderError;
        GetStock = "stock.get" -> StockReport, StockError;
        AdjustStock = "stock.adjust" -> Vec<StockReport>, StockError;
    }
    events {
        OrderRequested = "order.requested";
        OrderPlaced = "order.placed";
        OrderConfirmed = "order.confirmed";
        OrderProcessing = "order.processing";
        OrderShipped = "order.shipped";
        OrderDelivered = "order.delivered";
        OrderCancelled = "order.cancelled";
        OrderRefunded = "order.refunded";
        StockChanged = "stock.changed";
    }
}
