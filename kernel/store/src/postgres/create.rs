//! Creates the schema, and if needed the database, for a service's tables.

use std::time::Duration;

use message::{Fault, Kind};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::time::Instant;

use super::host::{Host, Visit, find_writable, hosts};
use crate::{PerService, PostgresServers, fault::fault};

/// How long the start waits for a server.
const PATIENCE: Duration = Duration::from_mins(2);

/// Waits for a server that accepts writes, and creates there what `service` needs. Returns the hosts with the service's
/// own database.
pub(super) async fn make_room(server: &PostgresServers, service: &str) -> Result<Vec<Host>, Fault> {
    let mut hosts = hosts(&server.url)?;
    if server.per_service == PerService::Database {
        let mut visit = wait_for(&hosts, service).await?;
        let name = format!("{}_{service}", database(&visit.host));
        create_database(&mut visit.session, &name).await?;
        for host in &mut hosts {
            host.options = host.options.clone().database(&name);
        }
    }
    let visit = wait_for(&hosts, service).await?;
    create_schema(visit, service).await?;
    Ok(hosts)
}

/// Waits for a server that accepts writes, and logs which hosts were tried.
pub(super) async fn wait_for(hosts: &[Host], service: &str) -> Result<Visit, Fault> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(200);
    loop {
        match find_writable(hosts).await {
            Err(error) if error.kind() == Kind::Unavailable && started.elapsed() < PATIENCE => {
                tracing::warn!(service, %error, "waiting for PostgreSQL");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            done => return done,
        }
    }
}

/// The URL's database; without one, the database named like the user, as in PostgreSQL.
pub(super) fn database(host: &Host) -> String {
    host.options.get_database().unwrap_or_else(|| host.options.get_username()).to_owned()
}

async fn create_database(session: &mut PgConnection, name: &str) -> Result<(), Fault> {
    let exists: Option<i32> = sqlx::query_scalar("SELECT 1 FROM pg_database WHERE datname = $1")
        .bind(name)
        .fetch_optional(&mut *session)
        .await
        .map_err(fault)?;
    if exists.is_some() {
        return Ok(());
    }
    let sql = format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""));
    match session.execute(AssertSqlSafe(sql)).await {
        Ok(_) => Ok(()),
        // Another process created it first.
        Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P04" | "23505")) => {
            Ok(())
        }
        Err(error) => {
            let why = fault(error);
            Err(Fault::new(
                why.kind(),
                format!("the database {name} is missing and cannot be created: {why}"),
            ))
        }
    }
}

async fn create_schema(mut visit: Visit, service: &str) -> Result<(), Fault> {
    let exists: Option<i32> = sqlx::query_scalar("SELECT 1 FROM pg_namespace WHERE nspname = $1")
        .bind(service)
        .fetch_optional(&mut visit.session)
        .await
        .map_err(fault)?;
    if exists.is_none() {
        // Service names are trusted, lower-case letters. Two processes may get here at once.
        let sql = format!("CREATE SCHEMA IF NOT EXISTS \"{service}\"");
        if let Err(error) = visit.session.execute(AssertSqlSafe(sql)).await.map_err(fault)
            && error.kind() != Kind::Constraint
        {
            return Err(error);
        }
    }
    visit.session.close().await.map_err(fault)
}
