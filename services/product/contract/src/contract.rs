//! The list of `product`'s messages, with an example of each.

use message::{Contract, Example, Fault, FieldError, ListPage};

use crate::{
    AvailabilityChanged, ChangeProduct, CollectionSummary, CreateProduct, File, FileKey, FindVariants,
    GetFile, GetProduct, ImportProducts, ImportReport, ListCollections, ListOffers, ListProducts, NewProduct,
    Product, ProductChange, ProductChanged, ProductError, ProductKey, PutFiles, PutMedia, SavedProduct,
    StoredMedia, VariantCard, VariantOffer,
};

/// What `product` answers and emits.
pub fn contract() -> Contract {
    let Product { id, slug, collection, .. } = Product::example();
    let File { text: svg, .. } = File::example();
    let wrong = FieldError::new("/variant_ids", "expected 1 to 100 variants");
    let fault: ProductError = Fault::unavailable("the database is starting").into();
    Contract::new("product", "What the shop shows: products, their variants, prices and pictures.")
        .reacts_to(&["stock.changed"])
        .request(
            &CreateProduct { product: NewProduct::example() },
            &SavedProduct::example(),
            &ProductError::SlugTaken(slug.clone()),
        )
        .request(
            &ImportProducts { products: vec![NewProduct::example()] },
            &ImportReport::example(),
            &ProductError::SlugTaken(slug.clone()),
        )
        .request(
            &ChangeProduct { id, expected_version: Some(2), change: ProductChange::example() },
            &SavedProduct::example(),
            &ProductError::VersionConflict { current: 3 },
        )
        .request(&GetProduct { key: ProductKey::Slug(slug) }, &Product::example(), &ProductError::NotFound)
        .request(
            &FindVariants { variant_ids: Example::example() },
            &vec![VariantCard::example()],
            &ProductError::Invalid(vec![wrong]),
        )
        .request(
            &ListProducts { collection: Some(collection), ..ListProducts::default() },
            &ListPage::example(),
            &fault,
        )
        .request(&ListOffers::example(), &vec![VariantOffer::example()], &fault)
        .request(&ListCollections {}, &vec![CollectionSummary::example()], &fault)
        .request(&PutFiles { svgs: vec![svg] }, &vec![FileKey::example()], &fault)
        .request(
            &PutMedia::example(),
            &StoredMedia::example(),
            &ProductError::Invalid(vec![FieldError::new("/bytes", "expected at most 10 MiB")]),
        )
        .request(&GetFile { key: FileKey::example() }, &Some(File::example()), &fault)
        .event(&ProductChanged { product: Product::example() })
        .event(&AvailabilityChanged { id: Example::example(), products: vec![id] })
}

#[cfg(test)]
mod tests {
    #[test]
    fn lists_every_message_and_keeps_to_its_schemas() {
        testing::check_contract(&super::contract(), crate::MESSAGES);
    }
}
