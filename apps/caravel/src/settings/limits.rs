//! `[limits]`, and the `[redis]` in which processes share them and finished pages.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use runtime::settings::Secret;
use serde::Deserialize;

/// `[limits]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// 0: no limit.
    pub(crate) orders_per_minute: u32,
}

/// `[redis]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redis {
    url: Url,
    prefix: String,
    budget_ms: NonZeroU32,
    max_page_kib: NonZeroUsize,
}

/// Where Redis is; empty for nowhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Secret")]
struct Url(Secret);

impl TryFrom<Secret> for Url {
    type Error = &'static str;

    fn try_from(url: Secret) -> Result<Self, Self::Error> {
        if url.is_empty() || redis_adapter::is_url(url.expose()) {
            Ok(Self(url))
        } else {
            Err("expected redis://user:password@host:port/database")
        }
    }
}

impl Redis {
    /// The settings of the adapter, if there is a server.
    pub(crate) fn adapter(&self) -> Option<redis_adapter::Settings> {
        let Url(url) = &self.url;
        (!url.is_empty()).then(|| redis_adapter::Settings {
            prefix: self.prefix.clone(),
            budget: Duration::from_millis(self.budget_ms.get().into()),
            most_bytes: self.max_page_kib.get().saturating_mul(1024),
            ..redis_adapter::Settings::new(url.expose())
        })
    }
}
