//! How the messages of a process travel.

use std::sync::Arc;

use bus::{InProcess, Transport};
use runtime::{BoxError, settings::Settings};

use crate::settings::{Database, Rabbitmq};

/// Between services that are all in this process.
pub(crate) fn within() -> Arc<dyn Transport> {
    InProcess::new()
}

/// To other processes, over the broker that the settings name.
pub(crate) fn between(settings: &Settings, _process: &str) -> Result<Arc<dyn Transport>, BoxError> {
    needs_servers(settings)?;
    Ok(InProcess::new())
}

/// Refuses settings on which several processes could not be one shop.
pub(crate) fn needs_servers(settings: &Settings) -> Result<(), BoxError> {
    if !settings.section::<Database>("database")?.is_shared() {
        return Err("several processes need a PostgreSQL database, because SQLite files belong to one process: set \
                    database.url (CARAVEL_DATABASE_URL), or run the whole shop in one process with `caravel up`"
            .into());
    }
    if settings.section::<Rabbitmq>("rabbitmq")?.url.is_empty() {
        return Err("several processes need a broker to reach each other: set rabbitmq.url (CARAVEL_RABBITMQ_URL), or \
                    run the whole shop in one process with `caravel up`"
            .into());
    }
    Ok(())
}
