//! The examples of the documentation. Requests among them are also what wrong bodies are mended from, so they are
//! whole: every field that a client may send is in them.

use serde_json::{Value, json};

pub(crate) const PRODUCT: &str = "product_01jfz3m8qkexvrz7n2dq4w9s6t";
pub(crate) const VARIANT: &str = "variant_01jfz3m8qkexvrz7n2dq4w9s6v";
pub(crate) const ORDER: &str = "order_01jfz3m8qkexvrz7n2dq4w9s6w";
pub(crate) const DEAD_LETTER: &str = "order.msg_01jfz3m8qkexvrz7n2dq4w9s6x";
const FILE: &str = "6b1f0c0de5b9a7f2b9c4b1e5d7a3f8c26b1f0c0de5b9a7f2b9c4b1e5d7a3f8c2.svg";

fn money(amount: i64) -> Value {
    json!({"amount": amount, "currency": "INR"})
}

fn options() -> Value {
    json!([{"name": "Finish", "value": "Hammered"}])
}

pub(crate) fn product() -> Value {
    json!({
        "id": PRODUCT, "slug": "copper-kettle", "title": "Copper kettle",
        "description": "Boils a litre in four minutes.", "collection": "Kitchen", "status": "published",
        "pictures": [{"url": format!("/media/{FILE}"), "alt": "A round copper kettle"}],
        "variants": [{
            "id": VARIANT, "sku": "KETTLE-1", "options": options(), "price": money(249_900),
            "tax_class": "standard", "available": 12,
        }],
        "created_at": "2026-11-20T23:08:00Z", "updated_at": "2026-11-20T23:08:00Z",
    })
}

pub(crate) fn new_product() -> Value {
    json!({
        "id": PRODUCT, "slug": "copper-kettle", "title": "Copper kettle",
        "description": "Boils a litre in four minutes.", "collection": "Kitchen", "status": "published",
        "pictures": [{"file": FILE, "alt": "A round copper kettle"}],
        "variants": [{
            "id": VARIANT, "sku": "KETTLE-1", "options": options(), "price": money(249_900),
            "tax_class": "standard",
        }],
    })
}

pub(crate) fn product_change() -> Value {
    json!({
        "slug": "copper-kettle", "title": "Copper kettle, hammered", "description": "Boils a litre in four minutes.",
        "collection": "Kitchen", "status": "published",
        "pictures": [{"file": FILE, "alt": "A round copper kettle"}],
        "variants": [{"id": VARIANT, "price": money(229_900), "tax_class": "standard"}],
    })
}

pub(crate) fn address() -> Value {
    json!({
        "name": "Mira Nair", "line1": "14 Lake Road", "line2": "Flat 3", "city": "Kochi", "region": "Kerala",
        "postal_code": "682001", "country": "IN",
    })
}

pub(crate) fn new_order() -> Value {
    json!({
        "email": "mira@example.org",
        "items": [{"variant_id": VARIANT, "quantity": 2}],
        "shipping_address": address(),
        "payment": {"provider": "test", "token": "tok_ok"},
    })
}

fn lines() -> Value {
    json!([{
        "variant_id": VARIANT, "sku": "KETTLE-1", "title": "Copper kettle", "options": options(), "quantity": 2,
        "unit_price": money(249_900), "tax_rate": 1800,
        "subtotal": money(423_559), "tax": money(76_241), "total": money(499_800),
    }])
}

pub(crate) fn placed() -> Value {
    json!({
        "id": ORDER, "number": 1042, "status": "pending", "lines": lines(),
        "subtotal": money(423_559), "tax": money(76_241), "total": money(499_800),
        "placed_at": "2026-11-20T23:08:00Z", "held_until": "2026-11-20T23:23:00Z",
        "token": "3f9a1c5e7b2d4860a1c3e5f708192a3b",
    })
}

pub(crate) fn queued() -> Value {
    json!({"id": ORDER, "status": "queued", "token": "accepted.3f9a1c5e7b2d4860a1c3e5f708192a3b"})
}

pub(crate) fn order() -> Value {
    json!({
        "id": ORDER, "number": 1042, "status": "shipped", "email": "mira@example.org", "lines": lines(),
        "subtotal": money(423_559), "tax": money(76_241), "total": money(499_800),
        "shipping_address": address(),
        "tracking": tracking(), "cancel_reason": null, "version": 4,
        "placed_at": "2026-11-20T23:08:00Z", "updated_at": "2026-11-21T09:30:00Z",
        "held_until": "2026-11-20T23:23:00Z",
    })
}

fn tracking() -> Value {
    json!({"company": "Blue Dart", "number": "BD123456789"})
}

pub(crate) fn advance() -> Value {
    json!({"to": "shipped", "tracking": tracking()})
}

pub(crate) fn history() -> Value {
    json!({"data": [
        {"status": "pending", "at": "2026-11-20T23:08:00Z", "note": null},
        {"status": "confirmed", "at": "2026-11-20T23:08:01Z", "note": null},
    ]})
}

pub(crate) fn adjustment() -> Value {
    json!({"delta": 25, "reason": "delivery 4711", "location": "main"})
}

pub(crate) fn stock() -> Value {
    json!({
        "variant_id": VARIANT, "available": 12, "reserved": 2, "sold": 30,
        "locations": [{"location": "main", "available": 12, "reserved": 2, "sold": 30}],
    })
}

pub(crate) fn dead_letter() -> Value {
    json!({
        "id": DEAD_LETTER, "service": "order", "message": "payment.captured",
        "message_id": "msg_01jfz3m8qkexvrz7n2dq4w9s6x", "correlation_id": "req_01jfz3m8qkexvrz7n2dq4w9s6y",
        "causation_id": null, "attempts": 5, "reason": "unavailable: the database does not answer",
        "failed_at": "2026-11-20T23:08:00Z", "body": {"order_id": ORDER, "version": 2},
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use product_contract::{NewProduct, ProductChange};
    use serde::{Serialize, de::DeserializeOwned};

    use super::*;
    use crate::{
        body::{Sent, parse},
        orders::{Advance, OrderChange, place::NewOrder},
        schema,
        stock::NewStockAdjustment,
    };

    fn is_accepted<T: Sent>() {
        parse::<T>(T::example().to_string().as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
    }

    #[test]
    fn requests_are_accepted() {
        is_accepted::<NewProduct>();
        is_accepted::<ProductChange>();
        is_accepted::<NewOrder>();
        is_accepted::<OrderChange>();
        is_accepted::<Advance>();
        is_accepted::<NewStockAdjustment>();
    }

    /// Nothing is missing in the example, and nothing too much.
    fn has_the_shape<T: Serialize + DeserializeOwned + Debug>(example: &Value) {
        let read: T = serde_json::from_value(example.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), *example);
    }

    #[test]
    fn answers_have_the_documented_shape() {
        has_the_shape::<schema::Product>(&product());
        has_the_shape::<schema::PlacedOrder>(&placed());
        has_the_shape::<schema::Order>(&order());
        has_the_shape::<schema::History>(&history());
        has_the_shape::<schema::StockReport>(&stock());
        has_the_shape::<schema::NewProduct>(&new_product());
        has_the_shape::<schema::ProductChange>(&product_change());
    }

    #[test]
    fn what_the_contracts_write_has_the_documented_shape() {
        fn through<C: Serialize + DeserializeOwned>(example: &Value) {
            let contract: C = serde_json::from_value(example.clone()).unwrap();
            assert_eq!(serde_json::to_value(&contract).unwrap(), *example);
        }
        through::<order_contract::PlacedOrder>(&placed());
        through::<order_contract::Order>(&order());
        through::<order_contract::StockReport>(&stock());
        through::<Vec<order_contract::HistoryEntry>>(&history()["data"].clone());
        through::<product_contract::Shelf>(&json!({"collection": "Kitchen", "products": 12}));
    }
}
