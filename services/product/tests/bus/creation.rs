use futures::future::join_all;
use product_contract::{
    CreateProduct, FileKey, GetProduct, ImportProducts, ImportReport, Picture, ProductChange, ProductKey,
};
use testing::db_test;

use crate::*;

#[db_test]
async fn a_product_is_created_told_and_found_by_both_its_names(backend: TestBackend) {
    let shop = shop(&backend).await;
    let new = kettle(&shop, "copper-kettle");
    let created = create(&shop, &new).await.unwrap();
    assert_eq!(created.version, 1);
    assert_eq!(created.created_at, created.updated_at);
    assert_eq!((Some(created.id), &created.description), (new.id, &new.description));
    assert_eq!(created.variants[1].sku, new.variants[1].sku);
    assert_eq!(created.variants[1].options, new.variants[1].options);
    assert_eq!(created.variants[1].available, 0);
    for key in [ProductKey::Id(created.id), ProductKey::Slug(created.slug.clone())] {
        assert_eq!(shop.ask(&GetProduct { key }).await.unwrap(), created);
    }
    shop.settled().await;
    assert_eq!(told(&shop, &created), [created]);
    for key in [ProductKey::Id(nobody()), ProductKey::Slug("tea-cup".parse().unwrap())] {
        assert_eq!(shop.ask(&GetProduct { key }).await.unwrap_err(), ProductError::NotFound);
    }
}

#[db_test]
async fn creating_twice_creates_once(backend: TestBackend) {
    let shop = shop(&backend).await;
    // Ids of variants that the caller leaves to us do not make it another product.
    let mut new = kettle(&shop, "copper-kettle");
    new.variants.iter_mut().for_each(|variant| variant.id = None);
    let created = create(&shop, &new).await.unwrap();
    assert_eq!(create(&shop, &new).await.unwrap(), created);

    let other = NewProduct { title: "Tin kettle".parse().unwrap(), ..new.clone() };
    assert_eq!(pointers(create(&shop, &other).await), ["/id"]);
    assert_eq!(get(&shop, &created).await, created);

    // A change does not make the creator's late second try a mistake.
    let change = ProductChange { title: Some("Tin kettle".parse().unwrap()), ..Default::default() };
    let request = product_contract::ChangeProduct { id: created.id, expected_version: None, change };
    let changed = shop.ask(&request).await.unwrap().product;
    assert_eq!(create(&shop, &new).await.unwrap(), changed);
    shop.settled().await;
    assert_eq!(told(&shop, &created).len(), 2);
}

#[db_test]
async fn slugs_skus_and_ids_have_one_owner(backend: TestBackend) {
    let shop = shop(&backend).await;
    let first = kettle(&shop, "copper-kettle");
    create(&shop, &first).await.unwrap();
    let taken = "copper-kettle".parse().unwrap();
    assert_eq!(create(&shop, &kettle(&shop, "copper-kettle")).await, Err(ProductError::SlugTaken(taken)));

    let mut third = kettle(&shop, "tea-kettle");
    third.variants[1].id = first.variants[0].id;
    assert_eq!(pointers(create(&shop, &third).await), ["/variants"]);
    shop.settled().await;
    assert_eq!(shop.recorded::<ProductChanged>().len(), 1);
}

#[db_test]
async fn of_two_creators_at_once_with_one_slug_one_is_granted(backend: TestBackend) {
    let shop = shop(&backend).await;
    for round in 0..10 {
        let rivals: Vec<_> = (0..8).map(|_| kettle(&shop, &format!("kettle-{round}"))).collect();
        let answers = join_all(rivals.iter().map(|new| create(&shop, new))).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        for refused in answers.into_iter().filter_map(Result::err) {
            assert!(matches!(refused, ProductError::SlugTaken(_)), "{refused:?}");
        }
    }
}

#[db_test]
async fn one_creator_who_asks_many_times_at_once_is_granted_each_time(backend: TestBackend) {
    let shop = shop(&backend).await;
    for round in 0..10 {
        let new = kettle(&shop, &format!("kettle-{round}"));
        let answers = join_all((0..8).map(|_| create(&shop, &new))).await;
        let created = answers[0].clone().unwrap();
        assert!(answers.iter().all(|answer| answer.as_ref() == Ok(&created)), "{answers:?}");
    }
    shop.settled().await;
    assert_eq!(shop.recorded::<ProductChanged>().len(), 10);
}

#[db_test]
async fn all_that_is_wrong_is_told_at_once(backend: TestBackend) {
    let shop = shop(&backend).await;
    let mut new = NewProduct { description: "\u{0}".to_owned(), ..kettle(&shop, "copper-kettle") };
    new.pictures = [FileKey(format!("{}.svg", "0".repeat(64))), FileKey("\u{0}".to_owned())]
        .map(|file| Picture { file, alt: "x".repeat(513) })
        .into();
    new.variants[1].price.amount = -1;
    assert_eq!(
        pointers(create(&shop, &new).await),
        [
            "/description",
            "/pictures/0/file",
            "/pictures/0/alt",
            "/pictures/1/file",
            "/pictures/1/alt",
            "/variants/1/price/amount"
        ]
    );
    assert!(shop.ask(&GetProduct { key: ProductKey::Id(new.id.unwrap()) }).await.is_err());
}

#[db_test]
async fn an_import_creates_what_is_new_and_leaves_the_rest(backend: TestBackend) {
    let shop = shop(&backend).await;
    let import = |products: &[NewProduct]| ImportProducts { products: products.to_vec() };
    let mut products: Vec<_> = (0..10).map(|at| kettle(&shop, &format!("kettle-{at}"))).collect();
    let imported = shop.ask(&import(&products[..6])).await.unwrap();
    assert_eq!(imported, ImportReport { created: 6, unchanged: 0 });
    products[0].title = "Another name".parse().unwrap();
    let imported = shop.ask(&import(&products)).await.unwrap();
    assert_eq!(imported, ImportReport { created: 4, unchanged: 6 });
    assert_eq!(shop.ask(&import(&products)).await.unwrap(), ImportReport { created: 0, unchanged: 10 });
    assert_eq!(shop.ask(&import(&[])).await.unwrap(), ImportReport { created: 0, unchanged: 0 });

    let key = ProductKey::Id(products[0].id.unwrap());
    assert_eq!(shop.ask(&GetProduct { key }).await.unwrap().title.as_str(), "Copper kettle");
    // What was imported may be created again.
    let created = create(&shop, &products[9]).await.unwrap();
    assert_eq!((created.variants.len(), created.version), (2, 1));
    shop.settled().await;
    assert_eq!(shop.recorded::<ProductChanged>().len(), 10);
}

#[db_test]
async fn an_import_is_all_or_none(backend: TestBackend) {
    let shop = shop(&backend).await;
    create(&shop, &kettle(&shop, "taken")).await.unwrap();
    let products = vec![kettle(&shop, "free"), kettle(&shop, "taken")];
    let refused = shop.ask(&ImportProducts { products: products.clone() }).await;
    assert_eq!(refused, Err(ProductError::SlugTaken("taken".parse().unwrap())));
    let key = ProductKey::Id(products[0].id.unwrap());
    assert_eq!(shop.ask(&GetProduct { key }).await.unwrap_err(), ProductError::NotFound);

    let nameless = NewProduct { id: None, ..kettle(&shop, "nameless") };
    assert_eq!(pointers(shop.ask(&ImportProducts { products: vec![nameless] }).await), ["/products/0/id"]);
}

#[db_test]
async fn imports_at_once_agree(backend: TestBackend) {
    let shop = shop(&backend).await;
    let products: Vec<_> = (0..50).map(|at| kettle(&shop, &format!("kettle-{at}"))).collect();
    let request = ImportProducts { products };
    let answers = join_all((0..4).map(|_| shop.ask(&request))).await;
    let created: u64 = answers.iter().map(|answer| answer.as_ref().unwrap().created).sum();
    assert_eq!(created, 50, "{answers:?}");
}

#[test]
fn requests_survive_the_wire() {
    testing::run(TestBackend::sqlite(), async |backend: TestBackend| {
        let shop = shop(&backend).await;
        survives_the_wire(&CreateProduct { product: kettle(&shop, "copper-kettle") });
        survives_the_wire(&product_contract::ChangeProduct {
            id: nobody(),
            expected_version: Some(7),
            change: ProductChange {
                slug: Some("tea-kettle".parse().unwrap()),
                pictures: Some(vec![Picture { file: FileKey("a.svg".to_owned()), alt: String::new() }]),
                variants: vec![product_contract::VariantChange {
                    price: Some(Money::new(1, message::Currency::INR)),
                    cost: message::Patch::Reset,
                    ..product_contract::VariantChange::of(nobody())
                }],
                ..Default::default()
            },
        });
    });
}
