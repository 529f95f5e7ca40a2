//! Orders are found by number, by date and by words.

use std::time::Duration;

use message::{Clock, Limit, Timestamp};
use order_contract::{Access, CancelOrder, ChangeAddress, ListOrders, OrderError, OrderId, OrderStatus};
use testing::{TestBackend, TestShop, db_test};

use crate::common::{address, builder, manual_clock, place, stock_up};

/// The numbers of what a request finds, over all pages of two.
async fn numbers(shop: &TestShop, request: &ListOrders) -> Vec<i64> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let limit = Limit::try_from(2).unwrap();
        let page = shop.ask(&ListOrders { cursor, limit, ..request.clone() }).await.unwrap();
        assert!(page.data.len() <= 2);
        found.extend(page.data.iter().map(|order| order.number));
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return found,
        }
    }
}

async fn words(shop: &TestShop, q: &str) -> Vec<i64> {
    numbers(shop, &ListOrders { q: Some(q.to_owned()), ..ListOrders::default() }).await
}

async fn order_by(shop: &TestShop, variant: product_contract::VariantId, name: &str, email: &str) -> OrderId {
    let mut request = place(shop, &[(variant, 1)]);
    request.email = email.parse().unwrap();
    request.shipping_address = address(name);
    shop.ask(&request).await.unwrap().id
}

#[db_test]
async fn an_order_is_found_by_what_people_know_of_it(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variants = stock_up(&shop, 2, 100).await;
    let first = order_by(&shop, variants[0], "Mira Sethi", "mira@example.org").await;
    order_by(&shop, variants[1], "Noor Sethi", "noor.k@example.org").await;
    order_by(&shop, variants[0], "Zo\u{eb} \u{7530}\u{4e2d}\u{592a}\u{90ce}", "zoe@other.example").await;

    for (query, expected) in [
        ("sethi", vec![1002, 1001]),
        ("SETHI mira", vec![1001]),
        ("1002", vec![1002]),
        ("#1002", vec![1002]),
        ("noor.k@example.org", vec![1002]),
        ("noor", vec![1002]),
        ("seth", vec![1002, 1001]),
        ("mir seth", vec![1001]),
        ("zo\u{eb}", vec![1003]),
        ("ZO\u{cb}", vec![1003]),
        ("\u{7530}\u{4e2d}", vec![1003]),
        ("kettle", vec![1003, 1002, 1001]),
        ("KETTLE-1", vec![1002]),
        ("kettle mira", vec![1001]),
        ("ettle", vec![]),
        ("mira noor", vec![]),
        ("1004", vec![]),
    ] {
        assert_eq!(words(&shop, query).await, expected, "{query}");
    }
    let by_email = |email: &str| ListOrders { email: Some(email.parse().unwrap()), ..ListOrders::default() };
    assert_eq!(numbers(&shop, &by_email("Noor.K@Example.org")).await, [1002]);
    assert_eq!(numbers(&shop, &by_email("nobody@example.org")).await, Vec::<i64>::new());
    let number = ListOrders { number: Some(1002), ..ListOrders::default() };
    assert_eq!(numbers(&shop, &number).await, [1002]);
    let both = ListOrders { q: Some("mira".to_owned()), ..number };
    assert_eq!(numbers(&shop, &both).await, Vec::<i64>::new());

    // With a state besides; and by a name that came later.
    shop.ask(&CancelOrder { id: first, access: Access::Admin }).await.unwrap();
    let cancelled = ListOrders { status: Some(OrderStatus::Cancelled), ..ListOrders::default() };
    assert_eq!(numbers(&shop, &cancelled).await, [1001]);
    let both = ListOrders { q: Some("sethi".to_owned()), ..cancelled };
    assert_eq!(numbers(&shop, &both).await, [1001]);
    let second = shop.ask(&number_1002()).await.unwrap().data[0].id;
    let shipping_address = address("Anjali Rao");
    let change = ChangeAddress { id: second, access: Access::Admin, shipping_address };
    shop.ask(&change).await.unwrap();
    assert_eq!((words(&shop, "anjali").await, words(&shop, "sethi").await), (vec![1002], vec![1001]));
}

fn number_1002() -> ListOrders {
    ListOrders { number: Some(1002), ..ListOrders::default() }
}

#[db_test]
async fn orders_are_found_by_when_they_were_placed(on: TestBackend) {
    let clock: Clock = manual_clock();
    let shop = builder(&on).clock(clock.clone()).start().await;
    let variant = stock_up(&shop, 1, 100).await[0];
    let start = clock.now();
    for _ in 0..6 {
        order_by(&shop, variant, "Mira", "mira@example.org").await;
        clock.advance(Duration::from_hours(5));
    }
    let hours = |hours: u64| -> Timestamp { start.after(Duration::from_hours(hours)) };
    let between = |from: Option<u64>, before: Option<u64>| ListOrders {
        placed_from: from.map(hours),
        placed_before: before.map(hours),
        ..ListOrders::default()
    };
    for (from, before, expected) in [
        (None, None, vec![1006, 1005, 1004, 1003, 1002, 1001]),
        (Some(10), None, vec![1006, 1005, 1004, 1003]),
        (Some(11), None, vec![1006, 1005, 1004]),
        (None, Some(10), vec![1002, 1001]),
        (Some(5), Some(16), vec![1004, 1003, 1002]),
        (Some(100), None, vec![]),
        (Some(16), Some(5), vec![]),
    ] {
        let request = between(from, before);
        assert_eq!(numbers(&shop, &request).await, expected, "{from:?} {before:?}");
        let words = ListOrders { q: Some("mira".to_owned()), ..request };
        assert_eq!(numbers(&shop, &words).await, expected, "{from:?} {before:?}");
    }
}

#[db_test]
async fn a_common_word_and_a_rare_one_go_on_page_by_page(on: TestBackend) {
    let shop = builder(&on).start().await;
    let variant = stock_up(&shop, 1, 1000).await[0];
    let orders = (0..260).map(async |number| {
        let name = if number % 130 == 0 { "Mira Rare" } else { "Mira" };
        order_by(&shop, variant, name, "mira@example.org").await;
    });
    futures::future::join_all(orders).await;
    let rare = words(&shop, "mira rare").await;
    assert_eq!(rare.len(), 2);
    // The beginning of a word that nothing is exactly.
    assert_eq!(words(&shop, "mir rar").await, rare);
    let all = words(&shop, "mira").await;
    assert_eq!(all.len(), 260);
    assert!(all.is_sorted_by(|a, b| a > b));
}

#[db_test]
async fn what_cannot_be_searched_for_is_named(on: TestBackend) {
    let shop = builder(&on).start().await;
    for (q, cursor, pointer) in
        [("--", None, "/q"), ("a b c d e f g h i", None, "/q"), ("mira", Some("order_x"), "/cursor")]
    {
        let cursor = cursor.map(str::to_owned);
        let request = ListOrders { q: Some(q.to_owned()), cursor, ..ListOrders::default() };
        let OrderError::Invalid(errors) = shop.ask(&request).await.unwrap_err() else { panic!() };
        assert_eq!(errors[0].pointer, pointer);
    }
}
