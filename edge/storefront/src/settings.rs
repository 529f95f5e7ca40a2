//! The settings of a storefront.

use std::time::Duration;

use cache::{CacheLimits, Tags};
use edge_common::shop::ShopCopy;
use order_contract::{DeferralPolicy, OrderSecret};
use payment_contract::PaymentProvider;
use tokio_util::sync::CancellationToken;
use web::{
    limit::RateLimit,
    problem::{self, Code},
};

/// The settings of a storefront.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The process's copy of the shop's settings.
    pub shop: ShopCopy,
    /// What stands beside a product's price: "tax included"; may be empty.
    pub price_note: String,
    /// Whether anybody can read the mails at `/mailbox`: only where no mail server is set.
    pub mailbox: bool,
    /// What the mailbox page says about itself.
    pub mailbox_note: String,
    /// How many order pages may follow their status at a time.
    pub most_streams: usize,
    /// What order tokens are made from; the same as the order service's.
    pub secret: OrderSecret,
    /// When orders are deferred.
    pub intake: DeferralPolicy,
    /// The payment providers that the form shows until `payment` has answered.
    pub providers: Vec<PaymentProvider>,
    /// The process's registry of tags.
    pub tags: Tags,
    /// How much is kept as rendered pages.
    pub pages: CacheLimits,
    /// How often one client may place an order.
    pub orders: RateLimit,
    /// The codes of the API's problems, whose `type` leads to a page here.
    pub problems: Vec<&'static Code>,
    /// Ends the streams when the process stops.
    pub stop: CancellationToken,
}

impl Settings {
    /// Mailbox shut, 1,000 streams, no providers before `payment` has answered; 32 MiB of pages, kept
    /// for ten minutes unless purged; no limit on orders; the problems that any edge may answer with.
    pub fn new(shop: ShopCopy, secret: OrderSecret, tags: Tags, stop: CancellationToken) -> Self {
        Self {
            shop,
            price_note: String::new(),
            mailbox: false,
            mailbox_note: "No mail server is set, so the shop’s mails are kept here instead of being sent."
                .into(),
            most_streams: 1000,
            secret,
            intake: DeferralPolicy::default(),
            providers: Vec::new(),
            tags,
            pages: CacheLimits { max_bytes: 32 << 20, time_to_live: Duration::from_mins(10) },
            orders: RateLimit::off(),
            problems: problem::ALL.to_vec(),
            stop,
        }
    }
}
