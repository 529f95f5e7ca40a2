//! The variants of a product as the shop's script reads them, so that price, stock and picture follow a choice at once.

use product_contract::Product;
use serde::Serialize;
use shop_contract::StockThreshold;

use crate::{choices::Choices, views::StockBadge, words};

/// Distinct texts and, for each variant, where its own are among them: small also with thousands of variants.
#[derive(Serialize)]
pub(crate) struct VariantTable {
    /// Prices in words.
    prices: Vec<String>,
    /// The numbers of each variant: the place of its value in each group of choices, then price, stock, largest
    /// quantity (0: sold out), picture (-1: none of its own).
    rows: Vec<Vec<i64>>,
    /// The stock levels, which the page holds as templates.
    #[serde(skip)]
    pub(crate) badges: Vec<StockBadge>,
}

impl VariantTable {
    /// `first` is the place of the picture that the page shows before all others, `few` how many are so few that it says so.
    pub(crate) fn of(
        product: &Product,
        choices: &Choices<'_>,
        first: Option<usize>,
        few: StockThreshold,
    ) -> Self {
        let mut table = Self { prices: Vec::new(), rows: Vec::new(), badges: Vec::new() };
        for (places, variant) in choices.all() {
            let price = place(&mut table.prices, variant.price.to_string());
            let stock = place(&mut table.badges, words::stock(variant.available, few));
            let picture = words::picture_of(product, variant).map(|place| match first {
                Some(first) if place == first => 0,
                Some(first) if place < first => place + 1,
                _ => place,
            });
            let numbers = places.iter().copied().chain([price, stock]).map(number);
            let most = if variant.available > 0 { words::most(variant.available).into() } else { 0 };
            table.rows.push(numbers.chain([most, picture.map_or(-1, number)]).collect());
        }
        table
    }

    /// As JSON that can stand inside a `script` element.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default().replace('<', "\\u003c")
    }
}

/// Where `text` is among the texts; it is added if it is new.
fn place<T: PartialEq>(texts: &mut Vec<T>, text: T) -> usize {
    texts.iter().position(|known| *known == text).unwrap_or_else(|| {
        texts.push(text);
        texts.len() - 1
    })
}

fn number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(-1)
}
