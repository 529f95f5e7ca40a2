//! What a product must be like, beyond what its types ensure. Everything that is wrong is found at once.

use std::collections::HashSet;

use message::{FieldError, Money};
use product_contract::{
    FileKey, NewProduct, OptionValue, Picture, Product, ProductChange, ProductId, Slug, Variant, VariantId,
};

use super::{ChangedProduct, NewRecord, Place, is_file_key};

/// How many products one import brings at most.
pub(crate) const MAX_IMPORT: usize = 1_000;
/// How many variants a product has at most.
pub(crate) const MAX_VARIANTS: usize = 2_048;
const MAX_PICTURES: usize = 250;
const MAX_OPTIONS: usize = 10;
/// In characters, like the one below.
const MAX_DESCRIPTION: usize = 500_000;
const MAX_ALT: usize = 512;

/// What is wrong with a product to be created; pointers are into it.
pub(crate) fn create(new: &NewRecord, files: &HashSet<FileKey>) -> Vec<FieldError> {
    let mut check = Check::new(files);
    check.new_product("", &new.product);
    check.errors
}

/// What is wrong with the number of products to be imported, and their ids; pointers are into `ImportProducts`.
pub(crate) fn import_request(products: &[NewProduct]) -> Vec<FieldError> {
    if products.len() > MAX_IMPORT {
        return vec![FieldError::new("/products", format!("expected at most {MAX_IMPORT} products"))];
    }
    let lacking = products.iter().enumerate().filter(|(_, new)| new.id.is_none());
    lacking
        .map(|(at, _)| {
            FieldError::new(format!("/products/{at}/id"), "an imported product needs an id of its own")
        })
        .collect()
}

/// What is wrong with products to be imported; pointers are into `ImportProducts`.
pub(crate) fn import(new: &[NewRecord], files: &HashSet<FileKey>) -> Vec<FieldError> {
    let mut check = Check::new(files);
    for (at, new) in new.iter().enumerate() {
        check.new_product(&format!("/products/{at}"), &new.product);
    }
    check.errors
}

/// What is wrong with a change, by what it made of the product `before` it; pointers are into the change.
pub(crate) fn change(
    before: &Product,
    change: &ProductChange,
    changed: &ChangedProduct,
    files: &HashSet<FileKey>,
) -> Vec<FieldError> {
    let mut check = Check::new(files);
    if let Some(description) = &change.description {
        check.description("", description);
    }
    check.pictures("", change.pictures.as_deref().unwrap_or_default());
    check.names(before, change, changed);
    check.variants("", &changed.product, &changed.places);
    if changed.product.variants.is_empty() {
        check.wrong("/remove_variants", "expected to leave at least one variant");
    } else if changed.product.variants.len() > MAX_VARIANTS {
        let detail = format!("expected at most {MAX_VARIANTS} variants in all");
        check.wrong("/add_variants", detail);
    }
    check.errors
}

/// Finds what is wrong, also between the products of one import.
struct Check<'a> {
    errors: Vec<FieldError>,
    files: &'a HashSet<FileKey>,
    ids: HashSet<ProductId>,
    slugs: HashSet<&'a Slug>,
    variant_ids: HashSet<VariantId>,
}

impl<'a> Check<'a> {
    fn new(files: &'a HashSet<FileKey>) -> Self {
        Self {
            errors: Vec::new(),
            files,
            ids: HashSet::new(),
            slugs: HashSet::new(),
            variant_ids: HashSet::new(),
        }
    }

    fn wrong(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(FieldError::new(pointer, detail));
    }

    fn new_product(&mut self, at: &str, new: &'a Product) {
        if !self.ids.insert(new.id) {
            self.wrong(format!("{at}/id"), "another product has the same id");
        }
        if !self.slugs.insert(&new.slug) {
            self.wrong(format!("{at}/slug"), "another product has the same slug");
        }
        self.description(at, &new.description);
        self.pictures(at, &new.pictures);
        if !(1..=MAX_VARIANTS).contains(&new.variants.len()) {
            self.wrong(format!("{at}/variants"), format!("expected 1 to {MAX_VARIANTS} variants"));
        }
        let places: Vec<_> = (0..new.variants.len().min(MAX_VARIANTS)).map(Place::New).collect();
        self.variants(at, new, &places);
    }

    /// Checks which variants a change names.
    fn names(&mut self, before: &Product, change: &ProductChange, changed: &ChangedProduct) {
        let known: HashSet<_> = before.variants.iter().map(|variant| variant.id).collect();
        let mut named = HashSet::new();
        let changes = change.variants.iter().enumerate();
        let changes = changes.map(|(at, change)| (format!("/variants/{at}/id"), change.id));
        let removals = change.remove_variants.iter().enumerate();
        let removals = removals.map(|(at, id)| (format!("/remove_variants/{at}"), Some(*id)));
        for (pointer, id) in changes.chain(removals) {
            let Some(id) = id else {
                self.wrong(pointer, "is required");
                continue;
            };
            if !named.insert(id) {
                self.wrong(pointer, "this variant is named twice");
            } else if !known.contains(&id) {
                self.wrong(pointer, "this product has no such variant");
            }
        }
        let after: HashSet<_> = changed.product.variants.iter().map(|variant| variant.id).collect();
        let mut arranged = HashSet::new();
        for (at, id) in change.variant_order.iter().enumerate() {
            if !arranged.insert(id) {
                self.wrong(format!("/variant_order/{at}"), "this variant is named twice");
            } else if !after.contains(id) {
                self.wrong(format!("/variant_order/{at}"), "this product has no such variant");
            }
        }
    }

    /// Checks the variants that the request gives, and all of them beside each other.
    fn variants(&mut self, at: &str, product: &Product, places: &[Place]) {
        let parts = || product.variants.iter().zip(places.iter().copied());
        let pictures: HashSet<_> = product.pictures.iter().map(|picture| &picture.file).collect();
        // What stays decides; what is given must agree with that, and all that is given with its first.
        let kept = parts().find(|(_, place)| !place.gives_price());
        let first = kept.or_else(|| parts().min_by_key(|(_, place)| rank(*place)));
        let currency = first.map(|(variant, _)| variant.price.currency);
        let mut choices: HashSet<_> = parts()
            .filter(|(_, place)| *place == Place::Kept)
            .map(|(variant, _)| choice(&variant.options))
            .collect();
        self.variant_ids.extend(parts().filter(|(_, place)| is_known(*place)).map(|(variant, _)| variant.id));
        for (variant, place) in parts() {
            let Some(at) = place.pointer(at) else { continue };
            if !is_known(place) && !self.variant_ids.insert(variant.id) {
                self.wrong(format!("{at}/id"), "another variant has the same id");
            }
            self.variant(&at, variant, &pictures);
            if place.gives_price()
                && let Some(currency) = currency.filter(|currency| *currency != variant.price.currency)
            {
                let detail = format!("expected {currency}, as the other variants have");
                self.wrong(format!("{at}/price/currency"), detail);
            }
            if !choices.insert(choice(&variant.options)) {
                self.wrong(format!("{at}/options"), "another variant has the same options");
            }
        }
    }

    fn variant(&mut self, at: &str, variant: &Variant, pictures: &HashSet<&FileKey>) {
        self.options(at, &variant.options);
        self.amount(&format!("{at}/price"), &variant.price);
        let others = [("compare_at_price", &variant.compare_at_price), ("cost", &variant.cost)];
        for (name, money) in others {
            let Some(money) = money else { continue };
            self.amount(&format!("{at}/{name}"), money);
            if money.currency != variant.price.currency {
                let detail = format!("expected {}, as the price has", variant.price.currency);
                self.wrong(format!("{at}/{name}/currency"), detail);
            }
        }
        if variant.picture.as_ref().is_some_and(|file| !pictures.contains(file)) {
            self.wrong(format!("{at}/picture"), "expected the file of one of the product's pictures");
        }
    }

    fn options(&mut self, at: &str, options: &[OptionValue]) {
        if options.len() > MAX_OPTIONS {
            self.wrong(format!("{at}/options"), format!("expected at most {MAX_OPTIONS} options"));
        }
        let mut names = HashSet::new();
        for (index, OptionValue { name, .. }) in options.iter().take(MAX_OPTIONS).enumerate() {
            if !names.insert(name) {
                self.wrong(format!("{at}/options/{index}/name"), "this option is named twice");
            }
        }
    }

    fn description(&mut self, at: &str, description: &str) {
        if description.chars().count() > MAX_DESCRIPTION {
            self.wrong(format!("{at}/description"), format!("expected at most {MAX_DESCRIPTION} characters"));
        }
        if description.chars().any(|letter| letter.is_control() && !"\n\r\t".contains(letter)) {
            self.wrong(format!("{at}/description"), "expected text without control characters");
        }
    }

    fn pictures(&mut self, at: &str, pictures: &[Picture]) {
        if pictures.len() > MAX_PICTURES {
            self.wrong(format!("{at}/pictures"), format!("expected at most {MAX_PICTURES} pictures"));
        }
        for (index, Picture { file, alt }) in pictures.iter().take(MAX_PICTURES).enumerate() {
            if !is_file_key(file) {
                self.wrong(format!("{at}/pictures/{index}/file"), "expected the key of a stored file");
            } else if !self.files.contains(file) {
                self.wrong(format!("{at}/pictures/{index}/file"), "there is no such file; store it first");
            }
            if alt.chars().count() > MAX_ALT || alt.chars().any(char::is_control) {
                let detail = format!("expected at most {MAX_ALT} characters on one line");
                self.wrong(format!("{at}/pictures/{index}/alt"), detail);
            }
        }
    }

    fn amount(&mut self, at: &str, money: &Money) {
        if money.amount < 0 {
            self.wrong(format!("{at}/amount"), "expected 0 or more");
        }
    }
}

/// Whether the product had the variant before the request.
fn is_known(place: Place) -> bool {
    matches!(place, Place::Kept | Place::Changed { .. })
}

/// The order in which a request gives variants.
fn rank(place: Place) -> (u8, usize) {
    match place {
        Place::Kept => (0, 0),
        Place::Changed { at, .. } | Place::New(at) => (1, at),
        Place::Added(at) => (2, at),
    }
}

/// What a shopper chooses by these options, whatever their order.
fn choice(options: &[OptionValue]) -> Vec<(&str, &str)> {
    let mut choice: Vec<_> =
        options.iter().map(|option| (option.name.as_str(), option.value.as_str())).collect();
    choice.sort_unstable();
    choice
}
