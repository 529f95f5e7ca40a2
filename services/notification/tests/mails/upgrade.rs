//! Mails that are under way in a database of the version before the kernel's table of work.

use std::time::Duration;

use message::{Clock, Headers, IdSource, Timestamp};
use notification_contract::MailState;
use order_contract::Order;
use store::{Db, PoolSizes, query};
use testing::{
    TestBackend, TestShop, db_test,
    mail::{MailServer, Speech},
};

use crate::{arrived, mails, manual_clock, order, to_server, tried};

/// Writes a mail as the version before did.
async fn insert(db: &Db, order: &Order, state: &str, headers: Option<Headers>, due_at: Option<Timestamp>) {
    let headers = headers.map(|headers| serde_json::to_string(&headers).unwrap());
    let mut tx = db.begin().await.unwrap();
    query(
        "INSERT INTO mail (id, order_id, recipient, subject, order_json, headers, state, attempts, error, due_at, created_at)
         VALUES ($1, $2, $3, 'Your order 1042 is confirmed', $4, $5, $6, 1, 'no answer in time', $7, $8)",
    )
    .bind(db.ids().id::<()>())
    .bind(order.id)
    .bind(order.email.as_str())
    .bind(serde_json::to_string(order).unwrap())
    .bind(headers)
    .bind(state)
    .bind(due_at)
    .bind(db.ids().clock().now())
    .execute(&mut tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

/// A shop that only makes ids.
async fn shop_without_services(backend: &TestBackend, clock: &Clock) -> TestShop {
    TestShop::builder(backend).clock(clock.clone()).start().await
}

#[db_test]
async fn mails_under_way_are_sent_after_the_upgrade(backend: TestBackend) {
    let server = MailServer::start(Speech::Plain);
    let clock = manual_clock();
    let (ids, now) = (IdSource::random(clock.clone()), clock.now());
    let empty = shop_without_services(&backend, &clock).await;
    let [due, later, failed] =
        ["a@example.org", "b@example.org", "c@example.org"].map(|to| order(&empty, to));
    let before = notification::MIGRATIONS.split_at(2).0;
    let db = Db::open(&backend.store(), notification::NAME, before, ids.clone(), PoolSizes::default())
        .await
        .unwrap();
    // As old as the table: without headers.
    insert(&db, &due, "queued", None, Some(now)).await;
    let in_a_minute = now.after(Duration::from_mins(1));
    insert(&db, &later, "queued", Some(Headers::new(ids.id())), Some(in_a_minute)).await;
    insert(&db, &failed, "failed", Some(Headers::new(ids.id())), None).await;
    db.close().await;

    let shop = crate::shop(&backend, to_server(&server), clock.clone()).await;
    assert_eq!(tried(&shop, &due, 2).await.state, MailState::Sent);
    assert_eq!(mails(&shop).await.iter().filter(|mail| mail.state == MailState::Queued).count(), 1);
    clock.advance(Duration::from_mins(1));
    assert_eq!(tried(&shop, &later, 2).await.state, MailState::Sent);
    assert_eq!(arrived(&shop, &server, 2).await.len(), 2);
    assert_eq!((tried(&shop, &failed, 1).await.state, shop.dead_letters().await), (MailState::Failed, 0));
}
