//! What a product must be like, beyond what its types ensure. Everything that is wrong is found at once.

use std::{collections::HashSet, hash::Hash};

use message::{Currency, FieldError, Money};
use product_contract::{
    FileKey, NewProduct, NewVariant, OptionValue, Picture, Product, ProductChange, ProductId, Sku, Slug,
    VariantId,
};

use super::is_file_key;

/// How many products one import brings at most.
pub(crate) const MAX_IMPORT: usize = 1_000;
const MAX_VARIANTS: usize = 100;
const MAX_PICTURES: usize = 100;
const MAX_OPTIONS: usize = 10;
/// In characters, like those below.
const MAX_DESCRIPTION: usize = 10_000;
const MAX_OPTION: usize = 80;
const MAX_ALT: usize = 300;

/// What is wrong with a product to be created; pointers are into it.
pub(crate) fn create(new: &NewProduct, files: &HashSet<FileKey>) -> Vec<FieldError> {
    let mut check = Check::new(files);
    check.product("", new);
    check.errors
}

/// What is wrong with products to be imported; pointers are into `ImportProducts`.
pub(crate) fn import(products: &[NewProduct], files: &HashSet<FileKey>) -> Vec<FieldError> {
    let mut check = Check::new(files);
    if products.len() > MAX_IMPORT {
        check.wrong("/products", format!("expected at most {MAX_IMPORT} products"));
        return check.errors;
    }
    for (at, new) in products.iter().enumerate() {
        if new.id.is_none() {
            check.wrong(format!("/products/{at}/id"), "an imported product needs an id of its own");
        }
        check.product(&format!("/products/{at}"), new);
    }
    check.errors
}

/// What is wrong with a change of `product`; pointers are into the change.
pub(crate) fn change(product: &Product, change: &ProductChange, files: &HashSet<FileKey>) -> Vec<FieldError> {
    let mut check = Check::new(files);
    if let Some(description) = &change.description {
        check.description("", description);
    }
    check.pictures("", change.pictures.as_deref().unwrap_or_default());
    let mut prices: Vec<(Option<usize>, &Money)> =
        product.variants.iter().map(|variant| (None, &variant.price)).collect();
    for (at, change) in change.variants.iter().enumerate() {
        let pointer = format!("/variants/{at}");
        let place = product.variants.iter().position(|variant| variant.id == change.id);
        if !check.variant_ids.insert(change.id) {
            check.wrong(format!("{pointer}/id"), "this variant is named twice");
        } else if place.is_none() {
            check.wrong(format!("{pointer}/id"), "this product has no such variant");
        }
        let Some(price) = &change.price else { continue };
        check.price(&pointer, price);
        if let Some(known) = place.and_then(|place| prices.get_mut(place)) {
            *known = (Some(at), price);
        }
    }
    check.changed_currencies(&prices);
    check.errors
}

/// Finds what is wrong, also between the products of one import.
struct Check<'a> {
    errors: Vec<FieldError>,
    files: &'a HashSet<FileKey>,
    ids: HashSet<ProductId>,
    slugs: HashSet<&'a Slug>,
    variant_ids: HashSet<VariantId>,
    skus: HashSet<&'a Sku>,
}

impl<'a> Check<'a> {
    fn new(files: &'a HashSet<FileKey>) -> Self {
        Self {
            errors: Vec::new(),
            files,
            ids: HashSet::new(),
            slugs: HashSet::new(),
            variant_ids: HashSet::new(),
            skus: HashSet::new(),
        }
    }

    fn wrong(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(FieldError::new(pointer, detail));
    }

    fn product(&mut self, at: &str, new: &'a NewProduct) {
        if repeats(&mut self.ids, new.id) {
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
        let currency = new.variants.first().map(|variant| variant.price.currency);
        let mut siblings = HashSet::new();
        for (index, variant) in new.variants.iter().take(MAX_VARIANTS).enumerate() {
            let at = format!("{at}/variants/{index}");
            self.variant(&at, variant, currency);
            if !siblings.insert(choice(&variant.options)) {
                self.wrong(format!("{at}/options"), "another variant has the same options");
            }
        }
    }

    fn variant(&mut self, at: &str, variant: &'a NewVariant, currency: Option<Currency>) {
        if repeats(&mut self.variant_ids, variant.id) {
            self.wrong(format!("{at}/id"), "another variant has the same id");
        }
        if !self.skus.insert(&variant.sku) {
            self.wrong(format!("{at}/sku"), "another variant has the same SKU");
        }
        self.options(at, &variant.options);
        self.price(at, &variant.price);
        if let Some(currency) = currency.filter(|currency| *currency != variant.price.currency) {
            self.wrong(
                format!("{at}/price/currency"),
                format!("expected {currency}, as the first variant has"),
            );
        }
    }

    fn options(&mut self, at: &str, options: &[OptionValue]) {
        if options.len() > MAX_OPTIONS {
            self.wrong(format!("{at}/options"), format!("expected at most {MAX_OPTIONS} options"));
        }
        let mut names = HashSet::new();
        let expected =
            || format!("expected 1 to {MAX_OPTION} characters on one line, without blanks at the ends");
        for (index, OptionValue { name, value }) in options.iter().take(MAX_OPTIONS).enumerate() {
            if !is_word(name) {
                self.wrong(format!("{at}/options/{index}/name"), expected());
            } else if !names.insert(name) {
                self.wrong(format!("{at}/options/{index}/name"), "this option is named twice");
            }
            if !is_word(value) {
                self.wrong(format!("{at}/options/{index}/value"), expected());
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

    fn price(&mut self, at: &str, price: &Money) {
        if price.amount < 0 {
            self.wrong(format!("{at}/price/amount"), "expected 0 or more");
        }
    }

    /// Checks prices after a change, each with the place in the change that gives it; what is given must agree with what
    /// stays, and all that is given with its first.
    fn changed_currencies(&mut self, prices: &[(Option<usize>, &Money)]) {
        let kept = prices.iter().find(|(at, _)| at.is_none());
        let Some((_, expected)) = kept.or(prices.iter().min_by_key(|(at, _)| *at)) else { return };
        for (at, price) in prices {
            if let Some(at) = at
                && price.currency != expected.currency
            {
                let detail = format!("expected {}, as the other variants have", expected.currency);
                self.wrong(format!("/variants/{at}/price/currency"), detail);
            }
        }
    }
}

/// Whether there is a value and it is in the set already; it is afterwards.
fn repeats<T: Eq + Hash>(set: &mut HashSet<T>, value: Option<T>) -> bool {
    value.is_some_and(|value| !set.insert(value))
}

/// What a shopper chooses by these options, whatever their order.
fn choice(options: &[OptionValue]) -> Vec<(&str, &str)> {
    let mut choice: Vec<_> =
        options.iter().map(|option| (option.name.as_str(), option.value.as_str())).collect();
    choice.sort_unstable();
    choice
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= MAX_OPTION
        && !text.chars().any(char::is_control)
}
