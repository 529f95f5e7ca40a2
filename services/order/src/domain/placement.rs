//! What an order costs, and the stock that it gets: all of it or nothing.

use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
};

use message::{Address, Country, Email, FieldError, Money, ShortText};
use order_contract::{Item, OrderLine, PlaceError, PriceChange, Quote, Shortage, Totals, UnknownItem};
use product_contract::{OptionValue, Sku, TaxClass, VariantId};

use super::{
    stock::{Allocation, Inventory},
    tax,
};
use crate::{ExportPrice, TaxSettings};

/// The most items of one order.
pub const MAX_ITEMS: usize = 100;

/// A variant that can be sold, as far as placing an order must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sellable {
    /// The merchant's code for it, if it has one.
    pub sku: Option<Sku>,
    /// Its product's name.
    pub title: String,
    /// What sets it apart from its siblings.
    pub options: Vec<OptionValue>,
    /// The price of one.
    pub price: Money,
    /// Which tax rate applies.
    pub tax_class: TaxClass,
    /// Whether it can be bought now.
    pub for_sale: bool,
}

/// What can be sold, by variant.
pub type Catalogue = HashMap<VariantId, Sellable>;

/// What an order comes to: its lines with their prices, and the sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// In the order of the items.
    pub lines: Vec<OrderLine>,
    /// The sums of the lines.
    pub totals: Totals,
}

/// Computes what `items` cost where they are shipped to; without a destination, as at home.
pub fn bill(
    items: &[Item],
    catalogue: &Catalogue,
    tax: &TaxSettings,
    destination: Option<&Country>,
) -> Result<Bill, PlaceError> {
    check_items(items).map_err(PlaceError::Invalid)?;
    let is_export = tax.is_export(destination);
    let lines =
        collect_all(items.iter().enumerate().map(|(at, item)| line(at, item, catalogue, tax, is_export)));
    let lines = lines.map_err(|errors| {
        let unknown = unknown(items, catalogue);
        // Where something else is wrong besides, waiting does not make the order right.
        if unknown.len() == errors.len() {
            PlaceError::NotKnownYet(unknown)
        } else {
            PlaceError::Invalid(errors)
        }
    })?;
    if lines
        .iter()
        .any(|line| Some(line.unit_price.currency) != lines.first().map(|first| first.unit_price.currency))
    {
        let detail = "expected items with prices in one currency";
        return Err(PlaceError::Invalid(vec![FieldError::new("/items", detail)]));
    }
    match tax::sum(lines.iter().map(|line| line.totals)) {
        Some(totals) => Ok(Bill { lines, totals }),
        None => Err(PlaceError::Invalid(vec![too_much("/items")])),
    }
}

/// The items whose variants are not in the catalogue.
fn unknown(items: &[Item], catalogue: &Catalogue) -> Vec<UnknownItem> {
    let unknown = (0..).zip(items).filter(|(_, item)| !catalogue.contains_key(&item.variant_id));
    unknown.map(|(at, item)| UnknownItem { item: at, variant_id: item.variant_id }).collect()
}

/// The refusal of items whose variants do not exist.
pub fn not_for_sale(items: &[UnknownItem]) -> PlaceError {
    PlaceError::Invalid(items.iter().map(|unknown| no_such(unknown.item)).collect())
}

fn no_such(at: impl Display) -> FieldError {
    FieldError::new(format!("/items/{at}/variant_id"), "expected a variant that is for sale")
}

/// Refuses an order whose total is not the one that its buyer was shown, unless so little is left that the buyer has to
/// think again anyway.
pub fn check_total(
    expected: Option<Money>,
    items: &[Item],
    bill: &Bill,
    inventory: &Inventory,
) -> Result<(), PlaceError> {
    let Some(expected) = expected.filter(|expected| *expected != bill.totals.total) else { return Ok(()) };
    check_stock(items, inventory)?;
    let Bill { lines, totals } = bill.clone();
    let current = Quote { lines, totals };
    Err(PlaceError::PriceChanged(Box::new(PriceChange { expected, current })))
}

/// Refuses what no mail or parcel reaches. Edges check the same; an order that comes another way is checked here.
pub fn check_buyer(email: &Email, address: &Address) -> Result<(), PlaceError> {
    let mut errors = address.check("/shipping_address");
    errors.extend(email.recheck().err().map(|error| error.at("/email")));
    if errors.is_empty() { Ok(()) } else { Err(PlaceError::Invalid(errors)) }
}

/// Refuses a payment provider that the shop does not have, before any stock is held for it.
pub fn check_provider(provider: &ShortText, known: &[ShortText]) -> Result<(), PlaceError> {
    if known.contains(provider) {
        return Ok(());
    }
    let names: Vec<_> = known.iter().map(ShortText::as_str).collect();
    let detail = format!("expected a payment provider of this shop: {}", names.join(", "));
    Err(PlaceError::Invalid(vec![FieldError::new("/payment/provider", detail)]))
}

/// Takes what `items` need out of the inventory. If anything is short, takes nothing and names all that is.
pub fn allocate(items: &[Item], inventory: &mut Inventory) -> Result<Vec<Allocation>, PlaceError> {
    check_stock(items, inventory)?;
    // Each variant stands in an order once, so what was enough a moment ago still is.
    Ok(items
        .iter()
        .filter_map(|item| inventory.take(item.variant_id, item.quantity.get()))
        .flatten()
        .collect())
}

fn check_stock(items: &[Item], inventory: &Inventory) -> Result<(), PlaceError> {
    let shortages: Vec<_> = items
        .iter()
        .map(|item| Shortage {
            variant_id: item.variant_id,
            requested: item.quantity,
            available: inventory.available(item.variant_id),
        })
        .filter(|shortage| shortage.available < shortage.requested.get())
        .collect();
    if shortages.is_empty() { Ok(()) } else { Err(PlaceError::OutOfStock(shortages)) }
}

fn check_items(items: &[Item]) -> Result<(), Vec<FieldError>> {
    if items.is_empty() || items.len() > MAX_ITEMS {
        return Err(vec![FieldError::new(
            "/items",
            format!("expected 1 to {MAX_ITEMS} items, got {}", items.len()),
        )]);
    }
    let mut seen = HashSet::with_capacity(items.len());
    let repeated: Vec<_> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| !seen.insert(item.variant_id))
        .map(|(at, _)| {
            let detail = "expected each variant once; add its quantities up";
            FieldError::new(format!("/items/{at}/variant_id"), detail)
        })
        .collect();
    if repeated.is_empty() { Ok(()) } else { Err(repeated) }
}

fn line(
    at: usize,
    item: &Item,
    catalogue: &Catalogue,
    tax: &TaxSettings,
    is_export: bool,
) -> Result<OrderLine, FieldError> {
    let Some(sellable) = catalogue.get(&item.variant_id).filter(|sellable| sellable.for_sale) else {
        return Err(no_such(at));
    };
    let home_rate = tax.rate(&sellable.tax_class);
    let (unit_price, tax_rate) = match tax.export {
        _ if !is_export => (sellable.price, home_rate),
        ExportPrice::Net if tax.prices_include_tax => (tax::without_tax(sellable.price, home_rate), 0),
        ExportPrice::Net | ExportPrice::Keep => (sellable.price, 0),
    };
    let totals = tax::line_totals(unit_price, item.quantity, tax_rate, tax.prices_include_tax)
        .ok_or_else(|| too_much(format!("/items/{at}/quantity")))?;
    Ok(OrderLine {
        variant_id: item.variant_id,
        sku: sellable.sku.clone(),
        title: sellable.title.clone(),
        options: sellable.options.clone(),
        quantity: item.quantity,
        unit_price,
        tax_rate,
        totals,
        metadata: item.metadata.clone(),
    })
}

fn too_much(pointer: impl Into<String>) -> FieldError {
    FieldError::new(pointer, "expected an amount of money that can be paid; this is too much")
}

/// All the values, or all the errors.
fn collect_all<T, E>(results: impl Iterator<Item = Result<T, E>>) -> Result<Vec<T>, Vec<E>> {
    let mut values = Vec::new();
    let mut errors = Vec::new();
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use message::{Currency, Id};
    use order_contract::Quantity;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::stock::StockRow;

    fn variant(number: u8) -> VariantId {
        Id::from_uuid(uuid::Uuid::from_u128(number.into()))
    }

    fn item(number: u8, quantity: i64) -> Item {
        Item::new(variant(number), Quantity::try_from(quantity).unwrap())
    }

    fn sellable(price: i64) -> Sellable {
        Sellable {
            sku: Some("KETTLE".parse().unwrap()),
            title: "Kettle".to_owned(),
            options: Vec::new(),
            price: Money::new(price, Currency::INR),
            tax_class: TaxClass::default(),
            for_sale: true,
        }
    }

    fn catalogue() -> Catalogue {
        (0..5).map(|number| (variant(number), sellable(10_000))).collect()
    }

    fn pointers(error: PlaceError) -> Vec<String> {
        match error {
            PlaceError::Invalid(errors) => errors.into_iter().map(|error| error.pointer).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_wrong_item_is_named() {
        let tax = TaxSettings::default();
        let mut catalogue = catalogue();
        catalogue.get_mut(&variant(1)).unwrap().for_sale = false;
        let wrong = [item(0, 1), item(1, 1), item(9, 1)];
        let refused = bill(&wrong, &catalogue, &tax, None).unwrap_err();
        assert_eq!(pointers(refused), ["/items/1/variant_id", "/items/2/variant_id"]);
        let twice = [item(0, 1), item(2, 1), item(0, 1)];
        assert_eq!(pointers(bill(&twice, &catalogue, &tax, None).unwrap_err()), ["/items/2/variant_id"]);
        assert_eq!(pointers(bill(&[], &catalogue, &tax, None).unwrap_err()), ["/items"]);
        let many: Vec<_> = (0..101).map(|number| item(number, 1)).collect();
        assert_eq!(pointers(bill(&many, &catalogue, &tax, None).unwrap_err()), ["/items"]);
        catalogue.insert(variant(7), sellable(i64::MAX));
        assert_eq!(pointers(bill(&[item(7, 2)], &catalogue, &tax, None).unwrap_err()), ["/items/0/quantity"]);
    }

    #[test]
    fn currencies_do_not_mix() {
        let mut catalogue = catalogue();
        catalogue.get_mut(&variant(1)).unwrap().price.currency = "EUR".parse().unwrap();
        let mixed = bill(&[item(0, 1), item(1, 1)], &catalogue, &TaxSettings::default(), None);
        assert_eq!(pointers(mixed.unwrap_err()), ["/items"]);
    }

    #[test]
    fn an_export_has_no_tax_and_the_price_that_the_shop_chose() {
        let price = |tax: &TaxSettings, to: &str| {
            let country = to.parse().unwrap();
            let Bill { lines, totals } = bill(&[item(0, 3)], &catalogue(), tax, Some(&country)).unwrap();
            (lines[0].unit_price.amount, lines[0].tax_rate, totals.tax.amount, totals.total.amount)
        };
        let home: Vec<Country> = ["IN", "NP"].map(|code| code.parse().unwrap()).into();
        let everywhere = TaxSettings::default();
        let keep = TaxSettings { home: home.clone(), ..TaxSettings::default() };
        let net = TaxSettings { export: ExportPrice::Net, ..keep.clone() };
        let exclusive = TaxSettings { prices_include_tax: false, ..net.clone() };
        let at_home = (10_000, 1800, 4576, 30_000);
        for (tax, to, wanted) in [
            (&everywhere, "US", at_home),
            (&keep, "IN", at_home),
            (&keep, "NP", at_home),
            (&keep, "US", (10_000, 0, 0, 30_000)),
            (&net, "IN", at_home),
            (&net, "US", (8475, 0, 0, 25_425)),
            (&exclusive, "IN", (10_000, 1800, 5400, 35_400)),
            (&exclusive, "US", (10_000, 0, 0, 30_000)),
        ] {
            assert_eq!(price(tax, to), wanted, "{to}");
        }
    }

    proptest! {
        /// Whatever comes: nothing is sold that is not there, what is refused takes nothing, and an order that is refused
        /// really asked for more than was left.
        #[test]
        fn never_oversells(
            stock in prop::collection::vec(0_i64..30, 4),
            orders in prop::collection::vec(prop::collection::vec((0_u8..4, 1_i64..8), 1..4), 1..40),
        ) {
            let rows = stock.iter().zip(0_u8..).map(|(available, number)| {
                (variant(number), StockRow { location: "main".parse().unwrap(), available: *available, version: 1 })
            });
            let mut inventory = Inventory::new(rows, &[]);
            let mut left = stock.clone();
            for order in orders {
                let mut basket: Vec<(u8, i64)> = order;
                basket.sort_unstable();
                basket.dedup_by_key(|(number, _)| *number);
                let items: Vec<_> = basket.iter().map(|(number, quantity)| item(*number, *quantity)).collect();
                match allocate(&items, &mut inventory) {
                    Ok(allocations) => {
                        for (number, quantity) in &basket {
                            left[usize::from(*number)] -= quantity;
                        }
                        prop_assert_eq!(
                            allocations.iter().map(|allocation| allocation.quantity).sum::<i64>(),
                            basket.iter().map(|(_, quantity)| quantity).sum::<i64>()
                        );
                    }
                    Err(PlaceError::OutOfStock(shortages)) => {
                        let short: Vec<_> = basket
                            .iter()
                            .filter(|(number, quantity)| left[usize::from(*number)] < *quantity)
                            .map(|(number, _)| variant(*number))
                            .collect();
                        prop_assert_eq!(shortages.iter().map(|short| short.variant_id).collect::<Vec<_>>(), short);
                    }
                    Err(other) => return Err(TestCaseError::fail(other.to_string())),
                }
                prop_assert!(left.iter().all(|left| *left >= 0));
                for (number, left) in (0_u8..).zip(&left) {
                    prop_assert_eq!(inventory.available(variant(number)), *left);
                }
            }
        }
    }
}
