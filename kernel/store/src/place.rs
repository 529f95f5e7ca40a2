//! Where databases are.

use std::{fmt, path::PathBuf};

use message::Fault;
use serde::Deserialize;

use crate::postgres;

/// Where databases are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Each service's in a file `<service>.db` in this folder.
    Folder(PathBuf),
    /// Each service's on these PostgreSQL servers.
    Server(Server),
}

impl Place {
    /// Each service's in a schema named like it, in the PostgreSQL database with this URL.
    pub fn server(url: impl Into<String>) -> Self {
        Self::Server(Server { url: url.into(), read_url: None, per_service: PerService::Schema })
    }
}

/// PostgreSQL servers that hold one and the same data: one that is written to, and its standbys.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// `postgres://user:password@host:port,host:port/name`. Of several hosts the one that can be written to is used, and
    /// when it changes, we follow.
    pub url: String,
    /// Where reads may go that need not be of this second, in the same form; each host is a replica.
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
    /// A database `<name>_<service>` beside the URL's, made if it is missing; the tables lie in a schema all the same, so
    /// that they can be moved from one layout to the other by a dump of the schema.
    Database,
}

impl Server {
    /// Whether `url` can be understood; what is wrong is told without its password.
    pub fn check_url(url: &str) -> Result<(), Fault> {
        postgres::hosts(url).map(drop)
    }
}

impl fmt::Debug for Server {
    /// Without the URLs: there are passwords in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("has_read_url", &self.read_url.is_some())
            .field("per_service", &self.per_service)
            .finish_non_exhaustive()
    }
}
