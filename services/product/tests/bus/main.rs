//! The service as its neighbours meet it: through the bus, on both databases.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod changes;
mod creation;
mod files;
mod goods;
mod lists;
mod stock;

use message::{Example as _, Id, Money, to_json};
use product_contract::{
    AvailabilityChanged, CreateProduct, GetProduct, NewProduct, NewVariant, OptionValue, Product,
    ProductChanged, ProductError, ProductKey,
};
use testing::{TestBackend, TestShop};

#[test]
fn both_databases_have_the_same_tables() {
    testing::assert_same_tables(product::MIGRATIONS);
}

async fn shop(backend: &TestBackend) -> TestShop {
    TestShop::builder(backend)
        .service(product::NAME, product::MIGRATIONS, product::service)
        .record::<ProductChanged>()
        .record::<AvailabilityChanged>()
        .start()
        .await
}

/// A product with two sizes, with an id of its own.
fn kettle(shop: &TestShop, slug: &str) -> NewProduct {
    let variant = |size: &str, amount| NewVariant {
        id: Some(shop.bus.ids().id()),
        sku: Some(format!("{slug}/{size}").parse().unwrap()),
        options: vec![OptionValue::new("Size", size).unwrap()],
        ..NewVariant::new(Money::new(amount, message::Currency::INR))
    };
    let variants = vec![variant("small", 120_000), variant("large", 236_000)];
    NewProduct {
        id: Some(shop.bus.ids().id()),
        description: "Holds a litre; केतली.".to_owned(),
        collection: "Kitchen".parse().unwrap(),
        ..NewProduct::new(slug.parse().unwrap(), "Copper kettle".parse().unwrap(), variants)
    }
}

async fn create(shop: &TestShop, product: &NewProduct) -> Result<Product, ProductError> {
    shop.ask(&CreateProduct { product: product.clone() }).await.map(|saved| saved.product)
}

async fn get(shop: &TestShop, product: &Product) -> Product {
    shop.ask(&GetProduct { key: ProductKey::Id(product.id) }).await.unwrap()
}

/// The versions of `product` that were told of.
fn told(shop: &TestShop, product: &Product) -> Vec<Product> {
    let events = shop.recorded::<ProductChanged>().into_iter().map(|event| event.product);
    events.filter(|told| told.id == product.id).collect()
}

fn pointers<T: std::fmt::Debug>(refused: Result<T, ProductError>) -> Vec<String> {
    match refused {
        Err(ProductError::Invalid(errors)) => errors.into_iter().map(|error| error.pointer).collect(),
        other => panic!("expected invalid fields, not {other:?}"),
    }
}

/// An id that nothing has.
fn nobody<E>() -> Id<E> {
    Id::from_uuid(uuid::Uuid::nil())
}

/// Makes sure that a request keeps its meaning on the wire.
fn survives_the_wire<R: message::Request + std::fmt::Debug>(request: &R) {
    let body = to_json(request).unwrap();
    assert_eq!(format!("{:?}", message::from_json::<R>(&body).unwrap()), format!("{request:?}"));
}
