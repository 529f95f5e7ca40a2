//! Single cases, beside the properties.

use super::*;

#[test]
fn the_number_of_variants_is_limited() {
    assert_eq!(wrong(NewProduct { variants: vec![], ..sample() }), ["/variants"]);
    let many = |count| {
        let variant = |at: usize| NewVariant {
            options: vec![size(&at.to_string())],
            ..NewVariant::new(Money::new(100, Currency::INR))
        };
        NewProduct { variants: (0..count).map(variant).collect(), ..sample() }
    };
    assert!(wrong(many(2_048)).is_empty());
    assert_eq!(wrong(many(2_049)), ["/variants"]);
    let full = created(many(2_048));
    let one = NewVariant { options: vec![size("one more")], ..sample().variants[0].clone() };
    let change = ProductChange { add_variants: vec![one], ..ProductChange::default() };
    assert_eq!(wrong_in_change(&full, &change), ["/add_variants"]);
    let change = ProductChange { remove_variants: vec![full.variants[0].id], ..change };
    assert!(wrong_in_change(&full, &change).is_empty());
}

fn wrong_in_change(before: &Product, change: &ProductChange) -> Vec<String> {
    let changed = apply(before, change, NOW, &ids());
    pointers(validate::change(before, change, &changed, &stored_files()))
}

#[test]
fn siblings_differ_in_their_options_and_may_have_one_sku() {
    let mut new = sample();
    new.variants.push(NewVariant { sku: Some("K-2".parse().unwrap()), ..new.variants[0].clone() });
    assert_eq!(wrong(new.clone()), ["/variants/1/options"]);
    new.variants[1] = NewVariant { options: vec![size("2")], ..new.variants[0].clone() };
    assert!(wrong(new).is_empty());
}

#[test]
fn doubles_of_skus_are_named_without_regard_to_case_and_blanks() {
    let mut new = sample();
    for (sku, value) in [("k - 1", "2"), ("K-2", "3"), ("K-3", "4")] {
        new.variants.push(NewVariant {
            sku: Some(sku.parse().unwrap()),
            options: vec![size(value)],
            ..new.variants[0].clone()
        });
    }
    new.variants.push(NewVariant { options: vec![size("5")], sku: None, ..new.variants[0].clone() });
    let product = created(new);
    let given = GivenSkus::of_new(&product);
    assert_eq!(given.keys(), ["k-1", "k-2", "k-3"]);
    let elsewhere = [("k-3".to_owned(), "cup".parse().unwrap())].into();
    let found = warnings(&product, &given, &elsewhere);
    let found: Vec<_> = found.iter().map(|one| (one.pointer.as_str(), one.detail.contains("cup"))).collect();
    assert_eq!(found, [("/variants/0/sku", false), ("/variants/1/sku", false), ("/variants/3/sku", true)]);
}

#[test]
fn lengths_are_those_that_people_count_and_control_characters_are_refused() {
    let described = |description: String| wrong(NewProduct { description, ..sample() });
    assert!(described("é".repeat(500_000)).is_empty());
    assert!(described("two\r\nlines\tand a tab".to_owned()).is_empty());
    assert_eq!(described("\u{0}".to_owned()), ["/description"]);
}

#[test]
fn an_import_is_looked_at_as_a_whole() {
    let id = Id::from_uuid(uuid::Uuid::nil());
    let first = NewProduct { id: Some(id), ..sample() };
    let again = first.clone();
    let nameless = NewProduct { slug: "cup".parse().unwrap(), variants: vec![], ..sample() };
    assert_eq!(
        wrong_in_import(vec![first.clone(), again, nameless]),
        ["/products/2/id", "/products/1/id", "/products/1/slug", "/products/2/variants"]
    );
    assert_eq!(wrong_in_import(vec![first; 1_001]), ["/products"]);
}

#[test]
fn a_change_names_variants_of_its_product_once_and_keeps_one_currency() {
    let mut new = sample();
    new.variants.push(NewVariant { options: vec![size("2")], ..new.variants[0].clone() });
    let product = created(new);
    let [first, second] = [product.variants[0].id, product.variants[1].id];
    let stranger = Id::from_uuid(uuid::Uuid::nil());
    let check = |variants: &[(VariantId, &str)]| {
        let variant = |(id, code): &(VariantId, &str)| VariantChange {
            price: Some(Money::new(5, code.parse().unwrap())),
            ..VariantChange::of(*id)
        };
        let variants = variants.iter().map(variant).collect();
        wrong_in_change(&product, &ProductChange { variants, ..ProductChange::default() })
    };
    assert_eq!(check(&[(first, "INR"), (first, "INR")]), ["/variants/1/id"]);
    assert_eq!(check(&[(stranger, "INR")]), ["/variants/0/id"]);
    assert_eq!(check(&[(second, "EUR")]), ["/variants/0/price/currency"]);
    assert!(check(&[(second, "EUR"), (first, "EUR")]).is_empty());
    assert_eq!(check(&[(second, "EUR"), (first, "INR")]), ["/variants/1/price/currency"]);
    let without_id = VariantChange { id: None, ..VariantChange::of(first) };
    let change = ProductChange { variants: vec![without_id], ..ProductChange::default() };
    assert_eq!(wrong_in_change(&product, &change), ["/variants/0/id"]);
}

#[test]
fn a_variant_is_added_once_and_the_last_one_stays() {
    let product = created(sample());
    let first = product.variants[0].id;
    let id = Id::from_uuid(uuid::Uuid::from_u128(7));
    let new = NewVariant { id: Some(id), options: vec![size("2")], ..sample().variants[0].clone() };
    let change = ProductChange { add_variants: vec![new.clone()], ..ProductChange::default() };
    let after = apply(&product, &change, NOW, &ids()).product;
    assert_eq!((after.variants.len(), after.version), (2, 2));
    assert_eq!(apply(&after, &change, NOW, &ids()).product, after);
    let other = NewVariant { needs_shipping: false, ..new.clone() };
    let other = ProductChange { add_variants: vec![other], ..ProductChange::default() };
    assert_eq!(wrong_in_change(&after, &other), ["/add_variants/0/id", "/add_variants/0/options"]);

    let remove =
        |ids: &[VariantId]| ProductChange { remove_variants: ids.to_vec(), ..ProductChange::default() };
    assert!(wrong_in_change(&after, &remove(&[first])).is_empty());
    assert_eq!(wrong_in_change(&after, &remove(&[first, id])), ["/remove_variants"]);
    assert_eq!(wrong_in_change(&product, &remove(&[id])), ["/remove_variants/0"]);
    // One may take the place of another, with the same options.
    let swap = ProductChange {
        add_variants: vec![NewVariant { id: None, options: Vec::new(), ..new }],
        ..remove(&[first])
    };
    assert!(wrong_in_change(&after, &swap).is_empty());
}

#[test]
fn a_variants_picture_is_one_of_its_products() {
    let mut new = sample();
    new.pictures = ['a', 'b'].map(|letter| Picture { file: a_file(letter), alt: String::new() }).into();
    new.variants[0].picture = Some(a_file('b'));
    let product = created(new);
    let fewer = ProductChange { pictures: Some(product.pictures[..1].to_vec()), ..ProductChange::default() };
    let after = apply(&product, &fewer, NOW, &ids()).product;
    assert_eq!(after.variants[0].picture, None);
    let again =
        VariantChange { picture: Patch::Set(a_file('b')), ..VariantChange::of(product.variants[0].id) };
    let again = ProductChange { variants: vec![again], ..fewer };
    assert_eq!(wrong_in_change(&product, &again), ["/variants/0/picture"]);
}
