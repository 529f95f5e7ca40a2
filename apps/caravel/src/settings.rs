//! The settings of the whole shop.

use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use runtime::settings::{Errors, Secret, Settings};
use serde::Deserialize;

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
}

#[derive(Debug, Deserialize)]
pub(crate) struct Data {
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Database {
    url: Url,
    sqlite_readers: NonZeroU32,
    postgres_connections: NonZeroU32,
}

/// Where PostgreSQL is; empty for SQLite.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Secret")]
struct Url(Secret);

impl TryFrom<Secret> for Url {
    type Error = &'static str;

    fn try_from(url: Secret) -> Result<Self, &'static str> {
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| url.expose().starts_with(scheme));
        if url.is_empty() || known {
            Ok(Self(url))
        } else {
            Err("expected postgres://user:password@host:port/name")
        }
    }
}

impl Database {
    pub(crate) fn place(&self, data: &Data) -> store::Place {
        if self.url.0.is_empty() {
            store::Place::Folder(data.folder.clone())
        } else {
            store::Place::Server(self.url.0.expose().to_owned())
        }
    }

    pub(crate) fn sizes(&self) -> store::PoolSizes {
        store::PoolSizes {
            sqlite_readers: self.sqlite_readers.get(),
            postgres: self.postgres_connections.get(),
        }
    }
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
