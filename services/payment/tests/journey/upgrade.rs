//! Payments that are under way in a database of the version before the kernel's table of work.

use std::{sync::Arc, time::Duration};

use message::{Clock, Headers, IdSource, Timestamp};
use order_contract::OrderId;
use payment::provider::{Charge, Provider as _};
use payment_contract::{PaymentId, PaymentState};
use store::{Db, PoolSizes, query};
use testing::{TestBackend, db_test};

use crate::{PRICE, bank::Bank, becomes, published, quick, shop};

/// A row of the table as the version before had it.
struct OldRow {
    order_id: OrderId,
    id: PaymentId,
    state: &'static str,
    /// 2: be ours, 3: go back.
    goal: i64,
    doubt: bool,
    claimed_until: Option<Timestamp>,
    due_at: Option<Timestamp>,
}

impl OldRow {
    fn charge(&self) -> Charge {
        Charge {
            id: self.id,
            order_id: self.order_id,
            amount: PRICE,
            token: "good".to_owned(),
            state: PaymentState::Pending,
            reference: None,
        }
    }

    async fn insert(&self, db: &Db) {
        let headers = serde_json::to_string(&Headers::new(db.ids().id())).unwrap();
        let mut tx = db.begin().await.unwrap();
        query(
            "INSERT INTO payment (order_id, id, amount, currency, provider, token, headers, state, goal, doubt, tries,
                 version, claim, claimed_until, due_at, created_at, updated_at)
             VALUES ($1, $2, $3, 'INR', 'bank', 'good', $4, $5, $6, $7, 0, 1, 1, $8, $9, $10, $10)",
        )
        .bind(self.order_id)
        .bind(self.id)
        .bind(PRICE.amount)
        .bind(headers)
        .bind(self.state)
        .bind(self.goal)
        .bind(self.doubt)
        .bind(self.claimed_until)
        .bind(self.due_at)
        .bind(db.ids().clock().now())
        .execute(&mut tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }
}

#[db_test]
async fn payments_under_way_go_on_after_the_upgrade(backend: TestBackend) {
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let (ids, now) = (IdSource::random(clock.clone()), clock.now());
    let bank = Arc::new(Bank::default());
    let before = payment::MIGRATIONS.split_at(2).0;
    let db =
        Db::open(&backend.store(), payment::NAME, before, ids.clone(), PoolSizes::default()).await.unwrap();
    let row = |state, goal, due_at| OldRow {
        order_id: ids.id(),
        id: ids.id(),
        state,
        goal,
        doubt: false,
        claimed_until: None,
        due_at,
    };
    let untouched = row("pending", 2, Some(now));
    // Its process asked, and died before the answer came.
    let asked = OldRow {
        doubt: true,
        claimed_until: Some(now.after(Duration::from_secs(20))),
        ..row("pending", 2, Some(now))
    };
    let owed = row("captured", 3, Some(now.after(Duration::from_hours(1))));
    let done = row("captured", 2, None);
    bank.authorise(&asked.charge()).await.unwrap();
    for charge in [owed.charge(), done.charge()] {
        bank.authorise(&charge).await.unwrap();
        bank.capture(&charge).await.unwrap();
    }
    for row in [&untouched, &asked, &owed, &done] {
        row.insert(&db).await;
    }
    db.close().await;

    let shop = shop(&backend, quick(), Some(bank.clone()), clock.clone()).await;
    becomes(&shop, untouched.order_id, PaymentState::Captured).await;
    // On PostgreSQL the process before might still have it.
    clock.advance(Duration::from_secs(20));
    becomes(&shop, asked.order_id, PaymentState::Captured).await;
    assert_eq!(
        bank.asked(asked.id),
        ["authorise", "look_up", "capture"],
        "looked up before it is asked again"
    );
    becomes(&shop, owed.order_id, PaymentState::Captured).await;
    clock.advance(Duration::from_hours(1));
    becomes(&shop, owed.order_id, PaymentState::Refunded).await;
    assert_eq!(bank.asked(done.id), ["authorise", "capture"]);
    assert_eq!(published(&shop), [0, 2, 0, 0, 1]);
    assert_eq!(bank.balance(), 3 * PRICE.amount);
}
