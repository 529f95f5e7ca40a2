use std::collections::HashSet;

use message::{Clock, Currency, Id, Money, Patch};
use product_contract::{
    Collection, FileKey, Label, OptionValue, Picture, ProductChange, ProductStatus, Slug, TaxClass, Title,
    VariantChange, VariantId,
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

fn size(value: &str) -> OptionValue {
    OptionValue::new("Size", value).unwrap()
}

fn patch<T>(value: Option<T>) -> Patch<T> {
    value.map_or(Patch::Reset, Patch::Set)
}

fn ids() -> IdSource {
    IdSource::seeded(Clock::manual(NOW), 2)
}

fn status() -> impl Strategy<Value = ProductStatus> {
    select(ProductStatus::ALL.to_vec())
}

fn price() -> impl Strategy<Value = Money> {
    (0_i64..3).prop_map(|amount| Money::new(amount, Currency::INR))
}

/// Mostly one that fits.
fn any_price() -> impl Strategy<Value = Money> {
    let other = (-1_i64..3, text(&["INR", "EUR"]));
    prop_oneof![8 => price(), 1 => other.prop_map(|(amount, currency)| Money::new(amount, currency))]
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
            sku: Some(format!("SKU-{}", at / 2).parse().unwrap()),
            options: vec![size(&at.to_string())],
            ..NewVariant::new(price)
        };
        let variants = (0..).zip(prices).map(variant).collect();
        NewProduct { description, collection, status, pictures, ..NewProduct::new(slug, title, variants) }
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
    /// A change of a variant, which is named by its place, for its id is not known yet.
    fn variant_change()(
        place in 0_usize..6,
        price in option::of(any_price()),
        tax_class in option::of(text::<TaxClass>(&["standard", "reduced"])),
        sku in option::of(option::of(text(&["SKU-0", "sku 9"]))),
        options in option::of(select(&["0", "1", "other"][..])),
        cost in option::of(option::of(price())),
        needs_shipping in option::of(any::<bool>()),
    ) -> (usize, VariantChange) {
        (place, VariantChange {
            price,
            tax_class,
            sku: sku.map_or(Patch::Keep, patch),
            options: options.map(|value| vec![size(value)]),
            cost: cost.map_or(Patch::Keep, patch),
            needs_shipping,
            ..VariantChange::of(Id::from_uuid(uuid::Uuid::nil()))
        })
    }
}

prop_compose! {
    fn change()(
        slug in option::of(text::<Slug>(&["kettle", "cup"])),
        title in option::of(text::<Title>(&["Kettle", "Cup"])),
        description in option::of("[a-z]{0,1}"),
        brand in option::of(option::of(text::<Label>(&["Lateen"]))),
        status in option::of(status()),
        pictures in option::of(pictures()),
        variants in vec(variant_change(), 0..4),
        added in vec((select(&["new", "newer", "0"][..]), any_price()), 0..3),
        removed in vec(0_usize..6, 0..3),
        order in vec(0_usize..6, 0..4),
    ) -> (ProductChange, Vec<(usize, VariantChange)>, Vec<usize>, Vec<usize>) {
        let added = added.into_iter().map(|(value, price)| NewVariant {
            options: vec![size(value)],
            ..NewVariant::new(price)
        });
        let brand = brand.map_or(Patch::Keep, patch);
        let change = ProductChange {
            slug, title, description, brand, status, pictures,
            add_variants: added.collect(),
            ..ProductChange::default()
        };
        (change, variants, removed, order)
    }
}

fn product_and_change() -> impl Strategy<Value = (Product, ProductChange)> {
    (product(), change()).prop_map(|(product, (mut change, variants, removed, order))| {
        // Each variant is named once, and is one of the product's: the rest is what other tests are about.
        let mut named = HashSet::new();
        let mut take = |at: usize| {
            let id = product.variants.get(at)?.id;
            named.insert(id).then_some(id)
        };
        let removed: Vec<_> = removed.into_iter().filter_map(&mut take).collect();
        let known = |(at, change)| Some(VariantChange { id: Some(take(at)?), ..change });
        change.variants = variants.into_iter().filter_map(known).collect();
        let mut arranged = HashSet::new();
        let order = order.into_iter().filter_map(|at| Some(product.variants.get(at)?.id));
        change.variant_order = order.filter(|id| !removed.contains(id) && arranged.insert(*id)).collect();
        change.remove_variants = removed;
        (product, change)
    })
}

/// Whether the product has everything that the change gives.
fn agrees(product: &Product, change: &ProductChange) -> bool {
    fn same<T: PartialEq>(value: &T, given: Option<&T>) -> bool {
        given.is_none_or(|given| given == value)
    }
    fn patched<T: PartialEq>(value: Option<&T>, given: &Patch<T>) -> bool {
        given.is_keep() || given.value() == value
    }
    let find = |id: VariantId| product.variants.iter().find(|variant| variant.id == id);
    same(&product.slug, change.slug.as_ref())
        && same(&product.title, change.title.as_ref())
        && same(&product.description, change.description.as_ref())
        && patched(product.brand.as_ref(), &change.brand)
        && same(&product.status, change.status.as_ref())
        && same(&product.pictures, change.pictures.as_ref())
        && change.remove_variants.iter().all(|id| find(*id).is_none())
        && change.variants.iter().all(|given| {
            find(given.id.unwrap()).is_none_or(|variant| {
                same(&variant.price, given.price.as_ref())
                    && same(&variant.tax_class, given.tax_class.as_ref())
                    && same(&variant.options, given.options.as_ref())
                    && same(&variant.needs_shipping, given.needs_shipping.as_ref())
                    && patched(variant.sku.as_ref(), &given.sku)
                    && patched(variant.cost.as_ref(), &given.cost)
            })
        })
}

proptest! {
    #[test]
    fn a_valid_change_takes_hold_once((before, change) in product_and_change()) {
        let ChangedProduct { product: after, places } = apply(&before, &change, NOW, &ids());
        let changed = ChangedProduct { product: after.clone(), places };
        prop_assume!(validate::change(&before, &change, &changed, &stored_files()).is_empty());
        prop_assert!(agrees(&after, &change));
        let is_new = after != before;
        prop_assert_eq!(after.version, before.version + i64::from(is_new));
        prop_assert_eq!(after.updated_at, if is_new { NOW } else { before.updated_at });
        prop_assert_eq!(
            after.variants.len(),
            before.variants.len() + change.add_variants.len() - change.remove_variants.len()
        );
        let again = ProductChange { add_variants: Vec::new(), remove_variants: Vec::new(), ..change.clone() };
        if change.remove_variants.is_empty() {
            prop_assert_eq!(&apply(&after, &again, NOW, &ids()).product, &after);
        }
        let currencies: HashSet<_> = after.variants.iter().map(|variant| variant.price.currency).collect();
        prop_assert_eq!(currencies.len(), 1);
        prop_assert!(after.variants.iter().all(|variant| variant.price.amount >= 0));
        let choices: HashSet<_> = after.variants.iter().map(|variant| &variant.options).collect();
        prop_assert_eq!(choices.len(), after.variants.len());
        let places = |id: &VariantId| after.variants.iter().position(|variant| variant.id == *id).unwrap();
        let order: Vec<_> = change.variant_order.iter().map(places).collect();
        prop_assert_eq!(order, (0..change.variant_order.len()).collect::<Vec<_>>());
    }

    /// What is stored of the variants before, with the differences made, is what is stored of them after.
    #[test]
    fn differences_lead_from_one_to_the_other((before, change) in product_and_change()) {
        let after = apply(&before, &change, NOW, &ids()).product;
        let rows = |product: &Product| -> BTreeMap<VariantId, (i64, product_contract::Variant)> {
            (0..).zip(&product.variants).map(|(at, variant)| (variant.id, (at, variant.clone()))).collect()
        };
        let mut stored = rows(&before);
        let Differences { added, changed, removed } = differences(&before, &after);
        for id in removed {
            prop_assert!(stored.remove(&id).is_some());
        }
        for (at, variant) in added {
            prop_assert!(stored.insert(variant.id, (at, variant.clone())).is_none());
        }
        for (at, variant) in changed {
            let old = stored.insert(variant.id, (at, variant.clone()));
            prop_assert!(old.is_some_and(|old| old != (at, variant.clone())));
        }
        prop_assert_eq!(stored, rows(&after));
    }

    #[test]
    fn what_is_not_given_stays(before in product()) {
        let ChangedProduct { product, places } = apply(&before, &ProductChange::default(), NOW, &ids());
        prop_assert_eq!(product, before);
        prop_assert!(places.iter().all(|place| *place == Place::Kept));
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
        prop_assert_eq!(wrong(new), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_found_at_its_place_beside_all_others(
        mut new in new_product(),
        faults in proptest::sample::subsequence((0..FAULTS.len()).collect::<Vec<_>>(), 0..=FAULTS.len()),
    ) {
        let sibling =
            NewVariant { options: vec![size("another")], ..NewVariant::new(Money::new(0, Currency::INR)) };
        new.variants.truncate(1);
        new.variants.push(sibling);
        new.pictures = vec![Picture { file: a_file('a'), alt: String::new() }];
        let mut expected = HashSet::new();
        for fault in faults {
            let (pointer, spoil) = FAULTS[fault];
            spoil(&mut new);
            expected.insert(pointer.to_owned());
        }
        prop_assert_eq!(HashSet::from_iter(wrong(new.clone())), expected.clone());
        new.id = Some(Id::from_uuid(uuid::Uuid::nil()));
        let found = wrong_in_import(vec![new]).into_iter().map(|pointer| pointer.replace("/products/0", ""));
        prop_assert_eq!(found.collect::<HashSet<_>>(), expected);
    }
}

fn many_options() -> Vec<OptionValue> {
    (0..11).map(|at| OptionValue::new(&format!("Option {at}"), "x").unwrap()).collect()
}

type Spoil = fn(&mut NewProduct);

/// Where a fault is found, and how it is made; any of them can come together.
const FAULTS: &[(&str, Spoil)] = &[
    ("/description", |new| new.description = "\u{0}".to_owned()),
    ("/pictures/0/file", |new| new.pictures[0].file = FileKey("../../etc/passwd".to_owned())),
    ("/pictures/0/alt", |new| new.pictures[0].alt = "é".repeat(513)),
    ("/variants/0/options/1/name", |new| new.variants[0].options.push(size("twice"))),
    ("/variants/0/picture", |new| new.variants[0].picture = Some(a_file('b'))),
    ("/variants/0/cost/amount", |new| {
        new.variants[0].cost = Some(Money { amount: -1, ..new.variants[0].price });
    }),
    ("/variants/0/compare_at_price/currency", |new| {
        new.variants[0].compare_at_price = Some(Money::new(1, "CHF".parse().unwrap()));
    }),
    ("/variants/1/price/amount", |new| new.variants[1].price.amount = -1),
    ("/variants/1/price/currency", |new| new.variants[1].price.currency = "EUR".parse().unwrap()),
    ("/variants/1/options", |new| new.variants[1].options = many_options()),
    ("/variants/1/id", |new| {
        let id: VariantId = Id::from_uuid(uuid::Uuid::nil());
        new.variants.iter_mut().for_each(|variant| variant.id = Some(id));
    }),
];

fn pointers(errors: Vec<message::FieldError>) -> Vec<String> {
    errors.into_iter().map(|error| error.pointer).collect()
}

fn record(new: NewProduct) -> NewRecord {
    NewRecord::new(new, NOW, &ids()).unwrap()
}

fn wrong(new: NewProduct) -> Vec<String> {
    pointers(validate::create(&record(new), &stored_files()))
}

fn wrong_in_import(products: Vec<NewProduct>) -> Vec<String> {
    let mut found = pointers(validate::import_request(&products));
    if products.len() <= validate::MAX_IMPORT {
        let ids = ids();
        let records: Vec<_> =
            products.into_iter().map(|new| NewRecord::new(new, NOW, &ids).unwrap()).collect();
        found.extend(pointers(validate::import(&records, &stored_files())));
    }
    found
}

fn sample() -> NewProduct {
    let variant =
        NewVariant { sku: Some("K-1".parse().unwrap()), ..NewVariant::new(Money::new(100, Currency::INR)) };
    NewProduct::new("kettle".parse().unwrap(), "Kettle".parse().unwrap(), vec![variant])
}

mod single;
