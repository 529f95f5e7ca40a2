//! What a mail says about an order.

use message::Money;
use order_contract::{Order, OrderLine};
use serde::Serialize;
use shop_contract::ShopSettings;

/// The subject of an order's confirmation.
pub(crate) fn subject(order: &Order) -> String {
    format!("Your order {} is confirmed", order.number)
}

/// An order's confirmation, in the words that the templates show.
#[derive(Debug, Serialize)]
pub(crate) struct Confirmation {
    subject: String,
    preheader: String,
    name: String,
    number: i64,
    placed_at: String,
    shop_name: String,
    tax_name: String,
    lines: Vec<Line>,
    /// Whether the lines' prices have their tax in them, as the shop shows prices.
    tax_included: bool,
    has_tax: bool,
    subtotal: String,
    tax: String,
    total: String,
    address: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    title: String,
    options: String,
    quantity: i64,
    unit_price: String,
    amount: String,
}

impl Confirmation {
    /// The confirmation, as this shop writes it.
    pub(crate) fn new(order: &Order, shop: &ShopSettings) -> Self {
        let totals = order.totals;
        let shown: Option<i64> = order
            .lines
            .iter()
            .map(|line| shown_amount(line).map(|amount| amount.amount))
            .try_fold(0_i64, |sum, amount| sum.checked_add(amount?));
        Self {
            subject: subject(order),
            preheader: preheader(order),
            name: order.shipping_address.name.to_string(),
            number: order.number,
            placed_at: order.placed_at.for_people_in(&shop.time_zone),
            shop_name: shop.name.to_string(),
            tax_name: shop.tax_name.to_string(),
            lines: order.lines.iter().map(Line::from).collect(),
            tax_included: shown == Some(totals.total.amount),
            has_tax: totals.tax.amount != 0,
            subtotal: totals.subtotal.to_string(),
            tax: totals.tax.to_string(),
            total: totals.total.to_string(),
            address: order.shipping_address.lines(),
        }
    }
}

impl From<&OrderLine> for Line {
    fn from(line: &OrderLine) -> Self {
        let options: Vec<_> =
            line.options.iter().map(|option| format!("{}: {}", option.name, option.value)).collect();
        Self {
            title: line.title.clone(),
            options: options.join(", "),
            quantity: line.quantity.get(),
            unit_price: line.unit_price.to_string(),
            amount: shown_amount(line).unwrap_or(line.totals.total).to_string(),
        }
    }
}

/// A line's price as the shop shows prices: what a reader expects to find when they multiply.
fn shown_amount(line: &OrderLine) -> Option<Money> {
    line.unit_price.checked_mul(line.quantity.get())
}

fn preheader(order: &Order) -> String {
    let total = order.totals.total;
    match order.lines.as_slice() {
        [line] => format!("{}, {total}", line.title),
        [line, rest @ ..] => format!("{} and {} more, {total}", line.title, rest.len()),
        [] => total.to_string(),
    }
}
