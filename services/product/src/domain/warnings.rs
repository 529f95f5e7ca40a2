//! What may be a mistake, although it is allowed.

use std::collections::HashMap;

use product_contract::{Product, ProductChange, Sku, Slug, VariantId, Warning};

use super::Place;

/// At most so many warnings are given at once.
const MOST_WARNINGS: usize = 20;

/// The SKUs that a request gives, each with where.
#[derive(Debug, Default)]
pub(crate) struct GivenSkus(Vec<(String, String)>);

impl GivenSkus {
    /// Those of a new product.
    pub(crate) fn of_new(product: &Product) -> Self {
        let skus = product.variants.iter().enumerate();
        Self(skus.filter_map(|(at, variant)| given(Place::New(at), variant.sku.as_ref())).collect())
    }

    /// Those of a change.
    pub(crate) fn of_change(change: &ProductChange) -> Self {
        let changed =
            change.variants.iter().enumerate().filter_map(|(at, change)| {
                given(Place::Changed { at, gives_price: false }, change.sku.value())
            });
        let added = change.add_variants.iter().enumerate();
        let added = added.filter_map(|(at, new)| given(Place::Added(at), new.sku.as_ref()));
        Self(changed.chain(added).collect())
    }

    /// Their keys, each once.
    pub(crate) fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<_> = self.0.iter().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

fn given(place: Place, sku: Option<&Sku>) -> Option<(String, String)> {
    Some((sku?.key(), place.pointer("")?))
}

/// The SKUs that other variants have as well; `elsewhere` names for a SKU's key another product that has it.
pub(crate) fn warnings(
    product: &Product,
    given: &GivenSkus,
    elsewhere: &HashMap<String, Slug>,
) -> Vec<Warning> {
    let mut here: HashMap<String, Vec<VariantId>> = HashMap::new();
    for variant in &product.variants {
        if let Some(sku) = &variant.sku {
            here.entry(sku.key()).or_default().push(variant.id);
        }
    }
    let detail = |key: &String| {
        if here.get(key).is_some_and(|variants| variants.len() > 1) {
            Some("another variant of this product has the same SKU".to_owned())
        } else {
            elsewhere.get(key).map(|slug| format!("a variant of {slug} has the same SKU"))
        }
    };
    let warning = |(key, place): &(String, String)| {
        Some(Warning { pointer: format!("{place}/sku"), detail: detail(key)? })
    };
    given.0.iter().filter_map(warning).take(MOST_WARNINGS).collect()
}
