//! The list of `product`'s messages, with an example of each.

use message::{Contract, Currency, Fault, Id, Limit, ListPage, Money, Timestamp, contract::valid};

use crate::{
    AvailabilityChanged, ChangeProduct, CreateProduct, File, FileKey, GetFile, GetProduct, ImportProducts,
    Imported, ListCollections, ListProducts, NewProduct, NewVariant, OptionValue, Picture, Product,
    ProductChange, ProductChanged, ProductError, ProductId, ProductKey, ProductStatus, PutFiles, Shelf,
    Variant, VariantChange, VariantId,
};

/// What `product` answers and emits.
pub fn contract() -> Contract {
    let product = product();
    Contract::new("product", "What the shop shows: products, their variants, prices and pictures.")
        .reacts_to(&["stock.changed"])
        .request(
            &CreateProduct { product: new_product() },
            &product,
            &ProductError::SlugTaken(product.slug.clone()),
        )
        .request(
            &ImportProducts { products: vec![new_product()] },
            &Imported { created: 1, unchanged: 0 },
            &ProductError::SkuTaken,
        )
        .request(
            &ChangeProduct { id: product.id, change: change() },
            &product,
            &ProductError::Invalid(vec![message::FieldError::new(
                "/variants/0/price/amount",
                "expected a price that is not negative",
            )]),
        )
        .request(
            &GetProduct { key: ProductKey::Slug(product.slug.clone()) },
            &product,
            &ProductError::NotFound,
        )
        .request(
            &ListProducts {
                collection: Some(product.collection.clone()),
                limit: Limit::default(),
                ..ListProducts::default()
            },
            &ListPage { data: vec![product.clone()], next_cursor: None },
            &fault(),
        )
        .request(
            &ListCollections {},
            &vec![Shelf { collection: product.collection.clone(), products: 12 }],
            &fault(),
        )
        .request(&PutFiles { svgs: vec![SVG.to_owned()] }, &vec![file_key()], &fault())
        .request(
            &GetFile { key: file_key() },
            &Some(File { media_type: "image/svg+xml".to_owned(), text: SVG.to_owned() }),
            &fault(),
        )
        .event(&ProductChanged { product: product.clone() })
        .event(&AvailabilityChanged { id: availability(), products: vec![product.id] })
}

const SVG: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><circle cx=\"4\" cy=\"4\" r=\"3\"/></svg>";

fn fault() -> ProductError {
    Fault::unavailable("the database is starting").into()
}

fn product_id() -> ProductId {
    valid("product_01m1x3v8q6e0nbw8k5h2y9t7rc".parse())
}

fn variant_id() -> VariantId {
    valid("variant_01m1x3v8q6e0nbw8k6c4d1f2gj".parse())
}

fn availability() -> Id<AvailabilityChanged> {
    valid("availability_01m1x44e7tfc8v6yq0p3s5w9za".parse())
}

fn file_key() -> FileKey {
    FileKey("9c3e1f7a5b2d4860a1c8e7f6d5b4a39281706f5e4d3c2b1a0918273645546372.svg".to_owned())
}

fn price() -> Money {
    Money::new(236_000, Currency::INR)
}

fn at(text: &str) -> Timestamp {
    valid(text.parse())
}

fn options() -> Vec<OptionValue> {
    vec![OptionValue { name: "Colour".to_owned(), value: "Sand".to_owned() }]
}

fn pictures() -> Vec<Picture> {
    vec![Picture { file: file_key(), alt: "A squat kettle with a wooden handle".to_owned() }]
}

fn product() -> Product {
    Product {
        id: product_id(),
        slug: valid("lateen-kettle".parse()),
        title: valid("Lateen kettle".parse()),
        description: "Boils a litre, pours without a drop.".to_owned(),
        collection: valid("Kitchen".parse()),
        status: ProductStatus::Published,
        pictures: pictures(),
        variants: vec![Variant {
            id: variant_id(),
            sku: valid("KETTLE-SAND".parse()),
            options: options(),
            price: price(),
            tax_class: valid("standard".parse()),
            available: 40,
        }],
        version: 3,
        created_at: at("2026-11-20T08:00:00Z"),
        updated_at: at("2026-11-20T09:15:30.25Z"),
    }
}

fn new_product() -> NewProduct {
    NewProduct {
        id: Some(product_id()),
        slug: valid("lateen-kettle".parse()),
        title: valid("Lateen kettle".parse()),
        description: "Boils a litre, pours without a drop.".to_owned(),
        collection: valid("Kitchen".parse()),
        status: ProductStatus::Published,
        pictures: pictures(),
        variants: vec![NewVariant {
            id: Some(variant_id()),
            sku: valid("KETTLE-SAND".parse()),
            options: options(),
            price: price(),
            tax_class: valid("standard".parse()),
        }],
    }
}

fn change() -> ProductChange {
    ProductChange {
        description: Some("Boils a litre, pours without a drop.".to_owned()),
        variants: vec![VariantChange { id: variant_id(), price: Some(price()), tax_class: None }],
        ..ProductChange::default()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn lists_every_message_and_keeps_to_its_schemas() {
        testing::check_contract(&super::contract(), env!("CARGO_MANIFEST_DIR"));
    }
}
