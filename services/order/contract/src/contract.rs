//! The list of `order`'s messages, with an example of each.

use message::{Address, Contract, Currency, Fault, FieldError, ListPage, Money, Timestamp, contract::valid};
use product_contract::{OptionValue, VariantId};

use crate::{
    Access, AdjustStock, AdvanceOrder, CancelOrder, CancelReason, ChangeAddress, GetHistory, GetOrder,
    GetStock, HistoryEntry, Item, ListOrders, LocationStock, Order, OrderCancelled, OrderConfirmed,
    OrderDelivered, OrderError, OrderId, OrderLine, OrderPlaced, OrderProcessing, OrderRefunded,
    OrderRequested, OrderShipped, OrderStatus, PaymentMethod, PlaceError, PlaceOrder, PlacedOrder, Quantity,
    Quote, QuoteOrder, Shortage, StockAdjustment, StockChanged, StockError, StockLevel, StockReport, Totals,
    Tracking,
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
    let order = place_order();
    let shortage = Shortage { variant_id: variant_id(), requested: two(), available: 1 };
    let wrong = FieldError::new("/items", "expected 1 to 100 items, each variant once");
    contract
        .request(
            &order,
            &PlacedOrder {
                id: order_id(),
                number: 1042,
                status: OrderStatus::Pending,
                lines: vec![order_line()],
                totals: totals(),
                placed_at: at("2026-11-20T23:08:00Z"),
                held_until: at("2026-11-20T23:23:00Z"),
                token: TOKEN.to_owned(),
            },
            &PlaceError::OutOfStock(vec![shortage]),
        )
        .request(
            &QuoteOrder { items: vec![item()] },
            &Quote { lines: vec![order_line()], totals: totals() },
            &PlaceError::Invalid(vec![wrong]),
        )
}

fn orders(contract: Contract) -> Contract {
    let (id, access) = (order_id(), Access::Token(TOKEN.to_owned()));
    let entry = |status, at, note: Option<&str>| HistoryEntry { status, at, note: note.map(str::to_owned) };
    let refused = OrderError::Transition { from: OrderStatus::Shipped, to: OrderStatus::Cancelled };
    contract
        .request(&GetOrder { id, access: access.clone() }, &order(), &OrderError::NotFound)
        .request(
            &GetHistory { id, access: access.clone() },
            &vec![
                entry(OrderStatus::Pending, at("2026-11-20T23:08:00Z"), None),
                entry(OrderStatus::Confirmed, at("2026-11-20T23:08:01.5Z"), None),
            ],
            &OrderError::NotFound,
        )
        .request(
            &ListOrders { status: Some(OrderStatus::Confirmed), ..ListOrders::default() },
            &ListPage { data: vec![order()], next_cursor: Some("1042".to_owned()) },
            &OrderError::Fault(Fault::unavailable("the database is starting")),
        )
        .request(
            &CancelOrder { id, access: access.clone() },
            &Order {
                status: OrderStatus::Cancelled,
                cancel_reason: Some(CancelReason::Requested),
                version: 3,
                ..order()
            },
            &refused,
        )
        .request(
            &ChangeAddress { id, access, shipping_address: address() },
            &order(),
            &OrderError::AddressFixed(OrderStatus::Shipped),
        )
        .request(
            &AdvanceOrder { id, to: OrderStatus::Shipped, tracking: Some(tracking()) },
            &Order { status: OrderStatus::Shipped, tracking: Some(tracking()), version: 4, ..order() },
            &OrderError::Transition { from: OrderStatus::Pending, to: OrderStatus::Shipped },
        )
}

fn stock(contract: Contract) -> Contract {
    let variant_id = variant_id();
    let location = LocationStock { location: valid("main".parse()), available: 38, reserved: 2, sold: 0 };
    let report =
        StockReport { variant_id, available: 38, reserved: 2, sold: 0, locations: vec![location.clone()] };
    let adjustment = StockAdjustment {
        key: valid("delivery-2026-11-20/7".parse()),
        variant_id,
        location: location.location,
        delta: -2,
        reason: valid("two were broken".parse()),
    };
    contract
        .request(
            &GetStock { variant_id },
            &report,
            &StockError::Fault(Fault::unavailable("the database is starting")),
        )
        .request(
            &AdjustStock { adjustments: vec![adjustment] },
            &vec![report],
            &StockError::NotEnough { variant_id, available: 1 },
        )
}

fn facts(contract: Contract) -> Contract {
    let id = order_id();
    contract
        .event(&OrderRequested { id, order: place_order() })
        .event(&OrderPlaced {
            id,
            version: 1,
            number: 1042,
            email: valid("mira@example.org".parse()),
            total: totals().total,
            payment: payment(),
            placed_at: at("2026-11-20T23:08:00Z"),
        })
        .event(&OrderConfirmed { order: order() })
        .event(&OrderProcessing { id, version: 3 })
        .event(&OrderShipped { id, version: 4, tracking: Some(tracking()) })
        .event(&OrderDelivered { id, version: 5 })
        .event(&OrderCancelled {
            id,
            version: 2,
            from: OrderStatus::Pending,
            reason: CancelReason::PaymentFailed,
        })
        .event(&OrderRefunded { id, version: 6 })
        .event(&StockChanged {
            id: valid("stock_01m1y2n4h8f3pb7t6d9s0x5kqe".parse()),
            levels: vec![StockLevel { variant_id: variant_id(), available: 38, version: 17 }],
        })
}

fn place_order() -> PlaceOrder {
    PlaceOrder {
        idempotency_key: valid("5f1d7a86-0a4e-4c38-9f0e-6f2f6d1c9b11".parse()),
        email: valid("mira@example.org".parse()),
        items: vec![item()],
        shipping_address: address(),
        payment: payment(),
    }
}

const TOKEN: &str = "q1Yk0sJm7nN2bV9cX4zL8w";

fn order_id() -> OrderId {
    valid("order_01m1y2n4h8f3pb7t6c2r5v8wya".parse())
}

fn variant_id() -> VariantId {
    valid("variant_01m1x3v8q6e0nbw8k6c4d1f2gj".parse())
}

fn two() -> Quantity {
    valid(Quantity::try_from(2))
}

fn at(text: &str) -> Timestamp {
    valid(text.parse())
}

fn item() -> Item {
    Item { variant_id: variant_id(), quantity: two() }
}

fn payment() -> PaymentMethod {
    PaymentMethod { provider: valid("test".parse()), token: valid("tok_visa".parse()) }
}

fn tracking() -> Tracking {
    Tracking { company: valid("Monsoon Parcels".parse()), number: valid("MP 4471 0923".parse()) }
}

fn address() -> Address {
    Address {
        name: valid("Mira Sethi".parse()),
        line1: valid("14 Harbour Road".parse()),
        line2: None,
        city: valid("Kochi".parse()),
        region: Some(valid("Kerala".parse())),
        postal_code: valid("682001".parse()),
        country: valid("IN".parse()),
    }
}

fn totals() -> Totals {
    let rupees = |paise| Money::new(paise, Currency::INR);
    Totals { subtotal: rupees(400_000), tax: rupees(72_000), total: rupees(472_000) }
}

fn order_line() -> OrderLine {
    OrderLine {
        variant_id: variant_id(),
        sku: valid("KETTLE-SAND".parse()),
        title: "Lateen kettle".to_owned(),
        options: vec![OptionValue { name: "Colour".to_owned(), value: "Sand".to_owned() }],
        quantity: two(),
        unit_price: Money::new(236_000, Currency::INR),
        tax_rate: 1800,
        totals: totals(),
    }
}

fn order() -> Order {
    Order {
        id: order_id(),
        number: 1042,
        status: OrderStatus::Confirmed,
        email: valid("mira@example.org".parse()),
        lines: vec![order_line()],
        totals: totals(),
        shipping_address: address(),
        tracking: None,
        cancel_reason: None,
        version: 2,
        placed_at: at("2026-11-20T23:08:00Z"),
        updated_at: at("2026-11-20T23:08:01.5Z"),
        held_until: at("2026-11-20T23:23:00Z"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn lists_every_message_and_keeps_to_its_schemas() {
        testing::check_contract(&super::contract(), env!("CARGO_MANIFEST_DIR"));
    }
}
