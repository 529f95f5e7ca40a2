//! `[database]`: where each service's database is.

use std::{collections::BTreeMap, num::NonZeroU32};

use runtime::settings::Secret;
use serde::Deserialize;
use store::{Backend, PerService, PoolSizes, PostgresServers};

use super::Data;

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    url: Url,
    per_service: PerService,
    read_url: Url,
    sqlite_readers: NonZeroU32,
    postgres_connections: NonZeroU32,
    /// By service.
    #[serde(default)]
    urls: BTreeMap<String, Url>,
    /// By service.
    #[serde(default)]
    read_urls: BTreeMap<String, Url>,
}

/// Where PostgreSQL is; empty for SQLite.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Secret")]
struct Url(Secret);

impl TryFrom<Secret> for Url {
    type Error = &'static str;

    fn try_from(url: Secret) -> Result<Self, &'static str> {
        if url.is_empty() || PostgresServers::check_url(url.expose()).is_ok() {
            Ok(Self(url))
        } else {
            Err("expected postgres://user:password@host:port/name")
        }
    }
}

impl Url {
    fn given(&self) -> Option<&str> {
        (!self.0.is_empty()).then(|| self.0.expose())
    }
}

impl Database {
    /// The services that have databases elsewhere, and those that have replicas of their own.
    pub(super) fn services(&self) -> (impl Iterator<Item = &String>, impl Iterator<Item = &String>) {
        (self.urls.keys(), self.read_urls.keys())
    }

    /// Whether the databases of these services are on a server, which many processes may share.
    pub(super) fn is_shared(&self, services: &[&str]) -> bool {
        services.iter().all(|service| self.url_of(service).is_some())
    }

    fn url_of(&self, service: &str) -> Option<&str> {
        self.urls.get(service).and_then(Url::given).or_else(|| self.url.given())
    }

    /// Where `service` keeps its data.
    pub(crate) fn of(&self, service: &str, data: &Data) -> Backend {
        let Some(url) = self.url_of(service) else { return Backend::Sqlite(data.folder.to_path_buf()) };
        // The common replicas hold the data of the common server.
        let is_own = self.urls.get(service).and_then(Url::given).is_some();
        let common = if is_own { None } else { self.read_url.given() };
        let read_url = self.read_urls.get(service).and_then(Url::given).or(common);
        Backend::Postgres(PostgresServers {
            url: url.to_owned(),
            read_url: read_url.map(str::to_owned),
            per_service: self.per_service,
        })
    }

    /// How many connections each service has.
    pub(crate) fn pool_sizes(&self) -> PoolSizes {
        PoolSizes { sqlite_readers: self.sqlite_readers.get(), postgres: self.postgres_connections.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings_with;

    fn database(variables: &[(&str, &str)]) -> Database {
        settings_with(variables).unwrap().database
    }

    fn of(variables: &[(&str, &str)], service: &str) -> Backend {
        let settings = settings_with(variables).unwrap();
        settings.database.of(service, &settings.data)
    }

    const URL: (&str, &str) = ("CARAVEL_DATABASE_URL", "postgres://all/shop");
    const READ_URL: (&str, &str) = ("CARAVEL_DATABASE_READ_URL", "postgres://r1,r2/shop");
    const ORDER: (&str, &str) = ("CARAVEL_DATABASE_URLS_ORDER", "postgres://a:pw@own1,own2/orders");

    fn server(url: &str, read_url: Option<&str>, per_service: PerService) -> Backend {
        Backend::Postgres(PostgresServers {
            url: url.into(),
            read_url: read_url.map(str::to_owned),
            per_service,
        })
    }

    #[test]
    fn without_a_url_everything_is_a_file() {
        assert!(matches!(of(&[], "order"), Backend::Sqlite(_)));
    }

    #[test]
    fn a_service_may_have_a_server_of_its_own() {
        let given = [URL, READ_URL, ORDER];
        let own = server(ORDER.1, None, PerService::Schema);
        assert_eq!(of(&given, "order"), own);
        assert_eq!(of(&given, "payment"), server(URL.1, Some(READ_URL.1), PerService::Schema));
        assert!(matches!(of(&[ORDER], "payment"), Backend::Sqlite(_)));
        // Edges need none.
        assert!(database(&[]).is_shared(&[]));
        let is_shared = |given| database(given).is_shared(&["order", "payment"]);
        assert!(is_shared(&given) && !is_shared(&[ORDER]), "a part of a shop cannot be shared");
    }

    #[test]
    fn its_replicas_are_its_own_too() {
        let given = [URL, READ_URL, ORDER, ("CARAVEL_DATABASE_READ_URLS_ORDER", "postgres://own3/orders")];
        assert_eq!(of(&given, "order"), server(ORDER.1, Some("postgres://own3/orders"), PerService::Schema));
    }

    #[test]
    fn a_service_may_have_a_database_of_its_own() {
        let given = [URL, ("CARAVEL_DATABASE_PER_SERVICE", "database")];
        assert_eq!(of(&given, "order"), server(URL.1, None, PerService::Database));
    }

    #[test]
    fn passwords_are_not_listed() {
        let listed = format!("{:?}", settings_with(&[ORDER]).unwrap());
        assert!(listed.contains("database.urls.order") && !listed.contains("own1"), "{listed}");
    }
}
