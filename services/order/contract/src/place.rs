//! Placing an order, and what it would cost.

use message::{
    Address, Country, Email, Example, Fault, FieldError, IdempotencyKey, Locale, LongText, Metadata, Money,
    ShortText, Timestamp, example::valid,
};
use product_contract::VariantId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{OrderId, OrderLine, OrderSecret, OrderStatus, Quantity, Totals};

/// Places an order: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    /// The caller's name for this attempt: the same key again gives the same answer and no second order.
    pub idempotency_key: IdempotencyKey,
    /// The buyer's e-mail address.
    pub email: Email,
    /// 1 to 100 items, each variant once.
    pub items: Vec<Item>,
    /// The address that it is shipped to.
    pub shipping_address: Address,
    /// The payment method.
    pub payment: PaymentMethod,
    /// The total that the buyer was shown. If it is another now, higher or lower, nothing is ordered
    /// ([`PlaceError::PriceChanged`]). Without it the order is placed at the prices of now.
    // Not written while it is not given: the fingerprints of stored orders were made without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Money>,
    /// The buyer's note to the merchant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<LongText>,
    /// The channel that the order comes from: `storefront`, `app`, `marketplace-x`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ShortText>,
    /// The buyer's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// What the caller attaches to the order.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// A variant, and how many of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The variant.
    pub variant_id: VariantId,
    /// How many of the variant.
    pub quantity: Quantity,
    /// What the caller attaches to the line: an engraving, a gift's message.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl Item {
    /// So many of a variant, with nothing attached.
    pub fn new(variant_id: VariantId, quantity: Quantity) -> Self {
        Self { variant_id, quantity, metadata: Metadata::default() }
    }
}

/// How an order is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentMethod {
    /// The name of the provider: `test`.
    pub provider: ShortText,
    /// The token that the provider gave the buyer's browser for this payment.
    pub token: ShortText,
}

/// The answer to [`PlaceOrder`]: the order as it was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlacedOrder {
    /// Its id.
    pub id: OrderId,
    /// The number that people use: `1042`.
    pub number: i64,
    /// Always pending; the payment decides what follows.
    pub status: OrderStatus,
    /// The items.
    pub lines: Vec<OrderLine>,
    /// The sums.
    #[serde(flatten)]
    pub totals: Totals,
    /// When it was accepted.
    pub placed_at: Timestamp,
    /// Until when its stock is held while it is not paid.
    pub held_until: Timestamp,
    /// The token that opens the order; for its buyer alone.
    pub token: String,
}

/// Why an order is not placed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceError {
    /// Not enough is left.
    #[error("{} item(s) are out of stock", .0.len())]
    OutOfStock(Vec<Shortage>),
    /// Fields with wrong values; pointers are into [`PlaceOrder`].
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<FieldError>),
    /// The total is not the one that was shown. Nothing happened, and the key may be used again.
    #[error("the total is {} now, not {}", .0.current.totals.total, .0.expected)]
    PriceChanged(Box<PriceChange>),
    /// These variants exist, but what they cost is not known here yet: ask again in a moment.
    #[error("{} item(s) are not known yet", .0.len())]
    NotKnownYet(Vec<UnknownItem>),
    /// The idempotency key was used for another order.
    #[error("the idempotency key was used for a different order")]
    KeyReused,
    /// An order with this idempotency key is being placed right now.
    #[error("an order with this idempotency key is being placed")]
    InProgress,
    /// The machinery failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
message::request_error!(PlaceError);

/// What was shown, and what it would be now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceChange {
    /// The total that was shown.
    pub expected: Money,
    /// What the same items cost now.
    pub current: Quote,
}

/// An item whose variant is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnknownItem {
    /// Its place among the items of the order; the first is 0.
    pub item: u32,
    /// Its variant.
    pub variant_id: VariantId,
}

/// A variant of which an order asks for more than there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shortage {
    /// The variant.
    pub variant_id: VariantId,
    /// How many were asked for.
    pub requested: Quantity,
    /// How many are left.
    pub available: i64,
}

/// Computes what an order would cost, if there is enough of everything; holds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuoteOrder {
    /// 1 to 100 items, each variant once.
    pub items: Vec<Item>,
    /// The country that they are shipped to, on which the tax depends; as at home while it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

/// What an order would cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quote {
    /// The items.
    pub lines: Vec<OrderLine>,
    /// The sums.
    #[serde(flatten)]
    pub totals: Totals,
}

impl Example for PlaceOrder {
    fn example() -> Self {
        Self {
            idempotency_key: valid("5f1d7a86-0a4e-4c38-9f0e-6f2f6d1c9b11".parse()),
            email: valid("mira@example.org".parse()),
            items: Example::example(),
            shipping_address: Example::example(),
            payment: Example::example(),
            expected_total: Some(Totals::example().total),
            note: Some(valid("Please ring twice.\nThe dog is kind.".parse())),
            source: Some(valid("storefront".parse())),
            locale: Some(valid("en-IN".parse())),
            metadata: Example::example(),
        }
    }
}

impl Example for PriceChange {
    fn example() -> Self {
        let Money { amount, currency } = Totals::example().total;
        Self { expected: Money::new(amount - 20_000, currency), current: Example::example() }
    }
}

impl Example for Item {
    fn example() -> Self {
        Self::new(Example::example(), Example::example())
    }
}

/// Is charged by the provider that comes with the shop.
impl Example for PaymentMethod {
    fn example() -> Self {
        Self { provider: valid("test".parse()), token: valid("tok_ok".parse()) }
    }
}

impl Example for PlacedOrder {
    fn example() -> Self {
        let id = Example::example();
        Self {
            id,
            number: 1042,
            status: OrderStatus::Pending,
            lines: Example::example(),
            totals: Example::example(),
            placed_at: Example::example(),
            held_until: valid("2026-11-20T23:23:00Z".parse()),
            token: OrderSecret::example().token(id),
        }
    }
}

impl Example for Shortage {
    fn example() -> Self {
        Self { variant_id: Example::example(), requested: Example::example(), available: 1 }
    }
}

impl Example for Quote {
    fn example() -> Self {
        Self { lines: Example::example(), totals: Example::example() }
    }
}
