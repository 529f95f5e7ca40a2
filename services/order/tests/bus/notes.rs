//! What comes along with an order: notes, channels, metadata, addresses of any country, e-mails in any letters.

use message::{Address, Email, ListPage, Metadata, stored};
use order_contract::{
    Access, ChangeAddress, GetOrder, ListOrders, Order, OrderError, PlaceError, PlaceOrder, PlacedOrder,
};
use serde_json::json;
use store::query;
use testing::{TestBackend, TestShop, db_test};

use crate::common::{address, builder, place, stock_up};

async fn placed(shop: &TestShop, order: &PlaceOrder) -> PlacedOrder {
    shop.ask(order).await.unwrap()
}

fn metadata(json: serde_json::Value) -> Metadata {
    serde_json::from_value(json).unwrap()
}

async fn found_by(shop: &TestShop, email: &str) -> Vec<Order> {
    let email = Some(email.parse::<Email>().unwrap());
    let ListPage { data, .. } = shop.ask(&ListOrders { email, ..ListOrders::default() }).await.unwrap();
    data
}

#[db_test]
async fn an_order_keeps_what_comes_along_with_it(backend: TestBackend) {
    let shop = builder(&backend).start().await;
    let variants = stock_up(&shop, 2, 10).await;
    let mut order = place(&shop, &[(variants[0], 1), (variants[1], 2)]);
    order.note = Some("Please ring twice.\nThe dog is kind.".parse().unwrap());
    order.source = Some("marketplace-x".parse().unwrap());
    order.locale = Some("en-IN".parse().unwrap());
    order.metadata = metadata(json!({ "erp_id": "A-17", "score": 1.5, "vip": true }));
    order.items[1].metadata = metadata(json!({ "engraving": "मीरा" }));
    let answer = placed(&shop, &order).await;
    let kept = shop.ask(&GetOrder { id: answer.id, access: Access::Admin }).await.unwrap();
    assert_eq!(
        (kept.note, kept.source, kept.locale),
        (order.note.clone(), order.source.clone(), order.locale.clone())
    );
    assert_eq!(kept.metadata, order.metadata);
    assert_eq!(kept.lines[1].metadata, order.items[1].metadata);
    assert!(kept.lines[0].metadata.is_empty());
    assert_eq!(answer.lines, kept.lines);
    // The same attempt again finds it; with another note it is another order.
    assert_eq!(placed(&shop, &order).await, answer);
    order.note = None;
    assert_eq!(shop.ask(&order).await.unwrap_err(), PlaceError::KeyReused);
}

#[db_test]
async fn a_buyer_is_found_however_the_address_is_written(backend: TestBackend) {
    let shop = builder(&backend).start().await;
    let variants = stock_up(&shop, 1, 10).await;
    for email in ["Mira.K@Example.ORG", "user@b\u{fc}cher.example"] {
        let mut order = place(&shop, &[(variants[0], 1)]);
        order.email = email.parse().unwrap();
        placed(&shop, &order).await;
    }
    for (email, kept) in [
        ("mira.k@example.org", "Mira.K@Example.ORG"),
        ("MIRA.K@EXAMPLE.ORG", "Mira.K@Example.ORG"),
        ("user@xn--bcher-kva.example", "user@b\u{fc}cher.example"),
        ("USER@B\u{dc}CHER.example", "user@b\u{fc}cher.example"),
    ] {
        let found = found_by(&shop, email).await;
        assert_eq!(found.iter().map(|order| order.email.as_str()).collect::<Vec<_>>(), [kept], "{email}");
    }
    assert!(found_by(&shop, "mira@example.org").await.is_empty());

    // What a process of the version before writes has no such form, until this one fills it in.
    let db = shop.db(order::NAME);
    let mut tx = db.begin().await.unwrap();
    query("UPDATE orders SET email_key = NULL").execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    shop.stop().await;
    let shop = builder(&backend).start().await;
    shop.until("it is filled in", async || found_by(&shop, "user@xn--bcher-kva.example").await.len() == 1)
        .await;
}

#[db_test]
async fn no_parcel_or_mail_goes_where_none_arrives(backend: TestBackend) {
    let shop = builder(&backend).start().await;
    let variants = stock_up(&shop, 1, 10).await;
    let pointers = |error: PlaceError| match error {
        PlaceError::Invalid(errors) => errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let mut order = place(&shop, &[(variants[0], 1)]);
    // A service in another language may send what no edge would.
    order.shipping_address = stored::as_written(|| {
        serde_json::from_value(json!({ "name": "\u{200b}", "line1": "4", "city": "K", "country": "UK" }))
            .unwrap()
    });
    order.email = stored::as_written(|| serde_json::from_value(json!("a@*.org")).unwrap());
    let refused = shop.ask(&order).await.unwrap_err();
    assert_eq!(pointers(refused), ["/shipping_address/name", "/shipping_address/country", "/email"]);

    let mut order = place(&shop, &[(variants[0], 1)]);
    order.shipping_address.postal_code = Some("68200".parse().unwrap());
    let refused = shop.ask(&order).await.unwrap_err();
    assert_eq!(pointers(refused), ["/shipping_address/postal_code"]);
    order.shipping_address = Address {
        city: None,
        postal_code: None,
        region: Some("Dubai".parse().unwrap()),
        country: "AE".parse().unwrap(),
        ..address("Mira")
    };
    let answer = placed(&shop, &order).await;
    let change = |shipping_address| ChangeAddress { id: answer.id, access: Access::Admin, shipping_address };
    let refused =
        shop.ask(&change(Address { country: "DE".parse().unwrap(), ..order.shipping_address })).await;
    let OrderError::Invalid(errors) = refused.unwrap_err() else { panic!("not refused by its fields") };
    assert_eq!(errors[0].pointer, "/shipping_address/city");
}

#[db_test]
async fn what_was_accepted_before_a_rule_is_read_on(backend: TestBackend) {
    let shop = builder(&backend).start().await;
    let variants = stock_up(&shop, 1, 10).await;
    let answer = placed(&shop, &place(&shop, &[(variants[0], 1)])).await;
    let db = shop.db(order::NAME);
    let mut tx = db.begin().await.unwrap();
    query("UPDATE orders SET email = $1, email_key = NULL, currency = $2, shipping_address = $3")
        .bind("a@*.org")
        .bind("ZZZ")
        .bind(r#"{"name":"\u200b","line1":"4\u202e","city":"K","postal_code":"6","country":"UK"}"#)
        .execute(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let old = shop.ask(&GetOrder { id: answer.id, access: Access::Admin }).await.unwrap();
    assert_eq!((old.email.as_str(), old.shipping_address.country.as_str()), ("a@*.org", "UK"));
    assert_eq!(old.totals.total.currency.code(), "ZZZ");
    assert_eq!(shop.ask(&ListOrders::default()).await.unwrap().data, [old]);
}
