//! The settings of the whole shop.

mod database;

use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use runtime::settings::{Errors, Secret, Settings};
use serde::Deserialize;
use web::client::TrustedProxies;

pub(crate) use self::database::Database;
use crate::cli::Common;

/// Documentation and defaults in one.
pub(crate) const DEFAULTS: &str = include_str!("default.toml");

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
        .reserve("CARAVEL_TEST_REDIS_URL")
        .reserve("CARAVEL_TEST_RABBITMQ_URL")
        .reserve("CARAVEL_TEST_RABBITMQ_API")
        .reserve("CARAVEL_TEST_REDIS_URL")
        .overrides(overrides.into_iter().flatten())
        .load()
}

#[derive(Debug, Deserialize)]
pub(crate) struct Shop {
    pub(crate) name: String,
    pub(crate) demo: bool,
    pub(crate) intake: order_contract::Intake,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Web {
    pub(crate) listen: SocketAddr,
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
        Duration::from_secs(u64::from(self.patience_seconds.get()))
    }

    pub(crate) fn limits(&self) -> bus::layers::Limits {
        bus::layers::Limits {
            in_flight: self.in_flight.get(),
            in_flight_per_service: self.in_flight_per_service.get(),
        }
    }
}

/// Reads every section once: whoever made a mistake is told before anything runs.
pub(crate) fn check(settings: &Settings) -> Result<(), Errors> {
    settings.section::<Shop>("shop")?;
    settings.section::<Web>("web")?;
    settings.section::<Limits>("limits")?;
    settings.section::<Redis>("redis")?;
    settings.section::<Data>("data")?;
    settings.section::<Database>("database")?;
    settings.section::<Bus>("bus")?;
    settings.section::<order::Settings>("order")?;
    settings.section::<payment::Settings>("payment")?;
    settings.section::<notification::Settings>("notification")?;
    settings.section::<runtime::traces::Settings>("traces")?;
    settings.section::<runtime::logs::Settings>("log").map(drop)
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
        check(&settings).unwrap();
    }
}
