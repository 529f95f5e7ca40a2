//! `[shop]` and `[web]`: what the shop is, and how it is served.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
};

use message::{Country, Currency, HttpUrl, TimeZone};
use serde::Deserialize;
use shop_contract::{MailSender, ShopLine, ShopName, ShopText, ShopValues, TaxName};
use web::{client::TrustedProxies, cors::Origin};

/// `[shop]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shop {
    name: ShopName,
    tagline: ShopLine,
    headline: ShopLine,
    intro: ShopText,
    #[serde(deserialize_with = "message::unless_empty")]
    tax_name: Option<TaxName>,
    countries: Vec<Country>,
    #[serde(deserialize_with = "message::unless_empty")]
    home_country: Option<Country>,
    #[serde(deserialize_with = "message::unless_empty")]
    currency: Option<Currency>,
    #[serde(deserialize_with = "message::unless_empty")]
    time_zone: Option<TimeZone>,
    pub(crate) demo: bool,
    pub(crate) intake: order_contract::DeferralPolicy,
}

impl Shop {
    /// The values of the file, which lie under the merchant's; what is empty there is left to others.
    pub(crate) fn values(&self, mail_from: Option<MailSender>) -> ShopValues {
        let line = |line: &ShopLine| Some(line.clone()).filter(|line| !line.as_str().is_empty());
        ShopValues {
            name: Some(self.name.clone()),
            tagline: line(&self.tagline),
            headline: line(&self.headline),
            intro: Some(self.intro.clone()).filter(|intro| !intro.as_str().is_empty()),
            tax_name: self.tax_name.clone(),
            countries: Some(self.countries.clone()).filter(|countries| !countries.is_empty()),
            home_country: self.home_country.clone(),
            currency: self.currency,
            time_zone: self.time_zone.clone(),
            mail_from,
            ..ShopValues::default()
        }
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
    pub(crate) allowed_origins: Vec<Origin>,
}

impl Web {
    /// The shop's URL where nobody has set one: good on the machine that it runs on. A port that the system chooses is not
    /// known here.
    pub(crate) fn own_url(&self) -> Option<HttpUrl> {
        let port = Some(self.listen.port()).filter(|port| *port != 0)?;
        let host =
            if self.listen.ip().is_unspecified() { "localhost".to_owned() } else { host(self.listen.ip()) };
        format!("http://{host}:{port}").parse().ok()
    }
}

/// An IPv6 address stands in brackets.
fn host(ip: IpAddr) -> String {
    if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() }
}
