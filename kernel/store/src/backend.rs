//! The settings that say which databases the services use.

use std::{fmt, path::PathBuf};

use message::Fault;
use serde::Deserialize;

use crate::postgres;

/// The databases of all services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// SQLite: one file `<service>.db` per service in this folder.
    Sqlite(PathBuf),
    /// PostgreSQL: these servers.
    Postgres(PostgresServers),
}

impl Backend {
    /// A schema per service, in the PostgreSQL database with this URL.
    pub fn postgres(url: impl Into<String>) -> Self {
        Self::Postgres(PostgresServers { url: url.into(), read_url: None, per_service: PerService::Schema })
    }
}

/// PostgreSQL servers with the same data: the primary and its standbys.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresServers {
    /// `postgres://user:password@host:port,host:port/name`. Of several hosts, the one that accepts writes is used, also
    /// after a failover.
    pub url: String,
    /// The replicas for reads that may be a few seconds old, in the same form. `None`: all reads use `url`.
    pub read_url: Option<String>,
    /// What each service has for itself.
    pub per_service: PerService,
}

/// What each service has for itself on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PerService {
    /// A schema named like the service, in the URL's database.
    Schema,
    /// A database `<name>_<service>` beside the URL's, created if it is missing. Its tables are in a schema all the
    /// same, so that a dump of the schema can move them from one layout to the other.
    Database,
}

impl PostgresServers {
    /// Checks the form of `url`. The error does not contain the password.
    pub fn check_url(url: &str) -> Result<(), Fault> {
        postgres::hosts(url).map(drop)
    }
}

impl fmt::Debug for PostgresServers {
    /// Without the URLs, which contain passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresServers")
            .field("has_read_url", &self.read_url.is_some())
            .field("per_service", &self.per_service)
            .finish_non_exhaustive()
    }
}
