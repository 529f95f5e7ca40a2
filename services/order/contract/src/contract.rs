//! The list of `order`'s messages, with an example of each.

use message::{Contract, Example, Fault, FieldError, ListPage};
use product_contract::VariantId;

use crate::{
    Access, AdjustStock, AdvanceOrder, CancelOrder, CancelReason, ChangeAddress, GetHistory, GetOrder,
    GetStock, HistoryEntry, Item, ListOrders, Order, OrderCancelled, OrderConfirmed, OrderDelivered,
    OrderError, OrderId, OrderPlaced, OrderProcessing, OrderRefunded, OrderRequested, OrderShipped,
    OrderStatus, PlaceError, PlaceOrder, PlacedOrder, Quote, QuoteOrder, Shortage, StockAdjustment,
    StockChanged, StockError, StockLevel, StockReport, Tracking,
};

/// What `order` answers and emits.
pub fn contract() -> Contract {
    let contract = Contract::new("order", "Orders, and the stock that they are made of.");
    facts(stock(orders(placing(contract)))).reacts_to(&[
        "order.requested",
        "product.changed",
        "payment.captured",
        "payment.authorised",
        "payment.failed",
    ])
}

fn placing(contract: Contract) -> Contract {
    let wrong = FieldError::new("/items", "expected 1 to 100 items, each variant once");
    contract
        .request(
            &PlaceOrder::example(),
            &PlacedOrder::example(),
            &PlaceError::OutOfStock(vec![Shortage::example()]),
        )
        .request(
            &QuoteOrder { items: vec![Item::example()] },
            &Quote::example(),
            &PlaceError::Invalid(vec![wrong]),
        )
}

fn orders(contract: Contract) -> Contract {
    let (id, access) = (OrderId::example(), Access::example());
    let (from, to) = (OrderStatus::Shipped, OrderStatus::Cancelled);
    let shipping_address = PlaceOrder::example().shipping_address;
    contract
        .request(&GetOrder { id, access: access.clone() }, &Order::example(), &OrderError::NotFound)
        .request(
            &GetHistory { id, access: access.clone() },
            &vec![HistoryEntry::example()],
            &OrderError::NotFound,
        )
        .request(
            &ListOrders { status: Some(OrderStatus::Shipped), ..ListOrders::default() },
            &ListPage::example(),
            &OrderError::Fault(Fault::unavailable("the database is starting")),
        )
        .request(
            &CancelOrder { id, access: access.clone() },
            &Order { cancel_reason: Some(CancelReason::Requested), ..order(OrderStatus::Cancelled, 3) },
            &OrderError::Transition { from, to },
        )
        .request(
            &ChangeAddress { id, access, shipping_address },
            &order(OrderStatus::Confirmed, 2),
            &OrderError::AddressFixed(OrderStatus::Shipped),
        )
        .request(
            &AdvanceOrder { id, to: OrderStatus::Shipped, tracking: Some(Tracking::example()) },
            &Order::example(),
            &OrderError::Transition { from: OrderStatus::Pending, to: OrderStatus::Shipped },
        )
}

fn stock(contract: Contract) -> Contract {
    let variant_id = VariantId::example();
    contract
        .request(
            &GetStock { variant_id },
            &StockReport::example(),
            &StockError::Fault(Fault::unavailable("the database is starting")),
        )
        .request(
            &AdjustStock { adjustments: vec![StockAdjustment::example()] },
            &vec![StockReport::example()],
            &StockError::NotEnough { variant_id, available: 1 },
        )
}

fn facts(contract: Contract) -> Contract {
    let placed = PlacedOrder::example();
    let PlaceOrder { email, payment, .. } = PlaceOrder::example();
    let id = placed.id;
    contract
        .event(&OrderRequested { id, order: PlaceOrder::example() })
        .event(&OrderPlaced {
            id,
            version: 1,
            number: placed.number,
            email,
            total: placed.totals.total,
            payment,
            placed_at: placed.placed_at,
        })
        .event(&OrderConfirmed { order: order(OrderStatus::Confirmed, 2) })
        .event(&OrderProcessing { id, version: 3 })
        .event(&OrderShipped { id, version: 4, tracking: Some(Tracking::example()) })
        .event(&OrderDelivered { id, version: 5 })
        .event(&OrderCancelled {
            id,
            version: 2,
            from: OrderStatus::Pending,
            reason: CancelReason::PaymentFailed,
        })
        .event(&OrderRefunded { id, version: 6 })
        .event(&StockChanged { id: Example::example(), levels: vec![StockLevel::example()] })
}

/// The example before it was shipped.
fn order(status: OrderStatus, version: i64) -> Order {
    Order { status, version, tracking: None, ..Order::example() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn lists_every_message_and_keeps_to_its_schemas() {
        testing::check_contract(&super::contract(), crate::MESSAGES);
    }
}
