//! The settings of the whole shop.

mod check;
mod database;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use runtime::settings::{Errors, Secret, Settings};
use serde::Deserialize;
use web::client::TrustedProxies;

pub(crate) use self::{
    check::{check, problem},
    database::Database,
};
use crate::cli::Common;

/// Documentation and defaults in one.
#[cfg(not(feature = "sqs"))]
pub(crate) const DEFAULTS: &str = include_str!("default.toml");

/// Documentation and defaults in one.
#[cfg(feature = "sqs")]
pub(crate) const DEFAULTS: &str = concat!(include_str!("default.toml"), include_str!("sqs.toml"));

/// Reads all layers: defaults, file, variables, command line.
pub(crate) fn load(common: &Common) -> Result<Settings, Errors> {
    let given = |key: &str, value: Option<String>, option: &str| {
        value.map(|value| (key.to_owned(), value, option.to_owned()))
    };
    let overrides = [
        given("web.listen", common.listen.map(|address| address.to_string()), "--listen"),
        given("data.folder", common.data.as_ref().map(|folder| folder.display().to_string()), "--data"),
    ];
    let builder = Settings::builder(DEFAULTS);
    let builder = match &common.config {
        Some(file) => builder.file(file),
        None => builder.file_if_present("caravel.toml"),
    };
    builder
        .variables(std::env::vars_os())
        .reserve("CARAVEL_TEST_POSTGRES_URL")
        .reserve("CARAVEL_TEST_RABBITMQ_URL")
        .reserve("CARAVEL_TEST_RABBITMQ_API")
        .reserve("CARAVEL_TEST_REDIS_URL")
        .reserve("CARAVEL_TEST_SQS_URL")
        .overrides(overrides.into_iter().flatten())
        .load()
}

#[derive(Debug, Deserialize)]
pub(crate) struct Shop {
    pub(crate) name: ShopName,
    pub(crate) demo: bool,
    pub(crate) intake: order_contract::Intake,
}

/// What stands on every page and mail, so it is not empty.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ShopName(pub(crate) String);

impl TryFrom<String> for ShopName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        if name.is_empty() { Err("a shop needs a name, such as \"Lateen\"") } else { Ok(Self(name)) }
    }
}

/// Where a socket listens.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Address(pub(crate) SocketAddr);

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        address(&text).map(Self)
    }
}

/// Reads an address, and says what is missing in one that is not.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let missing = if text.parse::<IpAddr>().is_ok() { "the port is missing" } else { "not an address" };
        format!("{missing}; write IP address and port, such as 127.0.0.1:8080, or 0.0.0.0:80 for everybody")
    })
}

/// An address, or nothing.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct MaybeAddress(pub(crate) Option<SocketAddr>);

impl TryFrom<String> for MaybeAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() { Ok(Self(None)) } else { address(&text).map(|address| Self(Some(address))) }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Web {
    pub(crate) listen: Address,
    pub(crate) connections: NonZeroUsize,
    pub(crate) trusted_proxies: TrustedProxies,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Limits {
    pub(crate) orders_per_minute: u32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Redis {
    url: Secret,
    prefix: String,
    budget_ms: NonZeroU32,
    max_page_kib: NonZeroUsize,
}

impl Redis {
    /// What the adapter is told, if there is a server.
    pub(crate) fn adapter(&self) -> Option<redis_adapter::Settings> {
        (!self.url.is_empty()).then(|| redis_adapter::Settings {
            prefix: self.prefix.clone(),
            budget: Duration::from_millis(self.budget_ms.get().into()),
            most_bytes: self.max_page_kib.get().saturating_mul(1024),
            ..redis_adapter::Settings::new(self.url.expose())
        })
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Data {
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Bus {
    patience_seconds: NonZeroU32,
    in_flight: NonZeroUsize,
    in_flight_per_service: NonZeroUsize,
    pub(crate) reactions_paused: bool,
}

impl Bus {
    pub(crate) fn patience(&self) -> Duration {
        seconds(self.patience_seconds)
    }

    pub(crate) fn limits(&self) -> bus::layers::RequestLimits {
        bus::layers::RequestLimits {
            in_flight: self.in_flight.get(),
            in_flight_per_service: self.in_flight_per_service.get(),
        }
    }
}

/// A process of some services.
#[derive(Debug, Deserialize)]
pub(crate) struct Run {
    pub(crate) health: MaybeAddress,
    threads: usize,
}

impl Run {
    /// How many threads a process shall have; services alone make do with few, which keeps them small.
    pub(crate) fn threads(&self, has_edges: bool) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        match (self.threads, has_edges) {
            (0, true) => cores,
            (0, false) => cores.min(4),
            (threads, _) => threads,
        }
    }
}

/// A fleet's supervision.
#[derive(Debug, Deserialize)]
pub(crate) struct Fleet {
    /// By name; 0 is one per core.
    pub(crate) workers: BTreeMap<String, u32>,
    pub(crate) respawns: u32,
    respawn_window_seconds: NonZeroU32,
    unresponsive_seconds: NonZeroU32,
    ready_within_seconds: NonZeroU32,
}

impl Fleet {
    pub(crate) fn respawn_window(&self) -> Duration {
        seconds(self.respawn_window_seconds)
    }

    pub(crate) fn unresponsive(&self) -> Duration {
        seconds(self.unresponsive_seconds)
    }

    pub(crate) fn ready_within(&self) -> Duration {
        seconds(self.ready_within_seconds)
    }
}

fn seconds(seconds: NonZeroU32) -> Duration {
    Duration::from_secs(u64::from(seconds.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_are_what_the_services_have_by_themselves() {
        let settings = Settings::builder(DEFAULTS).load().unwrap();
        let order: order::Settings = settings.section("order").unwrap();
        assert_eq!(order.hold_minutes, order::Settings::default().hold_minutes);
        assert_eq!(order.tax.rates, order::Settings::default().tax.rates);
        let broker: rabbitmq::Settings = settings.section("rabbitmq").unwrap();
        let by_itself = rabbitmq::Settings::at("".parse().unwrap());
        assert_eq!(format!("{broker:?}"), format!("{by_itself:?}"));
        check(&settings).unwrap();
    }
}
