//! The hosts of a URL, and the state of each.

use std::time::Duration;

use futures::future::join_all;
use message::{Fault, Kind};
use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgConnection},
};

use crate::fault::fault;

/// The time limit for connecting and for a server's answer. A stopped server accepts a connection and then says
/// nothing.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// One server of a URL.
#[derive(Clone)]
pub(crate) struct Host {
    /// For the log: `db1:5432`.
    pub(super) name: String,
    pub(super) options: PgConnectOptions,
}

/// What a server reports about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerState {
    /// When it was started: a restarted server counts as another one.
    pub(super) started: String,
    /// Its timeline if it accepts writes; a later one compares as greater. A standby has none.
    pub(super) timeline: Option<String>,
    /// The position in its log: written on a primary, replayed on a standby; in bytes.
    pub(super) position: i64,
}

/// The server's report, and the session over which it came.
pub(super) struct Visit {
    pub(super) host: Host,
    pub(super) state: ServerState,
    pub(super) session: PgConnection,
}

/// Splits `postgres://user:password@host:port,host:port/name?options` into the same URL for each host.
pub(crate) fn hosts(url: &str) -> Result<Vec<Host>, Fault> {
    let wrong = |why: &str| Fault::internal(format!("a PostgreSQL URL is not understood: {why}"));
    let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
    if !matches!(scheme, "postgres" | "postgresql") {
        return Err(wrong("it does not begin with postgres://"));
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    hosts
        .split(',')
        .map(|host| {
            if host.is_empty() && hosts.contains(',') {
                return Err(wrong("there is nothing between two commas"));
            }
            let options: PgConnectOptions = format!("{scheme}://{user}{host}{path}")
                .parse()
                .map_err(|error: sqlx::Error| wrong(&error.to_string()))?;
            let name = format!("{}:{}", options.get_host(), options.get_port());
            // The brackets belong to the URL: with them an IP address is invalid, and so is its certificate.
            let bare = options.get_host().trim_matches(['[', ']']).to_owned();
            Ok(Host { name, options: options.host(&bare) })
        })
        .collect()
}

impl Host {
    /// Connects and asks for the report.
    pub(super) async fn visit(&self) -> Result<Visit, Fault> {
        within(async {
            let mut session = self.options.connect().await?;
            let state = ask(&mut session).await?;
            Ok(Visit { host: self.clone(), state, session })
        })
        .await
    }
}

/// Asks a server for its report.
pub(super) async fn ask(session: &mut PgConnection) -> Result<ServerState, sqlx::Error> {
    let (started, position, timeline) = sqlx::query_as(
        "SELECT CAST(pg_postmaster_start_time() AS text),
                CAST(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'
                     AS bigint),
                CASE WHEN pg_is_in_recovery() OR CAST(current_setting('default_transaction_read_only') AS boolean)
                     THEN NULL ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END",
    )
    .fetch_one(session)
    .await?;
    Ok(ServerState { started, timeline, position })
}

/// Fails if the server does not answer in time.
pub(super) async fn within<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Fault> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => answer.map_err(fault),
        Err(_) => Err(Fault::unavailable(format!("no answer within {} s", ANSWER_WITHIN.as_secs()))),
    }
}

/// Visits all hosts and returns the one that accepts writes; of several, the one that was promoted last.
///
/// If there is none, the fault lists the answers of all hosts.
pub(super) async fn find_writable(hosts: &[Host]) -> Result<Visit, Fault> {
    let visits = join_all(hosts.iter().map(Host::visit)).await;
    let mut found: Option<Visit> = None;
    let mut kind = Kind::Unavailable;
    let mut reports = Vec::new();
    for (host, visit) in hosts.iter().zip(visits) {
        match visit {
            Ok(visit) if visit.state.timeline.is_none() => {
                reports.push(format!("{} accepts no writes", host.name));
            }
            Ok(visit) if found.as_ref().is_some_and(|found| found.state.timeline >= visit.state.timeline) => {
            }
            Ok(visit) => found = Some(visit),
            Err(fault) => {
                // A wrong password stays wrong: there is nothing to wait for.
                if !fault.is_transient() {
                    kind = fault.kind();
                }
                reports.push(format!("{}: {fault}", host.name));
            }
        }
    }
    found.ok_or_else(|| Fault::new(kind, reports.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(url: &str) -> Vec<String> {
        hosts(url).unwrap().into_iter().map(|host| host.name).collect()
    }

    #[test]
    fn each_host_has_its_own_port() {
        assert_eq!(
            names("postgres://me:pw@db1:5433,db2,[::1]:5434/shop"),
            ["db1:5433", "db2:5432", "[::1]:5434"]
        );
        assert_eq!(names("postgresql://db1/shop"), ["db1:5432"]);
    }

    #[test]
    fn an_ip_address_in_brackets_is_used_without_them() {
        assert_eq!(hosts("postgres://me:pw@[::1]:5434/shop").unwrap()[0].options.get_host(), "::1");
    }

    #[test]
    fn everything_else_is_the_same_for_all() {
        for host in hosts("postgres://me:p%40ss,word@db1,db2:6000/shop?sslmode=require").unwrap() {
            assert_eq!(host.options.get_username(), "me");
            assert_eq!(host.options.get_database(), Some("shop"));
            assert!(matches!(host.options.get_ssl_mode(), sqlx::postgres::PgSslMode::Require));
        }
    }

    #[test]
    fn a_url_without_a_host_means_this_machine() {
        assert_eq!(hosts("postgres:///shop").unwrap().len(), 1);
    }

    #[test]
    fn mistakes_are_reported_without_the_password() {
        let wrong = [
            "mysql://me:hidden@db1/shop",
            "db1/hidden",
            "postgres://me:hidden@db1,,db2/shop",
            "postgres://me:hidden@db1:port/shop",
            "postgres://me:hidden@db1/shop?sslmode=perhaps",
        ];
        for url in wrong {
            let fault = hosts(url).err().unwrap_or_else(|| panic!("{url} is accepted"));
            assert!(!fault.to_string().contains("hidden"), "{fault}");
        }
    }
}
