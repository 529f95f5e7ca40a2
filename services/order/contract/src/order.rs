//! What an order is.

use message::{
    Address, Currency, Email, Entity, Example, Id, Locale, LongText, Metadata, Money, ShortText, Timestamp,
    example::valid,
};
use product_contract::{OptionValue, Product, Sku, Variant, VariantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{OrderRefund, PaymentAttempt, PlaceOrder, PlacedOrder, Quantity};

/// The id of an [`Order`].
pub type OrderId = Id<Order>;

/// An order as its buyer and the merchant see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// The number that people use: `1042`.
    pub number: i64,
    /// Its status.
    pub status: OrderStatus,
    /// The buyer's e-mail address.
    pub email: Email,
    /// The items, at the prices of that moment.
    pub lines: Vec<OrderLine>,
    /// The sums.
    #[serde(flatten)]
    pub totals: Totals,
    /// The address that it is shipped to.
    pub shipping_address: Address,
    /// The buyer's note to the merchant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<LongText>,
    /// The channel that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ShortText>,
    /// The buyer's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// What the caller attached to it.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The parcel, once it is shipped.
    pub tracking: Option<Tracking>,
    /// Why it was cancelled; null if it was not.
    pub cancel_reason: Option<CancelReason>,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was accepted.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Until when its stock is held while it is not paid.
    pub held_until: Timestamp,
    /// Its payments, the first one first: one that is under way or succeeded, after those that failed.
    #[serde(default)]
    pub payments: Vec<PaymentAttempt>,
    /// Its refunds, the first one first.
    #[serde(default)]
    pub refunds: Vec<OrderRefund>,
    /// What was captured; null in messages from before it was kept.
    #[serde(default)]
    pub paid: Option<Money>,
    /// What of it goes back or went back; null in messages from before it was kept.
    #[serde(default)]
    pub refunded: Option<Money>,
}

impl Entity for Order {
    const PREFIX: &'static str = "order";
}

message::words! {
    /// The status of an order.
    pub enum OrderStatus {
        /// Accepted, its stock held, not yet paid.
        Pending = "pending",
        /// Paid.
        Confirmed = "confirmed",
        /// Being packed.
        Processing = "processing",
        /// On its way.
        Shipped = "shipped",
        /// Arrived.
        Delivered = "delivered",
        /// Cancelled before it was shipped, and its stock went back; or lost on its way.
        Cancelled = "cancelled",
        /// Shipped or arrived, and all of its money goes back.
        Refunded = "refunded",
    }

    /// Why an order was cancelled.
    pub enum CancelReason {
        /// The buyer or the merchant asked for it.
        Requested = "requested",
        /// The payment failed; of orders from before a failed payment could be followed by another one.
        PaymentFailed = "payment_failed",
        /// It was not paid in time.
        Expired = "expired",
        /// Its parcel was lost on its way.
        Lost = "lost",
    }
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderLine {
    /// The variant.
    pub variant_id: VariantId,
    /// Its code at that moment, if it had one.
    #[serde(default)]
    pub sku: Option<Sku>,
    /// Its product's name at that moment.
    pub title: String,
    /// What distinguishes it from the product's other variants.
    pub options: Vec<OptionValue>,
    /// How many of the variant.
    pub quantity: Quantity,
    /// The price of one, as it was shown: with or without tax as the shop shows prices.
    pub unit_price: Money,
    /// The tax rate in basis points: 1800 is 18 %.
    pub tax_rate: i64,
    /// The line's sums.
    #[serde(flatten)]
    pub totals: Totals,
    /// What the caller attached to it.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// Sums that always add up: `subtotal + tax = total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Without tax.
    pub subtotal: Money,
    /// The tax.
    pub tax: Money,
    /// What is paid.
    pub total: Money,
}

/// A parcel on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tracking {
    /// The carrier.
    pub company: ShortText,
    /// The carrier's number for it.
    pub number: ShortText,
}

/// One step of an order's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryEntry {
    /// The status that it got.
    pub status: OrderStatus,
    /// When it became that.
    pub at: Timestamp,
    /// The reason, if one is known.
    pub note: Option<String>,
}

/// One that took every step that an order can take before it arrives.
impl Example for Order {
    fn example() -> Self {
        let placed = PlacedOrder::example();
        let order = PlaceOrder::example();
        Self {
            id: placed.id,
            number: placed.number,
            status: OrderStatus::Shipped,
            email: order.email,
            lines: placed.lines,
            totals: placed.totals,
            shipping_address: order.shipping_address,
            note: order.note,
            source: order.source,
            locale: order.locale,
            metadata: order.metadata,
            tracking: Example::example(),
            cancel_reason: None,
            version: 4,
            placed_at: placed.placed_at,
            updated_at: valid("2026-11-21T09:30:00Z".parse()),
            held_until: placed.held_until,
            payments: Example::example(),
            refunds: Example::example(),
            paid: Some(placed.totals.total),
            refunded: Some(OrderRefund::example().amount),
        }
    }
}

/// Two of the product's example.
impl Example for OrderLine {
    fn example() -> Self {
        let Variant { id, sku, options, price, .. } = Example::example();
        Self {
            variant_id: id,
            sku,
            title: Product::example().title.to_string(),
            options,
            quantity: Example::example(),
            unit_price: price,
            tax_rate: 1800,
            totals: Example::example(),
            metadata: Metadata::default(),
        }
    }
}

/// Those of [`OrderLine`]'s example, whose price includes the tax.
impl Example for Totals {
    fn example() -> Self {
        let rupees = |paise| Money::new(paise, Currency::INR);
        Self { subtotal: rupees(423_559), tax: rupees(76_241), total: rupees(499_800) }
    }
}

impl Example for Tracking {
    fn example() -> Self {
        Self { company: valid("Monsoon Parcels".parse()), number: valid("MP 4471 0923".parse()) }
    }
}

impl Example for HistoryEntry {
    fn example() -> Self {
        Self { status: OrderStatus::Pending, at: Example::example(), note: None }
    }
}
