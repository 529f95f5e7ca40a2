//! What a storefront is told at its start.

use std::time::Duration;

use cache::{CacheLimits, Tags};
use order_contract::{Intake, Secret};
use tokio_util::sync::CancellationToken;
use web::limit::RateLimit;

use crate::views::Country;

/// What a storefront is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The shop's name.
    pub name: String,
    /// The half sentence that goes with the name.
    pub tagline: String,
    /// The large line of the front page.
    pub headline: String,
    /// Two sentences under it.
    pub lede: String,
    /// Says in the footer, when set, that this is a demonstration.
    pub notice: Option<String>,
    /// What the tax is called: "GST".
    pub tax_name: String,
    /// What stands beside a product's price: "GST included".
    pub price_note: Option<String>,
    /// The countries that can be shipped to; the first one is chosen at first.
    pub countries: Vec<Country>,
    /// Whether the mails can be read at `/mailbox` by anybody: only where no mail server is set.
    pub mailbox: bool,
    /// What the mailbox page says about itself.
    pub mailbox_note: String,
    /// How many order pages may follow their status at a time.
    pub most_streams: usize,
    /// What order tokens are made from; the same as the order service's.
    pub secret: Secret,
    /// When orders are accepted without waiting until they are placed.
    pub intake: Intake,
    /// The process's registry of tags.
    pub tags: Tags,
    /// How much is kept as finished pages.
    pub pages: CacheLimits,
    /// How often one client may place an order.
    pub orders: RateLimit,
    /// Ends the streams when the process is told to stop.
    pub stop: CancellationToken,
}

impl Settings {
    /// The sample shop: mailbox shut, 1,000 streams, 32 MiB of pages, kept for ten minutes unless purged; as many
    /// orders as anybody likes.
    pub fn new(secret: Secret, tags: Tags, stop: CancellationToken) -> Self {
        Self {
            name: "Lateen".into(),
            tagline: "goods for a small life".into(),
            headline: "Good things, and not too many of them".into(),
            lede: "A small shop for kitchen, table, desk and the way between them. Each thing is chosen to be used \
                   daily and mended when it breaks."
                .into(),
            notice: Some("A demonstration: nothing is really sold, no money moves.".into()),
            tax_name: "GST".into(),
            price_note: None,
            countries: COUNTRIES.map(|(code, name)| Country { code: code.into(), name: name.into() }).into(),
            mailbox: false,
            mailbox_note: "No mail server is set, so the shop’s mails are kept here instead of being sent.".into(),
            most_streams: 1000,
            secret,
            intake: Intake::default(),
            tags,
            pages: CacheLimits { max_bytes: 32 << 20, time_to_live: Duration::from_mins(10) },
            orders: RateLimit::off(),
            stop,
        }
    }
}

/// India, and then those that a parcel from there often goes to.
const COUNTRIES: [(&str, &str); 24] = [
    ("IN", "India"),
    ("AU", "Australia"),
    ("BD", "Bangladesh"),
    ("BT", "Bhutan"),
    ("CA", "Canada"),
    ("DE", "Germany"),
    ("ES", "Spain"),
    ("FR", "France"),
    ("GB", "United Kingdom"),
    ("IE", "Ireland"),
    ("IT", "Italy"),
    ("JP", "Japan"),
    ("LK", "Sri Lanka"),
    ("MV", "Maldives"),
    ("MY", "Malaysia"),
    ("NL", "Netherlands"),
    ("NP", "Nepal"),
    ("NZ", "New Zealand"),
    ("PT", "Portugal"),
    ("SE", "Sweden"),
    ("SG", "Singapore"),
    ("AE", "United Arab Emirates"),
    ("US", "United States"),
    ("ZA", "South Africa"),
];
