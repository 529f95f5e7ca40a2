//! The shop's settings: read by everybody in part, by the merchant whole, and changed.

use std::sync::atomic::Ordering::SeqCst;

use bus::{Cx, Router};
use gateway::resources::ShopResource;
use message::Example;
use serde_json::{Value, json};
use shop_contract::{ChangeShop, GetShop, ShopChanged, ShopError, ShopSettings, ShopValues};

use crate::{Send as _, Shop};

const PATH: &str = "/api/v1/shop";

/// Stands in for `shop`: every change is made to the same settings.
pub(crate) fn service() -> Router<()> {
    async fn get(_: Cx<()>, GetShop {}: GetShop) -> Result<ShopSettings, ShopError> {
        Ok(ShopSettings::example())
    }
    async fn change(_: Cx<()>, ChangeShop { change, .. }: ChangeShop) -> Result<ShopSettings, ShopError> {
        if change.expected_version.is_some_and(|expected| expected != 3) {
            return Err(ShopError::VersionConflict { current: 3 });
        }
        let mut merchant = ShopValues { name: "Yawl".parse().ok(), ..ShopValues::default() };
        change.apply(&mut merchant);
        Ok(ShopSettings::effective(4, &merchant, &[]))
    }
    Router::new("shop", ()).on(get).on(change)
}

fn names(answer: &Value) -> Vec<&str> {
    answer.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn everybody_reads_the_public_part_and_the_merchant_all() {
    let shop = Shop::open();
    let public = shop.get(PATH).await.json();
    assert_eq!((public["name"].as_str(), public["currency"].as_str()), (Some("Lateen"), Some("EUR")));
    shop.mount(service());
    let whole = shop.request("GET", PATH).admin().answer().await;
    assert_eq!(whole.read::<ShopResource>(), ShopSettings::example().into());
    assert_eq!(whole.json()["set"][0], "name");
    let merchants = ["version", "set", "tax_number", "address", "email", "mail_from", "low_stock_threshold"];
    assert!(merchants.iter().all(|name| names(&whole.json()).contains(name)));
    assert!(!merchants.iter().any(|name| names(&public).contains(name)), "{public}");
}

#[tokio::test]
async fn the_merchant_changes_and_everybody_reads_it_at_once() {
    let shop = Shop::open();
    shop.mount(service());
    let change = |body: Value| shop.request("PATCH", PATH).json(&body);
    assert_eq!(change(json!({"name": "Ketch"})).answer().await.code(), "unauthorized");
    let changed =
        change(json!({"tagline": "tea", "name": null, "time_zone": "Asia/Kolkata", "expected_version": 3}));
    let changed = changed.admin().answer().await;
    let resource = changed.read::<ShopResource>();
    assert_eq!((resource.name.as_str(), resource.tagline.as_str()), ("Lateen", "tea"));
    assert_eq!(shop.get(PATH).await.json()["time_zone"], "Asia/Kolkata");

    shop.desk.copies_fail.store(true, SeqCst);
    let stored = change(json!({"tagline": "rest"})).admin().answer().await;
    assert_eq!(
        (stored.status, stored.json()["tagline"].as_str()),
        (202, Some("rest")),
        "orders follow later"
    );
    let stale = change(json!({"name": "Ketch", "expected_version": 2})).admin().answer().await;
    assert_eq!((stale.code().as_str(), &stale.json()["version"]), ("version-conflict", &json!(3)));
    shop.tell(&ShopChanged { shop: ShopSettings { version: 9, ..ShopSettings::example() } }).await;
    assert_eq!(shop.get(PATH).await.json()["tagline"], "goods for a small life", "the event is followed");
    shop.tell(&ShopChanged { shop: ShopSettings { version: 8, ..ShopSettings::default() } }).await;
    assert_eq!(shop.get(PATH).await.json()["tagline"], "goods for a small life", "an older one is not");
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_place() {
    let shop = Shop::open();
    shop.mount(service());
    for (body, pointer) in [
        (json!({"colour": "red"}), "/colour"),
        (json!({"name": ""}), "/name"),
        (json!({"name": 7}), "/name"),
        (json!({"countries": ["IN", "in"]}), "/countries/1"),
        (json!({"countries": "IN"}), "/countries"),
        (json!({"time_zone": "Mars/Olympus"}), "/time_zone"),
        (json!({"currency": "rupee"}), "/currency"),
        (json!({"legal_links": [{"title": "Terms", "href": "javascript:alert(1)"}]}), "/legal_links/0/href"),
        (json!({"legal_links": [{"title": "Terms"}]}), "/legal_links/0/href"),
        (json!({"low_stock_threshold": -1}), "/low_stock_threshold"),
        (json!({"mail_from": {"email": "nobody"}}), "/mail_from/email"),
        (json!({"address": {"name": "Lateen"}}), "/address/line1"),
        (json!({"email": "a b"}), "/email"),
        (json!({"intro": "a\u{7}"}), "/intro"),
    ] {
        let refused = shop.request("PATCH", PATH).json(&body).admin().answer().await;
        assert_eq!(refused.code(), "invalid-body", "{body}");
        assert!(refused.pointers().iter().any(|found| found == pointer), "{body}: {:?}", refused.pointers());
    }
}
