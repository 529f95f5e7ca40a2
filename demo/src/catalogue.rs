//! What the demo shop sells.
//!
//! [`lateen`] has some sixty products written by hand, one file per collection. [`generated`] makes plausible products
//! for load tests, as many as wanted; the same seed and index always give the same product.

mod desk;
mod garden;
mod generated;
mod kitchen;
mod light;
mod reading;
mod table;
mod travel;
mod upkeep;
mod walking;

pub use generated::generated;

use crate::art::{Motif, Palette, picture};

/// The ISO 4217 code of every price.
pub const CURRENCY: &str = "INR";

/// The tax class of nearly everything.
pub const STANDARD: &str = "standard";
/// The tax class of books, maps and seeds.
pub const REDUCED: &str = "reduced";

/// A group of products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleCollection {
    /// Its name in paths; what [`Sample::collection`] holds.
    pub slug: &'static str,
    /// Its name.
    pub title: &'static str,
    /// What belongs in it, in one sentence.
    pub description: &'static str,
}

/// The collections, in the order a shop would show them.
pub const COLLECTIONS: [SampleCollection; 9] = [
    SampleCollection {
        slug: "kitchen",
        title: "Kitchen",
        description: "What stands near the stove and gets used before breakfast.",
    },
    SampleCollection {
        slug: "table",
        title: "Table",
        description: "Plates, cups and cloths for two people, or six on a good day.",
    },
    SampleCollection {
        slug: "desk",
        title: "Desk",
        description: "Paper, ink and the small tools that keep a morning's work in order.",
    },
    SampleCollection {
        slug: "reading",
        title: "Reading",
        description: "Books, and what makes the chair beside them hard to leave.",
    },
    SampleCollection {
        slug: "walking",
        title: "Walking",
        description: "For the path behind the house and the weather on it.",
    },
    SampleCollection {
        slug: "garden",
        title: "Garden",
        description: "Tools and pots for a balcony, a yard or one sunny sill.",
    },
    SampleCollection {
        slug: "light",
        title: "Light",
        description: "Lamps, lanterns and candles, for the hours after six.",
    },
    SampleCollection {
        slug: "travel",
        title: "Travel",
        description: "Bags and papers for two nights away, or twenty.",
    },
    SampleCollection {
        slug: "upkeep",
        title: "Upkeep",
        description: "Soap, bristle and cloth: the quiet half of owning things.",
    },
];

/// A product to be seeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its name in paths.
    pub slug: String,
    /// Its name.
    pub title: String,
    /// Two sentences about it.
    pub description: String,
    /// The slug of one of [`COLLECTIONS`].
    pub collection: &'static str,
    /// What its pictures show.
    pub kind: Motif,
    /// In which colour; where the product comes in colours, the first of them.
    pub palette: Palette,
    /// In which design; see [`picture`].
    pub seed: u64,
    /// How many pictures it has, at least two.
    pub views: u8,
    /// [`STANDARD`] or [`REDUCED`].
    pub tax_class: &'static str,
    /// What can be bought, one to six; a page begins with the first.
    pub variants: Vec<SampleVariant>,
}

/// One choice of a product's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleVariant {
    /// Unique in the shop.
    pub sku: String,
    /// (name, value) in the order a page asks for them; empty when there is nothing to choose.
    pub options: Vec<(String, String)>,
    /// The price in paise, always whole rupees.
    pub price_minor: i64,
    /// Pieces on hand.
    pub stock: i64,
}

impl Sample {
    /// The product's pictures as SVG, the main one first.
    pub fn pictures(&self) -> Vec<String> {
        (0..self.views).map(|view| picture(self.kind, self.palette, self.seed, view)).collect()
    }
}

/// Lateen's own products.
pub fn lateen() -> Vec<Sample> {
    let entries = [
        kitchen::ENTRIES,
        table::ENTRIES,
        desk::ENTRIES,
        reading::ENTRIES,
        walking::ENTRIES,
        garden::ENTRIES,
        light::ENTRIES,
        travel::ENTRIES,
        upkeep::ENTRIES,
    ];
    let collections = COLLECTIONS.iter().zip(entries);
    collections
        .flat_map(|(collection, entries)| entries.iter().map(|entry| entry.sample(collection.slug)))
        .collect()
}

/// A product as its collection's file writes it.
struct Entry {
    title: &'static str,
    text: &'static str,
    /// Motif, colour and design of its pictures.
    look: (Motif, Palette, u64),
    tax: &'static str,
    /// The beginning of its SKUs.
    code: &'static str,
    /// The names of its options.
    options: &'static [&'static str],
    /// The options' values, the price in rupees, the stock.
    variants: &'static [(&'static [&'static str], i64, i64)],
}

impl Entry {
    fn sample(&self, collection: &'static str) -> Sample {
        let (kind, palette, seed) = self.look;
        let variants = self.variants.iter().map(|&(values, rupees, stock)| SampleVariant {
            sku: sku(self.code, values.iter().copied()),
            options: self
                .options
                .iter()
                .zip(values)
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            price_minor: rupees * 100,
            stock,
        });
        Sample {
            slug: slug(self.title),
            title: self.title.to_owned(),
            description: self.text.to_owned(),
            collection,
            kind,
            palette,
            seed,
            views: 3,
            tax_class: self.tax,
            variants: variants.collect(),
        }
    }
}

/// A title as it stands in a path: lower case, words joined by hyphens.
fn slug(title: &str) -> String {
    let words =
        title.split(|c: char| !c.is_ascii_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(|word| word.replace('\'', "").to_ascii_lowercase()).collect();
    words.join("-")
}

/// A code followed by the first letters and digits of each value: "KET-SEA-12LI".
fn sku<'a>(code: &str, values: impl Iterator<Item = &'a str>) -> String {
    values.fold(code.to_owned(), |mut sku, value| {
        sku.push('-');
        sku.extend(value.chars().filter(char::is_ascii_alphanumeric).take(4).map(|c| c.to_ascii_uppercase()));
        sku
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_shop_has_some_sixty_products_in_nine_collections() {
        let demo = lateen();
        assert!((60..=64).contains(&demo.len()), "{} products", demo.len());
        let collections: HashSet<_> = demo.iter().map(|sample| sample.collection).collect();
        assert_eq!(collections.len(), COLLECTIONS.len());
        let kinds: HashSet<_> = demo.iter().map(|sample| sample.kind).collect();
        assert!(kinds.len() >= 40, "{} kinds", kinds.len());
    }

    #[test]
    fn slugs_and_skus_are_unique_also_beside_generated_ones() {
        let all: Vec<Sample> =
            lateen().into_iter().chain((0..8_000).map(|index| generated(7, index))).collect();
        let (mut slugs, mut skus) = (HashSet::new(), HashSet::new());
        for sample in &all {
            assert!(slugs.insert(&sample.slug), "{} twice", sample.slug);
            for variant in &sample.variants {
                assert!(skus.insert(&variant.sku), "{} twice", variant.sku);
            }
        }
    }

    #[test]
    fn every_product_can_be_sold_as_it_stands() {
        for sample in lateen().into_iter().chain((0..500).map(|index| generated(1, index))) {
            let title = &sample.title;
            assert!((1..=6).contains(&sample.variants.len()), "{title}: {} variants", sample.variants.len());
            assert!(
                sample.slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{title}"
            );
            assert!(COLLECTIONS.iter().any(|collection| collection.slug == sample.collection), "{title}");
            assert!(sample.tax_class == STANDARD || sample.tax_class == REDUCED, "{title}");
            let names = |variant: &SampleVariant| {
                variant.options.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
            };
            let mut choices = HashSet::new();
            for variant in &sample.variants {
                assert!(
                    variant.price_minor > 0 && variant.price_minor % 100 == 0,
                    "{}: {}",
                    variant.sku,
                    variant.price_minor
                );
                assert!((0..=200).contains(&variant.stock), "{}: {}", variant.sku, variant.stock);
                assert_eq!(
                    names(variant),
                    names(&sample.variants[0]),
                    "{title}: every variant answers the same questions"
                );
                assert!(choices.insert(&variant.options), "{title}: one choice twice");
            }
        }
    }

    #[test]
    fn every_entry_fills_in_its_options_and_has_two_sentences() {
        for sample in lateen() {
            assert_eq!(sample.description.split(". ").count(), 2, "{}", sample.description);
            assert!(sample.description.ends_with('.'), "{}", sample.description);
            assert!(
                (80..=260).contains(&sample.description.len()),
                "{}: {}",
                sample.title,
                sample.description.len()
            );
            for variant in &sample.variants {
                assert!(variant.options.iter().all(|(_, value)| !value.is_empty()), "{}", variant.sku);
                assert!(sample.variants.len() == 1 || !variant.options.is_empty(), "{}", variant.sku);
            }
            let colour = sample.variants[0].options.iter().find(|(name, _)| name == "Colour");
            assert!(
                colour.is_none_or(|(_, value)| value == sample.palette.word()),
                "{}: {colour:?}",
                sample.title
            );
        }
    }

    #[test]
    fn a_few_are_sold_out_and_a_few_nearly() {
        let stocks: Vec<i64> =
            lateen().iter().flat_map(|sample| &sample.variants).map(|variant| variant.stock).collect();
        let count = |wanted: std::ops::RangeInclusive<i64>| {
            stocks.iter().filter(|stock| wanted.contains(stock)).count()
        };
        assert!((3..=12).contains(&count(0..=0)), "{} sold out", count(0..=0));
        assert!((4..=16).contains(&count(1..=4)), "{} nearly", count(1..=4));
        assert!(count(20..=200) * 10 > stocks.len() * 8, "most are plenty");
        let gone =
            lateen().iter().filter(|sample| sample.variants.iter().all(|variant| variant.stock == 0)).count();
        assert!(gone >= 1, "one product is sold out altogether");
    }
}
