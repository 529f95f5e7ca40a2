//! The service through the bus, on both databases.
#![expect(clippy::unwrap_used, reason = "tests")]

use bus::{Cx, Router};
use message::{Example, Fault, Patch};
use product_contract::{File, FileKey, GetFile, ProductError};
use shop::Settings;
use shop_contract::{
    ChangeShop, GetShop, SettingLayer, ShopChange, ShopChanged, ShopError, ShopSettings, ShopValues,
};
use testing::{TestBackend, TestShop, db_test};

/// Stands in for `product`: it has one file.
fn product() -> Router<()> {
    async fn get_file(_: Cx<()>, GetFile { key }: GetFile) -> Result<Option<File>, ProductError> {
        match key.0.as_str() {
            "down.svg" => Err(Fault::unavailable("product is starting").into()),
            _ => Ok((key == FileKey::example()).then(File::example)),
        }
    }
    Router::new("product", ()).on(get_file)
}

async fn start(backend: &TestBackend, file: ShopValues) -> TestShop {
    TestShop::builder(backend)
        .stand_in(product())
        .service(shop::NAME, shop::MIGRATIONS, move |db| shop::service(db, Settings { file, demo: true }))
        .record::<ShopChanged>()
        .start()
        .await
}

/// The values of a file that names the shop.
fn named(name: &str) -> ShopValues {
    ShopValues { name: Some(name.parse().unwrap()), ..ShopValues::default() }
}

fn change(change: ShopChange) -> ChangeShop {
    ChangeShop { change, layer: SettingLayer::Merchant }
}

fn tagline(text: &str) -> ShopChange {
    ShopChange { tagline: Patch::Set(text.parse().unwrap()), ..ShopChange::default() }
}

/// Waits for the event of the start.
async fn published(shop: &TestShop, count: usize) -> Vec<ShopSettings> {
    shop.until("the settings are published", async || shop.recorded::<ShopChanged>().len() >= count).await;
    shop.settled().await;
    shop.recorded::<ShopChanged>().into_iter().map(|event| event.shop).collect()
}

#[db_test]
async fn what_the_merchant_sets_counts_and_is_published(backend: TestBackend) {
    let shop = start(&backend, named("Yawl")).await;
    assert_eq!(published(&shop, 1).await.len(), 1);
    let before = shop.ask(&GetShop {}).await.unwrap();
    assert_eq!((before.name.as_str(), before.version, before.set.is_empty()), ("Yawl", 1, true));

    let request = change(ShopChange {
        expected_version: Some(1),
        logo: Patch::Set(FileKey::example()),
        ..tagline("tea")
    });
    let after = shop.ask(&request).await.unwrap();
    assert_eq!((after.tagline.as_str(), after.name.as_str(), after.version), ("tea", "Yawl", 2));
    assert_eq!(after.set, ["tagline", "logo"]);
    assert_eq!(shop.ask(&GetShop {}).await, Ok(after.clone()));
    assert_eq!(shop.ask(&change(tagline("tea"))).await, Ok(after.clone()), "the same again changes nothing");
    assert_eq!(shop.ask(&request).await, Err(ShopError::VersionConflict { current: 2 }));

    let reset = ShopChange { tagline: Patch::Reset, logo: Patch::Reset, ..ShopChange::default() };
    let reset = shop.ask(&change(reset)).await.unwrap();
    assert_eq!(reset, ShopSettings { version: 3, ..before.clone() });
    assert_eq!(published(&shop, 3).await, [before, after, reset], "one event for each version");
}

#[db_test]
async fn another_file_is_published_at_the_next_start(backend: TestBackend) {
    let shop = start(&backend, named("Yawl")).await;
    published(&shop, 1).await;
    shop.ask(&change(tagline("tea"))).await.unwrap();
    shop.settled().await;
    shop.stop().await;

    let shop = start(&backend, named("Yawl")).await;
    assert_eq!(shop.ask(&GetShop {}).await.unwrap().version, 2, "nothing is new");
    shop.stop().await;

    let shop = start(&backend, named("Ketch")).await;
    let events = published(&shop, 1).await;
    let expected = shop.ask(&GetShop {}).await.unwrap();
    assert_eq!((expected.name.as_str(), expected.tagline.as_str(), expected.version), ("Ketch", "tea", 3));
    assert_eq!(events, [expected]);
}

#[db_test]
async fn the_sample_shop_speaks_only_where_nobody_else_does(backend: TestBackend) {
    let shop = start(&backend, named("Yawl")).await;
    let sample = ShopChange {
        name: Patch::Set("Lateen".parse().unwrap()),
        notice: Patch::Set("Nothing is really sold.".parse().unwrap()),
        ..tagline("goods for a small life")
    };
    shop.ask(&change(tagline("tea"))).await.unwrap();
    let shown = shop.ask(&ChangeShop { change: sample, layer: SettingLayer::Sample }).await.unwrap();
    let words = (shown.name.as_str(), shown.tagline.as_str(), shown.notice.as_str());
    assert_eq!(words, ("Yawl", "tea", "Nothing is really sold."));
    assert_eq!(shown.set, ["tagline"]);
    shop.stop().await;

    // With the demo off, its words are gone.
    let file = named("Yawl");
    let shop = TestShop::builder(&backend)
        .service(shop::NAME, shop::MIGRATIONS, move |db| shop::service(db, Settings { file, demo: false }))
        .start()
        .await;
    assert_eq!(shop.ask(&GetShop {}).await.unwrap().notice.as_str(), "");
}

#[db_test]
async fn what_is_wrong_is_refused_and_changes_nothing(backend: TestBackend) {
    let shop = start(&backend, ShopValues::default()).await;
    let before = published(&shop, 1).await.remove(0);
    let logo = |key: &str| change(ShopChange { logo: Patch::Set(FileKey(key.to_owned())), ..tagline("tea") });
    let Err(ShopError::Invalid(mistakes)) = shop.ask(&logo("unknown.svg")).await else { panic!("refused") };
    assert_eq!(mistakes.iter().map(|mistake| mistake.pointer.as_str()).collect::<Vec<_>>(), ["/logo"]);
    assert!(matches!(shop.ask(&logo("down.svg")).await, Err(ShopError::Fault(_))));
    let countries = ["IN", "IN"].map(|code| code.parse().unwrap()).to_vec();
    let twice = change(ShopChange { countries: Patch::Set(countries), ..tagline("tea") });
    assert!(matches!(shop.ask(&twice).await, Err(ShopError::Invalid(_))));
    assert_eq!(shop.ask(&GetShop {}).await, Ok(before));
}

#[db_test]
async fn of_two_changes_at_once_both_hold(backend: TestBackend) {
    let shop = start(&backend, ShopValues::default()).await;
    let intro = ShopChange { intro: Patch::Set("Two sentences.".parse().unwrap()), ..ShopChange::default() };
    let (one, two) = (change(tagline("tea")), change(intro));
    let (one, two) = tokio::join!(shop.ask(&one), shop.ask(&two));
    one.unwrap();
    two.unwrap();
    let now = shop.ask(&GetShop {}).await.unwrap();
    assert_eq!((now.tagline.as_str(), now.intro.as_str()), ("tea", "Two sentences."));
    assert_eq!(now.set, ["tagline", "intro"]);
}

#[db_test]
async fn a_stored_value_that_is_not_allowed_any_more_is_ignored(backend: TestBackend) {
    let shop = start(&backend, ShopValues::default()).await;
    shop.ask(&change(tagline("tea"))).await.unwrap();
    let mut tx = shop.db(shop::NAME).begin().await.unwrap();
    store::query("UPDATE shop SET merchant = $1")
        .bind(r#"{"tagline":"tea","countries":["Atlantis"],"unknown":1}"#)
        .execute(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let now = shop.ask(&GetShop {}).await.unwrap();
    assert_eq!((now.tagline.as_str(), now.countries.len()), ("tea", 0));
}

#[test]
fn both_databases_have_the_same_tables() {
    testing::assert_same_tables(shop::MIGRATIONS);
}
