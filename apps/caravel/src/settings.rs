//! The settings of the whole shop: one typed root, read and checked once at the start, then handed on.
//!
//! A new setting is a key in `default.toml`, with the words that explain it, and a field of the same name: here, or in the
//! `Settings` of the service whose it is. A value that its type refuses, or that breaks one of the [`rules`], is reported
//! with its origin; all of them at once.

mod database;
mod keys;
mod limits;
mod listen;
mod options;
mod process;
mod rules;
mod shop;
#[cfg(test)]
pub(crate) mod tests;

use std::path::PathBuf;

use message::Invalid;
use runtime::settings::{Entry, Errors, Mistake, Values};
use serde::{Deserialize, de::DeserializeOwned};
use shop_contract::ShopValues;

pub(crate) use self::{
    database::Database,
    keys::{AdminKey, Keys, SigningSecret},
    limits::{Limits, Redis},
    listen::listen_address,
    options::Options,
    process::{Bus, EDGE, Fleet, Run, Workers},
    shop::{Shop, Web},
};

/// Documentation and defaults in one.
#[cfg(not(feature = "sqs"))]
const DEFAULTS: &str = include_str!("default.toml");

/// Documentation and defaults in one.
#[cfg(feature = "sqs")]
const DEFAULTS: &str = concat!(include_str!("default.toml"), include_str!("sqs.toml"));

/// Every setting, by section.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) shop: Shop,
    pub(crate) web: Web,
    pub(crate) limits: Limits,
    pub(crate) redis: Redis,
    pub(crate) data: Data,
    pub(crate) keys: Keys,
    pub(crate) database: Database,
    pub(crate) bus: Bus,
    pub(crate) rabbitmq: rabbitmq::Settings,
    pub(crate) run: Run,
    pub(crate) fleet: Fleet,
    pub(crate) order: order::Settings,
    pub(crate) payment: payment::Settings,
    pub(crate) notification: notification::Settings,
    pub(crate) log: runtime::logs::Settings,
    pub(crate) traces: runtime::traces::Settings,
    #[cfg(feature = "sqs")]
    pub(crate) sqs: sqs::Settings,
    /// The same as a list, for people.
    #[serde(skip)]
    pub(crate) entries: Vec<Entry>,
}

/// `[data]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Data {
    pub(crate) folder: Folder,
}

/// The path of a folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "PathBuf")]
pub(crate) struct Folder(PathBuf);

impl TryFrom<PathBuf> for Folder {
    type Error = Invalid;

    fn try_from(path: PathBuf) -> Result<Self, Invalid> {
        let is_empty = path.as_os_str().is_empty();
        if is_empty { Err(Invalid::new("expected a folder, such as ./caravel-data")) } else { Ok(Self(path)) }
    }
}

impl std::ops::Deref for Folder {
    type Target = std::path::Path;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Reads and checks all layers: defaults, file, variables, command line. `services` are the names of the services that
/// there are.
pub(crate) fn load(options: &Options, services: &[&str]) -> Result<Settings, Errors> {
    read(&values(options)?, services)
}

/// Reads only the sections that are fields of `T`, for commands that look at a running shop: a wrong value elsewhere does
/// not keep anybody from stopping it.
pub(crate) fn load_sections<T: DeserializeOwned>(options: &Options) -> Result<T, Errors> {
    values(options)?.read(|_| Vec::new())
}

fn values(options: &Options) -> Result<Values, Errors> {
    options.loader(DEFAULTS).variables(std::env::vars_os()).load()
}

fn read(values: &Values, services: &[&str]) -> Result<Settings, Errors> {
    let settings: Settings = values.read(|settings| rules::broken(settings, services))?;
    Ok(Settings { entries: values.entries(), ..settings })
}

impl Settings {
    /// The values of the file about the shop, which lie under the merchant's.
    pub(crate) fn shop_values(&self) -> ShopValues {
        self.shop.values(self.notification.from.sender())
    }

    /// Refuses what cannot be had in one process.
    pub(crate) fn check_for_one_process(&self) -> Result<(), Errors> {
        if self.shop.intake == order_contract::DeferralPolicy::default() {
            return Ok(());
        }
        let why = "must be when_asked in one process: without a broker there is no queue in which orders could wait; run \
                   `caravel fleet`, or leave it out";
        Err(self.refuse("shop.intake", why))
    }

    /// Refuses settings with which a process of these services cannot be a part of a shop of several. Edges need no
    /// database.
    pub(crate) fn check_for_several_processes(&self, services: &[&str]) -> Result<(), &'static str> {
        if !self.database.is_shared(services) {
            return Err(
                "several processes need a PostgreSQL database, because SQLite files belong to one process: set \
                       database.url (CARAVEL_DATABASE_URL), such as postgres://user:password@host:5432/name, or run the \
                       whole shop in one process with `caravel up`",
            );
        }
        if self.rabbitmq.url.is_empty() {
            return Err(
                "several processes need a broker to reach each other: set rabbitmq.url (CARAVEL_RABBITMQ_URL), such \
                       as amqp://user:password@host:5672, or run the whole shop in one process with `caravel up`",
            );
        }
        Ok(())
    }

    fn refuse(&self, key: &str, why: &str) -> Errors {
        let source = self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.source.clone());
        let source = source.unwrap_or(runtime::settings::Source::Default);
        Mistake { source, message: format!("`{key}` {why}") }.into()
    }
}
