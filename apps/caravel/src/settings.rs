//! The settings of the whole shop.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

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
}

#[derive(Debug, Deserialize)]
pub(crate) struct Web {
    pub(crate) listen: SocketAddr,
    pub(crate) connections: usize,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Data {
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Database {
    url: Secret,
    sqlite_readers: u32,
    postgres_connections: u32,
}

impl Database {
    pub(crate) fn place(&self, data: &Data) -> store::Place {
        if self.url.is_empty() {
            store::Place::Folder(data.folder.clone())
        } else {
            store::Place::Server(self.url.expose().to_owned())
        }
    }

    pub(crate) fn sizes(&self) -> store::PoolSizes {
        store::PoolSizes { sqlite_readers: self.sqlite_readers, postgres: self.postgres_connections }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Bus {
    patience_seconds: u64,
    pub(crate) in_flight: usize,
    pub(crate) reactions_paused: bool,
}

impl Bus {
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience_seconds)
    }
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
        settings.section::<payment::Settings>("payment").unwrap();
        settings.section::<notification::Settings>("notification").unwrap();
        settings.section::<Web>("web").unwrap();
        settings.section::<Bus>("bus").unwrap();
        settings.section::<Database>("database").unwrap();
        settings.section::<runtime::logs::Settings>("log").unwrap();
    }
}
