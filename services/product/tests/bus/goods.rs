//! What real shops sell: variants that come and go, codes of other systems, any script, and a lot of it.

use std::time::Instant;

use message::Patch;
use order_contract::{StockChanged, StockLevel};
use product_contract::{
    ChangeProduct, FindVariants, ListProducts, Picture, ProductChange, ProductStatus, PutFiles, SavedProduct,
    VariantChange, VariantId,
};
use testing::db_test;

use crate::*;

async fn save(shop: &TestShop, id: product_contract::ProductId, change: ProductChange) -> SavedProduct {
    shop.ask(&ChangeProduct { id, expected_version: None, change }).await.unwrap()
}

fn variant(size: &str) -> NewVariant {
    NewVariant {
        options: vec![OptionValue::new("Size", size).unwrap()],
        ..NewVariant::new(Money::new(100, message::Currency::INR))
    }
}

fn of(slug: &str, variants: Vec<NewVariant>) -> NewProduct {
    NewProduct::new(slug.parse().unwrap(), "Kettle".parse().unwrap(), variants)
}

fn with_sku(size: &str, sku: &str) -> NewVariant {
    NewVariant { sku: Some(sku.parse().unwrap()), ..variant(size) }
}

#[db_test]
async fn everything_that_a_product_can_have_is_kept(backend: TestBackend) {
    let shop = shop(&backend).await;
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'/>".to_owned();
    let file = shop.ask(&PutFiles { svgs: vec![svg] }).await.unwrap().remove(0);
    let long = "é".repeat(255);
    let full = NewVariant {
        id: None,
        picture: Some(file.clone()),
        sku: Some(long.parse().unwrap()),
        ..NewVariant::example()
    };
    let new = NewProduct {
        brand: Some("明治 🫖".parse().unwrap()),
        description: "خط\n".repeat(100_000),
        pictures: vec![Picture { file, alt: "x".repeat(512) }],
        ..of(&"乾".repeat(255), vec![full.clone(), variant(&long)])
    };
    let created = create(&shop, &new).await.unwrap();
    assert_eq!(get(&shop, &created).await, created);
    let first = created.variants[0].clone();
    assert_eq!(first, full.into_variant(first.id));
    let clear = VariantChange {
        sku: Patch::Reset,
        barcode: Patch::Reset,
        compare_at_price: Patch::Reset,
        cost: Patch::Reset,
        picture: Patch::Reset,
        weight: Patch::Reset,
        size: Patch::Reset,
        origin: Patch::Reset,
        customs_code: Patch::Reset,
        needs_shipping: Some(false),
        ..VariantChange::of(first.id)
    };
    let cleared = ProductChange { variants: vec![clear], brand: Patch::Reset, ..ProductChange::default() };
    let after = save(&shop, created.id, cleared).await.product;
    let bare = NewVariant { needs_shipping: false, options: first.options, ..NewVariant::new(first.price) };
    assert_eq!((&after.brand, &after.variants[0]), (&None, &bare.into_variant(first.id)));
    assert_eq!(get(&shop, &created).await, after);
}

#[db_test]
async fn variants_come_move_and_go(backend: TestBackend) {
    let shop = shop(&backend).await;
    let created = create(&shop, &of("shirt", vec![variant("S"), variant("M")])).await.unwrap();
    // Its stock came before it.
    let new_id: VariantId = shop.bus.ids().id();
    let levels = vec![StockLevel { variant_id: new_id, available: 7, version: 1 }];
    let event = StockChanged { id: shop.bus.ids().id(), levels };
    let headers = message::Headers::new(shop.bus.correlation());
    let event = message::Envelope::event(&event, headers, shop.bus.ids()).unwrap();
    shop.deliver(product::NAME, vec![event]).await.unwrap();

    let [small, medium] = [created.variants[0].id, created.variants[1].id];
    let change = ProductChange {
        add_variants: vec![NewVariant { id: Some(new_id), ..variant("L") }],
        remove_variants: vec![small],
        variant_order: vec![new_id, medium],
        ..ProductChange::default()
    };
    let after = save(&shop, created.id, change.clone()).await.product;
    let shown: Vec<_> = after.variants.iter().map(|variant| (variant.id, variant.available)).collect();
    assert_eq!((after.version, shown), (2, vec![(new_id, 7), (medium, 0)]));
    assert_eq!(get(&shop, &created).await, after);

    // An added variant may be added again; it keeps its place unless the change says another.
    let again = ProductChange { remove_variants: Vec::new(), ..change };
    assert_eq!(save(&shop, created.id, again).await.product, after);
    // A removed one may come back, and a stranger's id may not.
    let back = NewVariant { id: Some(small), ..variant("S") };
    let back = ProductChange { add_variants: vec![back], ..ProductChange::default() };
    let restored = save(&shop, created.id, back.clone()).await.product;
    assert_eq!(restored.variants.len(), 3);
    let other = create(&shop, &of("coat", vec![variant("S")])).await.unwrap();
    let request = ChangeProduct {
        id: other.id,
        expected_version: None,
        change: ProductChange {
            add_variants: vec![NewVariant { id: Some(small), ..variant("M") }],
            ..ProductChange::default()
        },
    };
    assert_eq!(pointers(shop.ask(&request).await), ["/add_variants"]);
    assert_eq!(get(&shop, &other).await, other);
    shop.settled().await;
    assert_eq!(told(&shop, &created).last(), Some(&restored));
}

#[db_test]
async fn two_merchants_do_not_overwrite_each_other(backend: TestBackend) {
    let shop = shop(&backend).await;
    let product = create(&shop, &of("shirt", vec![variant("S")])).await.unwrap();
    let change = |text: &str, version| ChangeProduct {
        id: product.id,
        expected_version: Some(version),
        change: ProductChange { description: Some(text.to_owned()), ..ProductChange::default() },
    };
    assert_eq!(shop.ask(&change("one", 1)).await.unwrap().product.version, 2);
    // The answer was lost, and the same is asked for again.
    assert_eq!(shop.ask(&change("one", 1)).await.unwrap().product.version, 2);
    assert_eq!(shop.ask(&change("two", 1)).await, Err(ProductError::VersionConflict { current: 2 }));
    assert_eq!(get(&shop, &product).await.description, "one");
}

#[db_test]
async fn skus_may_be_missing_or_double_and_doubles_are_named(backend: TestBackend) {
    let shop = shop(&backend).await;
    let request = |slug: &str, variants| CreateProduct { product: of(slug, variants) };
    let places = |saved: &SavedProduct| -> Vec<_> {
        saved
            .warnings
            .iter()
            .map(|warning| (warning.pointer.clone(), warning.detail.contains("coat")))
            .collect()
    };
    let coat = shop.ask(&request("coat", vec![with_sku("S", "RedRose+Ring"), variant("M")])).await.unwrap();
    assert_eq!(places(&coat), []);
    let variants =
        vec![with_sku("S", "redrose +ring"), with_sku("M", "#12"), with_sku("L", "#12"), variant("XL")];
    let shirt = shop.ask(&request("shirt", variants)).await.unwrap();
    let at = |place: &str, is_coat| (format!("/variants/{place}/sku"), is_coat);
    assert_eq!(places(&shirt), [at("0", true), at("1", false), at("2", false)]);
    let given = VariantChange {
        sku: Patch::Set("REDROSE+RING".parse().unwrap()),
        ..VariantChange::of(shirt.product.variants[3].id)
    };
    let change = ProductChange { variants: vec![given], ..ProductChange::default() };
    let saved = save(&shop, shirt.product.id, change).await;
    assert_eq!(places(&saved), [at("0", false)]);
}

#[db_test]
async fn archived_products_are_kept_and_restored(backend: TestBackend) {
    let shop = shop(&backend).await;
    let product = create(&shop, &of("shirt", vec![variant("S")])).await.unwrap();
    let status = |status| ProductChange { status: Some(status), ..ProductChange::default() };
    save(&shop, product.id, status(ProductStatus::Archived)).await;
    let published = ListProducts { status: Some(ProductStatus::Published), ..ListProducts::default() };
    assert!(shop.ask(&published).await.unwrap().data.is_empty());
    let archived = ListProducts { status: Some(ProductStatus::Archived), ..ListProducts::default() };
    assert_eq!(shop.ask(&archived).await.unwrap().data.len(), 1);
    let restored = save(&shop, product.id, status(ProductStatus::Published)).await.product;
    assert_eq!((restored.status, restored.version), (ProductStatus::Published, 3));
}

#[db_test]
async fn variants_lead_to_their_products(backend: TestBackend) {
    let shop = shop(&backend).await;
    let svg = |fill: &str| format!("<svg xmlns='http://www.w3.org/2000/svg'><path fill='{fill}'/></svg>");
    let files = shop.ask(&PutFiles { svgs: vec![svg("red"), svg("blue")] }).await.unwrap();
    let pictures = files.iter().map(|file| Picture { file: file.clone(), alt: String::new() }).collect();
    let blue = NewVariant { picture: Some(files[1].clone()), ..variant("blue") };
    let new = NewProduct { pictures, ..of("shirt", vec![variant("red"), blue]) };
    let shirt = create(&shop, &new).await.unwrap();
    let bare = create(&shop, &of("coat", vec![variant("S")])).await.unwrap();
    let [red, blue, coat] = [shirt.variants[0].id, shirt.variants[1].id, bare.variants[0].id];
    let cards = shop.ask(&FindVariants { variant_ids: vec![red, blue, coat, nobody()] }).await.unwrap();
    let card = |id| cards.iter().find(|card| card.variant_id == id).unwrap();
    let file = |id| card(id).picture.as_ref().map(|picture| &picture.file);
    assert_eq!((cards.len(), card(blue).product_id, card(coat).slug.as_str()), (3, shirt.id, "coat"));
    assert_eq!((file(red), file(blue), file(coat)), (Some(&files[0]), Some(&files[1]), None));
    let many = FindVariants { variant_ids: vec![red; 101] };
    assert_eq!(pointers(shop.ask(&many).await), ["/variant_ids"]);
}

#[db_test]
async fn as_many_variants_as_there_may_be_are_quick(backend: TestBackend) {
    let shop = shop(&backend).await;
    let started = Instant::now();
    let many = (0..2_048).map(|at| with_sku(&at.to_string(), &format!("S {at}"))).collect();
    let product = create(&shop, &of("shirt", many)).await.unwrap();
    let change =
        VariantChange { needs_shipping: Some(false), ..VariantChange::of(product.variants[2_047].id) };
    let reversed = product.variants.iter().rev().map(|variant| variant.id).collect();
    let change =
        ProductChange { variants: vec![change], variant_order: reversed, ..ProductChange::default() };
    let after = save(&shop, product.id, change).await.product;
    assert_eq!(get(&shop, &product).await, after);
    assert!(!after.variants[0].needs_shipping);
    shop.settled().await;
    assert_eq!(told(&shop, &product).len(), 2);
    // In a debug build on a busy machine.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[db_test]
async fn a_list_of_large_products_comes_in_smaller_pages(backend: TestBackend) {
    let shop = shop(&backend).await;
    let mut expected = Vec::new();
    for at in 0..5 {
        let description = "x".repeat(500_000 * usize::from(at != 4));
        // Four bytes for each of these letters.
        let description = description.replace('x', "🫖");
        let new = NewProduct { description, ..of(&format!("book-{at}"), vec![variant("S")]) };
        expected.push(create(&shop, &new).await.unwrap().id);
    }
    let mut found = Vec::new();
    let mut pages = Vec::new();
    let mut request = ListProducts::default();
    loop {
        let page = shop.ask(&request).await.unwrap();
        pages.push(page.data.len());
        found.extend(page.data.into_iter().map(|product| product.id));
        request.cursor = page.next_cursor;
        if request.cursor.is_none() {
            break;
        }
    }
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert!(pages.len() > 1 && pages.iter().all(|count| (1..=3).contains(count)), "{pages:?}");
}
