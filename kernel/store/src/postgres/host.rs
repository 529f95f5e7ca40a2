//! The hosts of a URL, and what each of them is just now.

use std::time::Duration;

use futures::future::join_all;
use message::{Fault, Kind};
use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgConnection},
};

use crate::fault::fault;

/// How long a server may take to let us in and to say what it is. One that is stopped accepts and then says nothing.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// One server of a URL.
#[derive(Clone)]
pub(crate) struct Host {
    /// For the log: `db1:5432`.
    pub(super) name: String,
    pub(super) options: PgConnectOptions,
}

/// What a server says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// When it was started: the same server started again is another one.
    pub(super) started: String,
    /// Its timeline, if it can be written to; a later one compares as greater. A standby has none.
    pub(super) timeline: Option<String>,
    /// How far its log is: written on a primary, replayed on a standby; in bytes.
    pub(super) position: i64,
}

/// A visit to a server: what it said, and the session that it said it in.
pub(super) struct Visit {
    pub(super) host: Host,
    pub(super) seen: Seen,
    pub(super) session: PgConnection,
}

/// Takes `postgres://user:password@host:port,host:port/name?options` apart: the same URL once for each host.
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
            // The brackets are the URL's: with them an address is no address, and no certificate is valid for it.
            let bare = options.get_host().trim_matches(['[', ']']).to_owned();
            Ok(Host { name, options: options.host(&bare) })
        })
        .collect()
}

impl Host {
    /// Goes there and asks.
    pub(super) async fn visit(&self) -> Result<Visit, Fault> {
        within(async {
            let mut session = self.options.connect().await?;
            let seen = ask(&mut session).await?;
            Ok(Visit { host: self.clone(), seen, session })
        })
        .await
    }
}

/// Asks a server what it is.
pub(super) async fn ask(session: &mut PgConnection) -> Result<Seen, sqlx::Error> {
    let (started, position, timeline) = sqlx::query_as(
        "SELECT CAST(pg_postmaster_start_time() AS text),
                CAST(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'
                     AS bigint),
                CASE WHEN pg_is_in_recovery() OR CAST(current_setting('default_transaction_read_only') AS boolean)
                     THEN NULL ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END",
    )
    .fetch_one(session)
    .await?;
    Ok(Seen { started, timeline, position })
}

/// Gives up on a server that does not answer in time.
pub(super) async fn within<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Fault> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => answer.map_err(fault),
        Err(_) => Err(Fault::unavailable(format!("no answer within {} s", ANSWER_WITHIN.as_secs()))),
    }
}

/// Visits all hosts for the one that can be written to; of several, the one that was promoted last.
///
/// If there is none, the fault tells what each of them said.
pub(super) async fn find_writable(hosts: &[Host]) -> Result<Visit, Fault> {
    let visits = join_all(hosts.iter().map(Host::visit)).await;
    let mut found: Option<Visit> = None;
    let mut kind = Kind::Unavailable;
    let mut told = Vec::new();
    for (host, visit) in hosts.iter().zip(visits) {
        match visit {
            Ok(visit) if visit.seen.timeline.is_none() => told.push(format!("{} takes no writes", host.name)),
            Ok(visit) if found.as_ref().is_some_and(|found| found.seen.timeline >= visit.seen.timeline) => {}
            Ok(visit) => found = Some(visit),
            Err(fault) => {
                // A wrong password will be wrong again: there is nothing to wait for.
                if !fault.is_transient() {
                    kind = fault.kind();
                }
                told.push(format!("{}: {fault}", host.name));
            }
        }
    }
    found.ok_or_else(|| Fault::new(kind, told.join("; ")))
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
    fn an_address_in_brackets_is_used_without_them() {
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
    fn mistakes_are_told_without_the_password() {
        let wrong = [
            "mysql://me:hidden@db1/shop",
            "db1/hidden",
            "postgres://me:hidden@db1,,db2/shop",
            "postgres://me:hidden@db1:port/shop",
            "postgres://me:hidden@db1/shop?sslmode=perhaps",
        ];
        for url in wrong {
            let fault = hosts(url).err().unwrap_or_else(|| panic!("{url} is taken"));
            assert!(!fault.to_string().contains("hidden"), "{fault}");
        }
    }
}
