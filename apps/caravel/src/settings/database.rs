//! `[database]`: where each service's database is.

use std::{borrow::Borrow, collections::BTreeMap, num::NonZeroU32, path::PathBuf};

use message::{Fault, IdSource};
use runtime::settings::Secret;
use serde::Deserialize;
use store::{Backend, Db, PerService, PoolSizes, PostgresServers};

use super::Data;
use crate::services::{Entry, SERVICES};

#[derive(Debug, Deserialize)]
pub(crate) struct Database {
    url: Url,
    per_service: PerService,
    read_url: Url,
    sqlite_readers: NonZeroU32,
    postgres_connections: NonZeroU32,
    #[serde(default)]
    urls: BTreeMap<Service, Url>,
    #[serde(default)]
    read_urls: BTreeMap<Service, Url>,
}

/// Where PostgreSQL is; empty for SQLite.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Secret")]
struct Url(Secret);

/// The name of a service that there is.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
struct Service(String);

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

impl TryFrom<String> for Service {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let names: Vec<_> = SERVICES.iter().map(|entry| entry.name).collect();
        if names.contains(&name.as_str()) {
            Ok(Self(name))
        } else {
            Err(format!("there is no service {name}; there are {}", names.join(", ")))
        }
    }
}

impl Borrow<str> for Service {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Url {
    fn given(&self) -> Option<&str> {
        (!self.0.is_empty()).then(|| self.0.expose())
    }
}

impl Database {
    /// Whether the databases of these services are on a server, which many processes may share.
    pub(crate) fn is_shared(&self, services: &[&Entry]) -> bool {
        let data = Data { folder: PathBuf::new() };
        services.iter().all(|entry| matches!(self.place(entry.name, &data), Backend::Postgres(_)))
    }

    /// Where `service` keeps what it has.
    pub(crate) fn place(&self, service: &str, data: &Data) -> Backend {
        let own = |urls: &BTreeMap<Service, Url>| urls.get(service)?.given().map(str::to_owned);
        let (url, read_url) = match own(&self.urls) {
            // The common replicas hold the data of the common server.
            Some(url) => (Some(url), None),
            None => (self.url.given().map(str::to_owned), self.read_url.given().map(str::to_owned)),
        };
        match url {
            Some(url) => Backend::Postgres(PostgresServers {
                url,
                read_url: own(&self.read_urls).or(read_url),
                per_service: self.per_service,
            }),
            None => Backend::Sqlite(data.folder.clone()),
        }
    }

    /// Opens the database of a service.
    pub(crate) async fn open(&self, entry: &Entry, data: &Data, ids: &IdSource) -> Result<Db, Fault> {
        let sizes = PoolSizes {
            sqlite_readers: self.sqlite_readers.get(),
            postgres: self.postgres_connections.get(),
        };
        Db::open(&self.place(entry.name, data), entry.name, entry.migrations, ids.clone(), sizes).await
    }
}

#[cfg(test)]
mod tests {
    use runtime::settings::Settings;

    use super::*;
    use crate::{roster::Roster, settings::DEFAULTS};

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Settings::builder(DEFAULTS).variables(variables).load().unwrap()
    }

    fn place(variables: &[(&str, &str)], service: &str) -> Backend {
        let settings = settings(variables);
        let data = settings.section("data").unwrap();
        settings.section::<Database>("database").unwrap().place(service, &data)
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
        assert!(matches!(place(&[], "order"), Backend::Sqlite(_)));
    }

    #[test]
    fn a_service_may_have_a_server_of_its_own() {
        let given = [URL, READ_URL, ORDER];
        let own = server(ORDER.1, None, PerService::Schema);
        assert_eq!(place(&given, "order"), own);
        assert_eq!(place(&given, "payment"), server(URL.1, Some(READ_URL.1), PerService::Schema));
        assert!(matches!(place(&[ORDER], "payment"), Backend::Sqlite(_)));
        // Edges need none.
        let edges = settings(&[]).section::<Database>("database").unwrap();
        assert!(edges.is_shared(&Roster::named(&["gateway", "storefront"]).unwrap().services));
        let is_shared = |given| {
            settings(given).section::<Database>("database").unwrap().is_shared(&Roster::whole().services)
        };
        assert!(is_shared(&given) && !is_shared(&[ORDER]), "a part of a shop cannot be shared");
    }

    #[test]
    fn its_replicas_are_its_own_too() {
        let given = [URL, READ_URL, ORDER, ("CARAVEL_DATABASE_READ_URLS_ORDER", "postgres://own3/orders")];
        assert_eq!(
            place(&given, "order"),
            server(ORDER.1, Some("postgres://own3/orders"), PerService::Schema)
        );
    }

    #[test]
    fn a_service_may_have_a_database_of_its_own() {
        let given = [URL, ("CARAVEL_DATABASE_PER_SERVICE", "database")];
        assert_eq!(place(&given, "order"), server(URL.1, None, PerService::Database));
    }

    #[test]
    fn passwords_are_not_listed_and_mistakes_are_named() {
        let listed = format!("{:?}", settings(&[ORDER]).entries());
        assert!(listed.contains("database.urls.order") && !listed.contains("own1"), "{listed}");
        for wrong in
            [("CARAVEL_DATABASE_URLS_ORDR", "postgres://h/x"), ("CARAVEL_DATABASE_URLS_ORDER", "db1:hidden")]
        {
            let told = settings(&[wrong]).section::<Database>("database").unwrap_err().to_string();
            assert!(told.contains("database.urls") && !told.contains("hidden"), "{told}");
        }
    }
}
