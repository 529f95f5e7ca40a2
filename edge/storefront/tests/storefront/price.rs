//! What is ordered is what the form showed.

use reqwest::StatusCode;

use crate::{
    form::{form, hidden, open, post, with},
    stand_in::Shop,
};

/// Sets the price of a product's first variant.
fn price(shop: &Shop, slug: &str, amount: i64) {
    let mut world = shop.world.lock();
    let product = world.products.iter_mut().find(|product| product.slug.as_str() == slug).unwrap();
    product.variants[0].price.amount = amount;
}

#[tokio::test]
async fn another_price_than_the_one_shown_is_not_ordered_and_keeps_what_was_typed() {
    let shop = open();
    let mut fields = form(&shop, "band-mug", 2).await;
    assert_eq!(fields[1], ("expected_total", "96000INR".to_owned()));
    // Higher, then lower.
    for (amount, shown, before) in [(90_000, "₹1,800", "₹960"), (10_000, "₹200", "₹1,800")] {
        price(&shop, "band-mug", amount);
        let answer = post(&shop, &fields).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let html = answer.text().await.unwrap();
        assert!(html.contains(&format!("the total was {before} and is now {shown}")), "{shown}");
        assert!(html.contains(&format!("Place order, {shown}")));
        for typed in ["meera@example.in", "14 Harbour Road", "682001"] {
            assert!(html.contains(&format!("value=\"{typed}\"")), "{typed}");
        }
        assert_eq!(shop.world.lock().orders.len(), 0);
        for name in ["key", "expected_total"] {
            fields = with(&fields, name, &hidden(&html, name));
        }
    }
    assert_eq!(post(&shop, &fields).await.status(), StatusCode::SEE_OTHER);
    let order = shop.world.lock().orders.values().next().unwrap().order.clone();
    assert_eq!(order.totals.total.amount, 20_000);
    // The same form again finds the order, whatever it would cost now.
    price(&shop, "band-mug", 1);
    assert_eq!(post(&shop, &fields).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(shop.world.lock().orders.len(), 1);
}

#[tokio::test]
async fn the_key_alone_stands_for_the_total_that_was_shown() {
    let shop = open();
    let fields: Vec<_> = form(&shop, "band-mug", 1).await;
    let fields: Vec<_> = fields.into_iter().filter(|(name, _)| *name != "expected_total").collect();
    price(&shop, "band-mug", 90_000);
    let answer = post(&shop, &fields).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert_eq!(shop.world.lock().orders.len(), 0);
}

#[tokio::test]
async fn a_form_that_showed_no_price_orders_nothing() {
    let shop = open();
    let fields = form(&shop, "band-mug", 1).await;
    for total in ["", "much", "1.5INR", "48000"] {
        let answer = post(&shop, &with(&fields, "expected_total", total)).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT, "{total}");
        let html = answer.text().await.unwrap();
        assert!(html.contains("The price could not be shown before") && html.contains("Place order, ₹480"));
        assert_eq!(hidden(&html, "expected_total"), "48000INR");
    }
    assert_eq!(shop.asked("order.place"), 0);
}

#[tokio::test]
async fn an_order_that_may_be_placed_keeps_its_total_with_its_key() {
    let shop = open();
    let fields = form(&shop, "band-mug", 1).await;
    shop.world.lock().down = vec!["order.place"];
    price(&shop, "band-mug", 90_000);
    let answer = post(&shop, &fields).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let html = answer.text().await.unwrap();
    assert_eq!(
        (hidden(&html, "key"), hidden(&html, "expected_total")),
        (fields[0].1.clone(), fields[1].1.clone())
    );
}

#[tokio::test]
async fn what_is_no_longer_sold_keeps_what_was_typed() {
    let shop = open();
    let fields = form(&shop, "band-mug", 1).await;
    shop.world.lock().products.retain(|product| product.slug.as_str() != "band-mug");
    let answer = post(&shop, &fields).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let html = answer.text().await.unwrap();
    assert!(html.contains("This is no longer sold") && html.contains("value=\"meera@example.in\""));
}
