use std::collections::HashSet;

use message::{Clock, Currency, Id, Money};
use product_contract::{
    Collection, FileKey, OptionValue, Picture, ProductStatus, Slug, TaxClass, Title, VariantChange, VariantId,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

fn text<T: std::str::FromStr<Err = message::Invalid> + Clone + std::fmt::Debug + 'static>(
    texts: &'static [&'static str],
) -> impl Strategy<Value = T> {
    select(texts).prop_map(|text| text.parse().unwrap())
}

fn a_file(letter: char) -> FileKey {
    FileKey(format!("{}.svg", letter.to_string().repeat(64)))
}

fn stored_files() -> HashSet<FileKey> {
    ['a', 'b'].map(a_file).into()
}

fn pictures() -> impl Strategy<Value = Vec<Picture>> {
    let picture = (select(&['a', 'b'][..]), "[a-z केतली]{0,9}");
    vec(picture.prop_map(|(letter, alt)| Picture { file: a_file(letter), alt }), 0..3)
}

fn status() -> impl Strategy<Value = ProductStatus> {
    select(&[ProductStatus::Draft, ProductStatus::Published][..])
}

fn price() -> impl Strategy<Value = Money> {
    (0_i64..3).prop_map(|amount| Money::new(amount, Currency::INR))
}

fn any_price() -> impl Strategy<Value = Money> {
    (-1_i64..3, text(&["INR", "INR", "EUR"])).prop_map(|(amount, currency)| Money::new(amount, currency))
}

prop_compose! {
    fn new_product()(
        slug in text(&["kettle", "cup"]),
        title in text::<Title>(&["Kettle", "Cup"]),
        description in "[a-z\n]{0,3}",
        collection in text::<Collection>(&["", "Kitchen"]),
        status in status(),
        pictures in pictures(),
        prices in vec(price(), 1..5),
    ) -> NewProduct {
        let variant = |(at, price): (i32, Money)| NewVariant {
            id: None,
            sku: format!("SKU-{at}").parse().unwrap(),
            options: vec![OptionValue { name: "Size".to_owned(), value: at.to_string() }],
            price,
            tax_class: TaxClass::default(),
        };
        let variants = (0..).zip(prices).map(variant).collect();
        NewProduct { id: None, slug, title, description, collection, status, pictures, variants }
    }
}

fn product() -> impl Strategy<Value = Product> {
    new_product().prop_map(created)
}

fn created(new: NewProduct) -> Product {
    let then = Timestamp::from_micros(NOW.as_micros() - 1);
    NewRecord::new(new, then, &IdSource::seeded(Clock::manual(then), 1)).unwrap().product
}

prop_compose! {
    /// Changes name variants by their place, for their ids are not known yet.
    fn change()(
        slug in option::of(text::<Slug>(&["kettle", "cup"])),
        title in option::of(text::<Title>(&["Kettle", "Cup"])),
        description in option::of("[a-z]{0,1}"),
        collection in option::of(text::<Collection>(&["", "Kitchen"])),
        status in option::of(status()),
        pictures in option::of(pictures()),
        variants in vec((0_usize..6, option::of(any_price()), option::of(text(&["standard", "reduced"]))), 0..4),
    ) -> (ProductChange, Vec<(usize, Option<Money>, Option<TaxClass>)>) {
        (ProductChange { slug, title, description, collection, status, pictures, variants: vec![] }, variants)
    }
}

fn product_and_change() -> impl Strategy<Value = (Product, ProductChange)> {
    (product(), change()).prop_map(|(product, (mut change, variants))| {
        let id =
            |at: usize| product.variants.get(at).map_or(Id::from_uuid(uuid::Uuid::nil()), |known| known.id);
        change.variants = variants
            .into_iter()
            .map(|(at, price, tax_class)| VariantChange { id: id(at), price, tax_class })
            .collect();
        (product, change)
    })
}

/// The product with everything that can change taken from `change`, where it is given.
fn agrees(product: &Product, change: &ProductChange) -> bool {
    fn same<T: PartialEq>(value: &T, given: Option<&T>) -> bool {
        given.is_none_or(|given| given == value)
    }
    same(&product.slug, change.slug.as_ref())
        && same(&product.title, change.title.as_ref())
        && same(&product.description, change.description.as_ref())
        && same(&product.collection, change.collection.as_ref())
        && same(&product.status, change.status.as_ref())
        && same(&product.pictures, change.pictures.as_ref())
        && change.variants.iter().all(|given| {
            let variant = product.variants.iter().find(|variant| variant.id == given.id).unwrap();
            same(&variant.price, given.price.as_ref()) && same(&variant.tax_class, given.tax_class.as_ref())
        })
}

proptest! {
    #[test]
    fn a_valid_change_takes_hold_once((before, change) in product_and_change()) {
        prop_assume!(validate::change(&before, &change, &stored_files()).is_empty());
        let Some(after) = apply(&before, change.clone(), NOW) else {
            prop_assert!(agrees(&before, &change));
            return Ok(());
        };
        prop_assert!(!agrees(&before, &change) && agrees(&after, &change));
        prop_assert_eq!((after.version, after.updated_at), (before.version + 1, NOW));
        prop_assert_eq!(apply(&after, change, NOW), None);
        let currencies: HashSet<_> = after.variants.iter().map(|variant| variant.price.currency).collect();
        prop_assert_eq!(currencies.len(), 1);
        prop_assert!(after.variants.iter().all(|variant| variant.price.amount >= 0));
        for (old, new) in before.variants.iter().zip(&after.variants) {
            prop_assert_eq!((old.id, &old.sku, &old.options), (new.id, &new.sku, &new.options));
            let listed = changed_variants(&before, &after).any(|changed| changed.id == new.id);
            prop_assert_eq!(listed, old != new);
        }
    }

    #[test]
    fn what_is_not_given_stays(before in product()) {
        prop_assert_eq!(apply(&before, ProductChange::default(), NOW), None);
    }

    #[test]
    fn the_newest_levels_win_in_any_order(
        levels in vec((0_u128..4, 0_i64..5), 0..20).prop_shuffle(),
    ) {
        // The level follows from the version, as one version has one level.
        let level = |(id, version): (u128, i64)| StockLevel {
            variant_id: Id::from_uuid(uuid::Uuid::from_u128(id)),
            available: version * 7,
            version,
        };
        let newest = newest(levels.iter().copied().map(level));
        let mut expected: BTreeMap<u128, i64> = BTreeMap::new();
        for (id, version) in levels {
            let known = expected.entry(id).or_insert(version);
            *known = version.max(*known);
        }
        let expected: Vec<_> = expected.into_iter().map(level).collect();
        prop_assert_eq!(newest, expected);
    }

    #[test]
    fn good_products_are_found_good(new in new_product()) {
        prop_assert_eq!(validate::create(&new, &stored_files()), []);
    }

    #[test]
    fn each_fault_is_found_at_its_place_beside_all_others(
        mut new in new_product(),
        faults in proptest::sample::subsequence((0..FAULTS.len()).collect::<Vec<_>>(), 0..=FAULTS.len()),
    ) {
        let sibling = NewVariant {
            id: None,
            sku: "SIBLING".parse().unwrap(),
            options: vec![OptionValue { name: "Size".to_owned(), value: "another".to_owned() }],
            price: Money::new(0, Currency::INR),
            tax_class: TaxClass::default(),
        };
        new.variants.truncate(1);
        new.variants.push(sibling);
        new.pictures = vec![Picture { file: a_file('a'), alt: String::new() }];
        let mut expected = HashSet::new();
        for fault in faults {
            let (pointer, spoil) = FAULTS[fault];
            spoil(&mut new);
            expected.insert(pointer.to_owned());
        }
        let found: HashSet<_> =
            validate::create(&new, &stored_files()).into_iter().map(|error| error.pointer).collect();
        prop_assert_eq!(&found, &expected);
        new.id = Some(Id::from_uuid(uuid::Uuid::nil()));
        let imported = validate::import(std::slice::from_ref(&new), &stored_files());
        let found: HashSet<_> =
            imported.into_iter().map(|error| error.pointer.replace("/products/0", "")).collect();
        prop_assert_eq!(found, expected);
    }
}

type Spoil = fn(&mut NewProduct);

/// Where a fault is found, and how it is made; any of them can come together.
const FAULTS: &[(&str, Spoil)] = &[
    ("/description", |new| new.description = "é".repeat(10_001)),
    ("/pictures/0/file", |new| new.pictures[0].file = FileKey("../../etc/passwd".to_owned())),
    ("/pictures/0/alt", |new| new.pictures[0].alt = "é".repeat(301)),
    ("/variants/0/options/0/value", |new| new.variants[0].options[0].value = "é".repeat(81)),
    ("/variants/0/options/1/name", |new| {
        new.variants[0].options.push(OptionValue { name: "Size".to_owned(), value: "twice".to_owned() });
    }),
    ("/variants/1/sku", |new| new.variants[1].sku = new.variants[0].sku.clone()),
    ("/variants/1/price/amount", |new| new.variants[1].price.amount = -1),
    ("/variants/1/price/currency", |new| new.variants[1].price.currency = "EUR".parse().unwrap()),
    ("/variants/1/options/0/name", |new| new.variants[1].options[0].name = " ".to_owned()),
    ("/variants/1/id", |new| {
        let id: VariantId = Id::from_uuid(uuid::Uuid::nil());
        new.variants.iter_mut().for_each(|variant| variant.id = Some(id));
    }),
];

fn pointers(errors: Vec<message::FieldError>) -> Vec<String> {
    errors.into_iter().map(|error| error.pointer).collect()
}

fn sample() -> NewProduct {
    serde_json::from_value(serde_json::json!({
        "slug": "kettle", "title": "Kettle",
        "variants": [{"sku": "K-1", "price": {"amount": 100, "currency": "INR"}}],
    }))
    .unwrap()
}

#[test]
fn the_number_of_variants_is_limited() {
    let none = NewProduct { variants: vec![], ..sample() };
    assert_eq!(pointers(validate::create(&none, &stored_files())), ["/variants"]);
    let many = |count| {
        let variant = |at: usize| NewVariant {
            sku: format!("K-{at}").parse().unwrap(),
            options: vec![OptionValue { name: "No".to_owned(), value: at.to_string() }],
            ..sample().variants[0].clone()
        };
        NewProduct { variants: (0..count).map(variant).collect(), ..sample() }
    };
    assert_eq!(validate::create(&many(100), &stored_files()), []);
    assert_eq!(pointers(validate::create(&many(101), &stored_files())), ["/variants"]);
}

#[test]
fn siblings_differ_in_their_options() {
    let mut new = sample();
    new.variants.push(NewVariant { sku: "K-2".parse().unwrap(), ..new.variants[0].clone() });
    assert_eq!(pointers(validate::create(&new, &stored_files())), ["/variants/1/options"]);
}

#[test]
fn lengths_are_those_that_people_count_and_control_characters_are_refused() {
    let described = |description: String| {
        pointers(validate::create(&NewProduct { description, ..sample() }, &stored_files()))
    };
    assert!(described("é".repeat(10_000)).is_empty());
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
        pointers(validate::import(&[first.clone(), again, nameless], &stored_files())),
        [
            "/products/1/id",
            "/products/1/slug",
            "/products/1/variants/0/sku",
            "/products/2/id",
            "/products/2/variants"
        ]
    );
    let many = vec![first; 1_001];
    assert_eq!(pointers(validate::import(&many, &stored_files())), ["/products"]);
}

#[test]
fn a_change_names_variants_of_its_product_once_and_keeps_one_currency() {
    let mut new = sample();
    let options = vec![OptionValue { name: "Size".to_owned(), value: "2".to_owned() }];
    new.variants.push(NewVariant { sku: "K-2".parse().unwrap(), options, ..new.variants[0].clone() });
    let product = created(new);
    let [first, second] = [product.variants[0].id, product.variants[1].id];
    let stranger = Id::from_uuid(uuid::Uuid::nil());
    let check = |variants: &[(VariantId, &str)]| {
        let variant = |(id, code): &(VariantId, &str)| VariantChange {
            id: *id,
            price: Some(Money::new(5, code.parse().unwrap())),
            tax_class: None,
        };
        let change =
            ProductChange { variants: variants.iter().map(variant).collect(), ..ProductChange::default() };
        pointers(validate::change(&product, &change, &stored_files()))
    };
    assert_eq!(check(&[(first, "INR"), (first, "INR")]), ["/variants/1/id"]);
    assert_eq!(check(&[(stranger, "INR")]), ["/variants/0/id"]);
    assert_eq!(check(&[(second, "EUR")]), ["/variants/0/price/currency"]);
    assert!(check(&[(second, "EUR"), (first, "EUR")]).is_empty());
    assert_eq!(check(&[(second, "EUR"), (first, "INR")]), ["/variants/1/price/currency"]);
}
