//! What a mail says about an order, in the words that the templates show.

mod words;

use message::{Money, Timestamp};
use notification_contract::MailKind;
use order_contract::{Order, OrderLine, OrderRefund};
use serde::Serialize;
use shop_contract::ShopSettings;

/// What a mail is about, as it is stored: the order as it was, and for a refund that.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub(crate) kind: MailKind,
    pub(crate) order: Order,
    pub(crate) refund: Option<OrderRefund>,
}

/// A mail's content.
#[derive(Debug, Serialize)]
pub(crate) struct Letter {
    subject: String,
    /// What a mailbox shows beside the subject.
    preheader: String,
    shop_name: String,
    number: i64,
    badge: Badge,
    title: String,
    paragraphs: Vec<String>,
    action: Option<Action>,
    facts: Vec<Fact>,
    lines: Vec<Line>,
    sums: Option<Sums>,
    blocks: Vec<Block>,
}

/// How the order stands: in words, a shape and a colour.
#[derive(Debug, Clone, Copy, Serialize)]
struct Badge {
    words: &'static str,
    shape: &'static str,
    /// The class of its dark colour.
    tone: &'static str,
    colour: &'static str,
}

/// The one thing that the mail's reader may want to do.
#[derive(Debug, Serialize)]
struct Action {
    label: String,
    url: String,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

/// Lines that belong together: an address, a note.
#[derive(Debug, Serialize)]
struct Block {
    name: &'static str,
    lines: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Sums {
    /// Whether the lines' prices have their tax in them, as the shop shows prices.
    tax_included: bool,
    has_tax: bool,
    tax_name: String,
    subtotal: String,
    tax: String,
    total: String,
}

#[derive(Debug, Serialize)]
struct Line {
    title: String,
    options: String,
    quantity: i64,
    unit_price: String,
    amount: String,
}

impl Topic {
    /// The mail's subject.
    pub(crate) fn subject(&self) -> String {
        words::subject(self)
    }

    /// When what it is about happened: the mail's date does not change with its tries.
    pub(crate) fn happened_at(&self) -> Timestamp {
        self.refund.as_ref().and_then(|refund| refund.settled_at).unwrap_or(self.order.updated_at)
    }
}

impl Letter {
    /// The content; `url` opens the order, if the shop's own URL is known.
    pub(crate) fn new(topic: &Topic, shop: &ShopSettings, url: Option<String>) -> Self {
        let Topic { kind, order, refund } = topic;
        let shows_goods = matches!(kind, MailKind::OrderConfirmed | MailKind::PaymentFailed);
        Self {
            subject: topic.subject(),
            preheader: words::preheader(topic, shop),
            shop_name: shop.name.to_string(),
            number: order.number,
            badge: words::badge(*kind),
            title: words::title(topic),
            paragraphs: words::paragraphs(topic, shop),
            action: url.map(|url| Action { label: words::action(topic), url }),
            facts: facts(topic),
            lines: match refund {
                _ if shows_goods => order.lines.iter().map(Line::from).collect(),
                Some(refund) => refunded_lines(order, refund),
                None => Vec::new(),
            },
            sums: shows_goods.then(|| Sums::new(order, shop)),
            blocks: blocks(topic),
        }
    }
}

fn facts(topic: &Topic) -> Vec<Fact> {
    let Topic { kind, order, refund } = topic;
    let mut facts = Vec::new();
    if let (MailKind::OrderShipped, Some(parcel)) = (kind, &order.tracking) {
        facts.push(Fact { name: "Carrier", value: parcel.company.to_string() });
        facts.push(Fact { name: "Tracking number", value: parcel.number.to_string() });
    }
    if let Some(refund) = refund {
        facts.push(Fact { name: "Amount", value: refund.amount.to_string() });
        if refund.tax.amount != 0 {
            facts.push(Fact { name: "Tax in it", value: refund.tax.to_string() });
        }
        facts.push(Fact { name: "Reason", value: refund.reason.to_string() });
    }
    facts
}

fn blocks(topic: &Topic) -> Vec<Block> {
    let Topic { kind, order, .. } = topic;
    let mut blocks = Vec::new();
    if matches!(kind, MailKind::OrderConfirmed | MailKind::OrderShipped) {
        blocks.push(Block { name: "Shipped to", lines: order.shipping_address.lines() });
    }
    if let (MailKind::OrderConfirmed, Some(note)) = (kind, &order.note) {
        blocks
            .push(Block { name: "Your note", lines: note.as_str().lines().map(ToOwned::to_owned).collect() });
    }
    blocks
}

/// The lines that a refund is for; none where it is for the whole order's.
fn refunded_lines(order: &Order, refund: &OrderRefund) -> Vec<Line> {
    let line = |refunded: &order_contract::RefundedLine| {
        let line = order.lines.iter().find(|line| line.variant_id == refunded.variant_id)?;
        // A part of the price has no units.
        let is_whole = refunded.quantity > 0;
        is_whole.then(|| Line {
            quantity: refunded.quantity,
            amount: refunded.amount.to_string(),
            ..Line::from(line)
        })
    };
    refund.lines.iter().filter_map(line).collect()
}

impl Sums {
    fn new(order: &Order, shop: &ShopSettings) -> Self {
        let totals = order.totals;
        let shown: Option<i64> = order
            .lines
            .iter()
            .map(|line| shown_amount(line).map(|amount| amount.amount))
            .try_fold(0_i64, |sum, amount| sum.checked_add(amount?));
        Self {
            tax_included: shown == Some(totals.total.amount),
            has_tax: totals.tax.amount != 0,
            tax_name: shop.tax_name.to_string(),
            subtotal: totals.subtotal.to_string(),
            tax: totals.tax.to_string(),
            total: totals.total.to_string(),
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
