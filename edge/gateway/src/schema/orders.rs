//! Orders.

use order_contract as order;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Money, OptionValue};

shapes! {
    /// So many of a variant.
    Item {
        /// Which variant.
        variant_id: String,
        /// How many.
        #[schema(minimum = 1, maximum = 10_000)]
        quantity: i64,
    }

    /// Where a parcel goes. Each line has 1 to 200 characters, in any script.
    Address {
        /// To whom.
        name: String,
        /// Street and number.
        line1: String,
        /// Flat, floor, landmark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line2: Option<String>,
        /// City.
        city: String,
        /// State or province.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        /// PIN or ZIP code.
        postal_code: String,
        /// ISO 3166-1 alpha-2, in capitals.
        #[schema(pattern = "^[A-Z]{2}$", example = "IN")]
        country: String,
    }

    /// How an order is paid.
    PaymentMethod {
        /// Which provider: `test`.
        provider: String,
        /// What the provider gave the buyer's browser for this payment. The provider `test` knows `tok_ok`,
        /// `tok_declined`, `tok_slow`, `tok_timeout` and `tok_lost`.
        token: String,
    }

    /// One line of an order.
    OrderLine {
        /// What was bought.
        variant_id: String,
        /// Its code at that moment.
        sku: String,
        /// Its product's name at that moment.
        title: String,
        /// What set it apart from its siblings.
        options: Vec<OptionValue>,
        /// How many.
        quantity: i64,
        /// The price of one, as it was shown: with or without tax as the shop shows prices.
        unit_price: Money,
        /// The tax rate in basis points: 1800 is 18 %.
        tax_rate: i64,
        /// Without tax.
        subtotal: Money,
        /// The tax.
        tax: Money,
        /// With tax.
        total: Money,
    }

    /// An order as it was placed.
    PlacedOrder {
        /// Its id.
        id: String,
        /// The number that people say.
        number: i64,
        /// Always pending; the payment decides what follows.
        status: OrderStatus,
        /// What was bought.
        lines: Vec<OrderLine>,
        /// Without tax.
        subtotal: Money,
        /// The tax.
        tax: Money,
        /// What is paid; always `subtotal` and `tax` together.
        total: Money,
        /// When it was accepted.
        #[schema(format = DateTime)]
        placed_at: String,
        /// Until when its stock is held while it is not paid.
        #[schema(format = DateTime)]
        held_until: String,
        /// Opens the order to whoever has it; for its buyer alone.
        token: String,
    }

    /// An order that is accepted and not placed yet.
    QueuedOrder {
        /// The id that it has when it is placed.
        id: String,
        /// Always `queued`.
        status: String,
        /// Opens the order to whoever has it, now and when it is placed; for its buyer alone.
        token: String,
    }

    /// An order.
    Order {
        /// Its id.
        id: String,
        /// The number that people say.
        number: i64,
        /// Where it stands.
        status: OrderStatus,
        /// Where its mails go.
        email: String,
        /// What was bought, at the prices of that moment.
        lines: Vec<OrderLine>,
        /// Without tax.
        subtotal: Money,
        /// The tax.
        tax: Money,
        /// What is paid; always `subtotal` and `tax` together.
        total: Money,
        /// Where it goes.
        shipping_address: Address,
        /// The parcel, once it is shipped.
        tracking: Option<Tracking>,
        /// Why it was cancelled.
        cancel_reason: Option<CancelReason>,
        /// Grows by one with every change.
        version: i64,
        /// When it was accepted.
        #[schema(format = DateTime)]
        placed_at: String,
        /// When it last changed.
        #[schema(format = DateTime)]
        updated_at: String,
        /// Until when its stock is held while it is not paid.
        #[schema(format = DateTime)]
        held_until: String,
    }

    /// A page of orders.
    OrderList {
        /// The page's orders.
        data: Vec<Order>,
        /// Where the next page begins; null on the last.
        next_cursor: Option<String>,
    }

    /// A parcel on its way.
    Tracking {
        /// Who carries it.
        company: String,
        /// The carrier's number for it.
        number: String,
    }

    /// An order's steps.
    History {
        /// The first step first.
        data: Vec<HistoryEntry>,
    }

    /// One step of an order's life.
    HistoryEntry {
        /// What it became.
        status: OrderStatus,
        /// When.
        #[schema(format = DateTime)]
        at: String,
        /// Why, where there is something to say.
        note: Option<String>,
    }
}

words! {
    /// Where an order stands.
    OrderStatus of order::OrderStatus {
        /// Accepted, its stock held, not yet paid.
        Pending,
        /// Paid.
        Confirmed,
        /// Being packed.
        Processing,
        /// On its way.
        Shipped,
        /// Arrived.
        Delivered,
        /// Ended before it was shipped; its stock went back.
        Cancelled,
        /// Arrived, and its money went back.
        Refunded,
    }

    /// Why an order was cancelled.
    CancelReason of order::CancelReason {
        /// The buyer or the merchant asked for it.
        Requested,
        /// The payment was declined.
        PaymentFailed,
        /// It was not paid in time.
        Expired,
    }
}
