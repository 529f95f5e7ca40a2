//! The databases of services on a server.

use message::{Clock, IdSource, Kind};
use store::{Db, PerService, PoolSizes, PostgresServers, admin, query};
use testing::{TestBackend, run};

use super::{LEDGER, entries, write};

#[test]
fn a_service_may_have_a_database_of_its_own() {
    run(TestBackend::postgres(), async |backend| {
        let url = backend.url().unwrap();
        let server = PostgresServers { url: url.clone(), read_url: None, per_service: PerService::Database };
        let ids = IdSource::random(Clock::system());
        let opened = || async {
            let backend = store::Backend::Postgres(server.clone());
            Db::open(&backend, "ledger", LEDGER, ids.clone(), PoolSizes::default()).await.unwrap()
        };
        // Two at once: either may create it.
        let (db, other) = tokio::join!(opened(), opened());
        write(&db, ids.id()).await.unwrap();
        assert_eq!(entries(&other).await.len(), 1);
        let name: String = query("SELECT CAST(current_database() AS text) AS name")
            .fetch_one(&db, |row| row.get("name"))
            .await
            .unwrap();
        db.close().await;
        other.close().await;
        admin::drop_database(&url, &name).await.unwrap();
        assert_eq!(name, format!("{}_ledger", url.rsplit('/').next().unwrap()));
    });
}

#[test]
fn a_mistake_is_reported_at_once_with_every_host() {
    run(TestBackend::postgres(), async |backend| {
        let url = backend.url().unwrap();
        let (server, _) = url.rsplit_once('/').unwrap();
        let wrong = store::Backend::postgres(format!("{server},127.0.0.1:1/no_such_database"));
        let ids = IdSource::random(Clock::system());
        let fault = Db::open(&wrong, "ledger", LEDGER, ids, PoolSizes::default()).await.unwrap_err();
        assert_eq!(fault.kind(), Kind::Internal, "{fault}");
        let message = fault.to_string();
        assert!(message.contains("database of the URL is wrong: database \"no_such_database\""), "{message}");
        assert!(message.contains("127.0.0.1:1: unavailable"), "{message}");
    });
}
