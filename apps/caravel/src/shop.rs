//! The shop's services in one process.

use std::{path::Path, sync::Arc};

use bus::{Bus, Host, InProcess, Relays, Transport, layers};
use futures::future::try_join_all;
use message::{Clock, IdSource};
use order_contract::Secret;
use runtime::{BoxError, settings::Settings};

use crate::{
    data::{DataFolder, Key},
    services::{Kit, SERVICES},
    settings,
};

/// Which service answers what; most are named after it.
fn directory() -> layers::Directory {
    layers::Directory::new(|name| name.starts_with("stock.").then(|| order::NAME.to_owned()))
}

/// Services that are open: their databases are up to date, and they answer.
pub(crate) struct Shop {
    pub(crate) bus: Bus,
    pub(crate) host: Arc<Host>,
    pub(crate) admin_key: Key,
    pub(crate) secret: Secret,
    pub(crate) settings: Settings,
    _data: DataFolder,
}

impl Shop {
    /// Opens every service on the data folder or the database server that the settings name.
    pub(crate) async fn open(settings: Settings) -> Result<Self, BoxError> {
        let clock = Clock::system();
        let ids = IdSource::random(clock.clone());
        let data: settings::Data = settings.section("data")?;
        let database: settings::Database = settings.section("database")?;
        let bus: settings::Bus = settings.section("bus")?;
        let folder = DataFolder::take(&data.folder)?;
        let admin_key = folder.admin_key(&ids)?;
        let secret = Secret::new(folder.secret(&ids)?);

        let transport: Arc<dyn Transport> = InProcess::new();
        let caller = layers::standard(Arc::clone(&transport), clock, bus.limits(), directory());
        let kit = Kit {
            settings,
            bus: Bus::new(Arc::clone(&transport), caller, ids.clone(), bus.patience()),
            secret: secret.clone(),
        };
        let host = Arc::new(Host::new(transport));
        let databases = SERVICES.iter().map(|entry| database.open(entry, &data, &ids));
        let databases = try_join_all(databases).await?;
        for (entry, db) in SERVICES.iter().zip(databases) {
            host.mount((entry.make)(db, &kit)?);
        }
        Ok(Self { bus: kit.bus, host, admin_key, secret, settings: kit.settings, _data: folder })
    }

    /// Lets the services work: relays, reactions, jobs. Everything must be mounted by now.
    pub(crate) fn start(&self) -> Result<(), BoxError> {
        if self.settings.section::<settings::Bus>("bus")?.reactions_paused {
            tracing::warn!("reactions are paused: orders are taken and wait (bus.reactions_paused)");
            self.host.start(Relays::Pause);
        } else {
            self.host.start(Relays::Run);
        }
        Ok(())
    }

    /// The path of the admin key, for people.
    pub(crate) fn admin_key_path(&self) -> Result<String, BoxError> {
        let data: settings::Data = self.settings.section("data")?;
        Ok(Path::new(&data.folder).join("admin.key").display().to_string())
    }
}
