//! Orders from before payments were kept in them.

use message::{Clock, IdSource};
use order_contract::{
    Access, AttemptState, CancelOrder, GetOrder, OrderError, OrderId, OrderStatus, RefundOrder,
};
use store::{Db, PoolSizes, query};
use testing::{TestBackend, db_test};

use crate::common::{builder, key, manual_clock};

/// A history, the reason of a cancellation, and what is shown: the payment, and what was captured and refunded.
type Case = (&'static [&'static str], Option<&'static str>, AttemptState, i64, i64);

/// Writes an order as the version before had it, with its history.
async fn write(db: &Db, id: OrderId, number: i64, history: &[&str], reason: Option<&str>) {
    let now = db.ids().clock().now();
    let address =
        r#"{"name":"Mira","line1":"4 Harbour Road","city":"Kochi","postal_code":"682001","country":"IN"}"#;
    let mut tx = db.begin().await.unwrap();
    query(
        "INSERT INTO orders (id, number, status, email, currency, subtotal, tax, shipping_address, cancel_reason, version,
             idempotency_key, fingerprint, placed_at, updated_at, held_until)
         VALUES ($1, $2, $3, 'mira@example.org', 'INR', 10000, 1800, $4, $5, $6, $7, $1, $8, $8, $9)",
    )
    .bind(id)
    .bind(number)
    .bind(*history.last().unwrap())
    .bind(address)
    .bind(reason)
    .bind(i64::try_from(history.len()).unwrap())
    .bind(format!("key-{number}"))
    .bind(now)
    .bind(now.after(std::time::Duration::from_mins(15)))
    .execute(&mut tx)
    .await
    .unwrap();
    query(
        "INSERT INTO order_line (order_id, position, variant_id, sku, title, options, quantity, unit_price, tax_rate, subtotal, tax)
         VALUES ($1, 0, $1, 'KETTLE', 'Kettle', '[]', 1, 11800, 1800, 10000, 1800)",
    )
    .bind(id)
    .execute(&mut tx)
    .await
    .unwrap();
    for (version, status) in (2..).zip(history.iter().skip(1)) {
        query("INSERT INTO order_history (order_id, version, status, at) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(version)
            .bind(*status)
            .bind(now)
            .execute(&mut tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

#[db_test]
async fn orders_from_before_show_their_payment_and_can_be_refunded(on: TestBackend) {
    let clock: Clock = manual_clock();
    let ids = IdSource::random(clock.clone());
    let before = order::MIGRATIONS.split_at(2).0;
    let db = Db::open(&on.store(), order::NAME, before, ids.clone(), PoolSizes::default()).await.unwrap();
    let cases: [Case; 6] = [
        (&["pending"], None, AttemptState::Pending, 0, 0),
        (&["pending", "confirmed", "processing"], None, AttemptState::Captured, 11_800, 0),
        (&["pending", "confirmed", "refunded"], None, AttemptState::Refunded, 11_800, 11_800),
        (&["pending", "confirmed", "cancelled"], Some("requested"), AttemptState::Refunded, 11_800, 11_800),
        (&["pending", "cancelled"], Some("payment_failed"), AttemptState::Failed, 0, 0),
        (&["pending", "cancelled"], Some("expired"), AttemptState::Voided, 0, 0),
    ];
    let mut known = Vec::new();
    for (number, (history, reason, ..)) in (1001..).zip(cases) {
        let id = ids.id();
        write(&db, id, number, history, reason).await;
        known.push(id);
    }
    db.close().await;

    let shop = builder(&on).clock(clock).start().await;
    for (id, (history, _, state, paid, refunded)) in known.iter().zip(cases) {
        let order = shop.ask(&GetOrder { id: *id, access: Access::Admin }).await.unwrap();
        assert_eq!(order.payments.len(), 1);
        let sums = (order.paid.unwrap().amount, order.refunded.unwrap().amount);
        assert_eq!((order.payments[0].state, sums), (state, (paid, refunded)), "{history:?}");
        let reason = "dented".parse().unwrap();
        let request = RefundOrder {
            id: *id,
            idempotency_key: key(&shop),
            amount: None,
            lines: Vec::new(),
            reason,
            restock: false,
        };
        match shop.ask(&request).await {
            Ok(order) => assert_eq!((paid - refunded, order.refunded), (11_800, order.paid)),
            Err(OrderError::TooMuch { refundable }) => assert_eq!(refundable.amount, paid - refunded),
            Err(other) => panic!("{other:?}"),
        }
    }
    let cancelled = shop.ask(&CancelOrder { id: known[0], access: Access::Admin }).await.unwrap();
    assert_eq!(cancelled.status, OrderStatus::Cancelled);
}
