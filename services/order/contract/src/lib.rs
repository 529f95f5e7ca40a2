//! What `order` answers, emits and knows: orders, and the stock that they are made of.
//!
//! | module | holds |
//! |---|---|
//! | `order` | the order itself: its status, lines, sums, history |
//! | `place` | the requests that make an order, or compute what it would cost |
//! | `payments` | an order's payments and refunds, and the requests about them |
//! | `requests` | the requests about orders that are placed |
//! | `sellable` | the request that brings the copy of what can be sold up to date |
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
mod payments;
mod place;
mod quantity;
mod requests;
mod sellable;
mod stock;

use message::ListPage;

pub use access::OrderSecret;
pub use contract::contract;
pub use deferred::{DeferralPolicy, OrderRequested};
pub use events::{
    OrderCancelled, OrderConfirmed, OrderDelivered, OrderPaymentFailed, OrderPaymentRequested, OrderPlaced,
    OrderProcessing, OrderRefundCompleted, OrderRefundRequested, OrderRefunded, OrderShipped,
};
pub use order::{CancelReason, HistoryEntry, Order, OrderId, OrderLine, OrderStatus, Totals, Tracking};
pub use payments::{
    AttemptState, MOST_PAYMENTS, MOST_REFUNDS, OrderRefund, PayOrder, PaymentAttempt, RefundId, RefundLine,
    RefundOrder, RefundState, RefundedLine, ReportLost, Unpayable,
};
pub use place::{
    Item, PaymentMethod, PlaceError, PlaceOrder, PlacedOrder, PriceChange, Quote, QuoteOrder, Shortage,
    UnknownItem,
};
pub use quantity::Quantity;
pub use requests::{
    Access, AdvanceOrder, CancelOrder, ChangeAddress, GetHistory, GetOrder, ListOrders, OrderError,
};
pub use sellable::{CopyError, CopyProducts, CopyReport, CopyShop};
pub use stock::{
    AdjustStock, AdjustmentEntry, GetStock, ListAdjustments, ListStock, LocationCode, LocationStock,
    SetStock, StockAdjustment, StockBatch, StockChanged, StockCount, StockError, StockFilter, StockItem,
    StockLevel, StockReport,
};

message::messages! {
    requests {
        PlaceOrder = "order.place" -> PlacedOrder, PlaceError;
        QuoteOrder = "order.quote" -> Quote, PlaceError;
        CopyProducts = "order.copy_products" -> CopyReport, CopyError;
        CopyShop = "order.copy_shop" -> i64, CopyError;
        GetOrder = "order.get" -> Order, OrderError;
        GetHistory = "order.history" -> Vec<HistoryEntry>, OrderError;
        ListOrders = "order.list" -> ListPage<Order>, OrderError;
        CancelOrder = "order.cancel" -> Order, OrderError;
        ChangeAddress = "order.change_address" -> Order, OrderError;
        AdvanceOrder = "order.advance" -> Order, OrderError;
        PayOrder = "order.pay" -> Order, OrderError;
        RefundOrder = "order.refund" -> Order, OrderError;
        ReportLost = "order.report_lost" -> Order, OrderError;
        GetStock = "stock.get" -> StockReport, StockError;
        ListStock = "stock.list" -> ListPage<StockItem>, StockError;
        AdjustStock = "stock.adjust" -> Vec<StockReport>, StockError;
        SetStock = "stock.set" -> Vec<StockReport>, StockError;
        ListAdjustments = "stock.list_adjustments" -> ListPage<AdjustmentEntry>, StockError;
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
        OrderPaymentRequested = "order.payment_requested";
        OrderPaymentFailed = "order.payment_failed";
        OrderRefundRequested = "order.refund_requested";
        OrderRefundCompleted = "order.refund_completed";
        StockChanged = "stock.changed";
    }
}
