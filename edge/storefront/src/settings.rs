//! The settings of a storefront.

use std::time::Duration;

use cache::{CacheLimits, Tags};
use order_contract::{DeferralPolicy, OrderSecret};
use payment_contract::PaymentProvider;
use tokio_util::sync::CancellationToken;
use web::limit::RateLimit;

use crate::destinations::Destination;

/// The settings of a storefront.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the pages say of the shop.
    pub wording: Wording,
    /// The countries that the checkout offers, in this order.
    pub destinations: Vec<Destination>,
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
    /// Ends the streams when the process stops.
    pub stop: CancellationToken,
}

/// What the pages say of the shop. Empty texts are left out.
#[derive(Debug, Clone)]
pub struct Wording {
    /// The shop's name.
    pub name: String,
    /// The half sentence that goes with the name.
    pub tagline: String,
    /// The large line of the front page; the name, if it is empty.
    pub headline: String,
    /// Two sentences under it.
    pub intro: String,
    /// The last line of the footer.
    pub notice: String,
    /// What the tax is called: "GST".
    pub tax_name: String,
    /// What stands beside a product's price: "tax included".
    pub price_note: String,
}

impl Wording {
    /// The name, "Tax", and nothing else.
    pub fn new(name: impl Into<String>) -> Self {
        let none = String::new;
        Self {
            name: name.into(),
            tagline: none(),
            headline: none(),
            intro: none(),
            notice: none(),
            tax_name: "Tax".into(),
            price_note: none(),
        }
    }
}

impl Settings {
    /// Ships everywhere; mailbox shut, 1,000 streams, no providers before `payment` has answered; 32 MiB of pages, kept
    /// for ten minutes unless purged; no limit on orders.
    pub fn new(wording: Wording, secret: OrderSecret, tags: Tags, stop: CancellationToken) -> Self {
        Self {
            wording,
            destinations: Destination::all().collect(),
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
            stop,
        }
    }

    /// The country that a new form has chosen: the first, if the merchant chose some.
    pub(crate) fn usual_destination(&self) -> Option<Destination> {
        let chosen = self.destinations.len() < Destination::all().count();
        self.destinations.first().copied().filter(|_| chosen)
    }
}
