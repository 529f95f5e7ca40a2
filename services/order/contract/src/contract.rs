//! The list of `order`'s messages, with an example of each.

use message::{Contract, Example, Fault, FieldError, Limit, ListPage, Money};
use product_contract::VariantId;

use crate::{
    Access, AdjustStock, AdvanceOrder, AttemptState, CancelOrder, CancelReason, ChangeAddress, CopyError,
    CopyProducts, CopyReport, CopyShop, GetHistory, GetOrder, GetStock, HistoryEntry, Item, ListAdjustments,
    ListOrders, ListStock, Order, OrderCancelled, OrderConfirmed, OrderDelivered, OrderError, OrderId,
    OrderPaymentFailed, OrderPaymentRequested, OrderPlaced, OrderProcessing, OrderRefund,
    OrderRefundCompleted, OrderRefundRequested, OrderRefunded, OrderRequested, OrderShipped, OrderStatus,
    PayOrder, PaymentAttempt, PlaceError, PlaceOrder, PlacedOrder, Quote, QuoteOrder, RefundLine,
    RefundOrder, ReportLost, SetStock, Shortage, StockAdjustment, StockChanged, StockCount, StockError,
    StockFilter, StockLevel, StockReport, Tracking, Unpayable,
};

/// What `order` answers and emits.
pub fn contract() -> Contract {
    let contract = Contract::new("order", "Orders, and the stock that they are made of.");
    money_facts(facts(stock(money(orders(placing(contract))))))
        .reacts_always_to(&["product.changed", "shop.changed"])
        .reacts_to(&[
            "order.requested",
            "payment.captured",
            "payment.authorised",
            "payment.failed",
            "payment.refunded",
            "payment.refund_failed",
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
            &QuoteOrder { items: vec![Item::example()], country: None },
            &Quote::example(),
            &PlaceError::Invalid(vec![wrong]),
        )
        .request(&CopyProducts::example(), &CopyReport::default(), &CopyError::TooMany)
        .request(&CopyShop {}, &3_i64, &CopyError::Fault(Fault::unavailable("the database is starting")))
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

fn money(contract: Contract) -> Contract {
    let (id, access) = (OrderId::example(), Access::example());
    let PlaceOrder { idempotency_key, payment, .. } = Example::example();
    let OrderRefund { amount, reason, .. } = Example::example();
    contract
        .request(
            &PayOrder { id, access, idempotency_key: idempotency_key.clone(), payment },
            &paid_again(AttemptState::Pending),
            &OrderError::Unpayable(Unpayable::UnderWay),
        )
        .request(
            &RefundOrder {
                id,
                idempotency_key,
                amount: None,
                lines: vec![RefundLine::example()],
                reason: reason.clone(),
                restock: false,
            },
            &Order::example(),
            &OrderError::TooMuch { refundable: amount },
        )
        .request(
            &ReportLost { id, reason, restock: false },
            &Order { cancel_reason: Some(CancelReason::Lost), ..order(OrderStatus::Cancelled, 5) },
            &OrderError::Transition { from: OrderStatus::Confirmed, to: OrderStatus::Cancelled },
        )
}

fn stock(contract: Contract) -> Contract {
    let variant_id = VariantId::example();
    contract
        .request(
            &GetStock { variant_id },
            &StockReport::example(),
            &StockError::NoSuchVariants(vec![variant_id]),
        )
        .request(
            &ListStock { level: Some(StockFilter::Low), threshold: Some(5), ..ListStock::default() },
            &ListPage::example(),
            &StockError::Fault(Fault::unavailable("the database is starting")),
        )
        .request(
            &AdjustStock { adjustments: vec![StockAdjustment::example()], in_advance: false },
            &vec![StockReport::example()],
            &StockError::NotEnough { variant_id, available: 1 },
        )
        .request(
            &SetStock { counts: vec![StockCount::example()] },
            &vec![StockReport::example()],
            &StockError::KeyReused,
        )
        .request(
            &ListAdjustments { variant_id, cursor: None, limit: Limit::default() },
            &ListPage::example(),
            &StockError::NoSuchVariants(vec![variant_id]),
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
        .event(&OrderShipped {
            id,
            version: 4,
            tracking: Some(Tracking::example()),
            order: Some(Order::example()),
        })
        .event(&OrderDelivered { id, version: 5 })
        .event(&OrderCancelled {
            id,
            version: 2,
            from: OrderStatus::Pending,
            reason: CancelReason::Expired,
            order: Some(Order {
                cancel_reason: Some(CancelReason::Expired),
                ..unpaid(OrderStatus::Cancelled, 2, AttemptState::Voided)
            }),
        })
        .event(&OrderRefunded { id, version: 6, order: Some(order(OrderStatus::Refunded, 6)) })
        .event(&StockChanged { id: Example::example(), levels: vec![StockLevel::example()] })
}

fn money_facts(contract: Contract) -> Contract {
    let PlaceOrder { payment, .. } = Example::example();
    let (order, refund) = (Order::example(), OrderRefund::example());
    let failed = unpaid(OrderStatus::Pending, 2, AttemptState::Failed);
    contract
        .event(&OrderPaymentRequested {
            id: order.id,
            version: 3,
            attempt: 2,
            amount: order.totals.total,
            payment,
        })
        .event(&OrderPaymentFailed { order: failed })
        .event(&OrderRefundRequested {
            id: order.id,
            version: 4,
            attempt: 1,
            refund_id: refund.id,
            amount: refund.amount,
        })
        .event(&OrderRefundCompleted { order, refund })
}

/// The example with a payment in this state that brought nothing.
fn unpaid(status: OrderStatus, version: i64, state: AttemptState) -> Order {
    let order = Order { refunds: Vec::new(), ..order(status, version) };
    let nothing = Money::new(0, order.totals.total.currency);
    let failure = (state == AttemptState::Failed).then(|| "The card was declined.".to_owned());
    let payment =
        PaymentAttempt { state, failure, captured: nothing, refunded: nothing, ..PaymentAttempt::example() };
    Order { payments: vec![payment], paid: Some(nothing), refunded: Some(nothing), ..order }
}

/// The example after a payment that failed, with another one.
fn paid_again(state: AttemptState) -> Order {
    let mut order = unpaid(OrderStatus::Pending, 3, AttemptState::Failed);
    let again = order.payments.first().cloned();
    let again = again.map(|first| PaymentAttempt { attempt: 2, state, failure: None, ..first });
    order.payments.extend(again);
    order
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
