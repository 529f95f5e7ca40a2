use product_contract::{CollectionSummary, ListCollections, ListProducts, ProductStatus};
use testing::db_test;

use crate::*;

/// Ten products: every second one a draft, three on another shelf and one on none.
async fn stocked(shop: &TestShop) -> Vec<Product> {
    let mut products = Vec::new();
    for at in 0..10 {
        let mut new = kettle(shop, &format!("kettle-{at}"));
        // Ids of one millisecond have no order of their own.
        new.id = Some(Id::from_uuid(uuid::Uuid::from_u128(0x100 + at)));
        if at % 2 == 1 {
            new.status = ProductStatus::Draft;
        }
        let shelf = if at < 6 {
            "Kitchen"
        } else if at < 9 {
            "Travel"
        } else {
            ""
        };
        new.collection = shelf.parse().unwrap();
        products.push(create(shop, &new).await.unwrap());
    }
    products.reverse();
    products
}

async fn walk(shop: &TestShop, mut request: ListProducts) -> Vec<Product> {
    let mut products = Vec::new();
    loop {
        let page = shop.ask(&request).await.unwrap();
        assert!(page.data.len() <= request.limit.get());
        products.extend(page.data);
        request.cursor = page.next_cursor;
        if request.cursor.is_none() {
            return products;
        }
    }
}

#[db_test]
async fn lists_are_newest_first_and_whole(backend: TestBackend) {
    let shop = shop(&backend).await;
    let products = stocked(&shop).await;
    for limit in [1, 3, 10, 100] {
        let request = ListProducts { limit: limit.try_into().unwrap(), ..Default::default() };
        assert_eq!(walk(&shop, request).await, products);
    }
}

#[db_test]
async fn lists_are_filtered(backend: TestBackend) {
    let shop = shop(&backend).await;
    let products = stocked(&shop).await;
    for shelf in [None, Some("Kitchen"), Some("Travel"), Some(""), Some("Garden")] {
        for status in [None, Some(ProductStatus::Draft), Some(ProductStatus::Published)] {
            let request = ListProducts {
                collection: shelf.map(|shelf| shelf.parse().unwrap()),
                status,
                limit: 2.try_into().unwrap(),
                ..Default::default()
            };
            let fits = |product: &&Product| {
                shelf.is_none_or(|shelf| product.collection.as_str() == shelf)
                    && status.is_none_or(|status| product.status == status)
            };
            let expected: Vec<_> = products.iter().filter(fits).cloned().collect();
            assert_eq!(walk(&shop, request).await, expected, "{shelf:?} {status:?}");
        }
    }
}

#[db_test]
async fn a_cursor_that_is_none_is_told(backend: TestBackend) {
    let shop = shop(&backend).await;
    for cursor in ["", "2", "variant_01h455vb4pex5vsknk084sn02q", "\u{0}"] {
        let request = ListProducts { cursor: Some(cursor.to_owned()), ..Default::default() };
        assert_eq!(pointers(shop.ask(&request).await), ["/cursor"]);
    }
}

#[db_test]
async fn shelves_hold_what_shoppers_see(backend: TestBackend) {
    let shop = shop(&backend).await;
    assert_eq!(shop.ask(&ListCollections {}).await.unwrap(), []);
    stocked(&shop).await;
    let mut draft = kettle(&shop, "draft");
    draft.status = ProductStatus::Draft;
    draft.collection = "Attic".parse().unwrap();
    create(&shop, &draft).await.unwrap();
    let shelf = |name: &str, products| CollectionSummary { collection: name.parse().unwrap(), products };
    assert_eq!(shop.ask(&ListCollections {}).await.unwrap(), [shelf("Kitchen", 3), shelf("Travel", 2)]);
}
