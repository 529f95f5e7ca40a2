use futures::future::join_all;
use product_contract::{ChangeProduct, Picture, ProductChange, ProductStatus, PutFiles, VariantChange};
use testing::db_test;

use crate::*;

async fn change(shop: &TestShop, product: &Product, change: ProductChange) -> Result<Product, ProductError> {
    let request = ChangeProduct { id: product.id, expected_version: None, change };
    shop.ask(&request).await.map(|saved| saved.product)
}

#[db_test]
async fn a_change_is_kept_counted_and_told_with_the_whole_product(backend: TestBackend) {
    let shop = shop(&backend).await;
    let before = create(&shop, &kettle(&shop, "copper-kettle")).await.unwrap();
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'/>".to_owned();
    let file = shop.ask(&PutFiles { svgs: vec![svg] }).await.unwrap().remove(0);
    let pictures = vec![
        Picture { file: file.clone(), alt: "from the front".to_owned() },
        Picture { file, alt: "from above".to_owned() },
    ];
    let everything = ProductChange {
        slug: Some("tin-kettle".parse().unwrap()),
        title: Some("Tin kettle".parse().unwrap()),
        description: Some("Light.".to_owned()),
        collection: Some("Travel".parse().unwrap()),
        status: Some(ProductStatus::Draft),
        pictures: Some(pictures.clone()),
        variants: vec![VariantChange {
            price: Some(Money::new(99_900, message::Currency::INR)),
            tax_class: Some("reduced".parse().unwrap()),
            ..VariantChange::of(before.variants[1].id)
        }],
        ..ProductChange::default()
    };
    let after = change(&shop, &before, everything.clone()).await.unwrap();
    assert_eq!(after.version, 2);
    assert!(after.updated_at > before.updated_at);
    assert_eq!((after.slug.as_str(), &after.pictures), ("tin-kettle", &pictures));
    assert_eq!(after.variants[0], before.variants[0]);
    assert_eq!(after.variants[1].price.amount, 99_900);
    assert_eq!(get(&shop, &before).await, after);

    // The same again changes nothing, and nobody is told.
    assert_eq!(change(&shop, &before, everything).await.unwrap(), after);
    assert_eq!(change(&shop, &before, ProductChange::default()).await.unwrap(), after);
    let fewer = ProductChange { pictures: Some(pictures[1..].to_vec()), ..Default::default() };
    let fewer = change(&shop, &before, fewer).await.unwrap();
    assert_eq!(get(&shop, &before).await, fewer);
    shop.settled().await;
    assert_eq!(told(&shop, &before), [before, after, fewer]);
}

#[db_test]
async fn what_cannot_be_is_refused_and_changes_nothing(backend: TestBackend) {
    let shop = shop(&backend).await;
    create(&shop, &kettle(&shop, "taken")).await.unwrap();
    let product = create(&shop, &kettle(&shop, "copper-kettle")).await.unwrap();
    let taken = ProductChange { slug: Some("taken".parse().unwrap()), ..Default::default() };
    let refused = change(&shop, &product, taken).await;
    assert_eq!(refused, Err(ProductError::SlugTaken("taken".parse().unwrap())));

    let wrong = ProductChange {
        title: Some("Never seen".parse().unwrap()),
        description: Some("x".repeat(500_001)),
        variants: vec![
            VariantChange {
                price: Some(Money::new(-1, "EUR".parse().unwrap())),
                ..VariantChange::of(product.variants[0].id)
            },
            VariantChange::of(nobody()),
        ],
        ..Default::default()
    };
    assert_eq!(
        pointers(change(&shop, &product, wrong).await),
        ["/description", "/variants/1/id", "/variants/0/price/amount", "/variants/0/price/currency"]
    );
    assert_eq!(get(&shop, &product).await, product);
    let request = ChangeProduct { id: nobody(), expected_version: None, change: ProductChange::default() };
    assert_eq!(shop.ask(&request).await, Err(ProductError::NotFound));
}

#[db_test]
async fn changes_at_once_are_all_counted(backend: TestBackend) {
    let shop = shop(&backend).await;
    let product = create(&shop, &kettle(&shop, "copper-kettle")).await.unwrap();
    let changes = (0..20).map(|at| {
        change(&shop, &product, ProductChange { description: Some(at.to_string()), ..Default::default() })
    });
    assert!(join_all(changes).await.iter().all(Result::is_ok));
    assert_eq!(get(&shop, &product).await.version, 21);
    shop.settled().await;
    let versions: Vec<_> = told(&shop, &product).iter().map(|told| told.version).collect();
    assert_eq!(versions, (1..=21).collect::<Vec<_>>());
}
