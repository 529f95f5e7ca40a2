//! `[shop]` and `[web]`: what the shop is, and how it is served.

use std::{net::SocketAddr, num::NonZeroUsize};

use serde::Deserialize;
use web::client::TrustedProxies;

/// `[shop]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shop {
    pub(crate) name: ShopName,
    pub(crate) tagline: String,
    pub(crate) headline: String,
    pub(crate) intro: String,
    pub(crate) tax_name: String,
    pub(crate) countries: Vec<storefront::Destination>,
    pub(crate) demo: bool,
    pub(crate) intake: order_contract::DeferralPolicy,
}

message::checked_text! {
    /// The shop's name: one line of 1 to 100 characters.
    pub(crate) struct ShopName {
        fits: |text| message::text::is_one_line(text, 1..=100),
        expected: "a name of 1 to 100 characters on one line, such as \"Lateen\"",
        schema: { "maxLength": 100 },
    }
}

/// `[web]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Web {
    #[serde(deserialize_with = "super::listen::required")]
    pub(crate) listen: SocketAddr,
    pub(crate) connections: NonZeroUsize,
    pub(crate) trusted_proxies: TrustedProxies,
}
