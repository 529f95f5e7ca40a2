//! What a product is after a change.

use std::collections::{HashMap, HashSet};

use message::{IdSource, Timestamp};
use product_contract::{FileKey, NewVariant, Product, ProductChange, Variant, VariantChange, VariantId};

/// A product after a change, valid or not.
#[derive(Debug)]
pub(crate) struct ChangedProduct {
    /// The product. Its version and time are new if anything is.
    pub(crate) product: Product,
    /// Where the request gives each of its variants, in their order.
    pub(crate) places: Vec<Place>,
}

/// Where a request gives a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: the variant stays as it is.
    Kept,
    /// In `variants`, at this index of it, with or without a price.
    Changed { at: usize, gives_price: bool },
    /// In `add_variants`.
    Added(usize),
    /// In `variants` of a new product.
    New(usize),
}

impl Place {
    /// As a pointer into the request, in which the product is at `product`; `None` if the request does not give it.
    pub(crate) fn pointer(self, product: &str) -> Option<String> {
        match self {
            Self::Kept => None,
            Self::Changed { at, .. } | Self::New(at) => Some(format!("{product}/variants/{at}")),
            Self::Added(at) => Some(format!("{product}/add_variants/{at}")),
        }
    }

    /// Whether the request gives the variant's price.
    pub(crate) fn gives_price(self) -> bool {
        match self {
            Self::Kept => false,
            Self::Changed { gives_price, .. } => gives_price,
            Self::Added(_) | Self::New(_) => true,
        }
    }
}

/// The product after `change`. What the change names but the product does not have is passed over: validation reports it.
pub(crate) fn apply(
    before: &Product,
    change: &ProductChange,
    now: Timestamp,
    ids: &IdSource,
) -> ChangedProduct {
    // By name: a field that can be changed from now on is not forgotten here.
    let ProductChange {
        slug,
        title,
        description,
        brand,
        collection,
        status,
        pictures,
        variants,
        add_variants,
        remove_variants,
        variant_order,
    } = change;
    let mut after = Product { variants: Vec::new(), ..before.clone() };
    set(&mut after.slug, slug.as_ref());
    set(&mut after.title, title.as_ref());
    set(&mut after.description, description.as_ref());
    brand.clone().apply(&mut after.brand);
    set(&mut after.collection, collection.as_ref());
    set(&mut after.status, status.as_ref());
    set(&mut after.pictures, pictures.as_ref());

    let mut parts = changed_variants(before, variants, remove_variants);
    parts.extend(new_variants(before, add_variants, ids));
    arrange(&mut parts, variant_order);
    let files: HashSet<&FileKey> = after.pictures.iter().map(|picture| &picture.file).collect();
    for (variant, place) in &mut parts {
        // The picture was taken from the product; where the request gives it, that is a mistake of the request.
        if *place == Place::Kept && variant.picture.as_ref().is_some_and(|file| !files.contains(file)) {
            variant.picture = None;
        }
    }
    let (variants, places) = parts.into_iter().unzip();
    after.variants = variants;
    if after != *before {
        after.version += 1;
        after.updated_at = now;
    }
    ChangedProduct { product: after, places }
}

/// The variants that stay, each as it is after the change, and where that gives it.
fn changed_variants(
    before: &Product,
    changes: &[VariantChange],
    removed: &[VariantId],
) -> Vec<(Variant, Place)> {
    let changes: HashMap<VariantId, (usize, &VariantChange)> =
        changes.iter().enumerate().filter_map(|(at, change)| Some((change.id?, (at, change)))).collect();
    let removed: HashSet<&VariantId> = removed.iter().collect();
    let stays = before.variants.iter().filter(|variant| !removed.contains(&variant.id));
    stays
        .map(|variant| match changes.get(&variant.id) {
            None => (variant.clone(), Place::Kept),
            Some((at, change)) => {
                let place = Place::Changed { at: *at, gives_price: change.price.is_some() };
                (changed_variant(variant.clone(), change), place)
            }
        })
        .collect()
}

fn changed_variant(mut variant: Variant, change: &VariantChange) -> Variant {
    let VariantChange {
        id: _,
        sku,
        barcode,
        options,
        price,
        compare_at_price,
        cost,
        tax_class,
        picture,
        needs_shipping,
        weight,
        size,
        origin,
        customs_code,
    } = change;
    sku.clone().apply(&mut variant.sku);
    barcode.clone().apply(&mut variant.barcode);
    set(&mut variant.options, options.as_ref());
    set(&mut variant.price, price.as_ref());
    compare_at_price.apply(&mut variant.compare_at_price);
    cost.apply(&mut variant.cost);
    set(&mut variant.tax_class, tax_class.as_ref());
    picture.clone().apply(&mut variant.picture);
    set(&mut variant.needs_shipping, needs_shipping.as_ref());
    weight.apply(&mut variant.weight);
    size.apply(&mut variant.size);
    origin.clone().apply(&mut variant.origin);
    customs_code.clone().apply(&mut variant.customs_code);
    variant
}

/// The variants that are really new: one that the product has already was added by the same request before.
fn new_variants<'a>(
    before: &'a Product,
    added: &'a [NewVariant],
    ids: &'a IdSource,
) -> impl Iterator<Item = (Variant, Place)> + 'a {
    let known: HashMap<VariantId, &Variant> =
        before.variants.iter().map(|variant| (variant.id, variant)).collect();
    added.iter().enumerate().filter_map(move |(at, new)| {
        let id = new.id.unwrap_or_else(|| ids.id());
        let variant = new.clone().into_variant(id);
        let is_again = known.get(&id).is_some_and(|known| is_same(known, &variant));
        (!is_again).then_some((variant, Place::Added(at)))
    })
}

/// Whether they are the same, stock excepted.
fn is_same(one: &Variant, other: &Variant) -> bool {
    let other = Variant { available: one.available, ..other.clone() };
    *one == other
}

/// Puts the variants that `order` names first, in its order; the others follow as they are.
fn arrange(parts: &mut [(Variant, Place)], order: &[VariantId]) {
    let wanted: HashMap<&VariantId, usize> = order.iter().zip(0..).collect();
    parts.sort_by_key(|(variant, _)| wanted.get(&variant.id).copied().unwrap_or(usize::MAX));
}

fn set<T: Clone>(field: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        field.clone_from(value);
    }
}

/// What a change makes of the variants that are stored.
#[derive(Debug, Default)]
pub(crate) struct Differences<'a> {
    /// Those that are new, with their positions.
    pub(crate) added: Vec<(i64, &'a Variant)>,
    /// Those that are other than they were or stand at another position.
    pub(crate) changed: Vec<(i64, &'a Variant)>,
    /// Those that are gone.
    pub(crate) removed: Vec<VariantId>,
}

/// The differences between the variants of two versions of a product.
pub(crate) fn differences<'a>(before: &Product, after: &'a Product) -> Differences<'a> {
    let mut known: HashMap<VariantId, (i64, &Variant)> =
        before.variants.iter().zip(0..).map(|(variant, at)| (variant.id, (at, variant))).collect();
    let mut differences = Differences::default();
    for (variant, at) in after.variants.iter().zip(0..) {
        match known.remove(&variant.id) {
            None => differences.added.push((at, variant)),
            Some(was) if was != (at, variant) => differences.changed.push((at, variant)),
            Some(_) => {}
        }
    }
    differences.removed = known.into_keys().collect();
    differences
}
