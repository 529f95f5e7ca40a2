//! Payments through the bus, on both databases: with the test provider, and with a bank that can be told to misbehave.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod bank;
mod several;
mod upgrade;

use std::{sync::Arc, time::Duration};

use bank::Bank;
use message::{Clock, Currency, Envelope, Event, Headers, Money};
use order_contract::{
    CancelReason, OrderCancelled, OrderId, OrderPlaced, OrderRefunded, OrderShipped, OrderStatus,
    PaymentMethod,
};
use payment::{Capture, Settings};
use payment_contract::{
    GetPayments, Payment, PaymentAuthorised, PaymentCaptured, PaymentFailed, PaymentRefundFailed,
    PaymentRefunded, PaymentState, PaymentVoided,
};
use testing::{TestBackend, TestShop, db_test};

const PRICE: Money = Money::new(236_000, Currency::INR);

fn quick() -> Settings {
    Settings { answer_within_ms: 150, ..Settings::default() }
}

async fn shop(backend: &TestBackend, settings: Settings, bank: Option<Arc<Bank>>, clock: Clock) -> TestShop {
    TestShop::builder(backend)
        .clock(clock)
        .service(payment::NAME, payment::MIGRATIONS, move |db| match bank {
            Some(bank) => payment::service_with(db, settings, vec![bank]),
            None => payment::service(db, settings),
        })
        .record::<PaymentAuthorised>()
        .record::<PaymentCaptured>()
        .record::<PaymentFailed>()
        .record::<PaymentVoided>()
        .record::<PaymentRefunded>()
        .record::<PaymentRefundFailed>()
        .start()
        .await
}

async fn test_shop(backend: &TestBackend, settings: Settings) -> TestShop {
    shop(backend, settings, None, Clock::system()).await
}

fn placed(shop: &TestShop, provider: &str, token: &str) -> OrderPlaced {
    OrderPlaced {
        id: shop.bus.ids().id(),
        version: 1,
        number: 1042,
        email: "mira@example.org".parse().unwrap(),
        total: PRICE,
        payment: PaymentMethod { provider: provider.parse().unwrap(), token: token.parse().unwrap() },
        placed_at: shop.clock.now(),
    }
}

fn cancelled(id: OrderId) -> OrderCancelled {
    OrderCancelled {
        id,
        version: 2,
        from: OrderStatus::Pending,
        reason: CancelReason::Requested,
        order: None,
    }
}

fn envelope<E: Event>(shop: &TestShop, event: &E) -> Envelope {
    Envelope::event(event, Headers::new(shop.bus.correlation()), shop.bus.ids()).unwrap()
}

async fn publish<E: Event>(shop: &TestShop, events: &[E]) {
    let envelopes = events.iter().map(|event| envelope(shop, event)).collect();
    shop.deliver(payment::NAME, envelopes).await.unwrap();
}

async fn find(shop: &TestShop, order_id: OrderId) -> Option<Payment> {
    shop.ask(&GetPayments { order_id }).await.unwrap().pop()
}

async fn becomes(shop: &TestShop, order_id: OrderId, state: PaymentState) -> Payment {
    shop.until(&format!("the payment is {state:?}"), || async {
        find(shop, order_id).await.is_some_and(|payment| payment.state == state)
    })
    .await;
    shop.settled().await;
    find(shop, order_id).await.unwrap()
}

/// Waits until this many tries in vain were written down.
async fn tried(shop: &TestShop, order_id: OrderId, tries: i64) {
    shop.until(&format!("it was tried {tries} times"), || async {
        store::query("SELECT tries FROM payment_attempt WHERE order_id = $1 AND attempt = 1")
            .bind(order_id)
            .fetch_optional(&shop.db(payment::NAME), |row| row.get::<i64>("tries"))
            .await
            .unwrap()
            == Some(tries)
    })
    .await;
}

/// How many events of each kind there were: authorised, captured, failed, voided, refunded.
fn published(shop: &TestShop) -> [usize; 5] {
    [
        shop.recorded::<PaymentAuthorised>().len(),
        shop.recorded::<PaymentCaptured>().len(),
        shop.recorded::<PaymentFailed>().len(),
        shop.recorded::<PaymentVoided>().len(),
        shop.recorded::<PaymentRefunded>().len(),
    ]
}

#[db_test]
async fn a_good_token_is_charged_once_however_often_it_is_delivered(backend: TestBackend) {
    let shop = test_shop(&backend, Settings::default()).await;
    let order = placed(&shop, "test", "tok_ok");
    let first = envelope(&shop, &order);
    for delivery in [vec![first.clone(), first.clone()], vec![first], vec![envelope(&shop, &order)]] {
        shop.deliver(payment::NAME, delivery).await.unwrap();
    }
    let payment = becomes(&shop, order.id, PaymentState::Captured).await;
    assert_eq!((payment.amount, payment.provider.as_str(), payment.failure), (PRICE, "test", None));
    assert!(payment.reference.unwrap().starts_with("test_"));
    assert_eq!(published(&shop), [0, 1, 0, 0, 0]);
    let fact = &shop.recorded::<PaymentCaptured>()[0];
    assert_eq!(
        (fact.payment_id, fact.order_id, fact.amount, fact.version),
        (payment.id, order.id, PRICE, payment.version)
    );
    assert!(find(&shop, shop.bus.ids().id()).await.is_none());
}

#[db_test]
async fn what_cannot_be_charged_fails_with_a_reason(backend: TestBackend) {
    let shop = test_shop(&backend, Settings::default()).await;
    for (provider, token, reason) in [
        ("test", "tok_declined", "The card was declined. Try another way to pay."),
        ("test", "tok_nonsense", "The test provider does not know this token."),
        ("cowries", "tok_ok", "This shop does not take payments by \"cowries\"."),
    ] {
        let order = placed(&shop, provider, token);
        publish(&shop, std::slice::from_ref(&order)).await;
        let payment = becomes(&shop, order.id, PaymentState::Failed).await;
        assert_eq!(payment.failure.as_deref(), Some(reason));
        assert_eq!(shop.recorded::<PaymentFailed>().last().unwrap().reason.as_deref(), Some(reason));
    }
    assert_eq!(published(&shop), [0, 0, 3, 0, 0]);
}

#[db_test]
async fn a_lost_answer_is_found_out_and_never_charged_twice(backend: TestBackend) {
    let shop = test_shop(&backend, Settings::default()).await;
    let order = placed(&shop, "test", "tok_lost");
    publish(&shop, std::slice::from_ref(&order)).await;
    let payment = becomes(&shop, order.id, PaymentState::Captured).await;
    publish(&shop, &[cancelled(order.id)]).await;
    becomes(&shop, order.id, PaymentState::Refunded).await;
    assert_eq!(published(&shop), [0, 1, 0, 0, 1]);
    let line = store::query("SELECT state, asked FROM sandbox_charge WHERE payment_id = $1")
        .bind(payment.id)
        .fetch_one(&shop.db(payment::NAME), |row| Ok((row.get::<String>("state")?, row.get::<i64>("asked")?)))
        .await
        .unwrap();
    assert_eq!(line, ("refunded".to_owned(), 1));
}

#[db_test]
async fn silence_fails_in_the_end_and_holds_up_nobody(backend: TestBackend) {
    let settings = Settings { answer_within_ms: 2500, tries: 1, in_flight: 32, ..Settings::default() };
    let shop = test_shop(&backend, settings).await;
    let silent: Vec<_> = (0..100).map(|_| placed(&shop, "test", "tok_timeout")).collect();
    publish(&shop, &silent).await;
    let slow = placed(&shop, "test", "tok_slow");
    publish(&shop, std::slice::from_ref(&slow)).await;
    let good: Vec<_> = (0..300).map(|_| placed(&shop, "test", "tok_ok")).collect();
    publish(&shop, &good).await;
    shop.until("the good ones are paid", || async { shop.recorded::<PaymentCaptured>().len() == 300 }).await;
    assert_eq!(published(&shop)[2], 0, "the silent ones are still asked");
    shop.until("the silent ones failed", || async { shop.recorded::<PaymentFailed>().len() == 101 }).await;
    let payment = find(&shop, silent[0].id).await.unwrap();
    assert!(payment.failure.unwrap().starts_with("The payment provider did not answer in time."));
    assert_eq!(published(&shop), [0, 300, 101, 0, 0]);
}

#[db_test]
async fn a_slow_answer_is_waited_for(backend: TestBackend) {
    let shop = test_shop(&backend, Settings::default()).await;
    let order = placed(&shop, "test", "tok_slow");
    publish(&shop, std::slice::from_ref(&order)).await;
    becomes(&shop, order.id, PaymentState::Captured).await;
    assert_eq!(published(&shop), [0, 1, 0, 0, 0]);
}

#[db_test]
async fn a_cancelled_order_gets_its_money_back_whatever_came_first(backend: TestBackend) {
    let bank = Arc::new(Bank::default());
    let shop = shop(&backend, Settings::default(), Some(bank.clone()), Clock::system()).await;

    let early = placed(&shop, "bank", "good");
    publish(&shop, &[cancelled(early.id)]).await;
    assert!(find(&shop, early.id).await.is_none(), "nothing is known of it but its end");
    publish(&shop, std::slice::from_ref(&early)).await;
    let payment = becomes(&shop, early.id, PaymentState::Failed).await;
    assert_eq!(bank.asked(payment.id), Vec::<&str>::new());

    let during = placed(&shop, "bank", "slow");
    publish(&shop, std::slice::from_ref(&during)).await;
    shop.until("the bank is asked", || async { bank.busy() == 1 }).await;
    publish(&shop, &[cancelled(during.id)]).await;
    let payment = becomes(&shop, during.id, PaymentState::Refunded).await;
    assert_eq!(bank.asked(payment.id), ["authorise", "capture", "refund"]);

    let late = placed(&shop, "bank", "good");
    publish(&shop, std::slice::from_ref(&late)).await;
    becomes(&shop, late.id, PaymentState::Captured).await;
    publish(&shop, &[cancelled(late.id), cancelled(late.id)]).await;
    publish(&shop, &[cancelled(late.id)]).await;
    becomes(&shop, late.id, PaymentState::Refunded).await;
    assert_eq!(published(&shop), [0, 2, 1, 0, 2]);
    assert_eq!(bank.balance(), 0);
}

#[db_test]
async fn money_can_wait_for_the_parcel(backend: TestBackend) {
    let bank = Arc::new(Bank::default());
    let settings = Settings { capture: Capture::OnShipment, ..Settings::default() };
    let shop = shop(&backend, settings, Some(bank.clone()), Clock::system()).await;
    let [kept, returned] = ["good", "good"].map(|token| placed(&shop, "bank", token));
    publish(&shop, &[kept.clone(), returned.clone()]).await;
    becomes(&shop, kept.id, PaymentState::Authorised).await;
    becomes(&shop, returned.id, PaymentState::Authorised).await;
    assert_eq!(bank.balance(), 0);

    publish(&shop, &[cancelled(returned.id)]).await;
    publish(&shop, &[OrderShipped { id: kept.id, version: 4, tracking: None, order: None }]).await;
    becomes(&shop, returned.id, PaymentState::Voided).await;
    becomes(&shop, kept.id, PaymentState::Captured).await;
    assert_eq!(bank.balance(), PRICE.amount);

    publish(&shop, &[OrderRefunded { id: kept.id, version: 6, order: None }]).await;
    becomes(&shop, kept.id, PaymentState::Refunded).await;
    assert_eq!(published(&shop), [2, 1, 0, 1, 1]);
    assert_eq!(bank.balance(), 0);
}

#[db_test]
async fn a_crash_in_the_middle_charges_once(backend: TestBackend) {
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let bank = Arc::new(Bank::default());
    let patient = Settings { answer_within_ms: 20_000, ..Settings::default() };
    // The bank charges at once, and the process dies while it waits for the answer.
    let mut orders = Vec::new();
    std::thread::scope(|process| {
        process.spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let before = shop(&backend, patient, Some(bank.clone()), clock.clone()).await;
                orders = (0..20).map(|_| placed(&before, "bank", "charges_in_silence")).collect();
                publish(&before, &orders).await;
                before.until("the bank has all of them", || async { bank.busy() == 20 }).await;
            });
            runtime.shutdown_background();
        });
    });

    let after = shop(&backend, quick(), Some(bank.clone()), clock.clone()).await;
    // On PostgreSQL another process might still have the payments; its claims run out.
    clock.advance(Duration::from_mins(2));
    for order in &orders {
        let payment = becomes(&after, order.id, PaymentState::Captured).await;
        assert_eq!(bank.asked(payment.id), ["authorise", "look_up", "capture"]);
    }
    assert_eq!(published(&after), [0, 20, 0, 0, 0]);
    assert_eq!(bank.balance(), 20 * PRICE.amount);
}

#[db_test]
async fn money_that_a_dropped_payment_held_goes_back(backend: TestBackend) {
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let bank = Arc::new(Bank::default());
    let patient = Settings { answer_within_ms: 20_000, ..Settings::default() };
    let mut orders = Vec::new();
    std::thread::scope(|process| {
        process.spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let before = shop(&backend, patient, Some(bank.clone()), clock.clone()).await;
                orders.push(placed(&before, "bank", "charges_in_silence"));
                publish(&before, &orders).await;
                before.until("the bank has it", || async { bank.busy() == 1 }).await;
                // As if it had ended its process many times before.
                let mut tx = before.db(payment::NAME).begin().await.unwrap();
                store::query("UPDATE work SET unanswered = 100").execute(&mut tx).await.unwrap();
                tx.commit().await.unwrap();
            });
            runtime.shutdown_background();
        });
    });

    let after = shop(&backend, quick(), Some(bank.clone()), clock.clone()).await;
    clock.advance(Duration::from_mins(2));
    after.until("it is given up", || async { after.dead_letters().await == 1 }).await;
    let db = after.db(payment::NAME);
    let [letter] = store::dead_letters::list(&db, 9).await.unwrap().try_into().unwrap();
    assert!(store::dead_letters::drop(&db, letter.envelope.id).await.unwrap());

    publish(&after, &[cancelled(orders[0].id)]).await;
    let payment = becomes(&after, orders[0].id, PaymentState::Voided).await;
    assert_eq!(bank.asked(payment.id), ["authorise", "look_up", "void"]);
}

#[db_test]
async fn a_bank_that_is_away_is_asked_again_by_the_clock(backend: TestBackend) {
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let bank = Arc::new(Bank::default());
    let settings = Settings { tries: 3, ..quick() };
    let shop = shop(&backend, settings, Some(bank.clone()), clock.clone()).await;
    let [lucky, unlucky] = ["good", "silent"].map(|token| placed(&shop, "bank", token));
    bank.away(true);
    publish(&shop, std::slice::from_ref(&lucky)).await;
    tried(&shop, lucky.id, 1).await;
    clock.advance(Duration::from_millis(500));
    tried(&shop, lucky.id, 2).await;
    bank.away(false);
    clock.advance(Duration::from_secs(2));
    becomes(&shop, lucky.id, PaymentState::Captured).await;

    publish(&shop, std::slice::from_ref(&unlucky)).await;
    for (tries, pause) in [(1, 500), (2, 2000), (3, 10_000)] {
        tried(&shop, unlucky.id, tries).await;
        clock.advance(Duration::from_millis(pause));
    }
    let payment = becomes(&shop, unlucky.id, PaymentState::Failed).await;
    let round = ["authorise", "look_up"];
    assert_eq!(
        bank.asked(payment.id),
        [round, round, round].concat().into_iter().chain(["void"]).collect::<Vec<_>>()
    );
    assert_eq!(published(&shop), [0, 1, 1, 0, 0]);
}
