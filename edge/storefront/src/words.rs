//! The services' values in words, as a shopper reads them.

use edge_common::paths;
use message::{Money, TimeZone, Timestamp};
use order_contract::{OrderLine, Totals};
use product_contract::{OptionValue, Product, Variant};
use shop_contract::{ShopSettings, StockThreshold};

use crate::{
    theme::Theme,
    views::{AmountRow, Card, LineRow, Moment, PictureView, SellerView, StockBadge, Supply},
};

/// The largest quantity that a product's page offers; the checkout takes any that its URL names.
const MOST_AT_ONCE: i64 = 10;

/// The width and the height of a picture, in CSS pixels.
const PICTURE_SIZE: u32 = 800;

/// The words of a stock level; up to `few` are so few that it is fair to say so.
pub(crate) fn stock(available: i64, few: StockThreshold) -> StockBadge {
    match available {
        ..=0 => StockBadge { level: Supply::Out, words: "sold out".into() },
        _ if available <= few.get() => {
            StockBadge { level: Supply::Few, words: format!("only {available} left") }
        }
        _ => StockBadge { level: Supply::In, words: "in stock".into() },
    }
}

/// How many of the product can be sold, over all its variants.
pub(crate) fn available(product: &Product) -> i64 {
    product.variants.iter().fold(0, |sum, variant| sum.saturating_add(variant.available.max(0)))
}

/// The largest quantity that is offered at once.
pub(crate) fn most(available: i64) -> u32 {
    u32::try_from(available.clamp(1, MOST_AT_ONCE)).unwrap_or(1)
}

/// The product in a grid.
pub(crate) fn card(product: &Product, theme: &Theme, few: StockThreshold) -> Card {
    Card {
        href: paths::product(&product.slug),
        title: product.title.to_string(),
        price: price(product),
        picture: pictures(product, theme).swap_remove(0),
        stock: stock(available(product), few),
    }
}

/// "₹2,360", or "from ₹640" where the variants that can be bought differ; of all variants where none can be bought.
pub(crate) fn price(product: &Product) -> String {
    let sold_out = available(product) == 0;
    let prices = || {
        let offered = product.variants.iter().filter(move |variant| sold_out || variant.available > 0);
        offered.map(|variant| variant.price)
    };
    let lowest = prices().min_by_key(|price| price.amount);
    match lowest {
        Some(lowest) if prices().all(|price| price == lowest) => lowest.to_string(),
        Some(lowest) => format!("from {lowest}"),
        None => String::new(),
    }
}

/// The product's pictures, or one that says that there is none; never empty.
pub(crate) fn pictures(product: &Product, theme: &Theme) -> Vec<PictureView> {
    let square = (PICTURE_SIZE, PICTURE_SIZE);
    let pictures = product.pictures.iter().map(|picture| {
        let (width, height) = picture.file.size().unwrap_or(square);
        PictureView { src: paths::media(&picture.file), alt: picture.alt.clone(), width, height }
    });
    let mut pictures: Vec<_> = pictures.collect();
    if pictures.is_empty() {
        let src = theme.assets().url("no-picture.svg").unwrap_or_default().to_owned();
        let (width, height) = square;
        pictures.push(PictureView { src, alt: String::new(), width, height });
    }
    pictures
}

/// Where the variant's own picture is among those of its product.
pub(crate) fn picture_of(product: &Product, variant: &Variant) -> Option<usize> {
    let file = variant.picture.as_ref()?;
    product.pictures.iter().position(|picture| picture.file == *file)
}

/// "1.2 litres, sea", or the merchant's code where nothing else sets the variant apart.
pub(crate) fn variant(variant: &Variant) -> String {
    options(&variant.options).or_else(|| variant.sku.as_ref().map(ToString::to_string)).unwrap_or_default()
}

/// "1.2 litres, sea"; nothing where there is nothing to choose.
pub(crate) fn options(options: &[OptionValue]) -> Option<String> {
    let values: Vec<_> = options.iter().map(|option| option.value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// A moment, as people of the shop's time zone read it.
pub(crate) fn moment(time: Timestamp, zone: &TimeZone) -> Moment {
    Moment { iso: time.to_string(), words: time.for_people_in(zone) }
}

/// A line of an order or a quote.
pub(crate) fn line(line: &OrderLine) -> LineRow {
    let OrderLine { title, quantity, unit_price, .. } = line;
    LineRow {
        title: title.clone(),
        options: options(&line.options),
        href: None,
        picture: None,
        quantity: u32::try_from(quantity.get()).unwrap_or(u32::MAX),
        unit_price: unit_price.to_string(),
        total: shown_total(line).to_string(),
    }
}

/// The shown price times the quantity: the total where prices include tax, else the subtotal.
fn shown_total(line: &OrderLine) -> Money {
    line.unit_price.checked_mul(line.quantity.get()).unwrap_or(line.totals.total)
}

/// Subtotal and tax; "GST 18 %" where all lines have one rate.
pub(crate) fn amounts(lines: &[OrderLine], totals: &Totals, tax_name: &str) -> Vec<AmountRow> {
    let rate = lines.first().map(|line| line.tax_rate);
    let one_rate = rate.filter(|rate| lines.iter().all(|line| line.tax_rate == *rate));
    let tax = match one_rate {
        Some(rate) if rate % 100 == 0 => format!("{tax_name} {} %", rate / 100),
        Some(rate) => format!("{tax_name} {}.{:02} %", rate / 100, rate % 100),
        None => tax_name.to_owned(),
    };
    let inclusive = lines.iter().all(|line| shown_total(line) == line.totals.total);
    let subtotal = if inclusive { "Without tax" } else { "Subtotal" };
    vec![
        AmountRow { label: subtotal.into(), amount: totals.subtotal.to_string() },
        AmountRow { label: tax, amount: totals.tax.to_string() },
    ]
}

/// Who sells.
pub(crate) fn seller(shop: &ShopSettings) -> SellerView {
    let tax = shop.tax_number.as_ref().map(|number| format!("{} {number}", shop.tax_name.as_str()));
    SellerView {
        name: shop.name.as_str().to_owned(),
        address: shop.address.as_ref().map(message::Address::lines).unwrap_or_default(),
        tax,
        email: shop.email.as_ref().map(ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use message::Example as _;
    use product_contract::{FileKey, Picture};

    use super::*;

    fn option(name: &str, value: &str) -> OptionValue {
        OptionValue::new(name, value).unwrap()
    }

    #[test]
    fn stock_and_choices_have_words() {
        let few = StockThreshold::default();
        assert_eq!(stock(-1, few).words, "sold out");
        assert_eq!(stock(1, few).words, "only 1 left");
        assert_eq!(stock(5, few).words, "only 5 left");
        assert_eq!(stock(1, 0.try_into().unwrap()).words, "in stock", "0 is never low");
        assert_eq!(stock(6, few).words, "in stock");
        let both = [option("Size", "1.2 litres"), option("Colour", "sea")];
        assert_eq!(options(&both).unwrap(), "1.2 litres, sea");
        assert_eq!(options(&[]), None);
    }

    #[test]
    fn a_variant_is_shown_by_its_own_picture() {
        let mut product = Product::example();
        let mut variant = product.variants[0].clone();
        let other = Picture { file: FileKey("other.svg".to_owned()), alt: String::new() };
        product.pictures.push(other.clone());
        variant.picture = Some(other.file);
        assert_eq!(picture_of(&product, &variant), Some(product.pictures.len() - 1));
        variant.picture = Some(FileKey("of-another-product.svg".to_owned()));
        assert_eq!(picture_of(&product, &variant), None);
        variant.picture = None;
        assert_eq!(picture_of(&product, &variant), None);
    }
}
